"""UCDP's months as panels: every country's deaths, every dyad's, as one vintage tells them."""

import re
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.arrays import Floats
from features.monthly.panel import Panel, month_number
from features.monthly.sides import Sides

FIRST = month_number(1989, 1)
"""UCDP's events begin in 1989."""
KINDS = ("sb", "ns", "os")


def month_of_day(day: date) -> int:
    """Months since the year 0 of the day's month."""
    return month_number(day.year, day.month)


def country_panel(told: pd.DataFrame, last: date, region: Callable[[int], str]) -> Panel:
    """Every country's months from 1989 to that of `last`: deaths, events and the civilians among
    the dead, by kind of violence.

    `told` has a row a country and month that had an event, as `streams.months.country_months`
    gives it. `region` names a country's group by its number. Months after `last` are left out.
    """
    units, month, rows = _rows(told, last)
    deaths = sum(_spread(units, month, rows, f"{kind}_deaths_best", last) for kind in KINDS)
    civilians = sum(_spread(units, month, rows, f"{kind}_deaths_civilians", last) for kind in KINDS)
    kinds = {
        f"{kind}_events": _spread(units, month, rows, f"{kind}_events", last) for kind in KINDS
    }
    return Panel(
        tuple(map(str, units)),
        FIRST,
        np.asarray(deaths),
        {**kinds, "civilian_deaths": np.asarray(civilians)},
        np.zeros(len(units), np.int32),
        tuple(region(int(unit)) for unit in units),
    )


def dyad_panel(told: pd.DataFrame, last: date) -> tuple[Panel, tuple[Sides, ...]]:
    """Every state-based dyad's months, and the states on either side of each.

    The size of a month is its deaths, and 1 where there were events and no dead. A dyad enters
    with its first event; its group is its first side. A dyad is UCDP's own: what a state does to a
    group on another's soil counts in the state's dyad with the group, not in the two states'.
    `told` is `streams.months.dyad_months`.
    """
    told = told[told["sb_events"] > 0]
    units, month, rows = _rows(told, last)
    events = _spread(units, month, rows, "sb_events", last)
    deaths = _spread(units, month, rows, "sb_deaths_best", last)
    about = rows.drop_duplicates("code", keep="last").set_index("code").loc[units]
    first, second = (about[name].fillna("").astype(str) for name in ("gwno_a", "gwno_b"))
    panel = Panel(
        tuple(map(str, units)),
        FIRST,
        np.where(events > 0, np.maximum(deaths, 1), 0),
        {"events": events},
        np.argmax(events > 0, axis=1).astype(np.int32),
        tuple(str(side) for side in first),
    )
    return panel, tuple(zip(map(_states, first), map(_states, second), strict=True))


def between_states(sides: Sequence[Sides]) -> npt.NDArray[np.bool_]:
    """Which dyads have a state on either side."""
    return np.array([bool(a and b) for a, b in sides], np.bool_)


def _states(numbers: str) -> frozenset[str]:
    return frozenset(filter(None, re.split("[;,] ?", numbers)))


def _rows(
    told: pd.DataFrame, last: date
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], pd.DataFrame]:
    """The units in order, each row's month counted from FIRST, and the rows of the panel's span."""
    month = (told["month"].dt.year * 12 + told["month"].dt.month - 1 - FIRST).to_numpy(np.int64)
    inside = (month >= 0) & (month <= month_of_day(last) - FIRST)
    rows = told[inside].assign(month=month[inside]).sort_values(["code", "month"])
    return np.unique(rows["code"]), rows["month"].to_numpy(np.int64), rows


def _spread(
    units: npt.NDArray[np.int64],
    month: npt.NDArray[np.int64],
    rows: pd.DataFrame,
    name: str,
    last: date,
) -> Floats:
    values = np.zeros((len(units), month_of_day(last) - FIRST + 1))
    np.add.at(values, (np.searchsorted(units, rows["code"]), month), rows[name])
    return values
