"""One row of a forecast: how likely a target is for a unit within a horizon, or why no one says."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import log
from typing import Annotated, Final, Literal

from publish.contract.columns import Meaning, columns
from publish.contract.values import ForecastError, Named, checked, hold

RowStatus = Literal["ok", "stale", "no_forecast"]
CHANGE_PARTS: Final = (
    "new_events",
    "revised_history",
    "time_passing",
    "retrained_model",
    "changed_gap",
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

    gap_days: Annotated[
        int | None,
        Meaning(
            "days between the last that the sources tell whole and as_of: what came of them is not"
            " known; the record is of forecasts at least as blind",
            3,
            later=True,
        ),
    ] = None

    def __post_init__(self) -> None:
        for column in ROW:
            if (value := getattr(self, column.name)) is not None or not column.nullable:
                plain = column.checked(value, self)
                if plain is not value:
                    object.__setattr__(self, column.name, plain)
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
VALUES: Final = [
    each.name for each in ROW if each.kind == "named" or (each.nullable and not each.later)
]
"""What a row without a forecast lacks."""


def _check_window(row: Row) -> None:
    start, end, silent = row.target_start_date, row.target_end_date, not row.reason.strip()
    hold(
        start is None or start <= end,
        "target_start_date lies after target_end_date",
        *(row, start, f"{end} or before"),
    )
    hold(row.horizon_days >= 1, "horizon_days is too short", row, row.horizon_days, "1 or more")
    low = row.threshold is not None and row.threshold <= 0
    hold(not low, "threshold is too low", row, row.threshold, "above 0")
    hold(
        (row.status == "ok") == silent,
        f"status {row.status} and reason disagree",
        *(row, row.reason, "no reason where ok, a reason otherwise"),
    )


def _check_absent(row: Row) -> None:
    given = [name for name in VALUES if getattr(row, name) not in (None, ())]
    hold(not given, "a row without a forecast holds values", row, given, "none of them")


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
    hold(
        0 <= low <= p <= high <= 1,
        "probabilities are out of order",
        *(row, (low, p, high), "0 <= low <= probability <= high <= 1"),
    )
    hold(0 <= baseline <= 1, "baseline_probability is out of range", row, baseline, "0 to 1")
    changed = row.change is None or -1 <= row.change <= 1
    hold(changed, "change is out of range", row, row.change, "-1 to 1")
    _check_named(row, "drivers", 100 * (p - baseline), 100 * PRECISION)
    if row.drivers_log_odds and 0 < p < 1 and 0 < baseline < 1:
        moved = log(p / (1 - p)) - log(baseline / (1 - baseline))
        _check_named(row, "drivers_log_odds", moved, PRECISION * max(1, abs(moved)))
    if row.change_split:
        _check_split(row, row.change_split)
    if row.quantiles is not None:
        _check_quantiles(row, row.quantiles)


def _check_named(row: Row, field: str, moved: float, tolerance: float) -> None:
    pairs: Named = getattr(row, field)
    names = [checked("text", name, f"a name in {field}", str(row)) for name, _ in pairs]
    different = len(set(names)) == len(names) and all(name.strip() for name in names)
    hold(different, f"{field} need different names", row, names)
    values = [value for _, value in pairs]
    falls = all(abs(before) >= abs(after) for before, after in pairwise(values))
    hold(falls, f"{field} are not the largest first", row, pairs)
    total = sum(values)
    hold(abs(total - moved) <= tolerance, f"{field} do not sum to what they explain", row, total)


def _check_split(row: Row, split: Named) -> None:
    if row.change is None:
        raise ForecastError("a change is split, but there is none", where=str(row), found=split)
    _check_named(row, "change_split", 100 * row.change, 100 * PRECISION)
    unknown = sorted({name for name, _ in split} - set(CHANGE_PARTS))
    hold(not unknown, "unknown part of a change", row, unknown, " or ".join(CHANGE_PARTS))


def _check_quantiles(row: Row, quantiles: Named) -> None:
    # Levels are numbers that rise in (0, 1), and values never fall.
    try:
        levels = [float(level) for level, _ in quantiles]
    except ValueError:
        levels = []
    values = [value for _, value in quantiles]
    rises = all(a < b for a, b in pairwise(levels)) and all(a <= b for a, b in pairwise(values))
    hold(
        bool(levels) and rises and 0 < levels[0] <= levels[-1] < 1 and values[0] >= 0,
        "quantiles are out of order",
        *(row, quantiles, "levels that rise between 0 and 1, counts that do not fall"),
    )
