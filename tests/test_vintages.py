"""What was known then replaces what is known now, up to the origin and from the newest vintage."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.vintages import BOTH, WAYS, as_known, costs, first_told, losses, stood
from features.arrays import Floats
from features.monthly.panel import Panel, month_number

FIRST = month_number(2024, 1)
COLUMNS = ["vintage_date", "month_end", "country", "deaths"]
VINTAGES = pd.DataFrame(
    [
        ("2024-02-20", "2024-01-31", "Pakistan", 7),
        ("2024-03-20", "2024-01-31", "Pakistan", 8),
        ("2024-03-20", "2024-02-29", "Pakistan", 9),
        ("2024-04-20", "2024-02-29", "Pakistan", 99),  # known a month after
    ],
    columns=COLUMNS,
)


def panel_of(deaths: Floats) -> Panel:
    """Afghanistan and Pakistan from 2024-01 on."""
    return Panel(("AFG", "PAK"), FIRST, deaths, {}, np.zeros(2, np.int32), ("g", "g"))


DEATHS = np.array([[10.0, 20, 30, 40], [1, 2, 3, 4]])


def test_as_known_takes_the_newest_vintage_of_the_day() -> None:
    panel = panel_of(DEATHS)

    found = as_known(panel, VINTAGES, 1)

    assert found.deaths.tolist() == [[10, 20, 30, 40], [8, 9, 3, 4]]
    assert as_known(panel, VINTAGES, 0).deaths[1].tolist() == [7, 2, 3, 4]


def test_a_panel_stands_three_ways_and_ends_with_the_origin() -> None:
    found = {way: stood(panel_of(DEATHS), VINTAGES, way, 1).deaths.tolist() for way in WAYS}

    assert found == {
        "known": [[10, 20], [8, 9]],
        "newest": [[10, 20], [1, 99]],
        "revised": [[10, 20], [1, 2]],
    }


def test_what_was_known_is_the_same_whatever_comes_later() -> None:
    later = DEATHS.copy()
    later[:, 2:] = 1000.0
    more = pd.DataFrame([("2024-05-20", "2024-01-31", "Pakistan", 500)], columns=COLUMNS)

    before = stood(panel_of(DEATHS), VINTAGES, "known", 1)
    after = stood(panel_of(later), pd.concat([VINTAGES, more]), "known", 1)

    assert before.deaths.tolist() == after.deaths.tolist()


def test_first_told_is_the_first_news_of_a_month() -> None:
    found = first_told(panel_of(DEATHS), VINTAGES, "PAK")

    # the oldest vintage tells of January as of all the past: that is no first news
    assert np.isnan(found[[0, 2, 3]]).all()
    assert found[1] == 9


def test_losses_are_of_months_whose_outcome_is_known_both_ways() -> None:
    forecast = {"way": "known", "model": "peer", "unit": "PAK", "horizon": 1}
    sure = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    rows = pd.DataFrame([{**forecast, "origin": f"2024-0{m}", "ladder": sure} for m in (1, 2)])

    found = losses(rows, panel_of(DEATHS), VINTAGES)

    assert set(found["origin"]) == {"2024-01"}
    brier = found[(found["score"] == "brier") & (found["labels"] == "first")]
    assert brier["loss"].tolist() == [0, 0, 0]  # 9 deaths: one reached, 25 and 100 not
    assert (found["score"] == "crps").sum() == 2


def test_costs_by_hand() -> None:
    head = {"horizon": 1, "score": "brier", "threshold": 1.0, "model": "peer", "labels": "first"}
    loss = pd.DataFrame(
        [
            {**head, "unit": unit, "origin": origin, "way": way, "loss": value}
            for unit in ("PAK", "AFG")
            for origin in ("2024-01", "2024-02", "2024-03")
            for way, value in (("known", 0.25), ("newest", 0.125), ("revised", 0.0))
        ]
    )

    found = costs(loss, 0)

    assert [row["unit"] for row in found] == ["PAK", "AFG", BOTH]
    for row in found:
        assert (row["known"], row["newest"], row["revised"]) == (0.25, 0.125, 0)
        assert row["vintage_cost"] == row["low"] == row["high"] == pytest.approx(0.25)
        assert row["origins"] == 3


def test_a_month_that_no_vintage_tells_is_refused() -> None:
    panel = Panel(("PAK",), FIRST, np.ones((1, 4)), {}, np.zeros(1, np.int32), ("g",))
    old = VINTAGES[VINTAGES["vintage_date"] == "2024-02-20"]

    with pytest.raises(ValueError, match="tells of 2024-03"):
        as_known(panel, old, 2)
