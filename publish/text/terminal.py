"""The forecast as a table that fits a terminal of 100 columns."""

from collections.abc import Iterator, Sequence
from datetime import date

from rich.table import Table

from publish.contract.forecast import Forecast, Row
from publish.text.words import band, tenths
from theatres import DYAD

SEGMENT_HORIZON = 30


def percent(value: float | None) -> str:
    """The probability in percent to one decimal, never rounded to 0 or 100."""
    return "–" if value is None else tenths(value)


def _band(row: Row) -> str:
    if row.probability_low is None or row.probability_high is None:
        return ""
    return band(row.probability_low, row.probability_high)


def _driver(row: Row) -> str:
    if row.is_base_rate:
        return "none: the base rate"
    if not row.drivers:
        return ""
    name, points = row.drivers[0]
    return f"{name} {points:+.1f}"


def change_lines(forecast: Forecast) -> Iterator[str]:
    """What moved the dyad's rows at 30 days since the issue before, a line a target; nothing where
    nothing did."""
    for row in forecast.rows:
        if row.unit == DYAD and row.horizon_days == SEGMENT_HORIZON and row.change_split:
            parts = ", ".join(
                f"{name.replace('_', ' ')} {points:+.1f}" for name, points in row.change_split
            )
            yield f"{row.target}, {row.horizon_days} days, since the last issue: {parts}"


def forecast_table(forecast: Forecast, every_row: bool = False) -> Table:
    """A table of the rows: the dyad's, and the segments' at 30 days unless all are wanted.

    Probabilities, bands and baselines in percent, changes and drivers in percentage points.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("unit", no_wrap=True)
    table.add_column("target", no_wrap=True)
    for name in ("days", "%", "80% band", "base", "level", "change"):
        table.add_column(name, justify="left" if name == "level" else "right", no_wrap=True)
    table.add_column("first driver", no_wrap=True)
    for row in forecast.rows:
        shown = row.unit == DYAD or row.horizon_days == SEGMENT_HORIZON
        if every_row or (shown and not row.counts):
            change = "" if row.change is None else f"{100 * row.change:+.1f}"
            table.add_row(
                row.unit,
                row.target,
                str(row.horizon_days),
                percent(row.probability),
                _band(row),
                percent(row.baseline_probability),
                row.level or row.status,
                change,
                _driver(row),
            )
    return table


def count_table(forecast: Forecast) -> Table | None:
    """A table of the counts, a line a unit and window: how likely each threshold is reached, in
    percent, and the count's median and 90% interval; None where the issue holds none."""
    windows: dict[tuple[str, str, date, date | None], list[Row]] = {}
    for row in forecast.rows:
        if row.counts:
            key = (row.unit, row.measure, row.target_end_date, row.target_start_date)
            windows.setdefault(key, []).append(row)
    if not windows:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("unit", "count", "window", "% to reach"):
        table.add_column(name, no_wrap=True)
    for name in ("median", "90% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for (unit, group, end, start), rows in windows.items():
        window = f"to {end}" if start is None else f"in {start:%Y-%m}"
        table.add_row(
            unit,
            group.replace("_", " "),
            window,
            _reaching(rows),
            *quantile_cells(rows[0].quantiles or ()),
        )
    return table


def _reaching(rows: Sequence[Row]) -> str:
    if rows[0].probability is None:
        return rows[0].status
    return "  ".join(f"{row.threshold:g}: {percent(row.probability)}" for row in rows)


def quantile_cells(quantiles: Sequence[tuple[str, float]]) -> tuple[str, str]:
    """A count's median and central 90% interval, empty where they are not given."""
    at = dict(quantiles)
    if not {"0.05", "0.5", "0.95"} <= at.keys():
        return "", ""
    return f"{at['0.5']:.0f}", f"{at['0.05']:.0f}–{at['0.95']:.0f}"
