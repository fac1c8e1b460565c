"""What further columns add to forecasts already made: a small correction that earns its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from features.arrays import Floats
from models.numerics.newton import fit_offset_ridge
from models.numerics.odds import log_odds

PRECISIONS: Final = (400.0, 100.0, 25.0)
"""Priors on the coefficient of a standardised column: a twentieth, a tenth and a fifth of a
log-odds, until a record says otherwise."""
EVIDENCE: Final = 1.0
"""The past gain in log score, in nats, from which a correction is used: what Kass and Raftery
(JASA 1995) call positive evidence."""
FIRST_ROWS: Final = 24
"""Closed rows before anything is fitted."""
SPREAD: Final = 1e-6


@dataclass(frozen=True)
class Increment:
    """Forecasts with further columns, each (origin,): always corrected, and where that was earned.

    `corrected` has at each origin the prior with the best past; `earned` is the same where its past
    gain reaches EVIDENCE, else the forecast as it was.
    """

    corrected: Floats
    earned: Floats


def increment(
    p: Floats, y: Floats, columns: Floats, horizon: int, precisions: Sequence[float] = PRECISIONS
) -> Increment:
    """What the columns add to the forecasts p of one unit at successive months' ends.

    p and y are (origin,), NaN where there is none; columns are (origin, column), as known at each
    origin. At each origin a ridge on the standardised columns, the log-odds of p its offset, is
    fitted to the outcomes closed `horizon` months before or earlier. Uses nothing known after each
    origin.
    """
    tried = np.stack([_corrected(p, y, columns, horizon, each) for each in precisions])
    there = ~np.isnan(p) & ~np.isnan(y)
    gain = np.where(there, log_score(p, y) - log_score(tried, y), 0.0)
    # the gain of origins whose outcome was known at each origin
    known = np.zeros_like(gain)
    known[:, horizon:] = gain.cumsum(axis=1)[:, : gain.shape[1] - horizon]
    best = known.argmax(axis=0)
    at = np.arange(len(p))
    corrected = tried[best, at]
    return Increment(corrected, np.where(known[best, at] >= EVIDENCE, corrected, p))


def log_score(p: Floats, y: Floats) -> Floats:
    """Minus the log of the probability given to what came: lower is better, NaN where either is."""
    loss: Floats = -np.log(np.where(y > 0, p, 1 - p)) + 0 * y
    return loss


def _corrected(p: Floats, y: Floats, columns: Floats, horizon: int, precision: float) -> Floats:
    found = p.copy()
    there = ~np.isnan(p) & ~np.isnan(y)
    for now in np.flatnonzero(~np.isnan(p)):
        closed = np.flatnonzero(there[: max(now - horizon + 1, 0)])
        if len(closed) >= FIRST_ROWS and 0 < y[closed].sum() < len(closed):
            found[now] = _forecast(p, y, columns, closed, int(now), precision)
    return found


def _forecast(
    p: Floats,
    y: Floats,
    columns: Floats,
    closed: npt.NDArray[np.intp],
    now: int,
    precision: float,
) -> float:
    centre, spread = columns[closed].mean(axis=0), columns[closed].std(axis=0)
    spread = np.where(spread < SPREAD, np.inf, spread)
    Z = (columns[closed] - centre) / spread
    prior = np.full(Z.shape[1], precision)
    b = fit_offset_ridge(Z, y[closed], np.ones(len(closed)), log_odds(p[closed]), prior)
    return float(expit(log_odds(p[now]) + (columns[now] - centre) / spread @ b))
