"""The Forecast, the contract that every view and reader shares: its value, JSON text and table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError

from publish.contract.columns import Column, read, written
from publish.contract.issue import ISSUE, SUMMARY, Forecast, IssueStatus
from publish.contract.row import ROW, Row, RowStatus
from publish.contract.values import ForecastError, checked, encoded, parse
from theatres import Level

__all__ = [
    "SCORE",
    "Forecast",
    "ForecastError",
    "IssueStatus",
    "Row",
    "RowStatus",
    "flat",
    "flat_value",
    "from_json",
    "score_lines",
    "to_json",
]
_FIELDS: Final = {column.name: column for column in ISSUE}
SCORE: Final[tuple[Column, ...]] = (
    *(replace(_FIELDS[field], name=name) for name, field in SUMMARY.items()),
    *ROW,
)
"""The columns of every table of rows: the issue's in front, the row's in its order."""
_NAMED: Final = {column.name for column in ROW if column.kind == "named"}


def to_json(forecast: Forecast) -> str:
    """The canonical JSON text: fields in the contract's order, floats by repr, dates ISO 8601.

    `from_json` gives back an equal Forecast, and equal Forecasts give the same text.
    """
    value = written(forecast, ISSUE)
    value["levels"] = [level.model_dump() for level in forecast.levels]
    value["rows"] = [written(row, ROW) for row in forecast.rows]
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)


def from_json(text: str) -> Forecast:
    """The Forecast of a JSON text, checked as one that is made anew.

    Raises ForecastError on anything else: not JSON, a missing, unknown or doubled field, a wrong
    type, contents that contradict each other or the issue_id.
    """
    fields = read(parse(text, "forecast"), ISSUE, "forecast")
    fields["levels"] = [_read_level(value, n) for n, value in enumerate(fields["levels"], 1)]
    fields["rows"] = [
        Row(**read(value, ROW, f"row number {n}")) for n, value in enumerate(fields["rows"], 1)
    ]
    return Forecast(**fields)


def score_lines(forecast: Forecast, rows: Sequence[Row] | None = None) -> list[dict[str, Any]]:
    """A line a row with the columns of SCORE; dates as dates, names with numbers as objects.

    Of all the forecast's rows, or of those given.
    """
    issue = forecast.summary
    return [
        issue
        | {
            name: encoded("named", value) if name in _NAMED else value
            for name, value in _items(row)
        }
        for row in (forecast.rows if rows is None else rows)
    ]


def _items(row: Row) -> Iterator[tuple[str, Any]]:
    return ((column.name, getattr(row, column.name)) for column in ROW)


def flat(line: Mapping[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    """The line for tables that hold texts and numbers alone: dates by ISO, objects as JSON."""
    values = {column.name: encoded(column.kind, line[column.name]) for column in columns}
    return {name: flat_value(value) for name, value in values.items()}


def flat_value(value: Any) -> Any:
    """An object as one line of JSON text, any other value as it is."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _read_level(value: object, number: int) -> Level:
    where = f"level {number}"
    try:
        level = Level.model_validate(value, strict=True)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise ForecastError(fault["msg"], where=where, found=fault["input"]) from None
    checked("name", level.name, "level", where)
    return level
