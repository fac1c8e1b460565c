"""Rows that ask of a count: their windows and quantiles, in files, on the page, in the terminal."""

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from forecasts import AS_OF, make_forecast, make_row
from pages import draw, text_of
from rich.console import Console

from publish.archive.chain import digest
from publish.contract.context import Context, CountSkill
from publish.contract.forecast import Forecast, ForecastError, Row, from_json, to_json
from publish.contract.older import completed
from publish.files.formats import CSV, PARQUET, hub_bytes, render
from publish.page.page import count_tables
from publish.text.terminal import count_table, forecast_table
from theatres import load_theatre

QUANTILES = (("0.05", 2.0), ("0.5", 40.0), ("0.95", 310.0))
WINDOW = {"target_start_date": date(2025, 12, 1), "target_end_date": date(2025, 12, 31)}


def make_count(threshold: int, p: float, **changed: Any) -> Row:
    """Whether Pakistan's deaths of December 2025 reach the threshold: 12.5% is the base rate."""
    fields: dict[str, Any] = {
        "unit": "PAK",
        "target": f"country_deaths_{threshold}",
        "horizon_days": 46,
        "probability": p,
        "probability_low": p / 2,
        "probability_high": 1.0,
        "drivers": (("own_history", 100 * (p - 0.125)),) if p != 0.125 else (),
        "level": "high" if p >= 0.5 else "low",
        "quantiles": QUANTILES,
        "threshold": threshold,
        "mlflow_run_id": "run-of-counts",
        **WINDOW,
    }
    return make_row(**(fields | changed))


def make_issue(*more: Row) -> Forecast:
    """Two thresholds of one month, beside a row of clash."""
    return make_forecast(rows=(make_row(), make_count(1, 0.75), make_count(25, 0.25), *more))


def test_issue_with_counts_is_written_and_read_alike() -> None:
    issue = make_issue()
    assert from_json(to_json(issue)) == issue
    table = pq.read_table(io.BytesIO(render(issue)[PARQUET])).to_pylist()
    assert [row["target_start_date"] for row in table] == [None, *[date(2025, 12, 1)] * 2]
    assert table[1]["quantiles"] == '{"0.05": 2.0, "0.5": 40.0, "0.95": 310.0}'
    assert [row["mlflow_run_id"] for row in table] == [None, *["run-of-counts"] * 2]


def test_row_bears_its_threshold_in_every_format() -> None:
    issue = make_issue()
    counts = json.loads(to_json(issue))["rows"][1:]
    assert [row["threshold"] for row in counts] == [1.0, 25.0]
    assert "threshold" not in json.loads(to_json(issue))["rows"][0]
    files = render(issue)
    table = pq.read_table(io.BytesIO(files[PARQUET])).to_pylist()
    assert [row["threshold"] for row in table] == [None, 1.0, 25.0]
    assert files[CSV].decode().splitlines()[2].endswith(",run-of-counts,1.0,")
    assert [(row.measure, row.counts) for row in issue.rows] == [
        ("clash", False),
        ("country_deaths", True),
        ("country_deaths", True),
    ]
    with pytest.raises(ForecastError, match="row PAK/country_deaths_0/46: threshold is too low"):
        make_count(0, 0.75)


def test_issue_of_an_older_format_gets_its_thresholds_from_the_theatre() -> None:
    theatre = load_theatre("pak_afg")
    newer = make_forecast(rows=(make_row(threshold=1), make_count(1, 0.75), make_count(25, 0.25)))
    older = replace(newer, rows=tuple(replace(row, threshold=None) for row in newer.rows))
    assert older.issue_id == newer.issue_id
    assert to_json(completed(older, theatre)) == to_json(newer)
    assert completed(newer, theatre) is newer
    assert hub_bytes(older) == hub_bytes(newer)
    assert text_of(draw(older)) == text_of(draw(newer))
    gone = make_forecast(rows=(make_row(target="gone"),))
    assert [row.threshold for row in completed(gone, theatre).rows] == [None]


def test_text_of_an_issue_with_counts_does_not_move_between_versions() -> None:
    # As the version of 2026-11-26 wrote and archived it: it must verify in every later one.
    newer = make_issue()
    older = replace(newer, rows=tuple(replace(row, threshold=None) for row in newer.rows))
    assert older.issue_id == "24f786dc756038cb"
    assert (
        digest(to_json(older).encode())
        == "0444b07d763226f5c383cfda7ce6e414eeae524f5d5cf7952714e90f34d04d3c"
    )


