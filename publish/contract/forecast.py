"""The Forecast, the contract that every view and reader shares: its value, JSON text and table."""

import json
from datetime import datetime
from typing import Any, cast

import pandas as pd
from pydantic import ValidationError

from publish.contract.fields import Fields, parse
from publish.contract.issue import (
    LEVEL_FIELDS,
    Forecast,
    IssueStatus,
    issue_id,
    level_object,
)
from publish.contract.row import (
    LATER_FIELDS,
    NAMED_FIELDS,
    ROW_FIELDS,
    ForecastError,
    Named,
    Row,
    RowStatus,
    flat_object,
    row_object,
)
from theatres import Level

__all__ = [
    "Forecast",
    "ForecastError",
    "IssueStatus",
    "Row",
    "RowStatus",
    "from_json",
    "issue_id",
    "to_frame",
    "to_json",
]

ISSUE_FIELDS = (
    "issue_id",
    "theatre",
    "as_of",
    "issued_at",
    "data_as_of",
    "data_fingerprint",
    "method_version",
    "mlflow_run_id",
    "status",
    "levels",
    "rows",
)


def to_json(forecast: Forecast) -> str:
    """The canonical JSON text: fields in the contract's order, floats by repr, dates ISO 8601.

    `from_json` gives back an equal Forecast, and equal Forecasts give the same text.
    """
    value = {name: getattr(forecast, name) for name in ISSUE_FIELDS}
    value["as_of"] = forecast.as_of.isoformat()
    value["issued_at"] = moment_text(forecast.issued_at)
    value["data_as_of"] = forecast.data_as_of.isoformat()
    value["levels"] = [level_object(level) for level in forecast.levels]
    value["rows"] = [row_object(row) for row in forecast.rows]
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)


def from_json(text: str) -> Forecast:
    """The Forecast of a JSON text, checked as one that is made anew.

    Raises ForecastError on anything else: not JSON, a missing, unknown or doubled field, a wrong
    type, contents that contradict each other or the issue_id.
    """
    fields = Fields(parse(text, "forecast"), ISSUE_FIELDS, "forecast")
    return Forecast(
        issue_id=fields.text("issue_id"),
        theatre=fields.text("theatre"),
        as_of=fields.day("as_of"),
        issued_at=fields.moment("issued_at"),
        data_as_of=fields.day("data_as_of"),
        data_fingerprint=fields.text("data_fingerprint"),
        method_version=fields.text("method_version"),
        mlflow_run_id=fields.text("mlflow_run_id"),
        status=cast("IssueStatus", fields.text("status")),
        levels=tuple(_read_level(value, n) for n, value in enumerate(fields.array("levels"), 1)),
        rows=tuple(_read_row(value, n) for n, value in enumerate(fields.array("rows"), 1)),
    )


def to_frame(forecast: Forecast) -> pd.DataFrame:
    """One line a Row in the Row's order, the issue's columns in front; drivers and a
    change's parts as JSON text.

    Numbers that are not there are NaN; column types are the same for every issue.
    """
    columns = [*ROW_FIELDS, *LATER_FIELDS]
    frame = pd.DataFrame([flat_object(row) for row in forecast.rows], columns=columns)
    numbers = [name for name in ROW_FIELDS if "probability" in name or name == "change"]
    texts = dict.fromkeys(("level", *LATER_FIELDS), "object")
    frame = frame.astype(dict.fromkeys(numbers, "float64") | texts)
    for name in ("target_end_date", "target_start_date"):
        frame[name] = pd.Series([getattr(row, name) for row in forecast.rows], dtype="object")
    for place, (name, value) in enumerate(issue_columns(forecast).items()):
        frame.insert(place, name, [value] * len(frame))
    return frame


def issue_columns(forecast: Forecast) -> dict[str, Any]:
    """What stands in front of a row in every table: the columns of its issue."""
    return {
        "issue_id": forecast.issue_id,
        "theatre": forecast.theatre,
        "as_of": forecast.as_of,
        "issued_at": forecast.issued_at,
        "data_as_of": forecast.data_as_of,
        "issue_status": forecast.status,
    }


def moment_text(moment: datetime) -> str:
    """A UTC moment in ISO 8601, ending in Z."""
    return moment.isoformat().replace("+00:00", "Z")


def _read_level(value: object, number: int) -> Level:
    fields = Fields(value, LEVEL_FIELDS, f"level {number}")
    try:
        return Level(
            name=fields.text("name"),
            probability=fields.number("probability"),
            lift=fields.number("lift"),
            floor=fields.number("floor"),
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise ForecastError(fault["msg"], where=f"level {number}", found=fault["input"]) from None


def _read_row(value: object, number: int) -> Row:
    fields = Fields(value, ROW_FIELDS, f"row number {number}", LATER_FIELDS)
    return Row(
        unit=fields.text("unit"),
        target=fields.text("target"),
        horizon_days=fields.whole("horizon_days"),
        target_end_date=fields.day("target_end_date"),
        probability=fields.number_or_none("probability"),
        probability_low=fields.number_or_none("probability_low"),
        probability_high=fields.number_or_none("probability_high"),
        baseline_probability=fields.number_or_none("baseline_probability"),
        level=fields.text_or_none("level"),
        change=fields.number_or_none("change"),
        drivers=_named(fields.inner("drivers")),
        status=cast("RowStatus", fields.text("status")),
        reason=fields.text("reason"),
        target_start_date=(
            fields.day("target_start_date") if "target_start_date" in fields.names else None
        ),
        mlflow_run_id=fields.text("mlflow_run_id") if "mlflow_run_id" in fields.names else None,
        **{name: _named(fields.inner(name)) for name in NAMED_FIELDS if name in fields.names},
    )


def _named(fields: Fields) -> Named:
    return tuple((name, fields.number(name)) for name in fields.names)
