"""Weekly rolling origins for deaths by segment: members refitted anew and brought together."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit

from features.arrays import Floats, Ints
from features.targets import WEEK
from features.weekly.deaths import (
    MEMORIES,
    Deaths,
    death_features,
    death_labels,
    memories,
    seasoned,
)
from models.learners.hawkes import Hawkes
from models.learners.ordinal import LadderRidge
from models.learners.panel import Forest
from models.numerics.distribution import bent, falling, reached
from models.numerics.odds import log_odds

THRESHOLDS: Final = (1.0, 10.0)
LADDER: Final = (1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
RUNGS: Final = {1.0: (1.0, 3.0, 8.0), 10.0: (4.0, 10.0, 25.0)}
"""The thresholds whose answers are used for each."""
REFIT_WEEKS: Final = 4
YEARLY: Final = 52
"""The forest and the self-exciting process cost more, and change less with a few weeks' rows."""
LEAF: Final = 30
EVERY_DAYS: Final = 25
"""For every so many days that a window takes to close, one week in so many is learnt from."""
RECENCY_YEARS: Final = 6.0
KEPT_WEEKS: Final = 780
"""Fifteen years: older rows weigh less than a fifth of the newest, and cost as much."""
PENALTY: Final = 0.03
"""C, the inverse: a slope's prior variance."""
POOLED: Final = ("ridge", "anchored", "forest")
"""Whose mean in log-odds the ensemble is: the self-exciting process did worse where settings were
chosen, and stands beside."""
START_FROM: Final = MEMORIES[:2]
TWO_YEARS: Final = 104
EDGE: Final = 1e-3
"""No nearer to 0 or 1 than a thousandth: the record is a thousand weeks long."""


@dataclass(frozen=True)
class Weekly:
    """Out-of-sample forecasts of one horizon: p by model, (threshold, segment, origin)."""

    horizon: int
    origins: Ints
    p: dict[str, Floats]
    ladder: Floats
    deaths: Floats
    """What came: (segment, origin)."""
    beside: Floats
    """What the ensemble says of the rows that were asked beside the last origin: (threshold,
    segment, row)."""


Beside = Callable[[Sequence[str], Floats], Floats]
"""From column names and features, (segment, origin, column), to rows like the last origin's."""


@dataclass(frozen=True)
class Columns:
    """Where the features of one horizon stand: those that all models see, and the memories."""

    names: tuple[str, ...]
    common: tuple[int, ...]
    memory: dict[float, tuple[int, ...]]
    """By threshold, in the order of MEMORIES."""


def members(columns: Columns) -> dict[str, dict[float, LadderRidge]]:
    """The regressions, unfitted, by name and threshold.

    Both see the decayed counts and the memories; `ridge` starts from nothing, `anchored` from the
    log-odds of the short memories.
    """
    short = [MEMORIES.index(half_life) for half_life in START_FROM]
    made: dict[str, dict[float, LadderRidge]] = {"ridge": {}, "anchored": {}}
    for k, rungs in RUNGS.items():
        seen = columns.common + columns.memory[k]
        starts = [[columns.memory[rung][i] for i in short] for rung in rungs]
        made["ridge"][k] = LadderRidge(rungs, seen, C=PENALTY)
        made["anchored"][k] = LadderRidge(rungs, seen, starts, C=PENALTY)
    return made


