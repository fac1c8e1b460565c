"""Runs of the command line as a person starts them, each in a home of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Job:
    """Where a run keeps its state: its home, MLflow's database and Prefect's folder."""

    home: Path
    tracking: Path
    prefect: Path

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
        """A finished run of the command line with those arguments and further variables."""
        return subprocess.run(
            command(*arguments),
            env=self.environment(**more),
            cwd=self.home.parent,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
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


def make_theatre(folder: Path, old: str, new: str, part: str = "theatre.toml") -> Path:
    """A copy of the theatre's folder with one text in one of its files replaced."""
    made = shutil.copytree(PAK_AFG, folder / PAK_AFG.name, dirs_exist_ok=True)
    text = (made / part).read_text(encoding="utf-8")
    assert old in text, "the theatre's file has changed"
    (made / part).write_text(text.replace(old, new), encoding="utf-8")
    return made
