"""Weekly rolling origins for deaths by segment: members refitted, mixed and calibrated anew."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.deaths import Deaths, death_features, death_labels
from features.history import Floats, Ints
from features.targets import WEEK
from models.hawkes import Hawkes
from models.pooled import Forest, Member, TunedRidge
from models.pooling import bent, falling, mixed, reached

THRESHOLDS: Final = (1.0, 10.0)
LADDER: Final = (1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0)
REFIT_WEEKS: Final = 26
RECENCY_YEARS: Final = 6.0
MAP_PENALTY: Final = 20.0
POOL_PRIOR: Final = 2.0
TWO_YEARS: Final = 104


@dataclass(frozen=True)
class Weekly:
    """Out-of-sample forecasts of one horizon: p by model, (threshold, segment, origin)."""

    horizon: int
    origins: Ints
    p: dict[str, Floats]
    ladder: Floats
    deaths: Floats
    """What came: (segment, origin)."""


def members(names: tuple[str, ...], seed: int) -> dict[str, Member]:
    """Every member of the pool, unfitted, by name."""
    excited = [i for i, name in enumerate(names) if ".events_" in name or ".log_" in name]
    background = [i for i, name in enumerate(names) if name.startswith("segment.")]
    return {
        "ridge": TunedRidge(THRESHOLDS),
        "forest": Forest(LADDER, leaf=30, seed=seed),
        "hawkes": Hawkes(THRESHOLDS, excited, background),
    }


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
    warm: int,
    horizons: tuple[int, ...],
    lag: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Weekly]:
    """The record from day `first` on, refitted every REFIT_WEEKS, a Weekly a horizon.

    `origins` are weekly days; a window closes `lag` days after its end. The `warm` weeks before
    the first only teach the pool. Every forecast uses events known by its origin alone.
    """
    from joblib import Parallel, delayed

    names, X = death_features(events, origins)
    Y = death_labels(events, origins, horizons)
    begin = int(np.searchsorted(origins, first))
    starts = list(range(begin - warm, len(origins), REFIT_WEEKS))
    todo = [(i, start) for i in range(len(horizons)) for start in starts]
    work = Parallel(n_jobs=os.cpu_count(), return_as="generator")(
        delayed(_span)(names, X, Y[i], origins, horizons[i] + lag, start, seed) for i, start in todo
    )
    found = []
    for result in work:
        found.append(result)
        if progress:
            progress(len(found), len(todo))
    walked = []
    for i, horizon in enumerate(horizons):
        mine = [r for (at, _), r in zip(todo, found, strict=True) if at == i]
        raw = {name: np.concatenate([r[name] for r in mine], axis=2) for name in mine[0]}
        walked.append(_combined(raw, Y[i], origins, starts, begin, horizon, lag))
    return walked


def _span(
    names: tuple[str, ...],
    X: Floats,
    deaths: Floats,
    origins: Ints,
    wait: int,
    start: int,
    seed: int,
) -> dict[str, Floats]:
    day = origins[start]
    closed = np.flatnonzero(origins + wait <= day)
    A = X[:, closed].transpose(1, 0, 2).reshape(-1, X.shape[2])  # in time order
    size = deaths[:, closed].T.ravel()
    weight = 0.5 ** ((day - origins[closed]) / (365.25 * RECENCY_YEARS))
    # windows overlap: a week of a long one tells less of its own
    weight = np.repeat(weight * min(1.0, 2 * WEEK / wait), len(X))
    span = slice(start, start + REFIT_WEEKS)
    Q = X[:, span].reshape(-1, X.shape[2])
    return {
        name: model.fit(A, size, weight).predict(Q).reshape(len(X), -1, p).transpose(2, 0, 1)
        for name, model in members(names, seed).items()
        for p in [len(model.thresholds)]
    }


def _combined(
    raw: dict[str, Floats],
    deaths: Floats,
    origins: Ints,
    starts: list[int],
    begin: int,
    horizon: int,
    lag: int,
) -> Weekly:
    shown = slice(starts[0], len(origins))
    judged = [LADDER.index(k) for k in THRESHOLDS]
    p = {n: v if len(v) == len(THRESHOLDS) else v[judged] for n, v in raw.items()}
    base = climatologies(deaths, origins, horizon, lag)
    stacked = np.stack(list(p.values()))
    p |= {name: values[:, :, shown] for name, values in base.items()}
    y = reached(deaths[:, shown], THRESHOLDS).transpose(2, 0, 1)
    told = WEEK / max(horizon, WEEK)
    found = np.empty(y.shape)
    pooled = np.empty(y.shape)
    for start in starts:
        span = slice(start - starts[0], start - starts[0] + REFIT_WEEKS)
        closed = int(np.sum(origins[shown] + horizon + lag <= origins[start]))
        for k in range(len(THRESHOLDS)):
            past = y[k, :, :closed].ravel()
            weight = np.full(len(past), told)
            before = stacked[:, k, :, :closed].reshape(len(stacked), -1)
            pooled[k, :, span], found[k, :, span] = mixed(
                before,
                past,
                weight,
                pooled[k, :, :closed].ravel(),
                stacked[:, k, :, span],
                POOL_PRIOR,
                MAP_PENALTY,
            )
    p["ensemble"] = falling(found.transpose(1, 2, 0)).transpose(2, 0, 1)
    ladder = bent(
        raw["forest"].transpose(1, 2, 0), LADDER, THRESHOLDS, p["ensemble"].transpose(1, 2, 0)
    )
    later = slice(begin - starts[0], None)
    return Weekly(
        horizon,
        origins[begin:],
        {name: values[:, :, later] for name, values in p.items()},
        ladder.transpose(2, 0, 1)[:, :, later],
        deaths[:, begin:],
    )
