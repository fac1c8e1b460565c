"""What moves a probability: exact Shapley values over the families of features."""

from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.history import Floats
from features.table import OWN_FAMILIES, column_family
from models.calibration import log_odds
from models.ensemble import Ensemble

RATES = "base_rates"
"""The driver that is no family: other base rates, calibration, and families at their typical."""


def _coalitions() -> list[frozenset[str]]:
    return [
        frozenset(chosen)
        for size in range(len(OWN_FAMILIES) + 1)
        for chosen in combinations(OWN_FAMILIES, size)
    ]


def _share(size: int) -> float:
    """Shapley's weight of a coalition of that size that a family joins."""
    players = len(OWN_FAMILIES)
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def _values(ensemble: Ensemble, X: pd.DataFrame) -> dict[frozenset[str], Floats]:
    """The forecast with only a coalition's columns as they are, the rest at their typical."""
    coalitions = _coalitions()
    stacked = []
    for present in coalitions:
        absent = [
            c
            for c in X.columns
            if column_family(c) in OWN_FAMILIES and column_family(c) not in present
        ]
        stacked.append(X.assign(**{c: ensemble.typical[c] for c in absent}))
    p = ensemble.predict(pd.concat(stacked, ignore_index=True))
    parts = p.reshape(len(coalitions), len(X), -1)
    return dict(zip(coalitions, parts, strict=True))


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
    return Drivers(_shared(value, baseline), _shared(odds, log_odds(baseline)))


def _shared(value: dict[frozenset[str], Floats], baseline: Floats) -> dict[str, Floats]:
    found = {
        family: np.sum(
            [
                _share(len(without)) * (value[without | {family}] - value[without])
                for without in value
                if family not in without
            ],
            axis=0,
        )
        for family in OWN_FAMILIES
    }
    found[RATES] = value[frozenset(OWN_FAMILIES)] - baseline - sum(found.values())
    return found
