"""A row of a forecast holds a whole answer or a reason for none, and never contradicts itself."""

import math
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from forecasts import AS_OF, ISSUED_AT, make_absent, make_row

from publish.contract.forecast import ForecastError


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"probability": 1.5, "probability_high": 1.5}, "out of order"),
        ({"probability_low": -0.1}, "out of order"),
        ({"probability_low": 0.3}, "out of order"),
        ({"probability_high": 0.2}, "out of order"),
        ({"probability": math.nan}, "no finite number"),
        ({"probability": True}, "no finite number"),
        ({"probability": "0.25"}, "no finite number"),
        ({"probability": None}, "lacks a value"),
        ({"level": None}, "lacks a value"),
        ({"baseline_probability": None}, "lacks a value"),
        ({"baseline_probability": 1.01}, "out of range"),
        ({"change": 1.01}, "out of range"),
        ({"change": math.inf}, "no finite number"),
        ({"drivers": (("force", 12.4),)}, "do not sum"),
        ({"drivers": ()}, "do not sum"),
        ({"drivers": (("a", -2.5), ("b", 15.0))}, "largest first"),
        ({"drivers": (("a", 6.25), ("a", 6.25))}, "different names"),
        ({"drivers": ((" ", 12.5),)}, "different names"),
        ({"drivers": (("a\nb", 12.5),)}, "plain text"),
        ({"horizon_days": 0}, "too short"),
        ({"horizon_days": 7.0, "target_end_date": AS_OF}, "no whole number"),
        ({"unit": "../etc"}, "not a name"),
        ({"target": "=cmd"}, "not a name"),
        ({"target_end_date": ISSUED_AT}, "not a date"),
        ({"status": "fine"}, "unknown status"),
        ({"reason": "but"}, "disagree"),
        ({"status": "stale"}, "disagree"),
        ({"status": "stale", "reason": "a\x00b"}, "plain text"),
        ({"status": "no_forecast", "reason": "no data"}, "holds values"),
    ],
)
def test_row_that_contradicts_itself_is_refused_by_name(
    changed: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ForecastError, match=complaint) as caught:
        make_row(**changed)
    assert str(caught.value).startswith("row ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("held", [{"change": 0.0}, {"probability": 0.0}, {"drivers": (("a", 0),)}])
def test_row_without_forecast_holds_nothing(held: dict[str, Any]) -> None:
    with pytest.raises(ForecastError, match=r"row khyber/clash/7: .*holds values"):
        make_absent(**held)


def test_row_without_forecast_says_why() -> None:
    with pytest.raises(ForecastError, match="disagree"):
        make_absent(reason=" ")


def test_row_takes_numpy_numbers_as_plain_ones() -> None:
    row = make_row(probability=np.float32(0.25), horizon_days=np.int16(7), change=-0.0)
    assert type(row.probability) is float
    assert type(row.horizon_days) is int
    assert str(row.change) == "0.0"


def test_row_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        make_row().probability = 0.5  # type: ignore[misc]


def test_row_splits_its_change_exactly() -> None:
    split = (("new_events", 4.0), ("time_passing", -1.0))
    assert make_row(change=0.03, change_split=split).change_split == split
    with pytest.raises(ForecastError, match="do not sum to what they explain"):
        make_row(change=0.04, change_split=split)
    with pytest.raises(ForecastError, match="there is none"):
        make_row(change=None, change_split=split)
    with pytest.raises(ForecastError, match="unknown part"):
        make_row(change=0.03, change_split=(("weather", 3.0),))


def test_row_shares_its_log_odds_exactly() -> None:
    moved = math.log(0.25 / 0.75) - math.log(0.125 / 0.875)
    shares = (("force", moved + 0.25), ("conciliation", -0.25))
    assert make_row(drivers_log_odds=shares).drivers_log_odds == shares
    with pytest.raises(ForecastError, match="drivers_log_odds do not sum"):
        make_row(drivers_log_odds=(("force", moved + 1e-6),))
