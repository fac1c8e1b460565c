"""Killed without warning at any moment, and run again: nothing is torn, nothing is doubled."""

import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from jobs import Job, command

from publish.files.files import PublishError, latest

KILLS = int(os.environ.get("DYADCAST_KILLS", "4"))
RUN_SECONDS = 15.0
pytestmark = pytest.mark.slow


def kill_within(job: Job, seconds: float) -> bool:
    """Whether a run was killed with all its children after that time; False where it had ended."""
    with subprocess.Popen(
        command("forecast", "--json"),
        env=job.environment(),
        cwd=job.tracking.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        time.sleep(seconds)
        alive = process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return alive


def check_published(job: Job) -> None:
    """Whatever is latest loads whole, or nothing is published yet."""
    with contextlib.suppress(PublishError):
        latest(job.home / "published", "pak_afg")
    manifest = job.home / "published" / "pak_afg" / "manifest.json"
    if manifest.exists():
        assert latest(job.home / "published", "pak_afg").status == "ok"


def check_next_run(job: Job) -> None:
    """The next run succeeds, and there is one issue in a chain that holds."""
    done = job.run("forecast", "--json")
    assert done.returncode == 0, done.stderr
    verified = job.run("verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith("pak_afg: 1 issues, ")
    assert latest(job.home / "published", "pak_afg").status == "ok"


def test_forecast_killed_at_random_moments_leaves_nothing_torn(
    trained: Job, tmp_path: Path
) -> None:
    draw = random.Random(20251115)  # noqa: S311 (nothing secret)
    killed = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        job = trained.elsewhere(folder)
        killed += kill_within(job, draw.uniform(0.5, RUN_SECONDS))
        check_published(job)
        check_next_run(job)
    assert killed, "every run had ended before it was killed"


def test_forecast_killed_while_prefect_makes_its_database_runs_again(
    trained: Job, tmp_path: Path
) -> None:
    job = replace(trained.elsewhere(tmp_path), prefect=tmp_path / "prefect")
    made = job.prefect / "prefect.db"
    with subprocess.Popen(
        command("forecast", "--json"),
        env=job.environment(),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 90
        while not made.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5)  # somewhere within the migrations, which take several seconds
        assert process.poll() is None, "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)

    check_next_run(job)
