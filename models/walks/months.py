"""Monthly rolling origins over a pooled panel: every member refitted, mixed and calibrated anew."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from features.arrays import Floats, Ints
from features.monthly.panel import MONTHS_A_YEAR, Panel, label, panel_features
from models.combining.pool import mixed, stacked
from models.learners.panel import COUNT_COLUMNS, Forest, Hurdle, Member, Ridge, Trees
from models.numerics.distribution import bent, falling, reached

BURN_MONTHS: Final = 24
"""A panel's first rows teach nothing: their histories are too short."""
RECENCY_YEARS: Final = 15.0
"""Half-life of a training row's weight."""
POOL_PRIOR: Final = 20.0
"""What each member counts before it has a record, in rows."""
MAP_PENALTY: Final = 10.0
"""Ridge on the calibration map: weak, since a record of months by units is long."""
STACK_PENALTY: Final = 300.0
"""Ridge towards equal weights of the members' log-odds, in rows' information."""
STACK_YEARS: Final = 3.0
"""Half-life of a past forecast's weight where members are combined in log-odds."""
MEMBERS: Final = ("ridge", "trees", "forest", "hurdle")
QUIET: Final = 3
"""Where nothing happened for five years, every third row stands for its neighbours."""


@dataclass(frozen=True)
class Study:
    """What is asked of a panel: thresholds to judge, the whole ladder, horizons in months."""

    panel: Panel
    size: Floats
    """What is counted: (unit, month)."""
    thresholds: tuple[float, ...]
    ladder: tuple[float, ...]
    horizons: tuple[int, ...]
    unit_weight: Floats
    """How much each unit's rows weigh in fitting, mixing and calibrating."""
    flags: Floats
    """Columns that never change, (unit, column): what kind of unit it is."""
    extra: dict[str, Floats] = field(default_factory=dict)
    """Further columns by name, (unit, month), as known at each month's end."""
    members: tuple[str, ...] = MEMBERS
    """Which members there are."""
    stacked: bool = False
    """Whether a regression on their log-odds combines them, anew at every origin; else those are
    mixed, and then mapped."""


Beside = Callable[[Sequence[str], Floats], Floats]
"""From column names and features, (unit, month, column), to rows like those of the last month."""


@dataclass(frozen=True)
class Walked:
    """Out-of-sample forecasts of one horizon, NaN where a unit is not in the panel."""

    horizon: int
    origins: Ints
    p: dict[str, Floats]
    """By model: (threshold, unit, origin)."""
    ladder: Floats
    """The ensemble's distribution, P(size >= k): (ladder, unit, origin)."""
    y: Floats
    """What came: (unit, origin)."""

    def since(self, first: int) -> "Walked":
        """The same record from month `first` on."""
        shown = self.origins >= first
        return Walked(
            self.horizon,
            self.origins[shown],
            {name: values[:, :, shown] for name, values in self.p.items()},
            self.ladder[:, :, shown],
            self.y[:, shown],
        )


def table(study: Study) -> tuple[tuple[str, ...], Floats]:
    """Feature names and values, (unit, month, column), of the study's panel."""
    names, X = panel_features(study.panel, study.thresholds)
    if study.extra:
        names, X = (*names, *study.extra), np.dstack([X, *study.extra.values()])
    if not study.flags.size:
        return names, X
    flags = np.repeat(study.flags[:, None, :], X.shape[1], axis=1)
    kept = [names.index(name) for name in COUNT_COLUMNS]
    crossed = (flags[:, :, :1] * X[:, :, kept]).reshape(*X.shape[:2], -1)
    extra = tuple(f"flag_{i}" for i in range(flags.shape[2]))
    crosses = tuple(f"flag_0_{name}" for name in COUNT_COLUMNS)
    return (*names, *extra, *crosses), np.concatenate([X, flags, crossed], axis=2)


def members(study: Study, names: Sequence[str], seed: int) -> dict[str, Member]:
    """The study's members, unfitted, by name."""
    every: dict[str, Member] = {
        "ridge": Ridge(study.thresholds),
        "trees": Trees(study.thresholds, seed=seed),
        "forest": Forest(study.ladder, seed=seed),
        "hurdle": Hurdle(study.ladder, [names.index(name) for name in COUNT_COLUMNS]),
    }
    return {name: every[name] for name in study.members}


