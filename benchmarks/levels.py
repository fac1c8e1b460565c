"""The levels of a central interval by bins of forecasts, walked over a record: how a published
interval would have been set at each origin."""

import numpy as np

from features.arrays import Floats, Ints
from models.combining.conformal import BINS, LEAST, edges_of


def bins_of(level: Floats, known: Floats, bins: int = BINS) -> Ints:
    """Each forecast's bin among the known forecasts of the past: equal counts, 0 the calmest."""
    return np.searchsorted(edges_of(known, bins), level, side="right").astype(np.int32)


def bounds(past: Floats, share: float = 0.9) -> tuple[float, float]:
    """The levels between which the central `share` of past transforms fell; few: as stated."""
    tail = (1 - share) / 2
    if len(past) < LEAST:
        return tail, 1 - tail
    low, high = np.quantile(past, (tail, 1 - tail))
    return float(low), float(high)


def conformal_levels(
    pit: Floats, level: Floats, origins: Ints, horizon: int, share: float = 0.9
) -> tuple[Floats, Ints]:
    """Lower and upper levels of each forecast, (2, unit, origin), and its bin, (unit, origin).

    pit and level (what the bins are of) are (unit, origin), NaN where a unit was not there. At each
    origin the levels come from transforms whose counts were known then.
    """
    found = np.full((2, *pit.shape), np.nan)
    where = np.zeros(pit.shape, np.int32)
    for at, origin in enumerate(origins):
        closed = np.flatnonzero(origins + horizon <= origin)
        known = ~np.isnan(pit[:, closed])
        then = level[:, closed][known]
        where[:, at] = bins_of(level[:, at], then)
        before = bins_of(then, then)
        for b in range(BINS):
            mine = where[:, at] == b
            found[0, mine, at], found[1, mine, at] = bounds(
                pit[:, closed][known][before == b], share
            )
    return found, where