def climatologies(deaths: Floats, origins: Ints, horizon: int, lag: int) -> dict[str, Floats]:
    """All-history and two-year shares of closed windows: (threshold, segment, origin)."""
    gap = -(-(horizon + lag) // WEEK)
    y = reached(deaths, THRESHOLDS).transpose(2, 0, 1)
    total = np.concatenate([np.zeros((*y.shape[:2], 1)), np.cumsum(y, axis=2)], axis=2)
    closed = np.maximum(np.arange(len(origins)) - gap + 1, 0)
    from_two = np.maximum(closed - TWO_YEARS, 0)
    long = (total[:, :, closed] + 0.5) / (closed + 1)
    short = total[:, :, closed] - total[:, :, from_two]
    return {"climatology": long, "climatology_2y": (short + long) / (closed - from_two + 1)}


def walk_weeks(
    events: Deaths,
    origins: Ints,
    first: int,
    since: int,
    horizons: tuple[int, ...],
    lag: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    beside: Beside | None = None,
) -> list[Weekly]:
    """The record from day `first` on, refitted every REFIT_WEEKS, a Weekly a horizon.

    `origins` are weekly days; a window closes `lag` days after its end, and is learnt from as it
    was known then. Climatology counts windows from the day `since` on. Every forecast uses events
    known by its origin alone. The rows that `beside` makes are forecast by what forecasts the last
    origin.
    """
    from joblib import Parallel, delayed

    names, common = death_features(events, origins)
    came = death_labels(events, origins, horizons)
    told = death_labels(events, origins, horizons, lag)
    begin = int(np.searchsorted(origins, first))
    work = Parallel(n_jobs=os.cpu_count(), return_as="generator")(
        delayed(_walk)(events, names, common, seen, origins, begin, horizon, lag, seed, beside)
        for horizon, seen in zip(horizons, told, strict=True)
    )
    old = int(np.searchsorted(origins, since))
    walked = []
    for horizon, result, seen, size in zip(horizons, work, told, came, strict=True):
        p, ladder, asked = result
        mine = slice(events.segments)
        base = climatologies(seen[mine, old:], origins[old:], horizon, lag)
        p |= {name: values[:, :, begin - old :] for name, values in base.items()}
        walked.append(Weekly(horizon, origins[begin:], p, ladder, size[mine, begin:], asked))
        if progress:
            progress(len(walked), len(horizons))
    return walked


def _remembered(
    names: tuple[str, ...], common: Floats, told: Floats, wait: int, segments: int
) -> tuple[Columns, Floats]:
    """All columns of one horizon, (unit, origin, column): the common ones, then the memories."""
    asked = sorted({rung for rungs in RUNGS.values() for rung in rungs})
    shares = memories(reached(told, asked).transpose(2, 0, 1), wait, segments)
    odds = log_odds(np.clip(shares, EDGE, 1 - EDGE)).reshape(-1, *told.shape).transpose(1, 2, 0)
    n, step = common.shape[2], len(asked)
    at = {k: tuple(range(n + i, n + step * len(MEMORIES), step)) for i, k in enumerate(asked)}
    remembered = (f"memory.{k:g}_{half_life}" for half_life in MEMORIES for k in asked)
    return Columns((*names, *remembered), tuple(range(n)), at), np.concatenate(
        [common, odds], axis=2
    )


def _walk(
    events: Deaths,
    names: tuple[str, ...],
    common: Floats,
    told: Floats,
    origins: Ints,
    begin: int,
    horizon: int,
    lag: int,
    seed: int,
    beside: Beside | None,
) -> tuple[dict[str, Floats], Floats, Floats]:
    """The members, the ensemble and its ladder, (threshold, segment, origin), from `begin` on, and
    what the ensemble says of the rows beside."""
    columns, X = _remembered(names, common, told, horizon + lag, events.segments)
    now = X[: events.segments]
    if beside:
        now = np.concatenate([now, beside(columns.names, now)], axis=1)
    models = members(columns)
    seen = columns.common + columns.memory[THRESHOLDS[0]] + columns.memory[THRESHOLDS[1]]
    excited = [i for i, name in enumerate(columns.names) if ".events_" in name or ".log_" in name]
    # windows overlap: a week of a long one tells less of its own, and some need not be asked
    step = max(1, (horizon + lag) // EVERY_DAYS)
    worth = min(1.0, 2 * WEEK / (horizon + lag)) * step
    parts: list[dict[str, Floats]] = []
    for start in range(begin, len(origins), REFIT_WEEKS):
        closed = np.flatnonzero(origins + horizon + lag <= origins[start])
        closed = closed[-KEPT_WEEKS:][::-step][::-1]
        units = seasoned(events, int(origins[start]))
        weight = 0.5 ** ((origins[start] - origins[closed]) / (365.25 * RECENCY_YEARS))
        weight = np.tile(weight * worth, len(units))
        last = start + REFIT_WEEKS >= len(origins)
        Q = now[:, start : None if last else start + REFIT_WEEKS].reshape(-1, X.shape[2])
        A = X[np.ix_(units, closed)].reshape(-1, X.shape[2])
        size = told[np.ix_(units, closed)].ravel()
        if (start - begin) % YEARLY == 0:
            forest = Forest(LADDER, leaf=max(LEAF // step, 1), seed=seed)
            forest.fit(A[:, seen], size, weight)
            hawkes = Hawkes(THRESHOLDS, excited).fit(A, size, weight)
        found = _asked(models, A, size, weight, Q) | {"forest": forest.predict(Q[:, seen])}
        found["hawkes"] = hawkes.predict(Q)
        parts.append({n: p.reshape(events.segments, -1, p.shape[1]) for n, p in found.items()})
    whole = {n: np.concatenate([part[n] for part in parts], axis=1) for n in parts[0]}
    p, ladder = _combined(whole)
    weeks = len(origins) - begin
    past = {n: values[:, :, :weeks] for n, values in p.items()}
    return past, ladder[:, :, :weeks], p["ensemble"][:, :, weeks:]


def _combined(p: dict[str, Floats]) -> tuple[dict[str, Floats], Floats]:
    ladder = p["forest"]
    p["forest"] = ladder[..., [LADDER.index(k) for k in THRESHOLDS]]
    odds = log_odds(np.clip(np.stack([p[name] for name in POOLED]), EDGE, 1 - EDGE))
    p["ensemble"] = falling(expit(odds.mean(axis=0)))
    ladder = bent(ladder, LADDER, THRESHOLDS, p["ensemble"])
    return {n: each.transpose(2, 0, 1) for n, each in p.items()}, ladder.transpose(2, 0, 1)


def _asked(
    models: dict[str, dict[float, LadderRidge]],
    A: Floats,
    size: Floats,
    weight: Floats,
    Q: Floats,
) -> dict[str, Floats]:
    """Forecasts of the rows Q by every regression, fitted anew: (row, threshold)."""
    found = {}
    for name, mine in models.items():
        several = [
            model.fit(A, size, weight).predict(Q)[:, model.thresholds.index(k)]
            for k, model in mine.items()
        ]
        found[name] = falling(np.column_stack(several))
    return found
