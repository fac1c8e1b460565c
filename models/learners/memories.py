"""Monthly baselines: how often a unit reached a threshold, as known at each month's end."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.arrays import Floats
from features.monthly.panel import Panel, decayed, windowed

MEMORIES: Final = (12, 24, 36)
"""Half-lives of the exponential memories, in months."""
PRIOR_MONTHS: Final = 1.0
"""What the pooled rate weighs in a unit's climatology: enough that none is 0 or 1."""
FAINT: Final = 1e-4


def frequencies(
    panel: Panel, size: Floats, thresholds: Sequence[float], horizon: int
) -> dict[str, Floats]:
    """Every baseline's forecast at every month: name -> (threshold, unit, month).

    Climatology is the unit's share of months since it entered; a memory weighs a month by
    0.5 ** (age / half-life), months before the unit entered being calm; `window_12` is the plain
    share of the last twelve; persistence is the share, over all units, of months that followed a
    month like the present one `horizon` months before. Uses nothing after the month.
    """
    found: dict[str, list[Floats]] = {}
    for k in thresholds:
        flag = (size >= k).astype(np.float64)
        for name, p in _one(panel, flag, horizon).items():
            found.setdefault(name, []).append(np.clip(p, FAINT, 1 - FAINT))
    return {name: np.stack(p) for name, p in found.items()}


def _one(panel: Panel, flag: Floats, horizon: int) -> dict[str, Floats]:
    there = panel.present.astype(np.float64)
    hits, months = np.cumsum(flag, axis=1), np.cumsum(there, axis=1)
    pooled = hits.sum(axis=0) / np.maximum(months.sum(axis=0), 1)
    found = {"climatology": (hits + PRIOR_MONTHS * pooled) / (months + PRIOR_MONTHS)}
    found |= {f"memory_{m}": decayed(flag, m) for m in MEMORIES}
    found["window_12"] = windowed(flag, 12) / 12
    found["persistence"] = _persistence(flag, there, horizon)
    return found


def _persistence(flag: Floats, there: Floats, horizon: int) -> Floats:
    p = np.zeros_like(flag)
    for state in (0.0, 1.0):
        like = (flag == state) * there
        known, came = np.zeros(flag.shape[1]), np.zeros(flag.shape[1])
        known[horizon:] = like[:, :-horizon].sum(axis=0)
        came[horizon:] = (like[:, :-horizon] * flag[:, horizon:]).sum(axis=0)
        rate = (np.cumsum(came) + 0.5) / (np.cumsum(known) + 1)
        p = np.where(flag == state, rate, p)
    return p