def test_a_later_month_may_be_less_likely_than_an_earlier_one() -> None:
    january = {"target_start_date": date(2026, 1, 1), "target_end_date": date(2026, 1, 31)}
    make_issue(make_count(1, 0.5, horizon_days=77, **january))
    nested = {"target_start_date": None, "target_end_date": date(2026, 1, 31)}
    with pytest.raises(ForecastError, match="falls as the horizon grows"):
        make_forecast(
            rows=(
                make_count(1, 0.75, target_start_date=None),
                make_count(1, 0.5, horizon_days=77, **nested),
            )
        )


@pytest.mark.parametrize(
    "quantiles",
    [
        (),
        (("0.5", 1.0), ("0.05", 2.0)),
        (("0.05", 3.0), ("0.5", 2.0)),
        (("0.5", -1.0),),
        (("1", 4.0),),
        (("half", 4.0),),
    ],
)
def test_quantiles_out_of_order_are_refused(quantiles: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(ForecastError, match="row PAK/country_deaths_1/46: quantiles"):
        make_count(1, 0.75, quantiles=quantiles)


def test_window_that_begins_after_its_end_is_refused() -> None:
    with pytest.raises(ForecastError, match="target_start_date lies after target_end_date"):
        make_count(1, 0.75, target_start_date=date(2026, 1, 1))


def test_hub_holds_the_quantiles_once_under_the_count() -> None:
    lines = hub_bytes(make_issue()).decode().splitlines()
    told = [line for line in lines if ",quantile," in line]
    start = f"{AS_OF},country_deaths,46,2025-12-31,PAK,quantile"
    assert told == [f"{start},0.05,2.0", f"{start},0.5,40.0", f"{start},0.95,310.0"]
    assert sum("country_deaths_25" in line for line in lines) == 2  # yes and no


def test_page_shows_counts_in_a_section_of_their_own() -> None:
    text = text_of(draw(make_issue()))
    assert "How many may die" in text
    assert "PAK Dec 2025 75% 80% interval (38–100)base 12%" in text
    assert "base 12% 40 2–310" in text
    assert "How many may die" not in text_of(draw())


def test_page_shows_segments_within_thirty_days_and_the_rest_on_demand() -> None:
    days = {"target_start_date": None, "unit": "khyber", "target": "segment_deaths_1"}
    made = make_issue(
        *(
            make_count(1, 0.75, horizon_days=n, target_end_date=AS_OF + timedelta(n), **days)
            for n in (7, 30, 90)
        )
    )

    countries, segments = count_tables(made, Context(), load_theatre("pak_afg"))

    assert (countries.thresholds, len(countries.lines), countries.more) == ((1, 25), 1, ())
    assert [line.rows[0].horizon_days for line in segments.lines] == [30]
    assert [line.rows[0].horizon_days for line in segments.more] == [7, 90]
    assert "along the segment" in segments.meaning


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("better", "memory."), ("none shown", "memory, no skill beyond the base rate shown yet.")],
)
def test_page_shows_how_good_past_counts_were(verdict: Any, told: str) -> None:
    record = CountSkill("country_deaths", 1, "months", "memory_12", 0.2, 0.15, 0.25, 900, verdict)

    text = text_of(draw(make_issue(), Context(counts=(record,))))

    assert f"1 month +0.20 (+0.15 to +0.25) on the 12-month {told}" in text


def shown(table: Any) -> str:
    """The table as the terminal shows it, 100 columns wide."""
    console = Console(width=100, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_terminal_has_a_line_a_window() -> None:
    line = shown(count_table(make_issue())).splitlines()[1]
    assert " ".join(line.split()) == "PAK country deaths in 2025-12 1: 75.0 25: 25.0 40 2–310"
    sure = make_forecast(rows=(make_count(1, 0.9999, probability_low=0.9998),))
    assert "1: >99.9" in shown(count_table(sure))
    assert count_table(make_forecast()) is None
    assert "country_deaths" not in shown(forecast_table(make_issue()))
    assert "country_deaths_25" in shown(forecast_table(make_issue(), every_row=True))
