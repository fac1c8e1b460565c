"""Rows that ask of a count: their windows and quantiles, in files, on the page, in the terminal."""

import io
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest
from forecasts import AS_OF, make_forecast, make_row
from pages import draw, text_of
from rich.console import Console

from publish.forecast import Forecast, ForecastError, Row, from_json, to_json
from publish.formats import hub_bytes, parquet_bytes
from publish.page.page import counted
from publish.terminal import count_table, forecast_table

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
    table = pq.read_table(io.BytesIO(parquet_bytes(issue))).to_pylist()
    assert [row["target_start_date"] for row in table] == [None, *[date(2025, 12, 1)] * 2]
    assert table[1]["quantiles"] == '{"0.05": 2.0, "0.5": 40.0, "0.95": 310.0}'
    assert [row["mlflow_run_id"] for row in table] == [None, *["run-of-counts"] * 2]


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
    assert "Dec 2025 1: 75% 12% , 25: 25% 12% 40 2–310" in text
    assert "How many may die" not in text_of(draw())
    [each] = counted(make_issue())
    assert (each.unit, each.group, len(each.rows)) == ("PAK", "country_deaths", 2)


def shown(table: Any) -> str:
    """The table as the terminal shows it, 100 columns wide."""
    console = Console(width=100, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_terminal_has_a_line_a_window() -> None:
    line = shown(count_table(make_issue())).splitlines()[1]
    assert " ".join(line.split()) == "PAK country deaths in 2025-12 1: 75.0 25: 25.0 40 2–310"
    assert count_table(make_forecast()) is None
    assert "country_deaths" not in shown(forecast_table(make_issue()))
    assert "country_deaths_25" in shown(forecast_table(make_issue(), every_row=True))