def rows(study: Study, X: Floats, horizon: int, origin: int) -> tuple[Floats, Floats, Floats]:
    """Features, sizes and weights of the rows whose label was known at the end of month `origin`.

    Nothing after `origin` is read.
    """
    last = origin - horizon + 1
    there = study.panel.present[:, :last].copy()
    there[:, :BURN_MONTHS] = False
    quiet = (study.size[:, :last].cumsum(axis=1) - _before(study.size[:, :last], 60)) == 0
    turn = np.arange(last) % QUIET == 0
    there &= ~quiet | turn
    unit, month = np.nonzero(there)
    weight = 0.5 ** ((origin - month) / (MONTHS_A_YEAR * RECENCY_YEARS)) * study.unit_weight[unit]
    weight = np.where(quiet[unit, month], weight * QUIET, weight)
    return X[unit, month], study.size[unit, month + horizon], weight


def _before(x: Floats, months: int) -> Floats:
    total = np.zeros_like(x)
    total[:, months:] = x.cumsum(axis=1)[:, :-months]
    return total


def fit(
    study: Study, names: Sequence[str], X: Floats, horizon: int, origin: int, seed: int
) -> dict[str, Member]:
    """Every member fitted on what was known at the end of month `origin`."""
    data = rows(study, X, horizon, origin)
    return {name: model.fit(*data) for name, model in members(study, names, seed).items()}


def _span(
    study: Study,
    names: Sequence[str],
    X: Floats,
    horizon: int,
    origins: Ints,
    seed: int,
) -> dict[str, Floats]:
    """Forecasts of one refit for a run of origins, by member: (threshold, unit, origin)."""
    fitted = fit(study, names, X, horizon, int(origins[0]), seed)
    Q = X[:, origins].reshape(-1, X.shape[2])
    shape = (len(study.panel.units), len(origins), -1)
    return {
        name: model.predict(Q).reshape(shape).transpose(2, 0, 1) for name, model in fitted.items()
    }


def walk(
    study: Study,
    first: int,
    warm: int,
    refit: int,
    seed: int,
    baselines: Callable[[int], dict[str, Floats]],
    progress: Callable[[int, int], None] | None = None,
    beside: Beside | None = None,
    whole: bool = False,
) -> list[Walked]:
    """The study's record from month `first` on, a Walked a horizon.

    Members are refitted every `refit` months (once a year in the `warm` months before `first`,
    which only teach the pool; with `whole` they are in the record too). `baselines(horizon)` gives
    further models for every month, (threshold, unit, month), themselves as known then. With
    `beside` the record goes on to the last month, whose outcome is not known: the forecast. After
    it stand as many more origins as `beside` gives rows a unit, forecast from those rows by what
    forecasts the last month.
    """
    from joblib import Parallel, delayed

    names, X = table(study)
    last = study.panel.deaths.shape[1]
    ends = {h: last - h for h in study.horizons}
    if beside:
        rows_beside = beside(names, X)
        ends = dict.fromkeys(study.horizons, last + rows_beside.shape[1])
        X = np.concatenate([X, rows_beside], axis=1)
    runs = {h: _runs(first, warm, refit, min(last, ends[h]), ends[h]) for h in study.horizons}
    todo = [(h, run) for h in study.horizons for run in runs[h]]
    work = Parallel(n_jobs=os.cpu_count(), return_as="generator")(
        delayed(_span)(study, names, X, h, run, seed) for h, run in todo
    )
    found = []
    for result in work:
        found.append(result)
        if progress:
            progress(len(found), len(todo))
    walked = []
    for h in study.horizons:
        mine = [r for (horizon, _), r in zip(todo, found, strict=True) if horizon == h]
        p = {name: np.concatenate([r[name] for r in mine], axis=2) for name in mine[0]}
        record = _combined(study, h, runs[h], p, baselines(h))
        walked.append(record if whole else record.since(first))
    return walked


