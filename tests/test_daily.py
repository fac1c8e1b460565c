"""The main job as a person runs it: the same again changes nothing, and no forecast says so."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL
from jobs import Job, make_job, make_theatre, relocated, replaced

from flows.daily import train
from models.forecasting.training import TrainingError
from publish.contract.forecast import from_json
from publish.contract.issue import ISSUE
from publish.contract.row import ROW
from publish.files.files import latest, read_issue


def count_runs(job: Job) -> int:
    """How many runs MLflow holds."""
    with closing(sqlite3.connect(job.tracking)) as connection:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


def test_forecast_prints_the_issue_alone(trained: Job) -> None:
    text = (trained.home / "first.json").read_text(encoding="utf-8")

    value = json.loads(text)

    assert list(value) == [field.name for field in ISSUE]
    assert value["status"] == "ok"
    names = {field.name for field in ROW if not field.later}
    names |= {"drivers_log_odds", "change_split"}  # what else there is, counts alone have
    assert all(set(row) - {"threshold", "gap_days"} == names for row in value["rows"])
    assert from_json(text) == latest(trained.home / "published", "pak_afg")


def test_forecast_again_is_the_same_issue(trained: Job, tmp_path: Path) -> None:
    job, runs = trained.copy(tmp_path), count_runs(trained)

    done = job.run("forecast", "--json")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (job.home / "first.json").read_text(encoding="utf-8")
    assert count_runs(job) == runs
    assert job.run("verify").stdout.startswith("pak_afg: 1 issues, ")


def test_forecast_without_its_headline_is_no_success(trained: Job, tmp_path: Path) -> None:
    used = "features = true\nlabels = true\n"
    blind = make_theatre(tmp_path, f'name = "analyst"\n{used}', 'name = "analyst"\n')
    replaced(blind / "theatre.toml", f'name = "desk"\n{used}', 'name = "desk"\n')
    replaced(blind / "theatre.toml", used, f'{used}tells = ["crossing_closed"]\n')
    place = relocated(trained.tracking.parent, tmp_path / "mlruns")  # it trains another champion
    job = replace(trained.copy(tmp_path), tracking=place / "mlflow.db")

    done = job.run("forecast", "--theatre", str(blind), "--json")

    assert done.returncode == 3, done.stderr
    value = json.loads(done.stdout)
    assert value["status"] == "partial"
    rows = {row["target"]: row for row in value["rows"]}
    assert "none that covers a day can tell of it" in rows["clash"]["reason"]
    assert rows["closure"]["status"] == "ok"
    kept = latest(job.home / "published", "pak_afg")
    assert kept.status == "ok"  # the earlier one, with its headline, is not hidden


def test_forecast_shows_a_table_that_fits_a_terminal(trained: Job, tmp_path: Path) -> None:
    job = replace(trained.copy(tmp_path), at=trained.at + timedelta(400))

    done = job.run("forecast")

    assert done.returncode == 0, done.stderr
    table, _, files = done.stdout.rpartition("Files: ")
    assert max(map(len, table.splitlines())) <= 100
    assert f"Note: events are covered until {CALM_UNTIL}, 400 days before as_of: of days" in table
    assert f"What happened is told whole until {CALM_UNTIL}, 400 days before" in table
    folder = Path(files.strip())
    kept = read_issue(job.home / "published", "pak_afg", latest(folder.parents[2], "pak_afg").as_of)
    assert from_json((folder / "forecast.json").read_text(encoding="utf-8")) == kept
    assert kept.status == "stale"


@pytest.mark.usefixtures("prefect")
def test_training_of_nothing_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in make_job(tmp_path).environment().items():
        monkeypatch.setenv(name, value)

    with pytest.raises(TrainingError, match="no model can be trained: events: too little"):
        train("pak_afg", date(2003, 1, 1))
