"""One issue of a forecast as a frozen value that cannot contradict itself, and its id."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import isfinite
from operator import itemgetter
from typing import Annotated, Final, Literal, get_args

from publish.contract.columns import Meaning, columns, written
from publish.contract.row import ROW, Row
from publish.contract.values import ForecastError, checked, hold
from theatres import Level

IssueStatus = Literal["ok", "stale", "partial", "hindcast", "no_forecast"]
THEATRE: Final = re.compile(r"[a-z][a-z0-9_]*")  # it names a folder: nothing that could leave it
UNIDENTIFIED: Final = {"change", "change_split", "threshold"}
"""What the id leaves out: what a row says of the issue before it and not of the world, and the
threshold, which the target's definition tells and older issues do not hold."""
IDENTIFIED: Final = [column for column in ROW if column.name not in UNIDENTIFIED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """One issue: the rows, what they were made from and when, and the levels' definition.

    `issue_id` is computed from the contents where it is not given: the first 16 hex digits of the
    SHA-256 of everything the forecast says but `issued_at` and UNIDENTIFIED, so that the same
    forecast made twice is one issue. Raises ForecastError, naming the row, where a date, a status,
    a level or the horizons' order does not hold, or where a given id is not the contents' own.
    """

    issue_id: Annotated[str, Meaning("the issue's id", "5d41402abc4b2a76", kind="id")] = ""
    theatre: Annotated[str, Meaning("the conflict's name", "aaa_bbb")]
    as_of: Annotated[
        date,
        Meaning("the day the forecast is made for: nothing known later is in it", "2025-11-15"),
    ]
    issued_at: Annotated[datetime, Meaning("when it was issued, UTC", "2025-11-15T05:30:00Z")]
    data_as_of: Annotated[
        date, Meaning("the last day whose silence means calm, at most as_of", "2025-11-15")
    ]
    data_fingerprint: Annotated[str, Meaning("the SHA-256 of the events it is made from", "9f86")]
    method_version: Annotated[str, Meaning("the method's version", "2-1a2b3c4d")]
    mlflow_run_id: Annotated[str, Meaning("the run of the model behind it", "4f6c0d")]
    status: Annotated[
        IssueStatus,
        Meaning("ok, stale, partial (without its headline), hindcast or no_forecast", "ok"),
    ]
    levels: Annotated[
        tuple[Level, ...],
        Meaning("the levels' definition", [{"name": "low", "probability": 0.0}], kind="list"),
    ]
    rows: Annotated[
        tuple[Row, ...], Meaning("the rows", [{"unit": "dyad", "target": "closure"}], kind="list")
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))
        object.__setattr__(self, "rows", tuple(self.rows))
        _check_issue(self)
        _check_levels(self)
        _check_status(self)
        _check_rows(self)
        own = _identify(self)
        if self.issue_id not in ("", own):
            raise ForecastError(
                "issue_id does not belong to these contents",
                where=_place(self),
                found=self.issue_id,
                expected=own,
                do="leave it to the contents, or take the forecast as corrupted",
            )
        object.__setattr__(self, "issue_id", own)

    @property
    def summary(self) -> dict[str, object]:
        """What stands in front of a row in every table, with the columns of SUMMARY."""
        return {name: getattr(self, source) for name, source in SUMMARY.items()}

    def row(self, unit: str, target: str, horizon_days: int) -> Row | None:
        """The row of that unit, target and horizon, None where the issue has none."""
        wanted = (unit, target, horizon_days)
        return next((row for row in self.rows if row.key == wanted), None)


ISSUE: Final = columns(Forecast)
SUMMARY: Final = {
    **{name: name for name in ("issue_id", "theatre", "as_of", "issued_at", "data_as_of")},
    "issue_status": "status",
}
"""The issue's columns of a row's table, each with the issue's field."""