def _runs(first: int, warm: int, refit: int, last: int, end: int) -> list[Ints]:
    """Runs of origins that share a fit, the last one on to `end`."""
    starts = [*range(first - warm, first, MONTHS_A_YEAR), *range(first, last, refit)]
    ends = [*starts[1:], end]
    return [np.arange(a, b, dtype=np.int32) for a, b in zip(starts, ends, strict=True)]


def _combined(
    study: Study,
    horizon: int,
    runs: list[Ints],
    p: dict[str, Floats],
    baselines: dict[str, Floats],
) -> Walked:
    origins = np.concatenate(runs)
    at = np.minimum(origins, study.size.shape[1] - 1)  # what stands beside the last month is there
    size = label(study.size, horizon)[:, at]
    there = study.panel.present[:, at]
    judged = [study.ladder.index(k) for k in study.thresholds]
    at_thresholds = {
        name: values if len(values) == len(study.thresholds) else values[judged]
        for name, values in p.items()
    }
    combined = _stacked if study.stacked else _mixed
    found = combined(study, horizon, runs, np.stack(list(at_thresholds.values())), size, there)
    ladder = bent(
        p["forest"].transpose(1, 2, 0), study.ladder, study.thresholds, found.transpose(1, 2, 0)
    )
    every = {**at_thresholds, **{n: v[:, :, at] for n, v in baselines.items()}}
    every["ensemble"] = found
    blank = np.where(there, 1.0, np.nan)
    return Walked(
        horizon,
        origins,
        {name: values * blank for name, values in every.items()},
        ladder.transpose(2, 0, 1) * blank,
        size * blank,
    )


def _mixed(
    study: Study,
    horizon: int,
    runs: list[Ints],
    p: Floats,
    size: Floats,
    there: np.typing.NDArray[np.bool_],
) -> Floats:
    """The pool, calibrated, each run with its first month's weights: (threshold, unit, origin).

    p is (member, threshold, unit, origin).
    """
    found = np.empty(p.shape[1:])
    pooled = np.empty(p.shape[1:])
    done = 0
    for run in runs:
        span = slice(done, done + len(run))
        closed = slice(0, max(int(run[0]) - int(runs[0][0]) - horizon + 1, 0))
        known = there[:, closed]
        y = reached(size[:, closed][known], study.thresholds)
        weight = np.broadcast_to(study.unit_weight[:, None], there.shape)[:, closed][known]
        for k in range(len(study.thresholds)):
            pooled[k, :, span], found[k, :, span] = mixed(
                p[:, k, :, closed][:, known],
                y[:, k],
                weight,
                pooled[k, :, closed][known],
                p[:, k, :, span],
                POOL_PRIOR,
                MAP_PENALTY,
            )
        done += len(run)
    return falling(found.transpose(1, 2, 0)).transpose(2, 0, 1)


def _stacked(
    study: Study,
    horizon: int,
    runs: list[Ints],
    p: Floats,
    size: Floats,
    there: np.typing.NDArray[np.bool_],
) -> Floats:
    """The members combined in log-odds, each origin on what was closed then, shaped as `_mixed`'s.

    p is (member, threshold, unit, origin).
    """
    last = study.size.shape[1] - 1
    origins = np.minimum(np.concatenate(runs), last)  # what stands beside the last month is there
    found = np.empty(p.shape[1:])
    for origin in np.unique(origins):
        at = slice(*np.searchsorted(origins, (origin, origin + 1)))
        closed = slice(0, max(int(origin - origins[0]) - horizon + 1, 0))
        known = there[:, closed]
        y = reached(size[:, closed][known], study.thresholds)
        fading = 0.5 ** ((origin - origins[closed]) / (MONTHS_A_YEAR * STACK_YEARS))
        weight = (study.unit_weight[:, None] * fading)[known]
        for k in range(len(study.thresholds)):
            before = p[:, k, :, closed][:, known]
            found[k, :, at] = stacked(before, y[:, k], weight, p[:, k, :, at], STACK_PENALTY)
    return falling(found.transpose(1, 2, 0)).transpose(2, 0, 1)
