"""One issue of a forecast as a frozen value that cannot contradict itself, and its id."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Literal, Self, get_args

from publish.contract.row import ForecastError, Row, check_day, check_name, check_text, row_object
from theatres import Level

IssueStatus = Literal["ok", "stale", "hindcast", "no_forecast"]
THEATRE = re.compile(r"[a-z][a-z0-9_]*")  # it names a folder: nothing that could leave it
RELATIVE = ("change", "change_split")
"""What a row says of the issue before it, and not of the world."""
LEVEL_FIELDS = ("name", "probability", "lift", "floor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """One issue: the rows, what they were made from and when, and the levels' definition.

    `data_as_of` is the last day whose silence means calm, at most `as_of`; `issued_at` is UTC.
    Make one with `Forecast.issue`. Raises ForecastError, naming the row, where a date, a status,
    a level or the horizons' order does not hold, or where `issue_id` is not the contents' own.
    """

    issue_id: str
    theatre: str
    as_of: date
    issued_at: datetime
    data_as_of: date
    data_fingerprint: str
    method_version: str
    mlflow_run_id: str
    status: IssueStatus
    levels: tuple[Level, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))
        object.__setattr__(self, "rows", tuple(self.rows))
        _check_issue(self)
        _check_levels(self)
        _check_status(self)
        _check_rows(self)
        if self.issue_id != (own := _identify(self)):
            raise ForecastError(
                "issue_id does not belong to these contents",
                where=_place(self),
                found=self.issue_id,
                expected=own,
                do="make the Forecast with Forecast.issue, or take it as corrupted",
            )

    @classmethod
    def issue(
        cls,
        *,
        theatre: str,
        as_of: date,
        issued_at: datetime,
        data_as_of: date,
        data_fingerprint: str,
        method_version: str,
        mlflow_run_id: str,
        status: IssueStatus,
        levels: Iterable[Level],
        rows: Iterable[Row],
    ) -> Self:
        """A Forecast whose issue_id is computed from its contents (see `issue_id`)."""
        levels, rows = tuple(levels), tuple(rows)
        own = issue_id(
            theatre=theatre,
            as_of=as_of,
            data_as_of=data_as_of,
            data_fingerprint=data_fingerprint,
            method_version=method_version,
            mlflow_run_id=mlflow_run_id,
            status=status,
            levels=levels,
            rows=rows,
        )
        return cls(
            issue_id=own,
            theatre=theatre,
            as_of=as_of,
            issued_at=issued_at,
            data_as_of=data_as_of,
            data_fingerprint=data_fingerprint,
            method_version=method_version,
            mlflow_run_id=mlflow_run_id,
            status=status,
            levels=levels,
            rows=rows,
        )

    def row(self, unit: str, target: str, horizon_days: int) -> Row | None:
        """The row of that unit, target and horizon, None where the issue has none."""
        wanted = (unit, target, horizon_days)
        return next((row for row in self.rows if row.key == wanted), None)


def issue_id(
    *,
    theatre: str,
    as_of: date,
    data_as_of: date,
    data_fingerprint: str,
    method_version: str,
    mlflow_run_id: str,
    status: str,
    levels: Sequence[Level],
    rows: Sequence[Row],
) -> str:
    """The first 16 hex digits of the SHA-256 of everything the forecast says.

    Neither `issued_at` nor what rows say of the issue before (RELATIVE) is in it, so that the
    same forecast made twice is one issue, whatever was issued before it.
    """
    said = [
        theatre,
        str(as_of),
        str(data_as_of),
        data_fingerprint,
        method_version,
        mlflow_run_id,
        status,
        [level_object(level) for level in levels],
        [{k: v for k, v in row_object(row).items() if k not in RELATIVE} for row in rows],
    ]
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def level_object(level: Level) -> dict[str, object]:
    """The level's definition as the JSON object that is published."""
    return {name: getattr(level, name) for name in LEVEL_FIELDS}


def _identify(forecast: Forecast) -> str:
    return issue_id(
        theatre=forecast.theatre,
        as_of=forecast.as_of,
        data_as_of=forecast.data_as_of,
        data_fingerprint=forecast.data_fingerprint,
        method_version=forecast.method_version,
        mlflow_run_id=forecast.mlflow_run_id,
        status=forecast.status,
        levels=forecast.levels,
        rows=forecast.rows,
    )


def _place(forecast: Forecast) -> str:
    return f"forecast {forecast.theatre} of {forecast.as_of}"


def _check_issue(forecast: Forecast) -> None:
    where = _place(forecast)
    if not isinstance(forecast.theatre, str) or not THEATRE.fullmatch(forecast.theatre):
        raise ForecastError(
            "theatre is not a name", found=forecast.theatre, expected="a-z, 0-9 and _"
        )
    check_day(forecast.as_of, "as_of", where)
    check_day(forecast.data_as_of, "data_as_of", where)
    if forecast.data_as_of > forecast.as_of:
        raise ForecastError(
            "data_as_of lies after as_of",
            where=where,
            found=forecast.data_as_of.isoformat(),
            expected=f"{forecast.as_of} or before",
        )
    moment = forecast.issued_at
    if type(moment) is not datetime or moment.utcoffset() != timedelta(0):
        raise ForecastError(
            "issued_at is not in UTC", where=where, found=moment, expected="a datetime in UTC"
        )
    object.__setattr__(forecast, "issued_at", moment.replace(tzinfo=UTC, fold=0))
    check_text(forecast.data_fingerprint, "data_fingerprint", where)
    check_text(forecast.method_version, "method_version", where)
    check_text(forecast.mlflow_run_id, "mlflow_run_id", where)


def _check_levels(forecast: Forecast) -> None:
    names = [check_name(level.name, "level", _place(forecast)) for level in forecast.levels]
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
