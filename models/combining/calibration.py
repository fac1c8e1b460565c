"""Calibration on out-of-sample forecasts, and the band that its record allows."""

from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from features.arrays import Floats, Ints
from models.numerics.newton import fit_offset_ridge
from models.numerics.odds import log_odds

PENALTY: Final = 400.0
"""Ridge on (shift, slope - 1): a calibration map is the identity until a record says otherwise."""
BAND_PENALTY: Final = 2.0
"""The same for a redrawn record: weak, so that the record's own noise shows in the band."""
BAND: Final = (0.10, 0.90)


def fit_map(p: Floats, y: Floats, weight: Floats, penalty: float = PENALTY) -> Floats:
    """(shift, slope - 1) of logit q = shift + slope logit p; the ridge acts at the mean of logit p.

    `p` are out-of-sample forecasts, `y` their outcomes, `weight` what each tells. With no
    evidence it is the identity.
    """
    if not weight.sum() > 0:
        return np.zeros(2)
    odds = log_odds(p)
    centre = float(np.average(odds, weights=weight))
    Z = np.column_stack([np.ones(len(odds)), odds - centre])
    shift, slope = fit_offset_ridge(Z, y, weight, odds, np.full(2, penalty))
    return np.array([shift - slope * centre, slope])


def apply_map(maps: Floats, p: Floats) -> Floats:
    """Calibrated probabilities: maps (..., 2) against p, broadcast over the leading axes."""
    odds = log_odds(p)
    q: Floats = expit(odds + maps[..., 0] + maps[..., 1] * odds)
    return q


def fit_band(p: Floats, y: Floats, weight: Floats, published: Floats, times: Ints) -> Floats:
    """Calibration maps of redrawn records, about the published map: (draw, 2).

    p and y are (origin, unit), `weight` what each origin tells; `times` says how often each draw
    takes each origin, (draw, origin). Each map is the published one plus how far a redrawn record's
    map lies from the whole record's: the basic bootstrap, so that the band is the record's noise
    and not the ridge's pull.
    """
    units = p.shape[1]
    whole = fit_map(p.ravel(), y.ravel(), np.repeat(weight, units), BAND_PENALTY)
    maps = []
    for count in times:
        drawn = count > 0
        weights = np.repeat(weight[drawn] * count[drawn], units)
        maps.append(fit_map(p[drawn].ravel(), y[drawn].ravel(), weights, BAND_PENALTY))
    return published + np.stack(maps) - whole


def band(maps: Floats, p: Floats) -> tuple[Floats, Floats]:
    """The 10th and 90th percentile of the probability over the redrawn records' maps.

    Read: had the past been another draw, this forecast would have been calibrated to a value in
    the band about three or four times in five (in made worlds, three in four). It speaks of the
    record's noise; that the pool itself may be wrong in a new world is not in it.
    """
    spread = np.quantile(apply_map(maps[:, None], p[None, :]), BAND, axis=0)
    return spread[0], spread[1]


def reliability(p: Floats, y: Floats, bins: int = 10) -> pd.DataFrame:
    """Mean forecast, observed frequency and count by bins of equal count: at most `bins` rows."""
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)))
    where = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, max(len(edges) - 2, 0))
    frame = pd.DataFrame({"bin": where, "forecast": p, "observed": y})
    grouped = frame.groupby("bin")
    return pd.DataFrame(
        {
            "forecast": grouped["forecast"].mean(),
            "observed": grouped["observed"].mean(),
            "count": grouped.size(),
        }
    ).reset_index(drop=True)
