"""The files of an issue: exact numbers, safe cells, the same types in every issue."""

import csv
import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forecasts import make_absent, make_forecast, make_row, make_rows

from publish.contract.forecast import Forecast, score_lines
from publish.files.formats import CSV, PARQUET, hub_bytes, render, same


def csv_of(forecast: Forecast) -> bytes:
    """The issue's CSV."""
    return render(forecast)[CSV]


def parquet_of(forecast: Forecast) -> bytes:
    """The issue's Parquet."""
    return render(forecast)[PARQUET]


def read_cells(data: bytes) -> list[list[str]]:
    """The cells of a CSV, header first."""
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_csv_is_rfc_4180_with_exact_numbers() -> None:
    data = csv_of(make_forecast(rows=make_rows(change=0.1)))
    assert data.count(b"\r\n") == data.count(b"\n") == 5
    header, first, *_, absent = read_cells(data)
    line = dict(zip(header, first, strict=True))
    assert (line["as_of"], line["issued_at"]) == ("2025-11-15", "2025-11-16T05:30:00Z")
    assert (line["probability"], line["change"], line["horizon_days"]) == ("0.25", "0.1", "7")
    assert json.loads(line["drivers"]) == {"force": 15.0, "conciliation": -2.5}
    assert dict(zip(header, absent, strict=True))["probability"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1"])
def test_csv_text_is_no_formula(text: str) -> None:
    forecast = make_forecast(rows=(make_row(), make_absent(reason=text)), method_version=text)
    header, _, absent = read_cells(csv_of(forecast))
    assert dict(zip(header, absent, strict=True))["reason"] == f"'{text}"


def test_csv_negative_number_stays_a_number() -> None:
    header, first, *_ = read_cells(csv_of(make_forecast(rows=make_rows(change=-0.125))))
    assert dict(zip(header, first, strict=True))["change"] == "-0.125"


def test_parquet_holds_the_frame_typed_alike_in_every_issue() -> None:
    table = pq.read_table(io.BytesIO(parquet_of(make_forecast())))
    absent = make_forecast(status="no_forecast", rows=(make_absent(),))
    assert table.schema == pq.read_table(io.BytesIO(parquet_of(absent))).schema
    assert table.schema.field("as_of").type == pa.date32()
    assert table.column("probability").null_count == 1
    frame = table.to_pandas()
    kept = pd.DataFrame(score_lines(make_forecast()))
    assert list(frame.columns) == list(kept.columns)
    pd.testing.assert_series_equal(frame["probability_high"], kept["probability_high"])
    assert list(frame["target_end_date"]) == list(kept["target_end_date"])


def test_hub_gives_yes_and_no_of_each_forecast_and_leaves_out_the_rest() -> None:
    header, *lines = read_cells(hub_bytes(make_forecast()))
    assert header == [
        *("origin_date", "target", "horizon", "target_end_date", "location"),
        *("output_type", "output_type_id", "value"),
    ]
    task = ["2025-11-15", "clash", "7", "2025-11-22", "dyad", "pmf"]
    assert lines[:2] == [[*task, "yes", "0.25"], [*task, "no", "0.75"]]
    assert len(lines) == 6
    assert [line[4] for line in lines if line[1] == "closure"] == ["khyber", "khyber"]


@pytest.mark.parametrize("p", [0.0, 0.1, 1 / 3, 0.7, 1.0])
def test_hub_probabilities_sum_to_one(p: float) -> None:
    row = make_row(
        probability=p,
        probability_low=p,
        probability_high=p,
        baseline_probability=p,
        level="high" if p >= 0.5 else "low",
        drivers=(),
    )
    _, yes, no = read_cells(hub_bytes(make_forecast(rows=(row,))))
    assert float(yes[-1]) + float(no[-1]) == pytest.approx(1, abs=1e-12)


def test_same_issue_is_told_by_its_table_whatever_wrote_the_parquet() -> None:
    forecast: Forecast = make_forecast()
    rendered = render(forecast)
    buffer = io.BytesIO()
    table = pq.read_table(io.BytesIO(rendered["forecast.parquet"]))
    pq.write_table(table, buffer, compression="gzip")
    assert same(rendered | {"forecast.parquet": buffer.getvalue()}, rendered)
    pq.write_table(table.slice(1), buffer := io.BytesIO())
    assert not same(rendered | {"forecast.parquet": buffer.getvalue()}, rendered)
