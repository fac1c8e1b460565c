"""Members combined in log-odds: even without a record, then led by it, sharper where they agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from benchmarks.skill import calibration_slope
from features.arrays import Floats
from models.combining.combine import learn
from models.combining.pool import pool, stack
from models.combining.rule import Rule

chances = st.lists(st.floats(0.001, 0.999), min_size=2, max_size=4)
outcomes = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=30)


def told(seed: int, members: int, rows: int) -> Floats:
    """Members' forecasts of made rows: (member, row)."""
    rng = np.random.default_rng(seed)
    p: Floats = expit(rng.normal(-1, 1.5, (members, rows)))
    return p


def known_in_parts(rows: int, seed: int) -> tuple[Floats, Floats]:
    """Two members, each of which knows one half of what decides, calibrated; and what came."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 1.5, (2, rows))
    y = (rng.random(rows) < expit(own.sum(axis=0))).astype(np.float64)
    nodes, shares = np.polynomial.hermite_e.hermegauss(21)
    p = expit(own[..., None] + 1.5 * nodes) @ (shares / shares.sum())
    return p, y


def stacked(before: Floats, y: Floats, now: Floats, ridge: float) -> Floats:
    """What the rule says now of members' forecasts, from those before and what came of them."""
    past = before[:, None], y[None], np.ones((1, len(y))), np.empty((1, len(y)))
    names = tuple(map(str, range(len(before))))
    return learn(Rule("stacked", ridge=ridge), past, 1.0, names).pooled(now)


def test_stack_without_a_record_is_even() -> None:
    assert stack(np.empty((4, 0)), np.empty(0), np.empty(0), 10.0).tolist() == [0] + [0.25] * 4


@settings(deadline=None)
@given(now=chances)
def test_stacked_without_a_record_is_the_mean_of_the_log_odds(now: list[float]) -> None:
    p = np.array(now)[:, None]

    found = stacked(np.empty((len(p), 0)), np.empty(0), p, 10.0)

    assert logit(found) == pytest.approx(logit(p).mean(axis=0), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(y=outcomes, seed=st.integers(0, 10**6), members=st.integers(2, 4))
def test_stacked_rises_with_every_member(y: list[float], seed: int, members: int) -> None:
    before, now = told(seed, members, len(y)), told(seed + 1, members, 5)
    higher = expit(logit(now) + 0.5)

    b = stack(before, np.array(y), np.ones(len(y)), 1.0)

    assert (b[1:] >= 0).all()
    low, high = (stacked(before, np.array(y), p, 1.0) for p in (now, higher))
    assert (high >= low - 1e-12).all()
    assert ((low > 0) & (high < 1)).all()


@settings(deadline=None, max_examples=40)
@given(y=outcomes, seed=st.integers(0, 10**6), members=st.integers(2, 4))
def test_stack_follows_the_order_of_the_members(y: list[float], seed: int, members: int) -> None:
    before, came, weight = told(seed, members, len(y)), np.array(y), np.ones(len(y))
    order = np.random.default_rng(seed).permutation(members)

    b, turned = stack(before, came, weight, 1.0), stack(before[order], came, weight, 1.0)

    assert turned[0] == pytest.approx(b[0], abs=1e-3)
    assert turned[1:] == pytest.approx(b[1:][order], abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(y=outcomes, seed=st.integers(0, 10**6))
def test_stack_stays_with_equal_weights_under_a_heavy_ridge(y: list[float], seed: int) -> None:
    b = stack(told(seed, 2, len(y)), np.array(y), np.ones(len(y)), 1e7)

    assert b == pytest.approx([0, 0.5, 0.5], abs=1e-3)


def test_stacked_is_sharper_than_members_that_know_different_things() -> None:
    before, y = known_in_parts(6000, 1)
    now, came = known_in_parts(6000, 2)

    found = stacked(before, y, now, 10.0)

    assert calibration_slope(before.mean(axis=0), y) > 1.3
    assert calibration_slope(found, came) == pytest.approx(1, abs=0.1)
    assert ((found - came) ** 2).mean() < 0.97 * ((now.mean(axis=0) - came) ** 2).mean()


def test_stack_drops_a_member_that_is_wrong() -> None:
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 4000)
    y = (rng.random(4000) < p).astype(np.float64)

    b = stack(np.stack([p, 1 - p]), y, np.ones(4000), 1.0)

    assert b[1] == pytest.approx(1, abs=0.1)
    assert b[2] == pytest.approx(0, abs=1e-6)


def test_pool_without_a_record_is_even() -> None:
    assert pool(np.empty((4, 0)), np.empty(0), np.empty(0)).tolist() == [0.25] * 4


def test_pool_moves_to_the_member_that_was_right() -> None:
    y = np.tile([1.0, 0.0], 500)
    p = np.stack([np.where(y > 0, 0.9, 0.1), np.full(1000, 0.5)])

    share = pool(p, y, np.ones(1000))

    assert share.sum() == pytest.approx(1)
    assert share[0] > 0.9
