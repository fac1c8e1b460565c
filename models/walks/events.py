"""Rolling origins: at each, everything is learnt anew from what was known then."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sklearn.base import clone

from features.arrays import Floats, Ints, to_day
from features.history import History
from features.table import event_features, rate_features
from features.targets import Labels, weekly_origins
from models.learners.members import Learner, learners
from theatres import DYAD, Theatre

REFIT_WEEKS = 4
LEARN_YEARS = 7
"""The first out-of-sample origin comes so long after coverage begins."""
RECENCY_YEARS = 3.0
"""Half-life of a training row's weight."""
CHUNKS = 6
"""A backtest is cut into so many pieces a problem, for the processes to share."""


@dataclass(frozen=True)
class Problem:
    """One target for one kind of unit: the labels, and the feature rows at every weekly origin."""

    target: str
    units: tuple[str, ...]
    horizons: tuple[int, ...]
    labels: Labels
    grid: Ints
    columns: pd.Index
    values: Floats
    """(unit, origin, column), each origin as known then."""

    def rows(self, span: slice) -> pd.DataFrame:
        """The feature rows of a span of origins, unit by unit."""
        cut = self.values[:, span]
        return pd.DataFrame(cut.reshape(-1, cut.shape[2]), columns=self.columns)

    def shaped(self, p: Floats) -> Floats:
        """Row-wise forecasts as (unit, horizon, origin)."""
        return p.reshape(len(self.units), -1, len(self.horizons)).transpose(0, 2, 1)


@dataclass(frozen=True)
class Record:
    """Out-of-sample forecasts of one problem: (model, unit, horizon, origin)."""

    problem: Problem
    models: tuple[str, ...]
    origins: Ints
    p: Floats


def problem_units(theatre: Theatre, target: str) -> list[tuple[str, ...]]:
    """The unit groups that share one model: the dyad alone, the segments pooled."""
    units = theatre.units(target)
    return [(DYAD,), units[1:]] if len(units) > 1 else [(DYAD,)]


def learning_grid(covered_from: date, as_of: date) -> Ints:
    """The weekly origins that can teach, up to as_of."""
    return weekly_origins(covered_from, as_of)


def first_forecast(covered_from: date) -> date:
    """The first day with enough history before it to learn from."""
    return covered_from + timedelta(days=round(LEARN_YEARS * 365.25))


def pose(history: History, theatre: Theatre, covered: tuple[date, date], at: Ints) -> list[Problem]:
    """Every problem of the theatre with its feature rows on the days `at` (days since 1970).

    `covered` are the first and the last day whose silence means calm.
    """
    grid = learning_grid(covered[0], covered[1])
    events = {False: event_features(history, theatre, at, segments=False)}
    if any(len(group) > 1 for name in theatre.targets for group in problem_units(theatre, name)):
        events[True] = event_features(history, theatre, at, segments=True)
    return [
        _pose_one(history, theatre, covered[1], name, units, grid, at, events[units != (DYAD,)])
        for name in theatre.targets
        for units in problem_units(theatre, name)
    ]


def _pose_one(
    history: History,
    theatre: Theatre,
    covered_until: date,
    name: str,
    units: tuple[str, ...],
    grid: Ints,
    at: Ints,
    events: pd.DataFrame,
) -> Problem:
    target = theatre.targets[name]
    labels = Labels(history, target, units, theatre, covered_until)
    rates = rate_features(labels, units, grid, at)
    needed = {
        c for model in learners(name, units, target.horizons, 0).values() for c in model.columns
    }
    X = pd.concat([events.loc[list(units), sorted(needed)], rates], axis=1)
    values = X.to_numpy().reshape(len(units), len(at), -1)
    return Problem(name, units, target.horizons, labels, at, X.columns, values)


def recency(age_days: Ints) -> Floats:
    """Training weights: one half for every RECENCY_YEARS of age."""
    weight: Floats = 0.5 ** (age_days / (365.25 * RECENCY_YEARS))
    return weight


def fit_at(problem: Problem, day: int, models: dict[str, Learner]) -> dict[str, Learner]:
    """The models, each fitted on windows closed by that day, with what was known then."""
    past = problem.grid[problem.grid < day]
    n, units = len(past), len(problem.units)
    Y = problem.labels.as_of(day, past).transpose(0, 2, 1).reshape(units * n, -1)
    X = problem.rows(slice(0, n))
    weight = np.tile(recency(day - past), units)
    return {name: clone(model).fit(X, Y, weight) for name, model in models.items()}


def _walk_span(problem: Problem, starts: list[int], seed: int) -> Floats:
    """Forecasts from each start to the next refit: (model, unit, horizon, origin)."""
    models = learners(problem.target, problem.units, problem.horizons, seed)
    found = []
    for start in starts:
        span = slice(start, start + REFIT_WEEKS)
        fitted = fit_at(problem, int(problem.grid[start]), models)
        X = problem.rows(span)
        found.append(np.stack([problem.shaped(m.predict_proba(X)) for m in fitted.values()]))
    return np.concatenate(found, axis=3)


def walk(
    problems: list[Problem],
    first: date,
    seed: int,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Record]:
    """Each problem's out-of-sample record from `first` on, refitted every REFIT_WEEKS weeks.

    Every forecast uses events known by its own origin, and models fitted at or before it.
    `progress` is told how many pieces are done, of how many.
    """
    from joblib import Parallel, delayed

    starts = [_refits(problem, first) for problem in problems]
    pieces = [
        (problem, [int(s) for s in piece])
        for problem, all_starts in zip(problems, starts, strict=True)
        for piece in np.array_split(all_starts, CHUNKS)
        if len(piece)
    ]
    run = Parallel(n_jobs=jobs or os.cpu_count(), return_as="generator")
    results = run(delayed(_walk_span)(problem, piece, seed) for problem, piece in pieces)
    return _records(problems, starts, pieces, _told(results, len(pieces), progress))


def _told(
    results: Iterator[Floats], total: int, progress: Callable[[int, int], None] | None
) -> list[Floats]:
    found = []
    for result in results:
        found.append(result)
        if progress:
            progress(len(found), total)
    return found


def _refits(problem: Problem, first: date) -> Ints:
    """Where on the grid the models are refitted."""
    start = int(np.searchsorted(problem.grid, to_day(first)))
    return np.arange(start, len(problem.grid), REFIT_WEEKS, dtype=np.int32)


def _records(
    problems: list[Problem],
    starts: list[Ints],
    pieces: list[tuple[Problem, list[int]]],
    results: list[Floats],
) -> list[Record]:
    records = []
    for problem, refits in zip(problems, starts, strict=True):
        names = tuple(learners(problem.target, problem.units, problem.horizons, 0))
        mine = [r for (posed, _), r in zip(pieces, results, strict=True) if posed is problem]
        empty = np.empty((len(names), len(problem.units), len(problem.horizons), 0))
        p = np.concatenate([empty, *mine], axis=3)
        begin = int(refits[0]) if len(refits) else len(problem.grid)
        records.append(Record(problem, names, problem.grid[begin:], p))
    return records
