"""Issues of older formats, whose rows bear no threshold: read as if they had been made today."""

from dataclasses import replace
from typing import Any

from publish.contract.forecast import Forecast, Row
from theatres import Theatre


def thresholds(theatre: Theatre) -> dict[str, float]:
    """The threshold of each target that the theatre forecasts."""
    return {name: float(threshold) for name, (_, threshold) in theatre.published.items()}


def with_thresholds(lines: list[dict[str, Any]], theatre: Theatre) -> list[dict[str, Any]]:
    """The lines of rows, each with its threshold; none of a target that is forecast no more."""
    known = thresholds(theatre)
    return [
        line | {"threshold": known.get(line["target"])} if line["threshold"] is None else line
        for line in lines
    ]


def completed(forecast: Forecast, theatre: Theatre) -> Forecast:
    """The issue with the threshold of each of its rows, under its own id: that leaves them out."""
    if all(row.threshold is not None for row in forecast.rows):
        return forecast
    known = thresholds(theatre)
    rows = (
        row if row.threshold is not None else replace(row, threshold=known.get(row.target))
        for row in forecast.rows
    )
    return replace(forecast, rows=tuple(rows))


def measure_of(row: Row) -> str:
    """What the row's quantiles are of, where no theatre is at hand: a hub file of an issue whose
    rows bear no threshold stays the one that was published. Their targets end in it."""
    return row.target.rpartition("_")[0] if row.threshold is None else row.measure
