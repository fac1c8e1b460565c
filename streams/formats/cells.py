"""The text of a file's cell as a value, or an EventError that names its column."""

import re
from collections.abc import Mapping
from datetime import date

from streams.events.event import EventError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT = re.compile(r"-?[0-9]{1,18}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_LINE_END = re.compile(r"\s*[\r\n]+\s*")


def day_in(cells: Mapping[str, str], column: str) -> date:
    """The column's date, written YYYY-MM-DD and in the calendar."""
    text = cells[column]
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise EventError(column, text, "a date of the calendar as YYYY-MM-DD")


def degrees_in(cells: Mapping[str, str], column: str) -> float | None:
    """The column's decimal degrees, or None where it is empty."""
    text = cells[column]
    if text and not _DEGREES.fullmatch(text):
        raise EventError(column, text, "decimal degrees, or nothing")
    return float(text) if text else None


def count_in(cells: Mapping[str, str], column: str) -> int | None:
    """The column's whole number, or None where it is empty."""
    text = cells[column]
    if text and not _COUNT.fullmatch(text):
        raise EventError(column, text, "a whole number of deaths, or nothing")
    return int(text) if text else None


def line_in(cells: Mapping[str, str], column: str) -> str:
    """The column's text on one line: a line end within it becomes a space."""
    return _LINE_END.sub(" ", cells[column])
