"""The forecast as a table that fits a terminal of 100 columns."""

from collections.abc import Iterator

from rich.table import Table

from publish.forecast import Forecast, Row
from theatres import DYAD

SEGMENT_HORIZON = 30


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def _band(row: Row) -> str:
    if row.probability_low is None or row.probability_high is None:
        return ""
    return f"{100 * row.probability_low:.0f}–{100 * row.probability_high:.0f}"


def _driver(row: Row) -> str:
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
        if every_row or row.unit == DYAD or row.horizon_days == SEGMENT_HORIZON:
            change = "" if row.change is None else f"{100 * row.change:+.1f}"
            table.add_row(
                row.unit,
                row.target,
                str(row.horizon_days),
                _percent(row.probability),
                _band(row),
                _percent(row.baseline_probability),
                row.level or row.status,
                change,
                _driver(row),
            )
    return table
