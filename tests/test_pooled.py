"""Every member falls with the threshold; the pool trusts the record; the ladder is a law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from models.combining.pool import SURE, mixed, pool
from models.learners.panel import (
    Forest,
    Hurdle,
    Member,
    NegativeBinomial,
    Ridge,
    Trees,
    edges,
)
from models.numerics.distribution import bent, counts_at, falling, quantiles, reached

LADDER = (1.0, 5.0, 25.0)


def made(rows: int, seed: int) -> tuple[Floats, Floats]:
    """Two columns, and sizes whose mean rises with the first."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    size = rng.poisson(rng.gamma(0.7, np.exp(X[:, 0] * 1.5 + 1)))
    return X, size.astype(np.float64)


@pytest.mark.parametrize(
    "member",
    [Ridge(LADDER, C=1.0), Trees(LADDER), Forest(LADDER, trees=50), Hurdle(LADDER, (0, 1))],
    ids=lambda m: type(m).__name__,
)
def test_member_falls_with_the_threshold_and_beats_the_rate(member: Member) -> None:
    X, size = made(3000, 1)
    Q, came = made(2000, 2)

    p = member.fit(X, size, np.ones(len(X))).predict(Q)

    assert p.shape == (2000, 3)
    assert (np.diff(p, axis=1) <= 0).all()
    y = reached(came, LADDER)
    rate = reached(size, LADDER).mean(axis=0)
    assert (((p - y) ** 2).mean(axis=0) < 0.95 * ((rate - y) ** 2).mean(axis=0)).all()


def test_negative_binomial_finds_the_mean_of_a_made_world() -> None:
    X, size = made(5000, 3)

    found = NegativeBinomial().fit(X, size, np.ones(len(X)))

    assert found.coefficients_[1] == pytest.approx(1.5, abs=0.15)
    assert found.mean(X).mean() == pytest.approx(size.mean(), rel=0.2)


def test_edges_part_distinct_values_evenly() -> None:
    quiet = np.concatenate([np.zeros(95), np.arange(1.0, 6.0)])

    assert edges(quiet, 10).tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert np.bincount(np.searchsorted(edges(quiet, 3), np.arange(6.0))).tolist() == [2, 2, 2]
    assert edges(np.ones(4), 3).tolist() == []


def test_trees_are_the_same_where_a_column_is_stretched() -> None:
    X, size = made(800, 1)
    fitted = Trees(LADDER).fit(X, size, np.ones(len(X)))
    stretched = Trees(LADDER).fit(2 * X, size, np.ones(len(X)))

    assert fitted.predict(X[:50]) == pytest.approx(stretched.predict(2 * X[:50]))


def test_reached_keeps_what_is_not_known() -> None:
    found = reached(np.array([0.0, 5.0, np.nan]), LADDER)

    assert found[:2].tolist() == [[0, 0, 0], [1, 1, 0]]
    assert np.isnan(found[2]).all()


def test_pool_without_a_record_is_even() -> None:
    assert pool(np.empty((4, 0)), np.empty(0), np.empty(0)).tolist() == [0.25] * 4


def test_pool_moves_to_the_member_that_was_right() -> None:
    y = np.tile([1.0, 0.0], 500)
    p = np.stack([np.where(y > 0, 0.9, 0.1), np.full(1000, 0.5)])

    share = pool(p, y, np.ones(1000))

    assert share.sum() == pytest.approx(1)
    assert share[0] > 0.9


@given(st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3))
def test_bent_ladder_passes_through_what_it_is_bent_to(raw: list[float]) -> None:
    ladder = falling(np.array([[0.6, 0.3, 0.1]]))
    asked = falling(np.array([[raw[0], raw[2]]]))

    found = bent(ladder, LADDER, (1.0, 25.0), asked)

    assert found[:, [0, 2]] == pytest.approx(asked, abs=2e-6)
    assert (np.diff(found, axis=1) <= 0).all()


def test_quantiles_by_hand() -> None:
    found = quantiles(np.array([[0.5, 0.25, 0.1]]), LADDER, np.array([0.4, 0.5, 0.75, 0.9]))

    assert found[0] == pytest.approx([0, np.log(2), np.log(6), np.log(26)])


def test_count_of_a_quantile_is_the_least_that_reaches_its_level() -> None:
    ladder = np.array([[0.5, 0.25, 0.1]])
    # 1 or more with 50%: half the time nought; 5 or more with 25%; 25 or more with 10%
    q = quantiles(ladder, LADDER, np.array([[0.4, 0.5, 0.500001, 0.75, 0.9, 0.900001]]))

    assert counts_at(q).tolist() == [[0, 0, 1, 4, 24, 25]]


def test_members_mixed_in_log_odds_by_hand() -> None:
    nothing, now = np.empty((2, 0)), np.array([[0.5, 1e-9], [0.9, 1e-9]])

    raw, calibrated = mixed(nothing, nothing[0], nothing[0], nothing[0], now, prior=1, penalty=1)

    # odds of 1 and 9 make 3; none is taken to be surer than SURE
    assert raw == pytest.approx([0.75, SURE])
    assert calibrated == pytest.approx(raw)


def test_ridge_is_deaf_to_a_column_that_hardly_varied() -> None:
    rng = np.random.default_rng(2)
    X = np.column_stack([rng.normal(size=400), np.full(400, 2e-10) * rng.random(400)])
    size = (rng.random(400) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    model = Ridge((1.0,), C=1.0).fit(X, size, np.ones(400))

    shocked = X.copy()
    shocked[:, 1] = 1.0

    np.testing.assert_array_equal(model.predict(shocked), model.predict(X))
