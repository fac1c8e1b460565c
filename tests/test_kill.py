"""A forecast that dies at any moment, and is run again: nothing is torn, nothing is doubled."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults import Killed, dying_at
from jobs import Job, relocated

from publish.files.files import PublishError, latest

KILLS = int(os.environ.get("DYADCAST_KILLS", "4"))
RUN_SECONDS = 15.0


def check_published(job: Job) -> None:
    """Whatever is latest loads whole, or nothing is published yet."""
    with contextlib.suppress(PublishError):
        latest(job.home / "published", "pak_afg")
    manifest = job.home / "published" / "pak_afg" / "manifest.json"
    if manifest.exists():
        assert latest(job.home / "published", "pak_afg").status == "ok"


def check_next_run(job: Job, trained: Job) -> None:
    """The next run makes the issue of an undisturbed one, alone in a chain that holds."""
    done = job.run("forecast", "--json")
    assert done.returncode == 0, done.stderr
    verified = job.run("verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.startswith("pak_afg: 1 issues, ")
    made, undisturbed = (latest(each.home / "published", "pak_afg") for each in (job, trained))
    assert (made.status, made.issue_id) == ("ok", undisturbed.issue_id)
    assert not list(job.home.rglob(".writing-*"))


def test_forecast_that_dies_at_any_point_leaves_nothing_torn(trained: Job, tmp_path: Path) -> None:
    with dying_at(None) as points:
        trained.elsewhere(tmp_path / "whole").run("forecast", "--json")
    assert set(points) == {"commit", "replace", "rename"}

    for number in range(len(points)):
        job = trained.elsewhere(tmp_path / str(number))
        with dying_at(number), pytest.raises(Killed):
            job.run("forecast", "--json")
        check_published(job)
        check_next_run(job, trained)


def kill(job: Job, ready: Callable[[], bool], seconds: float) -> bool:
    """Whether a run was killed with all its children, so long after it was ready."""
    with job.start("forecast", "--json") as process:
        deadline = time.monotonic() + 90
        while not ready() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(seconds)
        alive = process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return alive


@pytest.fixture
def today(trained: Job, tmp_path: Path) -> Job:
    """An undisturbed run of today, as a process of its own makes it; its models are its own."""
    place = relocated(trained.tracking.parent, tmp_path / "mlruns")
    home, now = tmp_path / "whole" / "home", datetime.now(UTC)
    job = Job(home, place / "mlflow.db", trained.prefect, now)
    done = job.run("forecast", "--json")
    assert done.returncode == 0, done.stderr
    return job


@pytest.mark.slow
def test_forecast_killed_at_random_moments_leaves_nothing_torn(today: Job, tmp_path: Path) -> None:
    draw = random.Random(20251115)  # noqa: S311 (nothing secret)
    killed = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        job = replace(today, home=folder / "home")
        killed += kill(job, lambda: True, draw.uniform(0.5, RUN_SECONDS))
        check_published(job)
        check_next_run(job, today)
    assert killed, "every run had ended before it was killed"


@pytest.mark.slow
def test_forecast_killed_while_prefect_makes_its_database_runs_again(
    today: Job, tmp_path: Path
) -> None:
    job = replace(today, home=tmp_path / "home", prefect=tmp_path / "prefect")
    # somewhere within the migrations, which take several seconds
    assert kill(job, (job.prefect / "prefect.db").exists, 1.5)

    with job.start("forecast", "--json") as again:
        assert again.wait(300) == 0
    check_next_run(job, today)