def _identify(forecast: Forecast) -> str:
    contents = [
        forecast.theatre,
        str(forecast.as_of),
        str(forecast.data_as_of),
        forecast.data_fingerprint,
        forecast.method_version,
        forecast.mlflow_run_id,
        forecast.status,
        [level.model_dump() for level in forecast.levels],
        [written(row, IDENTIFIED) for row in forecast.rows],
    ]
    text = json.dumps(contents, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _place(forecast: Forecast) -> str:
    return f"forecast {forecast.theatre} of {forecast.as_of}"


def _check_issue(forecast: Forecast) -> None:
    where, moment, last = _place(forecast), forecast.issued_at, forecast.data_as_of
    named = isinstance(forecast.theatre, str) and THEATRE.fullmatch(forecast.theatre)
    hold(bool(named), "theatre is not a name", "", forecast.theatre, "a-z, 0-9 and _")
    utc = type(moment) is datetime and moment.utcoffset() == timedelta(0)
    hold(utc, "issued_at is not in UTC", where, moment, "a datetime in UTC")
    object.__setattr__(forecast, "issued_at", moment.replace(tzinfo=UTC, fold=0))
    for column in ISSUE:
        if column.name not in ("issue_id", "status"):  # what they must be, the contents tell
            column.checked(getattr(forecast, column.name), where)
    hold(
        last <= forecast.as_of,
        "data_as_of lies after as_of",
        *(where, str(last), f"{forecast.as_of} or before"),
    )


def _check_levels(forecast: Forecast) -> None:
    where = _place(forecast)
    names = [checked("name", level.name, "level", where) for level in forecast.levels]
    hold(len(set(names)) == len(names), "levels need different names", where, names)
    finite = all(isfinite(level.lift) for level in forecast.levels)
    hold(finite, "a level's lift is not finite", where)


def _check_status(forecast: Forecast) -> None:
    statuses = {row.status for row in forecast.rows}
    holds = {
        "ok": "ok" in statuses and "stale" not in statuses,
        "stale": "stale" in statuses,
        "partial": bool(statuses - {"no_forecast"}),
        "hindcast": bool(statuses),
        "no_forecast": statuses == {"no_forecast"},
    }
    hold(
        holds.get(forecast.status, False),
        "the issue's status does not follow from its rows'",
        _place(forecast),
        f"{forecast.status} over rows {sorted(statuses)}",
        f"one of {', '.join(get_args(IssueStatus))} that fits them",
    )


def _check_rows(forecast: Forecast) -> None:
    (key, count), *_ = Counter(row.key for row in forecast.rows).most_common(1)
    hold(count == 1, "a row stands twice", _place(forecast), key)
    for row in forecast.rows:
        hold(
            (row.target_end_date - forecast.as_of).days == row.horizon_days,
            "target_end_date is not as_of and the horizon",
            *(row, row.target_end_date, f"{forecast.as_of} and {row.horizon_days} days"),
        )
        _check_level(forecast, row)
    _check_horizons(forecast.rows)


def _check_level(forecast: Forecast, row: Row) -> None:
    if row.probability is None or row.baseline_probability is None:
        return
    p, baseline = row.probability, row.baseline_probability
    reached = [level.name for level in forecast.levels if level.reached(p, baseline)]
    highest = reached[-1] if reached else "a level that the probability reaches"
    problem = "level does not follow from the published levels"
    hold(row.level in reached[-1:], problem, row, row.level, highest)


def _check_horizons(rows: Iterable[Row]) -> None:
    # Windows that begin together lie one in another; calendar months do not.
    given = [
        (row.key, row.probability, row)
        for row in rows
        if row.probability is not None and row.target_start_date is None
    ]
    for (key, p, _), (further, q, row) in pairwise(sorted(given, key=itemgetter(0))):
        falls = key[:2] == further[:2] and q < p
        problem = "probability falls as the horizon grows"
        hold(not falls, problem, row, q, f"at least the {p} of {key[2]} days")
