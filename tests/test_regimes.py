"""Rates that change are followed, and nothing later touches what was said of a week."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.regimes import change_point_rates, regime_rates, shrunk, within

CALM_THEN_WAR = np.r_[
    np.random.default_rng(1).random(200) < 0.05, np.random.default_rng(2).random(60) < 0.6
].astype(float)


def test_change_point_finds_the_new_rate_sooner_than_the_mean_does() -> None:
    rates = change_point_rates(CALM_THEN_WAR)

    assert rates[150:200].mean() < 0.12
    assert rates[215] > 0.35
    assert rates[255] == pytest.approx(0.6, abs=0.15)


def test_change_point_by_hand_after_one_week() -> None:
    # (1 - h) x Beta(1.5, 4.5)'s mean + h x the prior's
    assert change_point_rates(np.ones(1))[0] == pytest.approx((103 * 0.25 + 0.1) / 104)


@settings(deadline=None, max_examples=20)
@given(cut=st.integers(20, 250))
def test_later_weeks_change_nothing(cut: int) -> None:
    other = CALM_THEN_WAR.copy()
    other[cut:] = 1 - other[cut:]

    assert (change_point_rates(other)[:cut] == change_point_rates(CALM_THEN_WAR)[:cut]).all()


@pytest.mark.filterwarnings("ignore")
def test_regimes_are_told_apart_and_see_nothing_later() -> None:
    rates = regime_rates(CALM_THEN_WAR, weeks=4, refit=26)
    other = CALM_THEN_WAR.copy()
    other[240:] = 0

    assert rates.shape == (260, 4)
    assert rates[225:240, 0].mean() > 2 * rates[180:195, 0].mean()
    assert rates[:240] == pytest.approx(regime_rates(other, weeks=4, refit=26)[:240], abs=1e-6)


def test_chance_within_a_horizon_by_hand() -> None:
    p = within(np.full((1, 5), 0.2), (7, 14, 30))[:, 0]

    assert p[:2] == pytest.approx([0.2, 1 - 0.8**2])
    assert p[2] == pytest.approx(1 - 0.8 ** (30 / 7))


def test_shrinking_by_all_is_the_other() -> None:
    p, other = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    assert shrunk(p, other, 1.0) == pytest.approx(other)
    assert shrunk(p, other, 0.0) == pytest.approx(p)
