"""Two forecasts of the same things held against each other: skill with its interval."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logit

from features.history import Floats
from models.pooled import logistic

REPEATS: Final = 1000
EDGE: Final = 1e-6


@dataclass(frozen=True)
class Skill:
    """1 - loss / rival's loss, with an interval from redrawn units."""

    skill: float
    low: float | None
    high: float | None


def skill_over_units(loss: Floats, rival: Floats, seed: int, level: float = 0.95) -> Skill:
    """The skill of summed losses by unit, with a percentile bootstrap interval over units.

    Units are drawn whole, so that what a unit's months share does not count as evidence. A single
    unit gives no interval: both ends are None.
    """
    from arch.bootstrap import IIDBootstrap

    skill = 1 - float(loss.sum() / rival.sum())
    if len(loss) < 2:
        return Skill(skill, None, None)
    drawn = IIDBootstrap(loss, rival, seed=np.random.default_rng(seed))
    low, high = drawn.conf_int(
        lambda a, b: 1 - a.sum() / b.sum(), REPEATS, method="percentile", size=level
    )[:, 0]
    return Skill(skill, float(low), float(high))


def calibration_slope(p: Floats, y: Floats) -> float:
    """The slope of logit P(y) on logit p: 1 is calibrated, below 1 overconfident (Cox 1958)."""
    odds = logit(np.clip(p, EDGE, 1 - EDGE))[:, None]
    return float(logistic(1e6).fit(odds, y).coef_[0, 0])
