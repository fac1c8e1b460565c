"""Rows and outcomes made up for tests of the learners."""

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.rates import RATES, column
from features.table import OWN_FAMILIES
from models.learners.design import anchor

HORIZONS = (7, 30, 90)
COLUMNS = tuple(f"dyad.{family}.decayed_30" for family in OWN_FAMILIES)


def made_rows(rows: int, seed: int) -> pd.DataFrame:
    """Feature rows: decayed counts of each family, and rates that rise with the horizon."""
    rng = np.random.default_rng(seed)
    X = {name: rng.gamma(1.0, 2.0, rows) for name in COLUMNS}
    for rate in RATES:
        p = np.sort(rng.uniform(0.02, 0.9, (rows, len(HORIZONS))), axis=1)
        X |= {column(rate, h): p[:, i] for i, h in enumerate(HORIZONS)}
    return pd.DataFrame(X)


def recorded(X: pd.DataFrame, seed: int) -> Floats:
    """Outcomes drawn as the memory has it: what came true by a horizon stays true beyond it."""
    draw = np.random.default_rng(seed).random(len(X))[:, None]
    return (draw < anchor(X, HORIZONS)).astype(np.float64)
