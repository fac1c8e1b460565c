"""The strongest public baseline for monthly deaths by country, rebuilt to its published recipe.

Conflict Panel V1 (2026): one L2 logistic regression a threshold and horizon, lambda 1, on nine
standardised columns, refitted at every origin.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from features.arrays import Floats
from features.monthly.panel import MONTHS_A_YEAR, Panel, label, others_mean, since, windowed

CAP = 120
WINDOWS = (1, 3, 6, 12, 24)


def peer_features(panel: Panel, regions: Sequence[str]) -> Floats:
    """The recipe's columns, (unit, month, 9): log1p deaths over the last 1, 3, 6, 12 and 24
    months; log1p months since the last death (at most 120); the share of the last 12 months with
    a death; the mean log1p 12-month deaths of the region's other countries; the global share of
    country-months with a death over 12 months. Uses nothing after the month of the row."""
    deaths, year = panel.deaths, MONTHS_A_YEAR
    active = (deaths >= 1).astype(np.float64)
    world = windowed(active.mean(axis=0)[None], year) / year
    columns = [
        *(np.log1p(windowed(deaths, w)) for w in WINDOWS),
        np.log1p(since(deaths >= 1, CAP)),
        windowed(active, year) / year,
        others_mean(np.log1p(windowed(deaths, year)), panel, regions),
        np.broadcast_to(world, deaths.shape),
    ]
    return np.stack(columns, axis=2)


def peer_forecast(X: Floats, size: Floats, threshold: float, horizon: int, origin: int) -> Floats:
    """P(size >= threshold) `horizon` months after month `origin`, by unit, refitted then."""
    past = slice(MONTHS_A_YEAR, origin - horizon + 1)
    A = X[:, past].reshape(-1, X.shape[2])
    y = label(size, horizon)[:, past].ravel() >= threshold
    mean, spread = A.mean(axis=0), A.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=1.0, solver="newton-cholesky").fit((A - mean) / spread, y)
    p: Floats = model.predict_proba((X[:, origin] - mean) / spread)[:, 1]
    return p
