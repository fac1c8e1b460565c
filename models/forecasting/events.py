"""A theatre's risk model: every problem's ensemble as of one day, and what it forecasts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from errors import DyadcastError
from features.arrays import to_date, to_day
from features.history import History
from models.forecasting.ensemble import Combined, Ensemble, build, combine
from models.forecasting.explain import drivers, largest_first
from models.learners.members import METHOD_VERSION, contract
from models.walks.events import Record, first_forecast, learning_grid, pose, walk
from theatres import Theatre

RECORD_DAYS: Final = 366
"""An ensemble needs at least a year of its own forecasts before it says anything."""


class TrainingError(DyadcastError):
    """There is not enough history to learn from."""


@dataclass
class RiskModel:
    """What is trained, registered and loaded: ensembles, and what they take for granted."""

    theatre: str
    trained_as_of: str
    contract: str
    data_fingerprint: str
    method_version: str
    ensembles: list[Ensemble]

    @property
    def trained_on(self) -> date:
        """The as_of of the training: nothing known later is in the model."""
        return date.fromisoformat(self.trained_as_of)


@dataclass(frozen=True)
class Training:
    """A trained model with the out-of-sample record it stands on, problem by problem."""

    model: RiskModel
    records: list[Record]
    combined: list[Combined]


@dataclass(frozen=True)
class Score:
    """One forecast probability: its 80% band, its baseline, what moves it in percentage points."""

    unit: str
    target: str
    horizon: int
    probability: float
    low: float
    high: float
    baseline: float
    drivers: tuple[tuple[str, float], ...]
    drivers_log_odds: tuple[tuple[str, float], ...]


Key = tuple[str, str, int]
"""Unit, target, horizon in days."""


def earliest_as_of(covered_from: date) -> date:
    """The first day for which a forecast can be made: history to learn from, then a record."""
    return to_date(to_day(first_forecast(covered_from)) + RECORD_DAYS)


def train(
    history: History,
    theatre: Theatre,
    covered: tuple[date, date],
    as_of: date,
    fingerprint: str,
    seed: int = 0,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Training:
    """The model as of a day, from events known by then, with its rolling-origin record.

    `covered` are the first and last day whose silence means calm; nothing known after `as_of`
    is used, whatever the history holds. Raises TrainingError where history is too short.
    """
    if as_of < (first := earliest_as_of(covered[0])):
        raise TrainingError(
            "too little history to learn from",
            found=str(as_of),
            expected=f"{first} or later",
            do="take a later as_of",
        )
    history = history.as_known(to_day(as_of))
    covered = (covered[0], min(covered[1], as_of))
    problems = pose(history, theatre, covered, learning_grid(*covered))
    records = walk(problems, first_forecast(covered[0]), seed, jobs, progress)
    combined = [combine(record, to_day(as_of)) for record in records]
    ensembles = [
        build(record, mixed, to_day(as_of), seed)
        for record, mixed in zip(records, combined, strict=True)
    ]
    model = RiskModel(
        theatre.name, as_of.isoformat(), contract(theatre), fingerprint, METHOD_VERSION, ensembles
    )
    return Training(model, records, combined)


def forecast(
    model: RiskModel, history: History, theatre: Theatre, covered: tuple[date, date], as_of: date
) -> list[Score]:
    """Every probability on that day, in the order of targets, units and horizons.

    Uses events known by `as_of` alone. The model must have been trained at or before it.
    """
    if model.trained_on > as_of:
        raise TrainingError(
            "the model has seen later events",
            found=f"trained as of {model.trained_as_of}",
            expected=f"{as_of} or earlier",
            do="train a model as of that day",
        )
    return [
        score
        for ensemble, X in _posed(model, history, theatre, covered, as_of)
        for score in _scores(ensemble, X, theatre.baseline)
    ]


def probabilities(
    model: RiskModel, history: History, theatre: Theatre, covered: tuple[date, date], as_of: date
) -> dict[Key, float]:
    """The model's probability on that day, by unit, target and horizon: what `forecast` says.

    The model may be a later one, so this is no forecast: it tells one change from another.
    """
    return {
        (unit, ensemble.target, horizon): float(p[u, h])
        for ensemble, X in _posed(model, history, theatre, covered, as_of)
        for p in [ensemble.predict(X)]
        for u, unit in enumerate(ensemble.units)
        for h, horizon in enumerate(ensemble.horizons)
    }


def _posed(
    model: RiskModel, history: History, theatre: Theatre, covered: tuple[date, date], as_of: date
) -> Iterator[tuple[Ensemble, pd.DataFrame]]:
    """Each ensemble with the features of its units on that day, from events known by then."""
    history = history.as_known(to_day(as_of))
    covered = (covered[0], min(covered[1], as_of))
    at = np.array([to_day(as_of)], dtype=np.int32)
    problems = pose(history, theatre, covered, at)
    for problem, ensemble in zip(problems, model.ensembles, strict=True):
        yield ensemble, problem.rows(slice(0, 1))


def _scores(ensemble: Ensemble, X: pd.DataFrame, baseline_name: str) -> list[Score]:
    p, (low, high) = ensemble.predict(X), ensemble.interval(X)
    baseline = ensemble.member(baseline_name, X)
    moved = drivers(ensemble, X, baseline)
    return [
        Score(
            unit,
            ensemble.target,
            horizon,
            float(p[u, h]),
            float(low[u, h]),
            float(high[u, h]),
            float(baseline[u, h]),
            largest_first({name: 100.0 * v[u, h] for name, v in moved.probability.items()}),
            largest_first({name: v[u, h] for name, v in moved.log_odds.items()}),
        )
        for u, unit in enumerate(ensemble.units)
        for h, horizon in enumerate(ensemble.horizons)
    ]
