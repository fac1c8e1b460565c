"""The stationary bootstrap: how often a redrawn record holds each origin."""

from typing import Final

import numpy as np

from features.arrays import Ints
from features.targets import WEEK

REDRAWS: Final = 200


BLOCK_WEEKS: Final = 26


def redraw(origins: int, horizon: int, seed: int, draws: int = REDRAWS) -> Ints:
    """How often each origin is drawn in each stationary bootstrap sample.

    Blocks of 26 weeks on average, or the horizon where that is longer: overlapping windows are
    correlated, and quarrels last (Politis and Romano, JASA 1994). Shape (draw, origin).
    """
    return redrawn(origins, max(BLOCK_WEEKS, -(-horizon // WEEK)), seed, draws)


def redrawn(origins: int, block: int, seed: int, draws: int = REDRAWS) -> Ints:
    """The same with blocks of that many origins on average: (draw, origin)."""
    from arch.bootstrap import StationaryBootstrap

    sampler = StationaryBootstrap(block, np.arange(origins), seed=seed)
    drawn = [np.bincount(data[0][0], minlength=origins) for data in sampler.bootstrap(draws)]
    return np.array(drawn, np.int32)
