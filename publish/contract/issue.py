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
from typing import Annotated, Final, Literal, get_args

from publish.contract.columns import Meaning, columns, written
from publish.contract.row import ROW, Row
from publish.contract.values import ForecastError, checked
from theatres import Level

IssueStatus = Literal["ok", "stale", "hindcast", "no_forecast"]
THEATRE: Final = re.compile(r"[a-z][a-z0-9_]*")  # it names a folder: nothing that could leave it
UNIDENTIFIED: Final = {"change", "change_split", "threshold"}
"""What the id leaves out: what a row says of the issue before it and not of the world, and the
threshold, which the target's definition tells and older issues do not hold."""


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
    status: Annotated[IssueStatus, Meaning("ok, stale, hindcast or no_forecast", "ok")]
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
        [written(row, [c for c in ROW if c.name not in UNIDENTIFIED]) for row in forecast.rows],
    ]
    text = json.dumps(contents, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _place(forecast: Forecast) -> str:
    return f"forecast {forecast.theatre} of {forecast.as_of}"


def _check_issue(forecast: Forecast) -> None:
    where = _place(forecast)
    if not isinstance(forecast.theatre, str) or not THEATRE.fullmatch(forecast.theatre):
        raise ForecastError(
            "theatre is not a name", found=forecast.theatre, expected="a-z, 0-9 and _"
        )
    moment = forecast.issued_at
    if type(moment) is not datetime or moment.utcoffset() != timedelta(0):
        raise ForecastError(
            "issued_at is not in UTC", where=where, found=moment, expected="a datetime in UTC"
        )
    object.__setattr__(forecast, "issued_at", moment.replace(tzinfo=UTC, fold=0))
    for column in ISSUE:
        if column.name not in ("issue_id", "status"):  # what they must be, the contents tell
            column.checked(getattr(forecast, column.name), where)
    if forecast.data_as_of > forecast.as_of:
        raise ForecastError(
            "data_as_of lies after as_of",
            where=where,
            found=forecast.data_as_of.isoformat(),
            expected=f"{forecast.as_of} or before",
        )


def _check_levels(forecast: Forecast) -> None:
    names = [checked("name", level.name, "level", _place(forecast)) for level in forecast.levels]
    if len(set(names)) != len(names):
        raise ForecastError("levels need different names", where=_place(forecast), found=names)
    if not all(isfinite(level.lift) for level in forecast.levels):
        raise ForecastError("a level's lift is not finite", where=_place(forecast))


def _check_status(forecast: Forecast) -> None:
    statuses = {row.status for row in forecast.rows}
    holds = {
        "ok": "ok" in statuses and "stale" not in statuses,
        "stale": "stale" in statuses,
        "hindcast": bool(statuses),
        "no_forecast": statuses == {"no_forecast"},
    }
    if not holds.get(forecast.status, False):
        raise ForecastError(
            "the issue's status does not follow from its rows'",
            where=_place(forecast),
            found=f"{forecast.status} over rows {sorted(statuses)}",
            expected=f"one of {', '.join(get_args(IssueStatus))} that fits them",
        )


def _check_rows(forecast: Forecast) -> None:
    (key, count), *_ = Counter(row.key for row in forecast.rows).most_common(1)
    if count > 1:
        raise ForecastError("a row stands twice", where=_place(forecast), found=key)
    for row in forecast.rows:
        if (row.target_end_date - forecast.as_of).days != row.horizon_days:
            raise ForecastError(
                "target_end_date is not as_of and the horizon",
                where=str(row),
                found=row.target_end_date.isoformat(),
                expected=f"{forecast.as_of} and {row.horizon_days} days",
            )
        _check_level(forecast, row)
    _check_horizons(forecast.rows)


def _check_level(forecast: Forecast, row: Row) -> None:
    if row.probability is None or row.baseline_probability is None:
        return
    p, baseline = row.probability, row.baseline_probability
    reached = [level.name for level in forecast.levels if level.reached(p, baseline)]
    if row.level not in reached[-1:]:
        raise ForecastError(
            "level does not follow from the published levels",
            where=str(row),
            found=row.level,
            expected=reached[-1] if reached else "a level that the probability reaches",
        )


def _check_horizons(rows: Iterable[Row]) -> None:
    # Windows that begin together lie one in another; calendar months do not.
    given = [
        (row.key, row.probability)
        for row in rows
        if row.probability is not None and row.target_start_date is None
    ]
    for (key, p), (further, q) in pairwise(sorted(given)):
        if key[:2] == further[:2] and q < p:
            raise ForecastError(
                "probability falls as the horizon grows",
                where="row " + "/".join(map(str, further)),
                found=q,
                expected=f"at least the {p} of {key[2]} days",
            )
