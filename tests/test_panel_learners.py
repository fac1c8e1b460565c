"""Members that pool many units: each falls with the threshold, and learns what raises a count."""

import numpy as np
import pytest
from learning import plain, plain_rows

from features.arrays import Floats
from models.learners.design import Learner
from models.learners.panel import (
    Forest,
    Hurdle,
    NegativeBinomial,
    Ridge,
    Trees,
    edges,
)
from models.numerics.distribution import reached
from models.problems.problem import Sample

LADDER = (1.0, 5.0, 25.0)


def made(rows: int, seed: int) -> tuple[Floats, Floats]:
    """Two columns, and sizes whose mean rises with the first."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    size = rng.poisson(rng.gamma(0.7, np.exp(X[:, 0] * 1.5 + 1)))
    return X, size.astype(np.float64)


@pytest.mark.parametrize(
    "member",
    [Ridge(LADDER, C=1.0), Trees(LADDER), Forest(LADDER, trees=50), Hurdle(LADDER, ("c0", "c1"))],
    ids=lambda m: type(m).__name__,
)
def test_member_falls_with_the_threshold_and_beats_the_rate(member: Learner) -> None:
    X, size = made(3000, 1)
    Q, came = made(2000, 2)

    p = member.fit(plain(X, size)).predict(plain_rows(Q))[:, 0]

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
    fitted = Trees(LADDER).fit(plain(X, size))
    stretched = Trees(LADDER).fit(plain(2 * X, size))

    now = fitted.predict(plain_rows(X[:50]))
    assert now == pytest.approx(stretched.predict(plain_rows(2 * X[:50])))


def test_ridge_is_deaf_to_a_column_that_hardly_varied() -> None:
    rng = np.random.default_rng(2)
    X = np.column_stack([rng.normal(size=400), np.full(400, 2e-10) * rng.random(400)])
    size = (rng.random(400) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    model = Ridge((1.0,), C=1.0).fit(plain(X, size))

    shocked = X.copy()
    shocked[:, 1] = 1.0

    np.testing.assert_array_equal(model.predict(plain_rows(shocked)), model.predict(plain_rows(X)))


@pytest.mark.parametrize("member", [Ridge(LADDER), Trees(LADDER), Forest(LADDER)])
def test_member_of_one_horizon_refuses_several(member: Learner) -> None:
    two = Sample(plain_rows(np.ones((3, 1))), np.ones((3, 2)), np.ones(3), np.ones(2))

    with pytest.raises(ValueError, match="one horizon at a time, found 2"):
        member.fit(two)
