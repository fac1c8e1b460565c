"""What was known then replaces what is known now, up to the origin and from the newest vintage."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.vintages import as_known, costs
from features.panel import Panel, month_number

FIRST = month_number(2024, 1)


def test_as_known_takes_the_newest_vintage_of_the_day() -> None:
    deaths = np.array([[10.0, 20, 30, 40], [1, 2, 3, 4]])
    panel = Panel(("AFG", "PAK"), FIRST, deaths, {}, np.zeros(2, np.int32), ("g", "g"))
    vintages = pd.DataFrame(
        [
            ("2024-02-20", "2024-01-31", "Pakistan", 7),
            ("2024-03-20", "2024-01-31", "Pakistan", 8),
            ("2024-03-20", "2024-02-29", "Pakistan", 9),
            ("2024-04-20", "2024-02-29", "Pakistan", 99),  # known a month after
        ],
        columns=["vintage_date", "month_end", "country", "deaths"],
    )

    found = as_known(panel, vintages, 1)

    assert found.deaths.tolist() == [[10, 20, 30, 40], [8, 9, 3, 4]]
    assert as_known(panel, vintages, 0).deaths[1].tolist() == [7, 2, 3, 4]


def test_costs_by_hand() -> None:
    rows = pd.DataFrame(
        {"unit": ["PAK"] * 2, "horizon": [1, 1], "threshold": [1.0, 1.0]}
        | {"as_known": [0.5, 0.5], "as_revised": [1.0, 0.0], "outcome": [1.0, 0.0]}
    )

    [found] = costs(rows)

    assert found["as_known"] == pytest.approx(0.25)
    assert found["as_revised"] == 0
    assert found["vintage_cost"] == pytest.approx(0.25)


def test_a_month_that_no_vintage_tells_is_refused() -> None:
    panel = Panel(("PAK",), FIRST, np.ones((1, 4)), {}, np.zeros(1, np.int32), ("g",))
    old = pd.DataFrame(
        [("2024-02-20", "2024-01-31", "Pakistan", 7)],
        columns=["vintage_date", "month_end", "country", "deaths"],
    )

    with pytest.raises(ValueError, match="tells of 2024-03"):
        as_known(panel, old, 2)
