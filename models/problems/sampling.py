"""Which past rows teach at a refit, and how much each weighs."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Floats, Ints
from models.problems.problem import Problem, Sample


@dataclass(frozen=True)
class Sampling:
    """How fast a row's weight halves, and which rows are spared.

    `last` keeps so many of the newest closed origins of each horizon. For every `every` origins'
    units that a window takes to close, one origin in so many is learnt from.
    """

    half_life_years: float
    last: int | None = None
    every: int | None = None
    closing: int = 0
    """How long after its end a window closes, where `every` is given."""


def sample(problem: Problem, day: int, how: Sampling) -> Sample:
    """The rows whose window was closed on a day, as known then, unit by unit.

    Nothing known after `day` is in it.
    """
    past = int(np.searchsorted(problem.origins, day))
    origins = problem.origins[:past]
    units = np.flatnonzero(problem.teaches <= day).astype(np.int32)
    size = problem.outcomes.as_of(day, origins)[units]
    if how.last is not None:
        size = _thinned(size, problem.horizons, how)
    used = (problem.thin[units, :past] > 0).ravel()
    if how.last is not None or not used.all():
        used &= ~np.isnan(size).all(axis=1).ravel()
    weight = 0.5 ** ((day - origins) / (problem.year * how.half_life_years))
    weights = weight * problem.unit_weight[units, None] * problem.thin[units, :past]
    rows = problem.rows(slice(0, past), units)
    by_row = size.transpose(0, 2, 1).reshape(-1, len(problem.horizons))
    if not used.all():
        rows, by_row, weights = rows.take(used), by_row[used], weights.ravel()[used]
    share = problem.share
    if how.every is not None:
        share = share * [step_of(horizon, how) for horizon in problem.horizons]
    return Sample(rows, by_row, weights.ravel(), np.asarray(share, np.float64))


def step_of(horizon: int, how: Sampling) -> int:
    """One origin in how many is learnt from, for windows of that length."""
    return 1 if how.every is None else max(1, (horizon + how.closing) // how.every)


def _thinned(size: Floats, horizons: tuple[int, ...], how: Sampling) -> Floats:
    """The sizes with NaN at the origins that are not learnt from: (unit, horizon, origin)."""
    thin = np.full(size.shape, np.nan)
    for h, horizon in enumerate(horizons):
        closed: Ints = np.flatnonzero(~np.isnan(size[:, h]).all(axis=0)).astype(np.int32)
        kept = closed[-(how.last or 0) :][:: -step_of(horizon, how)]
        thin[:, h, kept] = size[:, h, kept]
    return thin
