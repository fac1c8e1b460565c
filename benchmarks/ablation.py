"""What a family of features is worth: the backtest without it against the one with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from features.history import History
from features.table import column_family
from models.forecasting.training import Asked
from models.judging.gate import paired
from models.numerics.losses import log_loss
from models.problems.problem import Problem
from models.recipes.recipe import block_of
from streams.events.event import TYPES

AFTER_DAYS = 30


def without(problem: Problem, families: Iterable[str]) -> Problem:
    """The problem with every column of those families set to zero: nothing can be learnt from it.

    Labels and the past rates stay as they are.
    """
    gone = set(families)
    muted = np.array([column_family(name) in gone for name in problem.names])
    return replace(problem, X=np.where(muted, 0.0, problem.X))


@dataclass(frozen=True)
class Worth:
    """Skill of the forecast with the families over the one without, with its 90% interval."""

    target: str
    horizon: int
    families: str
    skill: float
    low: float
    high: float


def worth(
    asked: Asked, families: str, full: Floats, muted: Floats, y: Floats, seed: int
) -> list[Worth]:
    """A Worth a horizon, in log score: full, muted and y are (unit, horizon, origin)."""
    problem, found = asked.problem, []
    for i, horizon in enumerate(problem.horizons):
        closed = ~np.isnan(y[:, i]).any(axis=0)
        ours, rival = (
            log_loss(p[:, i, closed], y[:, i, closed]).mean(axis=0) for p in (full, muted)
        )
        skill = paired(ours, rival, block_of(problem, asked.recipe, i), seed)
        found.append(Worth(problem.target, horizon, families, *skill))
    return found


def shift_after(
    history: History, kinds: Sequence[str], origins: Ints, p: Floats
) -> tuple[float, int]:
    """How far a probability moved in the 30 days after such events, on average, and how many.

    For each day of such an event: the mean of p at the weekly origins of the AFTER_DAYS after it
    was known, less p at the last origin before. An association: what leads to a mediation offer
    also moves the risk.
    """
    chosen = history.of_types([kind for kind in kinds if kind in TYPES])
    days = np.unique(chosen.known)
    moves = []
    for day in days:
        before = int(np.searchsorted(origins, day)) - 1
        after = (origins >= day) & (origins <= day + AFTER_DAYS)
        if before >= 0 and after.any():
            moves.append(float(p[after].mean() - p[before]))
    return (float(np.mean(moves)) if moves else float("nan")), len(moves)


def lead_times(
    origins: Ints, p: dict[str, Floats], onsets: dict[str, int], leads: Sequence[int]
) -> pd.DataFrame:
    """What was forecast so many days before each onset: a row an onset, lead and model.

    The forecast is that of the last origin at or before the onset less the lead.
    """
    rows = []
    for name, day in onsets.items():
        for lead in leads:
            at = int(np.searchsorted(origins, day - lead, side="right")) - 1
            if at < 0:
                continue
            rows += [
                {
                    "onset": name,
                    "lead": lead,
                    "model": model,
                    "origin": int(origins[at]),
                    "probability": float(values[at]),
                }
                for model, values in p.items()
            ]
    return pd.DataFrame(rows)
