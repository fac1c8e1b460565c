"""What a run keeps of the past: its tables of scores, and what it forecast week by week."""

import tempfile
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.arrays import to_date, to_day
from models.forecasting.ensemble import past_band
from models.forecasting.training import Training
from models.recipes.contract import EVENTS

if TYPE_CHECKING:
    from mlflow import MlflowClient

RECORD_FILE: Final = "forecasts.parquet"
PAST_FILE: Final = "past.csv"
PAST_COLUMNS: Final = ("origin", "probability", "low", "high", "baseline")
PAST_DAYS: Final = 760
"""A little more than the 24 months that a page shows."""
PAST_HORIZON: Final = 30


def log_past(client: "MlflowClient", run: str, training: Training) -> None:
    """Keeps with the run what the first problem's first unit was forecast in the past, with its
    band; nothing for a group that counts by itself, whose record is its forecasts."""
    if training.model.group != EVENTS:
        return
    first = training.problems[0]
    problem = first.past.record.problem
    horizon = PAST_HORIZON if PAST_HORIZON in problem.horizons else problem.horizons[0]
    h = problem.horizons.index(horizon)
    since = to_day(date.fromisoformat(training.model.trained_as_of)) - PAST_DAYS
    days, low, high = past_band(first.past, first.recipe, h, since, seed=0)
    at = np.searchsorted(first.past.record.origins, days)
    frame = pd.DataFrame(
        {
            "origin": [to_date(day) for day in days],
            "probability": first.past.combined.p[0, 0, h, at],
            "low": low,
            "high": high,
            "baseline": first.past.record.of(first.recipe.baseline)[0, 0, h, at],
        },
        columns=list(PAST_COLUMNS),
    )
    client.log_text(run, frame.to_csv(index=False), PAST_FILE)


def past_of(client: "MlflowClient", run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the run's model forecast in the past (PAST_COLUMNS; empty for a run of before this was
    kept), and all its out-of-sample forecasts."""
    there = {file.path for file in client.list_artifacts(run_id)}
    with tempfile.TemporaryDirectory() as folder:
        past = pd.DataFrame(columns=list(PAST_COLUMNS))
        if PAST_FILE in there:
            past = pd.read_csv(client.download_artifacts(run_id, PAST_FILE, folder))
        return past, pd.read_parquet(client.download_artifacts(run_id, RECORD_FILE, folder))


def record_file(client: "MlflowClient", run_id: str) -> pd.DataFrame | None:
    """All out-of-sample forecasts of a run; None where they cannot be read."""
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        try:
            return pd.read_parquet(client.download_artifacts(run_id, RECORD_FILE, folder))
        except (MlflowException, OSError, ValueError):
            return None


def record_of(client: "MlflowClient", run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The score and skill tables that a run logged."""
    with tempfile.TemporaryDirectory() as folder:
        return (
            pd.read_csv(client.download_artifacts(run_id, "scores.csv", folder)),
            pd.read_csv(client.download_artifacts(run_id, "skill.csv", folder)),
        )
