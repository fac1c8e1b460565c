"""A distribution as a ladder of exceedance probabilities: kept in order, bent, read."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import expit

from features.arrays import Floats
from models.numerics.odds import EDGE

ROUNDING: Final = 1e-9


def falling(p: Floats) -> Floats:
    """Probabilities that never rise with the threshold (the last axis), by rearrangement.

    Chernozhukov, Fernández-Val and Galichon (Econometrica 2010).
    """
    ordered: Floats = -np.sort(-np.clip(p, EDGE, 1 - EDGE), axis=-1)
    return ordered


def reached(size: Floats, thresholds: Sequence[float]) -> Floats:
    """Whether each threshold is reached: (..., threshold), 1 or 0, NaN where size is."""
    flags = (size[..., None] >= np.array(thresholds)).astype(np.float64)
    flags[np.isnan(size)] = np.nan
    return flags


def bent(ladder: Floats, thresholds: Sequence[float], at: Sequence[float], p: Floats) -> Floats:
    """The ladder moved so that it passes through p at the thresholds `at`: (..., threshold).

    The shift in log-odds is known at `at` and drawn linearly over log(threshold) between them,
    level outside.
    """
    where = [list(thresholds).index(k) for k in at]
    ladder, p = np.clip(ladder, EDGE, 1 - EDGE), np.clip(p, EDGE, 1 - EDGE)
    odds = np.log(ladder / (1 - ladder))
    shift = np.log(p / (1 - p)) - odds[..., where]
    x, known = np.log(np.array(thresholds)), np.log(np.array(at))
    right = np.clip(np.searchsorted(known, x), 1, len(known) - 1)
    part = np.clip((x - known[right - 1]) / (known[right] - known[right - 1]), 0, 1)
    moved = expit(odds + shift[..., right - 1] * (1 - part) + shift[..., right] * part)
    # between two known points the ladder lies between them, so sorting leaves those where they are
    above = np.where(x < known[0], 1 - EDGE, p[..., np.where(x > known[-1], -1, right - 1)])
    beneath = np.where(x > known[-1], EDGE, p[..., np.where(x < known[0], 0, right)])
    return falling(np.clip(moved, beneath, above))


def quantiles(ladder: Floats, thresholds: Sequence[float], levels: Floats) -> Floats:
    """Quantiles of log(1 + size) at the levels: (row, level), from P(size >= k), (row, threshold).

    Between thresholds the mass is spread evenly over log(1 + size); past the last it is spread
    as far again as the last two lie apart. `levels` are (level,), or (row, level).
    """
    x = np.log1p(np.array(thresholds, np.float64))
    x = np.append(x, 2 * x[-1] - x[-2])
    levels = np.broadcast_to(levels, (len(ladder), levels.shape[-1]))
    found = np.empty(levels.shape)
    for row, p in enumerate(ladder):
        found[row] = np.interp(levels[row], np.append(1 - p, 1.0), x, left=0.0)
    return found


def counts_at(q: Floats) -> Floats:
    """The counts at which quantiles of log(1 + size) lie: count k takes from log(1 + k) to
    log(2 + k), so that it is the least of which the level is reached."""
    found: Floats = np.maximum(np.ceil(np.expm1(q) - ROUNDING) - 1, 0)
    return found


def rising(p: Floats) -> Floats:
    """Probabilities that never fall with the horizon (the last axis), by rearrangement.

    Sorting a curve that ought to rise never takes it further from the truth (Chernozhukov,
    Fernández-Val and Galichon, Econometrica 2010).
    """
    return np.sort(p, axis=-1)
