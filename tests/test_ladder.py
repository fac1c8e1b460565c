"""Thresholds share their slopes; without evidence the start is repeated."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from features.arrays import Floats
from models.learners.ordinal import LadderRidge


def made(rows: int) -> tuple[Floats, Floats]:
    """Two columns, and sizes whose logarithm rises with the first and has logistic noise."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 2))
    return X, np.exp(X[:, 0] * 1.5 + 1 + rng.logistic(size=rows))


def test_slopes_and_levels_of_a_made_world_are_found() -> None:
    X, size = made(20000)
    thresholds = (1.0, np.e, np.exp(3))

    found = LadderRidge(thresholds, (0, 1), C=100.0).fit(X, size, np.ones(len(X)))

    assert found.slopes_ / found.spread_ == pytest.approx([1.5, 0], abs=0.05)
    assert found.levels_ == pytest.approx([1, 0, -2], abs=0.07)
    p = found.predict(X)
    assert (np.diff(p, axis=1) <= 0).all()
    assert p[:, 1] == pytest.approx(expit(1.5 * X[:, 0]), abs=0.03)


def test_one_threshold_is_a_logistic_regression() -> None:
    X, size = made(400)
    weight = np.linspace(0.5, 1.5, 400)

    found = LadderRidge((2.0,), (0, 1), C=1e5).fit(X, size, weight).predict(X)

    plain = LogisticRegression(C=np.inf, tol=1e-8).fit(X, size >= 2, weight)
    assert found[:, 0] == pytest.approx(plain.predict_proba(X)[:, 1], abs=1e-3)


def test_without_evidence_the_start_is_repeated() -> None:
    X, size = made(50)

    found = LadderRidge((1.0, 5.0), (0,), ((0,), (1,)), C=1e-9).fit(X, size, np.ones(50))

    asked = np.array([[0.4, -1.0]])
    assert found.predict(asked)[0] == pytest.approx(expit([0.4, -1.0]), abs=1e-6)


def test_a_second_fit_sets_out_from_the_first_and_ends_at_the_same() -> None:
    X, size = made(300)
    weight = np.ones(300)
    twice = LadderRidge((1.0, 5.0), (0, 1)).fit(X[:200], size[:200], weight[:200])

    again = twice.fit(X, size, weight).predict(X)

    once = LadderRidge((1.0, 5.0), (0, 1)).fit(X, size, weight).predict(X)
    assert again == pytest.approx(once, abs=1e-4)


def test_a_column_that_never_varied_says_nothing() -> None:
    X, size = made(100)
    X[:, 1] = 3

    found = LadderRidge((1.0,), (0, 1)).fit(X, size, np.ones(100))

    changed = X + np.array([0, 100.0])
    assert found.predict(changed) == pytest.approx(found.predict(X))
