"""Events in the chronicle's format: a desk's work can become the next embedded chronicle."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from streams.sources.chronicle import HEADER
from streams.sources.chronicle import SOURCE as CHRONICLE

_DAYS = {"occurred_on": "occurred_on", "ended_on": "ended_on", "known_on": "known_at"}
_NUMBERS = ("lat", "lon", "deaths_low", "deaths_best", "deaths_high")


def chronicle_csv(events: pd.DataFrame) -> str:
    """The events (COLUMNS) as a file that `dyadcast events load` takes, in order of their day.

    An event that two sources tell under one id stands once, as the chronicle has it. The format
    has days: what became known at an hour is known on its day.
    """
    own = events["source"] == CHRONICLE
    ordered = pd.concat([events[own], events[~own]]).drop_duplicates("event_id")
    ordered = ordered.sort_values(["occurred_on", "event_id"], kind="stable")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_cells(row) for row in ordered.to_dict("records"))
    return text.getvalue()


def _cells(row: Mapping[Any, Any]) -> list[str]:
    return [_cell(name, row) for name in HEADER]


def _cell(name: str, row: Mapping[Any, Any]) -> str:
    if name == "ended_on" and row["ended_on"] == row["occurred_on"]:
        return ""
    if name in _DAYS:
        return f"{row[_DAYS[name]]:%Y-%m-%d}"
    if name == "source":
        return str(row["url"])
    value = row[name]
    return "" if name in _NUMBERS and pd.isna(value) else str(value)
