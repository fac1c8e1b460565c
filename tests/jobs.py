"""Runs of the command line, each in a home of its own: in this process or in one of its own."""

import hashlib
import io
import logging
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import traceback
import warnings
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from unittest.mock import patch

from chronicles import CALM_UNTIL

import dyadcast

HOUSE = Path(__file__).parent.parent
PAK_AFG = HOUSE / "theatres" / "pak_afg"
# What other tests or the person's shell have set must not reach a run.
OURS = ("DYADCAST_", "MLFLOW_", "PREFECT_")
# A proxy that nobody serves: whatever is asked of the network fails at once.
OFFLINE = {
    **dict.fromkeys(
        ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:9"
    ),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
}
# Every column of MLflow's tables that holds an absolute address of artifacts.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


EVENING = datetime.combine(CALM_UNTIL, time(20, 30), UTC)
"""A run on the evening of the chronicle's settled day: there is no gap."""


@dataclass(frozen=True)
class Job:
    """Where a run keeps its state: its home, MLflow's database and Prefect's folder."""

    home: Path
    tracking: Path
    prefect: Path
    at: datetime = EVENING
    """When a run in this process takes place."""

    @property
    def archive(self) -> Path:
        """The database of events and issues."""
        return self.home / "dyadcast.db"

    def environment(self, **more: str) -> dict[str, str]:
        """The variables that a run starts with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return {
            **kept,
            "DYADCAST_HOME": str(self.home),
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.tracking}",
            "PREFECT_HOME": str(self.prefect),
            "PYTHONPATH": str(HOUSE),
            **more,
        }

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A run of the command line in this process, with further variables.

        Its flows use the server of the fixture `prefect`.
        """
        out, err, status = io.StringIO(), io.StringIO(), 0
        with (
            patch.dict(os.environ, self.environment(**more), clear=True),
            patch.object(os, "cpu_count", lambda: 1),  # the test run has its own workers
            patch.object(sys, "argv", ["dyadcast", *arguments]),
            patch("flows.pipeline.knowledge._listeners", []),
            patch("flows.running.clock", lambda: self.at),
            redirect_stdout(out),
            redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # as for a person, whom no library's warning reaches
            try:
                dyadcast.main()
            except SystemExit as ended:
                status = int(ended.code or 0)
            except Exception:
                traceback.print_exc()
                status = 1
            finally:
                logging.disable(logging.NOTSET)
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[bytes]":
        """A run in a process group of its own, with a Prefect server of its own if any."""
        return subprocess.Popen(
            command(*arguments),
            env=self.environment(**more),
            cwd=self.tracking.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def copy(self, folder: Path) -> "Job":
        """The same archive and files in another folder; MLflow and Prefect stay shared."""
        shutil.copytree(self.home, folder / "home")
        return self.elsewhere(folder)

    def elsewhere(self, folder: Path) -> "Job":
        """A home of that folder, empty unless it is there; MLflow and Prefect stay shared."""
        return Job(folder / "home", self.tracking, self.prefect)


def make_job(folder: Path) -> Job:
    """A job whose state is all in that folder, none of it made yet."""
    return Job(folder / "home", folder / "mlruns" / "mlflow.db", folder / "prefect")


def command(*arguments: str) -> list[str]:
    """The command line as a list for subprocess."""
    return [sys.executable, "-m", "dyadcast", *arguments]


def relocated(store: Path, place: Path) -> Path:
    """A copy of an MLflow store in that place, whose artifacts are copies too."""
    shutil.copytree(store, place)
    with closing(sqlite3.connect(place / "mlflow.db")) as connection, connection:
        query = "SELECT artifact_location FROM experiments WHERE experiment_id = 0"
        made_at = connection.execute(query).fetchone()[0].removesuffix("/0")
        for table, column in ADDRESSES:
            connection.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608 (ours)
                (made_at, place.as_uri()),
            )
    return place


def training_key() -> str:
    """A hash of all that a trained model depends on: events, code and libraries."""
    pipeline = HOUSE / "flows" / "pipeline"
    files = [HOUSE / "constraints.txt", pipeline / "champions.py", pipeline / "knowledge.py"]
    files += sorted(pipeline.glob("*vintage.py"))
    for part in ("theatres", "streams", "features", "models"):
        paths = (HOUSE / part).rglob("*")
        files += sorted(path for path in paths if path.is_file() and path.suffix != ".pyc")
    key = hashlib.sha256(platform.python_version().encode())
    for path in files:
        key.update(path.read_bytes())
    return key.hexdigest()[:32]


def make_theatre(folder: Path, old: str, new: str, part: str = "theatre.toml") -> Path:
    """A copy of the theatre's folder with one text in one of its files replaced."""
    made = shutil.copytree(PAK_AFG, folder / PAK_AFG.name, dirs_exist_ok=True)
    replaced(made / part, old, new)
    return made


def replaced(file: Path, old: str, new: str) -> None:
    """Puts one text of the file in another's place."""
    text = file.read_text(encoding="utf-8")
    assert old in text, "the theatre's file has changed"
    file.write_text(text.replace(old, new), encoding="utf-8")
