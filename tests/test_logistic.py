"""The offset ridge finds the mode of its posterior; the regression starts from the memory."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from learning import COLUMNS, HORIZONS, lesson, made_rows, recorded
from scipy.optimize import minimize
from scipy.special import expit

from features.arrays import Floats
from models.learners.design import anchor
from models.learners.logistic import MemoryLogistic
from models.numerics.newton import fit_offset_ridge
from models.problems.problem import Rows

Made = tuple[Floats, Floats, Floats, Floats]


def made(seed: int, rows: int = 200, columns: int = 3) -> Made:
    """Z with a leading column of ones, y, weights and offsets."""
    rng = np.random.default_rng(seed)
    Z = np.column_stack([np.ones(rows), rng.normal(size=(rows, columns))])
    offset = rng.normal(-1, 1, rows)
    truth = rng.normal(0, 0.7, columns + 1)
    y = (rng.random(rows) < expit(offset + Z @ truth)).astype(np.float64)
    return Z, y, rng.uniform(0.1, 2, rows), offset


def loss_of(b: Floats, data: Made, precision: Floats) -> float:
    """The negative of what the fit maximises, written out."""
    Z, y, weight, offset = data
    z = offset + Z @ b
    return float(weight @ (np.logaddexp(0, z) - y * z) + precision @ b**2 / 2)


@given(seed=st.integers(0, 2**32 - 1), penalty=st.floats(0.01, 1000))
def test_offset_ridge_agrees_with_a_general_minimiser(seed: int, penalty: float) -> None:
    data, precision = made(seed), np.array([0.0, 1.0, 2.0, 3.0]) * penalty + 1e-3

    b = fit_offset_ridge(*data, precision)
    other = minimize(loss_of, np.zeros(4), (data, precision), method="BFGS", options={"gtol": 1e-7})

    assert loss_of(b, data, precision) <= other.fun + 1e-9
    assert b == pytest.approx(other.x, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_offset_ridge_without_a_ridge_is_statsmodels_glm(seed: int) -> None:
    Z, y, weight, offset = made(seed)

    glm = sm.GLM(y, Z, sm.families.Binomial(), offset=offset, var_weights=weight).fit(tol=1e-12)

    found = fit_offset_ridge(Z, y, weight, offset, np.zeros(4))
    assert found == pytest.approx(glm.params, abs=1e-6)


def test_offset_ridge_is_finite_where_the_classes_separate() -> None:
    Z = np.column_stack([np.ones(40), np.linspace(-3, 3, 40)])
    y = (Z[:, 1] > 0).astype(np.float64)
    data = Z, y, np.ones(40), np.zeros(40)

    b = fit_offset_ridge(*data, np.full(2, 0.5))

    other = minimize(loss_of, np.zeros(2), (data, np.full(2, 0.5)), method="BFGS")
    assert b == pytest.approx(other.x, abs=1e-3)


def test_offset_ridge_without_rows_is_nought() -> None:
    nothing = np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0)

    assert fit_offset_ridge(*nothing, np.ones(2)).tolist() == [0, 0]


def test_offset_ridge_weight_two_is_the_row_twice() -> None:
    Z, y, weight, offset = made(3)
    whole = np.where(weight > 1, 2, 1)

    once = fit_offset_ridge(Z, y, whole.astype(np.float64), offset, np.ones(4))
    row = np.repeat(np.arange(len(y)), whole)
    twice = fit_offset_ridge(Z[row], y[row], np.ones(len(row)), offset[row], np.ones(4))

    assert once == pytest.approx(twice, abs=1e-9)


FORCE = COLUMNS[:1]


def with_column(rows: Rows, value: float) -> Rows:
    """The rows with one more column, `stuck`, that never varies."""
    X = np.column_stack([rows.X, np.full(len(rows), value)])
    return replace(rows, names=(*rows.names, "stuck"), X=X)


def test_memory_logistic_ignores_a_column_that_never_varied() -> None:
    X = with_column(made_rows(60, 1), 3.0)
    told = lesson(X, recorded(X, 2))
    plain = MemoryLogistic((1.0,), FORCE, 1.0).fit(told)
    more = MemoryLogistic((1.0,), (*FORCE, "stuck"), 1.0).fit(told)

    assert np.allclose(plain.predict(X), more.predict(X), rtol=0, atol=1e-9)
    moved = more.predict(with_column(made_rows(60, 1), 500.0))
    assert np.allclose(moved, more.predict(X), rtol=0, atol=1e-12)


def test_memory_logistic_learns_what_raises_the_risk() -> None:
    X = made_rows(400, 3)
    stirred = X.X[:, 0] > np.median(X.X[:, 0])
    Y: Floats = np.tile(stirred[:, None], len(HORIZONS)).astype(np.float64)

    moved = MemoryLogistic((1.0,), FORCE, 1.0).fit(lesson(X, Y)).predict(X) - anchor(X)

    assert moved[stirred].mean() > 0.1
    assert moved[~stirred].mean() < -0.05


def test_memory_logistic_shrinks_to_the_memory_as_the_penalty_grows() -> None:
    X = made_rows(100, 4)
    told = lesson(X, recorded(X, 5))

    def apart(penalty: float) -> float:
        p = MemoryLogistic((1.0,), FORCE, penalty).fit(told).predict(X)
        return float(np.abs(p - anchor(X)).mean())

    distances = [apart(penalty) for penalty in (1.0, 10.0, 100.0, 1e4, 1e9)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-6


def test_memory_logistic_uses_no_other_column() -> None:
    X = made_rows(50, 6)
    Y, other = recorded(X, 7), replace(X, X=X.X * np.array([1, 2, 3, 4, 5]))

    first = MemoryLogistic((1.0,), FORCE, 1.0).fit(lesson(X, Y)).predict(X)
    second = MemoryLogistic((1.0,), FORCE, 1.0).fit(lesson(other, Y)).predict(other)

    assert np.array_equal(first, second)
