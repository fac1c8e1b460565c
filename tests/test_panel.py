"""A panel's features look back only; its labels look ahead by the horizon and no further."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.panels import month_name
from features.arrays import Floats
from features.monthly.panel import (
    Panel,
    decayed,
    label,
    month_number,
    others_mean,
    panel_features,
    since,
    streak,
    windowed,
)

THRESHOLDS = (1.0, 25.0)


def panel_of(deaths: Floats, entered: tuple[int, ...] = (0, 0, 0)) -> Panel:
    """Three units, the first two in one group."""
    return Panel(
        ("A", "B", "C"),
        month_number(2020, 1),
        deaths,
        {"events": np.minimum(deaths, 5)},
        np.array(entered, np.int32),
        ("north", "north", "south"),
    )


def test_windowed_sums_the_last_months_by_hand() -> None:
    assert windowed(np.array([[1.0, 2, 3, 4]]), 2).tolist() == [[1, 3, 5, 7]]


def test_decayed_is_a_weighted_mean_by_hand() -> None:
    found = decayed(np.array([[0.0, 1.0, 0.0]]), 1.0)

    assert found[0] == pytest.approx([0, 1 / 1.5, 0.5 / 1.75])


def test_since_and_streak_by_hand() -> None:
    active = np.array([[False, True, True, False, False]])

    assert since(active, 9).tolist() == [[9, 0, 0, 1, 2]]
    assert streak(active, 9).tolist() == [[0, 1, 2, 0, 0]]


def test_others_mean_leaves_the_unit_itself_and_the_absent_out() -> None:
    panel = panel_of(np.array([[1.0, 1], [0.0, 3], [5.0, 5]]), (0, 1, 0))

    found = others_mean(panel.deaths, panel, panel.groups)

    assert found.tolist() == [[0, 3], [1, 1], [0, 0]]


def test_label_is_what_came_and_nan_beyond_the_end() -> None:
    found = label(np.array([[1.0, 2, 3]]), 2)

    assert found[0, 0] == 3
    assert np.isnan(found[0, 1:]).all()


@given(st.integers(0, 2**31), st.integers(5, 29))
def test_panel_features_are_the_same_whatever_comes_later(seed: int, months: int) -> None:
    rng = np.random.default_rng(seed)
    deaths = rng.poisson(rng.gamma(0.3, 40, (3, 30))).astype(np.float64)
    later = deaths.copy()
    later[:, months:] = rng.poisson(100, later[:, months:].shape)

    names, before = panel_features(panel_of(deaths), THRESHOLDS)
    _, after = panel_features(panel_of(later), THRESHOLDS)

    assert before.shape == (3, 30, len(names))
    np.testing.assert_allclose(before[:, :months], after[:, :months], atol=1e-9)


def test_until_forgets_later_months_and_units_not_yet_there() -> None:
    panel = panel_of(np.array([[1.0, 1], [0.0, 3], [5.0, 5]]), (0, 1, 0)).until(1)

    assert panel.units == ("A", "C")
    assert panel.deaths.tolist() == [[1], [5]]


@pytest.mark.parametrize(
    ("deaths", "entered", "told"),
    [
        (np.array([[1.0, -1], [0, 0], [0, 0]]), (0, 0, 0), "negative"),
        (np.array([[1.0, np.nan], [0, 0], [0, 0]]), (0, 0, 0), "missing"),
        (np.array([[1.0, 1], [0, 0], [0, 0]]), (1, 0, 0), "before its unit entered"),
        (np.array([[1.0, 1], [0, 0]]), (0, 0), "shape"),
    ],
)
def test_panel_refuses_what_is_no_panel(
    deaths: Floats, entered: tuple[int, ...], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        panel_of(deaths, entered)


def test_month_names_follow_each_other() -> None:
    assert month_name(month_number(2024, 12) + 1) == "2025-01"
