"""The files of one issue, as bytes: JSON, CSV, Parquet and the forecast hubs' long CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from publish.contract.columns import Column
from publish.contract.forecast import SCORE, Forecast, flat_value, score_lines, to_json
from publish.contract.older import measure_of
from publish.contract.values import moment_text

JSON = "forecast.json"
CSV = "forecast.csv"
PARQUET = "forecast.parquet"
HUB = "hub.csv"
HUB_COLUMNS = (
    "origin_date",
    "target",
    "horizon",
    "target_end_date",
    "location",
    "output_type",
    "output_type_id",
    "value",
)
FILES = (JSON, CSV, PARQUET, HUB)
ARROW: Final[Mapping[str, pa.DataType]] = {
    "whole": pa.int64(),
    "number": pa.float64(),
    "day": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
    "truth": pa.bool_(),
}
"""The type of each kind of column in Parquet; every other kind is text."""
# What a spreadsheet takes for the beginning of a formula, full-width forms included.
FORMULA = tuple("=+-@＝＋－＠")


def render(forecast: Forecast) -> dict[str, bytes]:
    """The contents of each file of the issue, by file name; the same Forecast, the same bytes."""
    lines = score_lines(forecast)
    return {
        JSON: (to_json(forecast) + "\n").encode(),
        CSV: csv_bytes(SCORE, lines),
        PARQUET: parquet_bytes(SCORE, lines),
        HUB: hub_bytes(forecast),
    }


def same(kept: Mapping[str, bytes], rendered: Mapping[str, bytes]) -> bool:
    """True if both hold the same issue: the same bytes, for Parquet the same table.

    Parquet is compared by table, for another version of its library writes other bytes.
    """
    if kept.keys() != rendered.keys():
        return False
    texts = [name for name in rendered if name != PARQUET]
    if any(kept[name] != rendered[name] for name in texts):
        return False
    try:
        return bool(_table(kept[PARQUET]).equals(_table(rendered[PARQUET])))
    except (pa.ArrowException, OSError, ValueError):
        return False


def csv_bytes(columns: Sequence[Column], lines: Iterable[Mapping[str, Any]]) -> bytes:
    """A line each with the columns named in a header, as `delimited` writes it."""
    names = [column.name for column in columns]
    return delimited(names, ([flat_value(line[name]) for name in names] for line in lines))


def parquet_bytes(columns: Sequence[Column], lines: Sequence[Mapping[str, Any]]) -> bytes:
    """One Parquet table with the columns of the CSV, typed alike whatever the lines hold."""
    schema = pa.schema([(each.name, ARROW.get(each.kind, pa.string())) for each in columns])
    arrays = [
        pa.array([flat_value(line[field.name]) for line in lines], field.type) for field in schema
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer)
    return buffer.getvalue()


def hub_bytes(forecast: Forecast) -> bytes:
    """The long CSV of forecast hubs: two lines a row, `pmf` of `yes` and of `no`; a count's
    quantiles besides, once for all its thresholds, under its target without the threshold.

    The hubverse has no output type for the probability of a binary outcome; it says to write one
    as a categorical distribution, `pmf`, whose values sum to 1 over the categories
    (docs.hubverse.io, user guide, Model output). `horizon` is in days, `location` is the unit.
    Hub files hold values only: a row without a forecast is left out, and so are intervals of a
    probability, which a hub has no place for.
    """
    return delimited(HUB_COLUMNS, _hub_lines(forecast))


def _hub_lines(forecast: Forecast) -> Iterable[Sequence[object]]:
    distributions: set[tuple[str, str, date]] = set()
    for row in forecast.rows:
        if row.probability is None:
            continue
        window = (row.horizon_days, row.target_end_date, row.unit)
        task = (forecast.as_of, row.target, *window)
        yield (*task, "pmf", "yes", row.probability)
        yield (*task, "pmf", "no", 1 - row.probability)
        count = (row.unit, measure_of(row), row.target_end_date)
        if row.quantiles and count not in distributions:
            distributions.add(count)
            task = (forecast.as_of, count[1], *window)
            yield from ((*task, "quantile", level, value) for level, value in row.quantiles)


def delimited(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """CSV with a header: RFC 4180, UTF-8, floats by repr, nothing for None and NaN.

    A text that a spreadsheet would run as a formula has an apostrophe put before it.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return buffer.getvalue().encode()


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.lstrip().startswith(FORMULA) else value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)


def _table(data: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(data))
