"""Venn-Abers by hand, the score of a band, and made worlds whose frequencies are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from benchmarks.bands import BANDS, WORLDS, judged, made_record, redrawn, venn_abers


def test_venn_abers_by_hand() -> None:
    p, y = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.0, 1.0, 0.0, 1.0])

    low, high = venn_abers(p, y, 7, np.array([0.25, 0.9]), 0)

    # as a miss 0.25 falls into one step with 0.2 and 0.3: one hit in three; as a hit, two in three
    assert low[0] == pytest.approx(1 / 3)
    assert high[0] == pytest.approx(2 / 3)
    # above all others: a miss joins the last hit, a hit stands alone
    assert (low[1], high[1]) == (pytest.approx(1 / 2), 1)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_venn_abers_rises_with_the_forecast_and_heeds_its_order_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, now = rng.uniform(0.01, 0.99, 40), np.sort(rng.uniform(0.01, 0.99, 8))
    y = (rng.random(40) < p).astype(np.float64)

    low, high = venn_abers(p, y, 7, now, 0)
    bent_low, bent_high = venn_abers(p**2, y, 7, now**2, 0)

    assert (low <= high + 1e-12).all()
    assert (np.diff(low) >= -1e-12).all()
    assert (np.diff(high) >= -1e-12).all()
    assert bent_low == pytest.approx(low)
    assert bent_high == pytest.approx(high)


def test_judged_by_hand() -> None:
    found = judged(np.array([0.1, 0.1]), np.array([0.3, 0.3]), np.array([0.2, 0.35]))

    assert found["held"] == 0.5
    assert found["width"] == pytest.approx(0.2)
    assert found["score"] == pytest.approx(0.2 + 10 * 0.05 / 2)


@pytest.mark.parametrize("world", WORLDS)
def test_frequency_behind_a_forecast_is_what_comes(world: str) -> None:
    rng = np.random.default_rng(4)
    odds = rng.normal(-1.5, 1, 60_000)
    told, truth = WORLDS[world](odds, rng)
    came = rng.random(len(odds)) < expit(odds)

    for low, high in ((-4.0, -2.0), (-2.0, -1.0), (-1.0, 2.0)):
        here = (told > low) & (told <= high)
        assert came[here].mean() == pytest.approx(truth[here].mean(), abs=0.015)


def test_redrawn_holds_the_calibrated_forecast() -> None:
    p, y = made_record(np.random.default_rng(1), "true", 120, 7)
    now = expit(logit(np.array([0.1, 0.4])))

    low, high = redrawn(p, y, 7, now, 0)

    assert set(BANDS) == {"redrawn", "venn_abers"}
    assert (low < high).all()
    assert low == pytest.approx(now, abs=0.2)
