"""What moves a probability: exact Shapley values over the families of features."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np

from features.arrays import Floats
from models.numerics.odds import log_odds
from models.problems.problem import Rows, stacked

RATES = "base_rates"
"""The driver that is no family: other base rates, calibration, and families at their typical."""


def coalitions(families: Sequence[str]) -> list[frozenset[str]]:
    """Every set of families, from none to all."""
    return [
        frozenset(chosen)
        for size in range(len(families) + 1)
        for chosen in combinations(families, size)
    ]


def _share(size: int, players: int) -> float:
    """Shapley's weight of a coalition of that size that a family joins."""
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def coalition_rows(
    rows: Rows, families: Sequence[str], family: Sequence[str], typical: Floats
) -> Rows:
    """The rows once a coalition, in the order of `coalitions`: absent families at their typical.

    `family` is each column's.
    """
    parts = []
    for present in coalitions(families):
        absent = [i for i, f in enumerate(family) if f in families and f not in present]
        parts.append(rows.at_typical(typical, absent))
    return stacked(parts)


class Drivers(NamedTuple):
    """How far each family moves each forecast from its baseline: name -> (row, horizon,
    threshold)."""

    probability: dict[str, Floats]
    log_odds: dict[str, Floats]


def drivers(p: Floats, baseline: Floats, families: Sequence[str]) -> Drivers:
    """What moves each forecast, in probability and in log-odds.

    `p` are the forecasts of `coalition_rows`, `baseline` those of the base rate. Shapley values
    (Shapley 1953) of the forecast as a game among the families of columns, exact over all
    coalitions; with `base_rates` they sum to the forecast minus the baseline, on either scale. What
    moves a forecast is associated with what happens; it need not cause it.
    """
    sets = coalitions(families)
    value = dict(zip(sets, p.reshape(len(sets), -1, *p.shape[1:]), strict=True))
    odds = {present: log_odds(each) for present, each in value.items()}
    return Drivers(shared(value, baseline, families), shared(odds, log_odds(baseline), families))


def shared(
    value: Mapping[frozenset[str], Floats], baseline: Floats, families: Sequence[str]
) -> dict[str, Floats]:
    """Each family's Shapley value, and what is left to the baseline as RATES, by the value of
    every coalition."""
    parts = {
        family: np.sum(
            [
                _share(len(without), len(families)) * (value[without | {family}] - value[without])
                for without in value
                if family not in without
            ],
            axis=0,
        )
        for family in families
    }
    parts[RATES] = value[frozenset(families)] - baseline - sum(parts.values())
    return parts


def largest_first(moved: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The drivers of one forecast in the order in which they are published."""
    parts = ((name, float(value)) for name, value in moved.items())
    return tuple(sorted(parts, key=lambda driver: (-abs(driver[1]), driver[0])))
