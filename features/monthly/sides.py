"""What else the two sides of a dyad are at: their other conflicts, and force between states."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from features.arrays import Floats
from features.monthly.panel import Panel, decayed

Sides: TypeAlias = tuple[frozenset[str], frozenset[str]]
"""The states on each side; a side without a state is empty."""
HALF_LIVES: Final = (2.0, 12.0)
WORLD_HALF_LIVES: Final = (6.0, 24.0)


def side_features(
    panel: Panel, sides: Sequence[Sides], interstate: npt.NDArray[np.bool_]
) -> dict[str, Floats]:
    """Columns by name, (unit, month), each month's value as known at its end.

    Of each side the deaths and the active dyads of its busiest state, the dyad itself left out; the
    larger and the smaller of the two sides, for a dyad has no first side by nature. And the share
    of interstate dyads active in the world. Uses nothing after the month.
    """
    active = (panel.deaths >= 1).astype(np.float64)
    between = active * interstate[:, None]
    found: dict[str, Floats] = {}
    for name, counts in (("deaths", panel.deaths), ("dyads", active)):
        first, second = (np.log1p(x) for x in _elsewhere(counts, sides))
        for half_life in HALF_LIVES:
            a, b = decayed(first, half_life), decayed(second, half_life)
            found[f"side_{name}_more_{half_life:g}"] = np.maximum(a, b)
            found[f"side_{name}_less_{half_life:g}"] = np.minimum(a, b)
    there = (panel.present & interstate[:, None]).sum(axis=0)
    world = between.sum(axis=0) / np.maximum(there, 1)
    for half_life in WORLD_HALF_LIVES:
        level = decayed(world[None], half_life)
        found[f"world_interstate_{half_life:g}"] = np.broadcast_to(level, active.shape)
    return found


def _elsewhere(counts: Floats, sides: Sequence[Sides]) -> tuple[Floats, Floats]:
    """What either side's busiest state is at beside the dyad: (unit, month) for each side."""
    states = sorted({state for pair in sides for side in pair for state in side})
    number = {state: i for i, state in enumerate(states)}
    total = np.zeros((len(states), counts.shape[1]))
    for row, pair in zip(counts, sides, strict=True):
        for state in pair[0] | pair[1]:
            total[number[state]] += row
    found = np.zeros((2, *counts.shape))
    for unit, pair in enumerate(sides):
        for i, side in enumerate(pair):
            if side:
                busiest = total[[number[state] for state in side]].max(axis=0)
                found[i, unit] = busiest - counts[unit]
    return found[0], found[1]
