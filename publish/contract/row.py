"""One row of a forecast: how likely a target is for a unit within a horizon, or why no one says."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import log
from typing import Annotated, Final, Literal

from publish.contract.columns import Meaning, columns
from publish.contract.values import ForecastError, Named, checked

RowStatus = Literal["ok", "stale", "no_forecast"]
CHANGE_PARTS: Final = (
    "new_events",
    "revised_history",
    "time_passing",
    "retrained_model",
    "changed_method",
)
PRECISION: Final = 1e-9
"""How exactly drivers and parts must add up, in probability or log-odds."""
DRIVERS: Final = {"force": 9.4, "conciliation": -2.0}
PARTS: Final = {"new_events": 2.6, "time_passing": -0.6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One probability with its 80% interval, its baseline and what moves it, or a reason for none.

    The fields are the contract's: their order is the published one, and a new one is `later`.
    A window begins on the day after as_of unless `target_start_date` says otherwise. Raises
    ForecastError, naming the row, where the fields contradict each other.
    """

    unit: Annotated[
        str, Meaning("dyad, a segment of the border, or a country", "dyad", kind="name")
    ]
    target: Annotated[str, Meaning("what may come true in the window", "closure", kind="name")]
    horizon_days: Annotated[int, Meaning("the window's length; it begins the day after as_of", 30)]
    target_end_date: Annotated[date, Meaning("the window's last day", "2025-12-15")]
    probability: Annotated[
        float | None,
        Meaning("that the target comes true, 0 to 1; missing where there is no forecast", 0.314),
    ] = None
    probability_low: Annotated[float | None, Meaning("the lower end of its 80% band", 0.22)] = None
    probability_high: Annotated[float | None, Meaning("the upper end of its 80% band", 0.41)] = None
    baseline_probability: Annotated[
        float | None, Meaning("the base rate that it is held against", 0.24)
    ] = None
    level: Annotated[
        str | None,
        Meaning("its level by the theatre's table, such as low or high", "elevated", kind="name"),
    ] = None
    change: Annotated[float | None, Meaning("its change since the issue before, -1 to 1", 0.02)] = (
        None
    )
    drivers: Annotated[
        Named,
        Meaning(
            "what moves it off the base rate, in percentage points: the largest first, they sum to"
            " the probability minus the base rate",
            DRIVERS,
        ),
    ] = ()
    status: Annotated[RowStatus, Meaning("ok, stale or no_forecast", "ok")] = "ok"
    reason: Annotated[str, Meaning("why it is stale or missing", "")] = ""
    drivers_log_odds: Annotated[
        Named | None, Meaning("the drivers in log-odds", {"force": 0.45}, later=True)
    ] = None
    change_split: Annotated[
        Named | None,
        Meaning("the change in parts, in percentage points; they sum to it", PARTS, later=True),
    ] = None
    quantiles: Annotated[
        Named | None,
        Meaning(
            "the count's quantiles by level, where a count is forecast",
            {"0.5": 12.0, "0.95": 160.0},
            later=True,
        ),
    ] = None
    target_start_date: Annotated[
        date | None,
        Meaning(
            "the window's first day where that is not the day after as_of", "2025-12-01", later=True
        ),
    ] = None
    mlflow_run_id: Annotated[
        str | None,
        Meaning("the run behind the row where that is not the issue's", "9f0c2a", later=True),
    ] = None
    threshold: Annotated[
        float | None,
        Meaning("how much of what is counted makes the target come true", 1.0, later=True),
    ] = None

    def __post_init__(self) -> None:
        for column in ROW:
            value = column.checked(getattr(self, column.name), str(self))
            object.__setattr__(self, column.name, value)
        _check_window(self)
        if self.status == "no_forecast":
            _check_absent(self)
        else:
            _check_present(self)

    @property
    def is_base_rate(self) -> bool:
        """Whether the base rate itself is published: the model's record is clearly worse."""
        known = self.probability is not None and not self.drivers
        return known and self.probability == self.baseline_probability

    @property
    def key(self) -> tuple[str, str, int]:
        """What the row is about, once in an issue: unit, target, horizon in days."""
        return self.unit, self.target, self.horizon_days

    @property
    def measure(self) -> str:
        """What is counted: the target's name without the threshold, where it bears it."""
        threshold = self.threshold
        return self.target if threshold is None else self.target.removesuffix(f"_{threshold:.15g}")

    @property
    def counts(self) -> bool:
        """Whether the row asks for one of several thresholds of a count, as its name then says."""
        return self.measure != self.target

    def __str__(self) -> str:
        return f"row {self.unit}/{self.target}/{self.horizon_days}"


ROW: Final = columns(Row)


def _check_window(row: Row) -> None:
    if row.target_start_date is not None and row.target_start_date > row.target_end_date:
        raise ForecastError(
            "target_start_date lies after target_end_date",
            where=str(row),
            found=row.target_start_date.isoformat(),
            expected=f"{row.target_end_date} or before",
        )
    if row.horizon_days < 1:
        raise ForecastError(
            "horizon_days is too short",
            where=str(row),
            found=row.horizon_days,
            expected="1 or more",
        )
    if row.threshold is not None and row.threshold <= 0:
        raise ForecastError(
            "threshold is too low", where=str(row), found=row.threshold, expected="above 0"
        )
    if (row.status == "ok") == bool(row.reason.strip()):
        raise ForecastError(
            f"status {row.status} and reason disagree",
            where=str(row),
            found=row.reason,
            expected="no reason where ok, a reason otherwise",
        )


def _check_absent(row: Row) -> None:
    values = [each for each in ROW if each.kind == "named" or (each.nullable and not each.later)]
    given = [each.name for each in values if getattr(row, each.name) not in (None, ())]
    if given:
        raise ForecastError(
            "a row without a forecast holds values",
            where=str(row),
            found=given,
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
    names = [checked("text", name, f"a name in {field}", str(row)) for name, _ in pairs]
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
    # Levels are numbers that rise in (0, 1), and values never fall.
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
