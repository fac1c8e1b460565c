"""Skill over units: its interval comes from whole units, and one unit has none."""

import numpy as np
import pytest

from models.paired import calibration_slope, skill_over_units


def test_skill_over_units_by_hand() -> None:
    found = skill_over_units(np.array([1.0, 2.0]), np.array([2.0, 4.0]), 0)

    assert (found.skill, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))


def test_one_unit_gives_no_interval() -> None:
    found = skill_over_units(np.array([1.0]), np.array([2.0]), 0)

    assert found.skill == 0.5
    assert (found.low, found.high) == (None, None)


def test_interval_of_units_that_differ_holds_the_skill() -> None:
    rng = np.random.default_rng(2)
    rival = rng.gamma(2, 1, 40)

    found = skill_over_units(rival * rng.uniform(0.6, 1.1, 40), rival, 0)

    assert found.low is not None
    assert found.high is not None
    assert found.skill is not None
    assert found.low < found.skill < found.high


def test_calibration_slope_of_forecasts_that_are_too_sure_is_below_one() -> None:
    rng = np.random.default_rng(3)
    odds = rng.normal(size=20000)
    y = (rng.random(20000) < 1 / (1 + np.exp(-odds))).astype(float)

    assert calibration_slope(1 / (1 + np.exp(-odds)), y) == pytest.approx(1, abs=0.05)
    assert calibration_slope(1 / (1 + np.exp(-2 * odds)), y) == pytest.approx(0.5, abs=0.05)
