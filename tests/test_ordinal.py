"""Thresholds share their slopes; without evidence the start is repeated."""

import numpy as np
import pytest
from learning import plain, plain_rows
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from features.arrays import Floats
from models.learners.ordinal import Neighbouring, Parallel


def made(rows: int) -> tuple[Floats, Floats]:
    """Two columns, and sizes whose logarithm rises with the first and has logistic noise."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 2))
    return X, np.exp(X[:, 0] * 1.5 + 1 + rng.logistic(size=rows))


def test_slopes_and_levels_of_a_made_world_are_found() -> None:
    X, size = made(20000)
    thresholds = (1.0, np.e, np.exp(3))

    found = Parallel(thresholds, ("c0", "c1"), C=100.0).fit(plain(X, size))

    assert found.slopes_ / found.spread_ == pytest.approx([1.5, 0], abs=0.05)
    assert found.levels_ == pytest.approx([1, 0, -2], abs=0.07)
    p = found.predict(plain_rows(X))[:, 0]
    assert (np.diff(p, axis=1) <= 0).all()
    assert p[:, 1] == pytest.approx(expit(1.5 * X[:, 0]), abs=0.03)


def test_one_threshold_is_a_logistic_regression() -> None:
    X, size = made(400)
    weight = np.linspace(0.5, 1.5, 400)

    found = Parallel((2.0,), ("c0", "c1"), C=1e5).fit(plain(X, size, weight)).predict(plain_rows(X))

    one = LogisticRegression(C=np.inf, tol=1e-8).fit(X, size >= 2, weight)
    assert found[:, 0, 0] == pytest.approx(one.predict_proba(X)[:, 1], abs=1e-3)


def test_without_evidence_the_start_is_repeated() -> None:
    X, size = made(50)

    found = Parallel((1.0, 5.0), ("c0",), (("c0",), ("c1",)), C=1e-9).fit(plain(X, size))

    asked = np.array([[0.4, -1.0]])
    assert found.predict(plain_rows(asked))[0, 0] == pytest.approx(expit([0.4, -1.0]), abs=1e-6)


def test_each_threshold_keeps_its_own_answer_of_those_around_it() -> None:
    X, size = made(300)
    parts = {k: Parallel((k / 2, k, 2 * k), ("c0", "c1")) for k in (1.0, 10.0)}

    found = Neighbouring(parts).fit(plain(X, size)).predict(plain_rows(X))[:, 0]

    alone = [part.fit(plain(X, size)).predict(plain_rows(X))[:, 0, 1] for part in parts.values()]
    assert found == pytest.approx(np.column_stack(alone))
    assert (found[:, 0] >= found[:, 1]).all()


def test_a_column_that_never_varied_says_nothing() -> None:
    X, size = made(100)
    X[:, 1] = 3

    found = Parallel((1.0,), ("c0", "c1")).fit(plain(X, size))

    changed = X + np.array([0, 100.0])
    now = found.predict(plain_rows(changed))
    assert now == pytest.approx(found.predict(plain_rows(X)))
