"""A theatre's events as columns at months' ends: force, and diplomacy with the states it is in."""

from datetime import date
from typing import Final

import numpy as np

from features.arrays import Floats, to_day
from features.history import History
from features.monthly.panel import MONTHS_A_YEAR
from features.table import event_features
from theatres import Theatre

FORCE: Final = ("force",)
DIPLOMACY: Final = ("conciliation", "breakdown", "mediation", "crossings")
HALF_LIVES: Final = (30, 365)
"""Days: what is new, and what is usual, since the chronicle's coverage is uneven."""
STATES: Final = (
    "conciliation.ceasefire_in_force",
    "conciliation.talks_pending",
    "mediation.engaged",
    "crossings.closed",
)


def monthly_columns(
    history: History, theatre: Theatre, first: int, months: int
) -> tuple[Floats, Floats]:
    """The columns of force and those of diplomacy, (month, column) each, as known at months' ends.

    `first` counts months since the year 0. Decayed counts by family as log(1 + count), and the
    states in force. Uses no event known after the month's last day.
    """
    ends = [_last_day(first + month) for month in range(months)]
    found = event_features(history, theatre, np.array(ends, np.int32), segments=False)

    def levels(families: tuple[str, ...]) -> list[Floats]:
        names = [f"dyad.{family}.decayed_{h}" for family in families for h in HALF_LIVES]
        return [np.log1p(found[name].to_numpy()) for name in names]

    states = [found[f"dyad.{name}"].to_numpy() for name in STATES]
    return np.column_stack(levels(FORCE)), np.column_stack([*levels(DIPLOMACY), *states])


def _last_day(month: int) -> int:
    year, after = divmod(month + 1, MONTHS_A_YEAR)
    return to_day(date(year, after + 1, 1)) - 1
