"""Skill over units: its interval comes from whole units, and one unit has none."""

import numpy as np
import pytest

from benchmarks.skill import (
    calibration_slope,
    mean_over_months,
    skill_over_months,
    skill_over_units,
)


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


def test_rival_that_was_never_wrong_gives_no_skill() -> None:
    nothing = np.full(3, 1e-8)

    assert skill_over_units(np.ones(3), nothing, 0).skill is None
    assert skill_over_months(np.ones(3), nothing, 1, 0).skill is None


def test_skill_over_months_by_hand() -> None:
    rival = np.tile([1.0, 0.5], 20)

    found = skill_over_months(rival * 0.75, rival, 1, 0)

    assert found.skill == pytest.approx(0.25)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 0.25 <= found.high


def test_mean_over_months_is_less_sure_of_spells_than_of_scattered_months() -> None:
    rng = np.random.default_rng(3)
    spells = np.repeat(rng.normal(size=30), 8)
    scattered = rng.permutation(spells)

    long, short = mean_over_months(spells, 1, 0), mean_over_months(scattered, 1, 0)

    assert long.mean == pytest.approx(spells.mean())
    assert long.high - long.low > 1.3 * (short.high - short.low)
