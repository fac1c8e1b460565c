"""What a run keeps of the past: its tables of scores, and what it said of the dyad week by week."""

import tempfile
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.arrays import to_date, to_day
from models.forecasting.ensemble import past_band
from models.forecasting.events import Training
from models.tracking.promotion import RECORD_FILE
from theatres import Theatre

if TYPE_CHECKING:
    from mlflow import MlflowClient

PAST_FILE: Final = "past.csv"
PAST_DAYS: Final = 760
"""A little more than the 24 months that a page shows."""
PAST_HORIZON: Final = 30


def log_past(client: "MlflowClient", run: str, training: Training, theatre: Theatre) -> None:
    """None; what the dyad's first target said in the past, with its band, is kept with the run."""
    record, combined = training.records[0], training.combined[0]
    horizon = (
        PAST_HORIZON if PAST_HORIZON in record.problem.horizons else record.problem.horizons[0]
    )
    i = record.problem.horizons.index(horizon)
    since = to_day(date.fromisoformat(training.model.trained_as_of)) - PAST_DAYS
    days, low, high = past_band(record, combined, horizon, since, seed=0)
    at = np.searchsorted(record.origins, days)
    frame = pd.DataFrame(
        {
            "origin": [to_date(day) for day in days],
            "probability": combined.p[0, i, at],
            "low": low,
            "high": high,
            "baseline": record.p[record.models.index(theatre.baseline), 0, i, at],
        }
    )
    client.log_text(run, frame.to_csv(index=False), PAST_FILE)


def past_of(client: "MlflowClient", run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the run's model said of the dyad in the past (origin, probability, low, high, baseline;
    empty for a run of before this was kept), and all its out-of-sample forecasts."""
    there = {file.path for file in client.list_artifacts(run_id)}
    columns = ["origin", "probability", "low", "high", "baseline"]
    with tempfile.TemporaryDirectory() as folder:
        past = pd.DataFrame(columns=columns)
        if PAST_FILE in there:
            past = pd.read_csv(client.download_artifacts(run_id, PAST_FILE, folder))
        return past, pd.read_parquet(client.download_artifacts(run_id, RECORD_FILE, folder))


def record_of(client: "MlflowClient", run_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The score and skill tables that a run logged."""
    with tempfile.TemporaryDirectory() as folder:
        return (
            pd.read_csv(client.download_artifacts(run_id, "scores.csv", folder)),
            pd.read_csv(client.download_artifacts(run_id, "skill.csv", folder)),
        )
