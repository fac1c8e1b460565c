"""Two forecasts of the same things held against each other: skill with its interval."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logit

from features.arrays import Floats
from models.learners.panel import logistic

REPEATS: Final = 1000
EDGE: Final = 1e-6
NEVER_WRONG: Final = 1e-4
"""A summed loss below this is what keeping a probability off 0 and 1 costs, and no error."""
BLOCK_MONTHS: Final = 6
"""Mean length of a block of redrawn months, or the horizon where that is longer: quarrels last."""


@dataclass(frozen=True)
class Skill:
    """1 - loss / rival's loss, with an interval; None where the rival was never wrong."""

    skill: float | None
    low: float | None
    high: float | None


def skill_over_units(loss: Floats, rival: Floats, seed: int, level: float = 0.95) -> Skill:
    """The skill of summed losses by unit, with a percentile bootstrap interval over units.

    Units are drawn whole, so that what a unit's months share does not count as evidence. A single
    unit gives no interval: both ends are None.
    """
    from arch.bootstrap import IIDBootstrap

    if rival.sum() < NEVER_WRONG:
        return Skill(None, None, None)
    skill = 1 - float(loss.sum() / rival.sum())
    if len(loss) < 2:
        return Skill(skill, None, None)
    drawn = IIDBootstrap(loss, rival, seed=np.random.default_rng(seed))
    low, high = drawn.conf_int(
        lambda a, b: 1 - a.sum() / b.sum(), REPEATS, method="percentile", size=level
    )[:, 0]
    return Skill(skill, float(low), float(high))


def skill_over_months(
    loss: Floats, rival: Floats, horizon: int, seed: int, level: float = 0.95
) -> Skill:
    """The skill of one unit's losses by month, with a paired stationary block bootstrap interval.

    Blocks of 6 months on average, or the horizon where that is longer (Politis and Romano, JASA
    1994): what neighbouring months share does not count as evidence. The interval is of the
    difference of the losses, in shares of the rival's.
    """
    if rival.sum() < NEVER_WRONG:
        return Skill(None, None, None)
    told = mean_over_months((rival - loss) / rival.mean(), horizon, seed, level)
    return Skill(told.mean, told.low, told.high)


@dataclass(frozen=True)
class Mean:
    """A mean over months, with its interval."""

    mean: float
    low: float
    high: float


def mean_over_months(values: Floats, horizon: int, seed: int, level: float = 0.95) -> Mean:
    """The mean of one unit's months, with the interval of a stationary block bootstrap."""
    from arch.bootstrap import StationaryBootstrap

    block = max(BLOCK_MONTHS, horizon)
    drawn = StationaryBootstrap(block, values, seed=np.random.default_rng(seed))
    low, high = drawn.conf_int(np.mean, REPEATS, method="percentile", size=level)[:, 0]
    return Mean(float(values.mean()), float(low), float(high))


def calibration_slope(p: Floats, y: Floats) -> float:
    """The slope of logit P(y) on logit p: 1 is calibrated, below 1 overconfident (Cox 1958)."""
    odds = logit(np.clip(p, EDGE, 1 - EDGE))[:, None]
    return float(logistic(1e6).fit(odds, y).coef_[0, 0])
