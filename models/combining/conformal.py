"""Count intervals that hold as often as they say, in quiet times and in war apart.

A forecast distribution is read through its own past: where the counts fell in it so far, in the
same bin of forecasts, says which of its levels bound the central 90% (bin-conditional conformal
prediction, arXiv 2410.14507; here on probability integral transforms). Counts are discrete, so the
transform is randomised (Czado, Gneiting and Held, Biometrics 2009), and coverage is measured so: an
interval of a unit that is all but sure to stay at zero cannot hold less than always.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.arrays import Floats

BINS: Final = 3
LEAST: Final = 100
"""Fewer past counts in a bin say nothing: the stated levels stand."""
INSIDE: Final = 1e-6
"""How far above the probability of staying below a threshold a level reaches the threshold."""


def transform(ladder: Floats, thresholds: Sequence[float], count: Floats, seed: int) -> Floats:
    """Where each count fell in its forecast, 0 to 1, randomised within its step: (row,).

    `ladder` is P(size >= k), (row, threshold), read as `pooled.quantiles` reads it.
    """
    x = np.log1p(np.array(thresholds, np.float64))
    x = np.append(x, 2 * x[-1] - x[-2])
    below, upto = np.zeros(len(count)), np.zeros(len(count))
    for row, p in enumerate(np.column_stack([ladder, np.zeros(len(ladder))])):
        upto[row] = 1 - np.interp(np.log1p(count[row] + 1), x, p)
        if count[row] > 0:
            below[row] = 1 - np.interp(np.log1p(count[row]), x, p)
    drawn = np.random.default_rng(seed).random(len(count))
    found: Floats = below + drawn * (upto - below)
    return found


def edges_of(known: Floats, bins: int = BINS) -> Floats:
    """Where the known forecasts of the past are cut into bins of equal count; none without any."""
    if not len(known):
        return np.empty(0)
    edges: Floats = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])
    return edges


def in_step(levels: Floats, stated: Floats, p: Floats) -> Floats:
    """The levels where they do not contradict p, else the nearest that do not: (row, level).

    `levels`, (row, level), are those at which the `stated` ones, (level,), are read; p is
    P(count >= k), (row, threshold). A quantile of level a reaches k just where p > 1 - a.
    """
    edges = np.column_stack([np.zeros(len(p)), 1 - p, np.ones(len(p))])
    step = (edges[:, None, 1:-1] < stated[:, None]).sum(axis=2)
    low, high = np.take_along_axis(edges, step, 1), np.take_along_axis(edges, step + 1, 1)
    return np.clip(levels, np.minimum(low + INSIDE, high), high)
