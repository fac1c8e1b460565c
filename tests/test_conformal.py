"""Intervals learn from the past alone how wide they must be, bin by bin."""

import numpy as np
import pytest

from benchmarks.levels import bins_of, bounds, conformal_levels
from models.combining.conformal import in_step, transform

LADDER = (1.0, 5.0, 25.0)


def test_transform_lies_in_the_step_of_its_count() -> None:
    ladder = np.tile([0.6, 0.3, 0.1], (3, 1))

    found = transform(ladder, LADDER, np.array([0.0, 5.0, 25.0]), 0)

    assert 0 <= found[0] <= 1 - np.interp(np.log(2), np.log([2, 6]), [0.6, 0.3])
    assert 0.7 <= found[1] <= 0.9
    assert found[2] >= 0.9


def test_transform_of_the_right_forecast_is_even() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.9, 20000)
    count = (rng.random(20000) < p).astype(float)  # 0 or 1
    ladder = np.column_stack([p, np.full((20000, 2), 1e-9)])

    found = transform(ladder, (1.0, 2.0, 3.0), count, 2)

    assert np.quantile(found, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)


def test_bins_are_of_the_past_and_the_calmest_is_nought() -> None:
    found = bins_of(np.array([0.0, 0.5, 1.0]), np.linspace(0, 1, 31))

    assert found.tolist() == [0, 1, 2]
    assert bins_of(np.array([0.3]), np.empty(0)).tolist() == [0]


def test_few_past_counts_leave_the_stated_levels() -> None:
    assert list(bounds(np.full(99, 0.5))) == pytest.approx([0.05, 0.95])
    assert list(bounds(np.linspace(0.4, 0.6, 1001))) == pytest.approx([0.41, 0.59])


def test_levels_make_too_wide_a_forecast_hold_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    pit = rng.beta(3, 3, (60, 80))  # too wide: counts fall in the middle
    level = rng.random((60, 80))
    origins = np.arange(80, dtype=np.int32)

    levels, where = conformal_levels(pit, level, origins, 3)

    late = slice(30, None)
    inside = (pit >= levels[0]) & (pit <= levels[1])
    assert inside[:, late].mean() == pytest.approx(0.9, abs=0.02)
    for b in range(3):
        assert inside[:, late][where[:, late] == b].mean() == pytest.approx(0.9, abs=0.04)


def test_levels_are_the_same_whatever_comes_later() -> None:
    rng = np.random.default_rng(4)
    pit, level = rng.random((40, 30)), rng.random((40, 30))
    later = pit.copy()
    later[:, 20:] = 0.5

    before, _ = conformal_levels(pit, level, np.arange(30, dtype=np.int32), 2)
    after, _ = conformal_levels(later, level, np.arange(30, dtype=np.int32), 2)

    np.testing.assert_array_equal(before[:, :, :22], after[:, :, :22])
    assert (before[:, :, 22:] != after[:, :, 22:]).any()


def test_levels_stay_where_the_probabilities_of_the_thresholds_put_them() -> None:
    p = np.array([[0.6, 0.03], [0.6, 0.2]])  # of 1 and of 25, two units
    levels = np.array([[0.1, 0.999], [0.41, 0.999]])

    found = in_step(levels, np.array([0.05, 0.95]), p)

    # 25 is reached with 3%: no count of 25 within the central 90%, whatever happened to others
    assert found[0] == pytest.approx([0.1, 0.97])
    # below 1 with 40%, 25 or more with 20%: the upper end may go on, the lower not above nought
    assert found[1] == pytest.approx([0.4, 0.999])
