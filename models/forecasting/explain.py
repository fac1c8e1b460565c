"""What moves a probability: exact Shapley values over the families of features."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.table import OWN_FAMILIES, column_family
from models.forecasting.ensemble import Ensemble
from models.numerics.odds import log_odds

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


def _values(ensemble: Ensemble, X: pd.DataFrame) -> dict[frozenset[str], Floats]:
    """The forecast with only a coalition's columns as they are, the rest at their typical."""
    asked = coalitions(OWN_FAMILIES)
    stacked = []
    for present in asked:
        absent = [
            c
            for c in X.columns
            if column_family(c) in OWN_FAMILIES and column_family(c) not in present
        ]
        stacked.append(X.assign(**{c: ensemble.typical[c] for c in absent}))
    p = ensemble.predict(pd.concat(stacked, ignore_index=True))
    parts = p.reshape(len(asked), len(X), -1)
    return dict(zip(asked, parts, strict=True))


class Drivers(NamedTuple):
    """How far each family moves each forecast from its baseline: name -> (row, horizon)."""

    probability: dict[str, Floats]
    log_odds: dict[str, Floats]


def drivers(ensemble: Ensemble, X: pd.DataFrame, baseline: Floats) -> Drivers:
    """What moves each forecast, in probability and in log-odds.

    Shapley values (Shapley 1953) of the forecast as a game among the families of columns, exact
    over all coalitions; with `base_rates` they sum to the forecast minus the baseline, on either
    scale. What moves a forecast is associated with what happens; it need not cause it.
    """
    value = _values(ensemble, X)
    odds = {present: log_odds(p) for present, p in value.items()}
    return Drivers(
        shared(value, baseline, OWN_FAMILIES), shared(odds, log_odds(baseline), OWN_FAMILIES)
    )


def shared(
    value: Mapping[frozenset[str], Floats], baseline: Floats, families: Sequence[str]
) -> dict[str, Floats]:
    """Each family's Shapley value, and what is left to the baseline as RATES, by the value of
    every coalition."""
    found = {
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
    found[RATES] = value[frozenset(families)] - baseline - sum(found.values())
    return found


def largest_first(moved: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The drivers of one forecast in the order in which they are published."""
    found = ((name, float(value)) for name, value in moved.items())
    return tuple(sorted(found, key=lambda driver: (-abs(driver[1]), driver[0])))
