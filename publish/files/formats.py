"""The files of one issue, as bytes: JSON, CSV, Parquet and the forecast hubs' long CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from publish.contract.forecast import Forecast, moment_text, to_frame, to_json

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
SCHEMA = pa.schema(
    [
        ("issue_id", pa.string()),
        ("theatre", pa.string()),
        ("as_of", pa.date32()),
        ("issued_at", pa.timestamp("us", tz="UTC")),
        ("data_as_of", pa.date32()),
        ("issue_status", pa.string()),
        ("unit", pa.string()),
        ("target", pa.string()),
        ("horizon_days", pa.int64()),
        ("target_end_date", pa.date32()),
        ("probability", pa.float64()),
        ("probability_low", pa.float64()),
        ("probability_high", pa.float64()),
        ("baseline_probability", pa.float64()),
        ("level", pa.string()),
        ("change", pa.float64()),
        ("drivers", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("drivers_log_odds", pa.string()),
        ("change_split", pa.string()),
        ("quantiles", pa.string()),
        ("target_start_date", pa.date32()),
        ("mlflow_run_id", pa.string()),
    ]
)
# What a spreadsheet takes for the beginning of a formula, full-width forms included.
FORMULA = tuple("=+-@＝＋－＠")


def render(forecast: Forecast) -> dict[str, bytes]:
    """The contents of each file of the issue, by file name; the same Forecast, the same bytes."""
    return {
        JSON: (to_json(forecast) + "\n").encode(),
        CSV: csv_bytes(forecast),
        PARQUET: parquet_bytes(forecast),
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


def csv_bytes(forecast: Forecast) -> bytes:
    """A line a row with the issue's columns in front: RFC 4180, UTF-8, floats by repr.

    A text that a spreadsheet would run as a formula has an apostrophe put before it.
    """
    frame = to_frame(forecast).astype(object)
    return delimited(list(frame.columns), frame.itertuples(index=False, name=None))


def parquet_bytes(forecast: Forecast) -> bytes:
    """One Parquet table with the columns of the CSV, typed alike in every issue."""
    frame = to_frame(forecast)
    columns = [pa.array(frame[f.name].tolist(), f.type, from_pandas=True) for f in SCHEMA]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), buffer)
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
    told: set[tuple[str, str, date]] = set()
    for row in forecast.rows:
        if row.probability is None:
            continue
        task = (forecast.as_of, row.target, row.horizon_days, row.target_end_date, row.unit)
        yield (*task, "pmf", "yes", row.probability)
        yield (*task, "pmf", "no", 1 - row.probability)
        if not row.quantiles:
            continue
        counted = (row.unit, row.count[0], row.target_end_date)
        if counted not in told:
            told.add(counted)
            task = (task[0], counted[1], *task[2:])
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
