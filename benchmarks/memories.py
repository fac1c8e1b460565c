"""Memories of months that lean on a prior: rivals that no published forecast is held against."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.arrays import Floats, faded
from features.monthly.panel import Panel
from models.learners.memories import MEMORIES

HOUSE_WINDOWS: Final = 4.0
PRIOR_WINDOWS: Final = 6.0
PRIOR_RATE: Final = 0.05
"""With these the 12- and the 36-month memory have the scores of the first, unpublished study of the
dyads, to the fourth decimal."""


def leaning_memories(panel: Panel, size: Floats, thresholds: Sequence[float]) -> dict[str, Floats]:
    """The memories with a prior: name -> (threshold, unit, month).

    `memory_12`, `_24` and `_36` lean on PRIOR_RATE with the weight of six months, all months
    counting. `memory_12_house` leans as features.rates does: on climatology, and that on one half,
    with the weight of four months, months counting since the unit entered. Uses nothing after the
    month.
    """
    there, found = panel.present.astype(np.float64), dict[str, list[Floats]]()
    for k in thresholds:
        flag = (size >= k).astype(np.float64)
        for half_life in MEMORIES:
            weight = faded(np.ones_like(flag), half_life) + PRIOR_WINDOWS
            p = (faded(flag, half_life) + PRIOR_WINDOWS * PRIOR_RATE) / weight
            found.setdefault(f"memory_{half_life}", []).append(p)
        hits, months = np.cumsum(flag, axis=1), np.cumsum(there, axis=1)
        climatology = (hits + HOUSE_WINDOWS / 2) / (months + HOUSE_WINDOWS)
        weight = faded(there, 12) + HOUSE_WINDOWS
        house = (faded(flag, 12) + HOUSE_WINDOWS * climatology) / weight
        found.setdefault("memory_12_house", []).append(house)
    return {name: np.stack(p) for name, p in found.items()}
