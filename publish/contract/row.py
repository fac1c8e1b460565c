"""One row of a forecast: how likely a target is for a unit within a horizon, or why no one says."""

import json
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import isfinite, log
from numbers import Integral, Real
from typing import Literal, get_args

from errors import DyadcastError

RowStatus = Literal["ok", "stale", "no_forecast"]
ROW_FIELDS = (
    "unit",
    "target",
    "horizon_days",
    "target_end_date",
    "probability",
    "probability_low",
    "probability_high",
    "baseline_probability",
    "level",
    "change",
    "drivers",
    "status",
    "reason",
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Control characters, line separators and lone surrogates: no database or CSV holds them safely.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
NAMED_FIELDS = ("drivers_log_odds", "change_split", "quantiles")
LATER_FIELDS = (*NAMED_FIELDS, "target_start_date", "mlflow_run_id")
"""Fields that came after the first format; a row that lacks them is read, and written, without."""
CHANGE_PARTS = (
    "new_events",
    "revised_history",
    "time_passing",
    "retrained_model",
    "changed_method",
)
PRECISION = 1e-9
"""How exactly drivers and parts must add up, in probability or log-odds."""


Named = tuple[tuple[str, float], ...]
"""Names with a number each, the largest first."""


class ForecastError(DyadcastError):
    """A forecast that contradicts itself, or a text that is not one; names the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One probability with its 80% interval, its baseline and what moves it, or a reason for none.

    `drivers` are (name, percentage points), the largest first; they sum to
    100 * (probability - baseline_probability); `drivers_log_odds` sum to the difference of the
    log-odds. `change` is the probability minus that of the issue before, and `change_split` its
    parts in percentage points, named as in CHANGE_PARTS. Both are None in a row that is older
    than they are. A window begins on the day after as_of, or on `target_start_date` where it is a
    calendar month. Where what is forecast is whether a count reaches a threshold, `quantiles` are
    those of the count, (level, value), rising. `mlflow_run_id` is the run behind the row where that
    is not the issue's. Raises ForecastError, naming the row, where the
    fields contradict each other.
    """

    unit: str
    target: str
    horizon_days: int
    target_end_date: date
    probability: float | None = None
    probability_low: float | None = None
    probability_high: float | None = None
    baseline_probability: float | None = None
    level: str | None = None
    change: float | None = None
    drivers: Named = ()
    status: RowStatus = "ok"
    reason: str = ""
    drivers_log_odds: Named | None = None
    change_split: Named | None = None
    quantiles: Named | None = None
    target_start_date: date | None = None
    mlflow_run_id: str | None = None

    def __post_init__(self) -> None:
        _normalise(self)
        _check_text(self)
        if self.status == "no_forecast":
            _check_absent(self)
        else:
            _check_present(self)

    @property
    def key(self) -> tuple[str, str, int]:
        """What the row is about, once in an issue: unit, target, horizon in days."""
        return self.unit, self.target, self.horizon_days

    @property
    def counts(self) -> bool:
        """Whether the row asks if a count reaches a threshold, the last part of its target."""
        return self.quantiles is not None or self.target_start_date is not None

    @property
    def count(self) -> tuple[str, int]:
        """Of a row that `counts`: what is counted, and the threshold that is asked."""
        group, _, threshold = self.target.rpartition("_")
        return group, int(threshold)

    def __str__(self) -> str:
        return f"row {self.unit}/{self.target}/{self.horizon_days}"


def row_object(row: Row) -> dict[str, object]:
    """The row as the JSON object that is published, fields in the contract's order."""
    value: dict[str, object] = {name: getattr(row, name) for name in ROW_FIELDS}
    value["target_end_date"] = row.target_end_date.isoformat()
    value["drivers"] = dict(row.drivers)
    later = {name: getattr(row, name) for name in NAMED_FIELDS}
    value |= {name: dict(pairs) for name, pairs in later.items() if pairs is not None}
    if row.target_start_date is not None:
        value["target_start_date"] = row.target_start_date.isoformat()
    if row.mlflow_run_id is not None:
        value["mlflow_run_id"] = row.mlflow_run_id
    return value


def flat_object(row: Row) -> dict[str, object]:
    """The row for tables that hold no lists: drivers and parts as one line of JSON, or None."""
    value: dict[str, object] = dict.fromkeys(LATER_FIELDS) | row_object(row)
    for name in ("drivers", *NAMED_FIELDS):
        if value[name] is not None:
            value[name] = json.dumps(value[name], ensure_ascii=False)
    return value


def check_text(value: object, what: str, where: str) -> str:
    """The text unchanged, if it can stand in every file and database; else ForecastError."""
    if not isinstance(value, str) or UNSAFE.search(value):
        raise ForecastError(
            f"{what} is not plain text", where=where, found=value, expected="one line of text"
        )
    return value


def check_name(value: object, what: str, where: str) -> str:
    """The name unchanged, if it is letters, digits, `_`, `.` and `-`; else ForecastError."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ForecastError(
            f"{what} is not a name",
            where=where,
            found=value,
            expected="letters, digits, _ . - beginning with a letter or digit",
        )
    return value


def check_day(value: object, what: str, where: str) -> date:
    """The date unchanged, if it is a plain date without a time; else ForecastError."""
    if type(value) is not date:
        raise ForecastError(f"{what} is not a date", where=where, found=value, expected="a date")
    return value


def plain_number(value: object, what: str, where: str) -> float:
    """The number as a plain float, so that equal numbers are written alike; else ForecastError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ForecastError(f"{what} is no finite number", where=where, found=value)
    return float(value) + 0.0  # -0.0 becomes 0.0


def _normalise(row: Row) -> None:
    if isinstance(row.horizon_days, bool) or not isinstance(row.horizon_days, Integral):
        raise ForecastError(
            "horizon_days is no whole number", where=str(row), found=row.horizon_days
        )
    object.__setattr__(row, "horizon_days", int(row.horizon_days))
    for name in ("probability", "probability_low", "probability_high", "baseline_probability"):
        if (value := getattr(row, name)) is not None:
            object.__setattr__(row, name, plain_number(value, name, str(row)))
    if row.change is not None:
        object.__setattr__(row, "change", plain_number(row.change, "change", str(row)))
    for name in ("drivers", *NAMED_FIELDS):
        if (pairs := getattr(row, name)) is not None:
            plain = tuple(
                (key, plain_number(v, f"a value of {name}", str(row))) for key, v in pairs
            )
            object.__setattr__(row, name, plain)


def _check_text(row: Row) -> None:
    check_name(row.unit, "unit", str(row))
    check_name(row.target, "target", str(row))
    check_day(row.target_end_date, "target_end_date", str(row))
    if row.target_start_date is not None:
        check_day(row.target_start_date, "target_start_date", str(row))
        if row.target_start_date > row.target_end_date:
            raise ForecastError(
                "target_start_date lies after target_end_date",
                where=str(row),
                found=row.target_start_date.isoformat(),
                expected=f"{row.target_end_date} or before",
            )
    check_text(row.reason, "reason", str(row))
    if row.mlflow_run_id is not None:
        check_text(row.mlflow_run_id, "mlflow_run_id", str(row))
    if row.horizon_days < 1:
        raise ForecastError(
            "horizon_days is too short",
            where=str(row),
            found=row.horizon_days,
            expected="1 or more",
        )
    if row.status not in get_args(RowStatus):
        raise ForecastError(
            "unknown status",
            where=str(row),
            found=row.status,
            expected=f"one of {', '.join(get_args(RowStatus))}",
        )
    if (row.status == "ok") == bool(row.reason.strip()):
        raise ForecastError(
            f"status {row.status} and reason disagree",
            where=str(row),
            found=row.reason,
            expected="no reason where ok, a reason otherwise",
        )


def _check_absent(row: Row) -> None:
    given = [
        name
        for name in (
            "probability",
            "probability_low",
            "probability_high",
            "baseline_probability",
            "level",
            "change",
        )
        if getattr(row, name) is not None
    ]
    if given or row.drivers or any(getattr(row, name) for name in NAMED_FIELDS):
        raise ForecastError(
            "a row without a forecast holds values",
            where=str(row),
            found=given or row.drivers,
            expected="none of them",
        )


def _check_present(row: Row) -> None:
    low, p, high = row.probability_low, row.probability, row.probability_high
    baseline = row.baseline_probability
    if low is None or p is None or high is None or baseline is None or row.level is None:
        raise ForecastError(
            f"a row with status {row.status} lacks a value",
            where=str(row),
            found=(low, p, high, baseline, row.level),
            expected="low, probability, high, baseline_probability and level",
        )
    check_name(row.level, "level", str(row))
    _check_probabilities(row, low, p, high, baseline)
    _check_named(row, "drivers", 100 * (p - baseline), 100 * PRECISION)
    if row.drivers_log_odds and 0 < p < 1 and 0 < baseline < 1:
        moved = log(p / (1 - p)) - log(baseline / (1 - baseline))
        _check_named(row, "drivers_log_odds", moved, PRECISION * max(1, abs(moved)))
    if row.change_split:
        _check_split(row)
    if row.quantiles is not None:
        _check_quantiles(row, row.quantiles)


def _check_probabilities(row: Row, low: float, p: float, high: float, baseline: float) -> None:
    if not (0 <= low <= p <= high <= 1):
        raise ForecastError(
            "probabilities are out of order",
            where=str(row),
            found=(low, p, high),
            expected="0 <= low <= probability <= high <= 1",
        )
    if not 0 <= baseline <= 1:
        raise ForecastError(
            "baseline_probability is out of range",
            where=str(row),
            found=baseline,
            expected="0 to 1",
        )
    if row.change is not None and not -1 <= row.change <= 1:
        raise ForecastError(
            "change is out of range", where=str(row), found=row.change, expected="-1 to 1"
        )


def _check_named(row: Row, field: str, moved: float, tolerance: float) -> None:
    pairs: Named = getattr(row, field)
    names = [check_text(name, f"a name in {field}", str(row)) for name, _ in pairs]
    if len(set(names)) != len(names) or not all(name.strip() for name in names):
        raise ForecastError(f"{field} need different names", where=str(row), found=names)
    values = [value for _, value in pairs]
    if any(abs(before) < abs(after) for before, after in pairwise(values)):
        raise ForecastError(f"{field} are not the largest first", where=str(row), found=pairs)
    if abs(sum(values) - moved) > tolerance:
        raise ForecastError(
            f"{field} do not sum to what they explain",
            where=str(row),
            found=sum(values),
            expected=f"{moved}",
        )


def _check_split(row: Row) -> None:
    if row.change is None:
        raise ForecastError(
            "a change is split, but there is none", where=str(row), found=row.change_split
        )
    _check_named(row, "change_split", 100 * row.change, 100 * PRECISION)
    if unknown := {name for name, _ in row.change_split or ()} - set(CHANGE_PARTS):
        raise ForecastError(
            "unknown part of a change",
            where=str(row),
            found=sorted(unknown),
            expected=f"some of {', '.join(CHANGE_PARTS)}",
        )


def _check_quantiles(row: Row, quantiles: Named) -> None:
    """Raises ForecastError where levels are not numbers that rise in (0, 1), or values fall."""
    try:
        levels = [float(level) for level, _ in quantiles]
    except ValueError:
        levels = []
    values = [value for _, value in quantiles]
    rises = all(a < b for a, b in pairwise(levels)) and all(a <= b for a, b in pairwise(values))
    if not levels or not rises or not 0 < levels[0] <= levels[-1] < 1 or values[0] < 0:
        raise ForecastError(
            "quantiles are out of order",
            where=str(row),
            found=quantiles,
            expected="levels that rise between 0 and 1, counts that do not fall",
        )
