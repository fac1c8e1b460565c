"""What every learner promises: probabilities that rise with the horizon, whatever it was taught."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning import COLUMNS, HORIZONS, lesson, made_rows, recorded
from scipy.optimize import minimize
from sklearn.base import clone

from features.arrays import Floats
from models.learners.boosting import Boosting
from models.learners.design import Learner, anchor, evidence, scaled
from models.learners.hazard import Hazard
from models.learners.logistic import MemoryLogistic
from models.learners.rate import Rate
from models.numerics.distribution import rising

NONE = np.full((80, len(HORIZONS)), np.nan)


def every_learner() -> dict[str, Learner]:
    """One of each kind, unfitted."""
    return {
        "rate": Rate("memory_26", (1.0,)),
        "logistic": MemoryLogistic((1.0,), COLUMNS),
        "hazard": Hazard((1.0,), COLUMNS),
        "boosting": Boosting((1.0,), COLUMNS, seed=1),
    }


LEARNERS = pytest.mark.parametrize("name", list(every_learner()))
FITTED = pytest.mark.parametrize("name", ["logistic", "hazard", "boosting"])


def taught(model: Learner, Y: Floats, seed: int = 0) -> Floats:
    """Forecasts for fresh rows by a learner fitted on made rows and these outcomes."""
    fitted = clone(model).fit(lesson(made_rows(len(Y), seed), Y))
    return only(fitted.predict(made_rows(50, 99)))


def only(p: Floats) -> Floats:
    """The probabilities of the one threshold: (row, horizon)."""
    return p[:, :, 0]


@LEARNERS
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), strength=st.floats(0, 1))
def test_forecasts_are_probabilities_that_rise_with_the_horizon(
    name: str, seed: int, strength: float
) -> None:
    rng = np.random.default_rng(seed)
    Y = (rng.random((80, len(HORIZONS))) < strength).astype(np.float64)
    Y[rng.random(Y.shape) < 0.2] = np.nan

    p = taught(every_learner()[name], Y, seed)

    assert p.shape == (50, len(HORIZONS))
    assert ((p > 0) & (p < 1)).all()
    if name != "boosting":  # its trees are put in order with the other members of a record
        assert (np.diff(p, axis=1) >= 0).all()


@LEARNERS
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_outcome_alone_is_no_error_and_moves_no_forecast_the_other_way(
    name: str, outcome: float
) -> None:
    p = taught(every_learner()[name], np.full((80, len(HORIZONS)), outcome))

    start = only(anchor(made_rows(50, 99)))
    assert np.isfinite(p).all()
    if name != "rate":
        moved = (p - start).mean()
        assert moved >= -1e-12 if outcome else moved <= 1e-12


@FITTED
def test_no_label_at_all_repeats_the_anchor(name: str) -> None:
    p = taught(every_learner()[name], NONE)

    assert p == pytest.approx(only(anchor(made_rows(50, 99))), abs=1e-12)


@FITTED
def test_a_label_that_is_not_closed_teaches_nothing(name: str) -> None:
    X = made_rows(80, 0)
    Y = recorded(X, 1)
    Y[60:] = np.nan
    fresh, weight = made_rows(50, 99), np.ones(80)
    model = every_learner()[name]
    if name == "logistic":  # its columns are scaled by all rows, so let the rows left out count not
        weight[60:] = 0

    whole = clone(model).fit(lesson(X, Y, weight)).predict(fresh)
    kept = clone(model).fit(lesson(X.take(slice(60)), Y[:60], weight[:60])).predict(fresh)

    assert whole == pytest.approx(kept, abs=1e-6)


@pytest.mark.parametrize("kind", [MemoryLogistic, Hazard])
def test_an_endless_penalty_repeats_the_anchor(kind: type[MemoryLogistic | Hazard]) -> None:
    X = made_rows(80, 0)

    p = taught(kind((1.0,), COLUMNS, penalty=1e12), recorded(X, 1))

    assert p == pytest.approx(only(anchor(made_rows(50, 99))), abs=1e-6)


@FITTED
def test_the_same_lesson_gives_the_same_forecast(name: str) -> None:
    Y = recorded(made_rows(80, 0), 1)

    assert np.array_equal(taught(every_learner()[name], Y), taught(every_learner()[name], Y))


@FITTED
def test_a_learner_leans_towards_what_it_was_taught(name: str) -> None:
    X = made_rows(400, 0)
    stirred = (X.X[:, 0] > 2).astype(np.float64)
    Y: Floats = np.tile(stirred[:, None], len(HORIZONS)).astype(np.float64)

    p = every_learner()[name].fit(lesson(X, Y)).predict(X) - anchor(X)

    assert p[stirred == 1].mean() > p[stirred == 0].mean() + 0.01


def test_rate_forecasts_its_column_as_it_stands() -> None:
    X = made_rows(20, 0)
    p = Rate("persistence", (1.0,)).fit(lesson(X, recorded(X, 1))).predict(X)

    assert np.array_equal(p, X.rates["persistence"])


def test_hazard_is_the_mode_of_its_penalised_likelihood() -> None:
    X = made_rows(150, 5)
    Y, weight = recorded(X, 6), np.random.default_rng(7).uniform(0.2, 1, 150)
    told = lesson(X, Y, weight)
    model = Hazard((1.0,), COLUMNS, penalty=2.0).fit(told)
    D = np.column_stack([np.ones(150), scaled(X, COLUMNS)])
    start = np.log(-np.log1p(-only(anchor(X))))

    def loss(b: Floats) -> float:
        rate = np.exp(start + (D @ b)[:, None])
        likelihood = np.where(Y == 1, np.log(-np.expm1(-rate)), -rate)
        return float(-(evidence(told) * likelihood).sum() + 2.0 * (b @ b) / 2)

    other = minimize(loss, np.zeros(D.shape[1]), method="BFGS", options={"gtol": 1e-4})
    assert loss(model.coefficients_[0]) == pytest.approx(other.fun, abs=1e-5)
    assert model.coefficients_[0] == pytest.approx(other.x, abs=1e-2)


def test_hazard_is_proportional_over_horizons() -> None:
    X = made_rows(150, 5)
    model = Hazard((1.0,), COLUMNS, penalty=2.0).fit(lesson(X, recorded(X, 6)))

    ratio = np.log1p(-only(model.predict(X))) / np.log1p(-only(anchor(X)))

    assert np.allclose(ratio, ratio[:, :1], rtol=1e-9)


def test_boosting_thins_long_tables_without_losing_their_weight() -> None:
    X = made_rows(6000, 5)
    model = Boosting((1.0,), COLUMNS, trees=3).fit(lesson(X, recorded(X, 6)))

    assert model.predict(X.take(slice(10))).shape == (10, len(HORIZONS), 1)


def test_anchor_is_the_mean_of_the_memories() -> None:
    X = made_rows(3, 0)
    one, two = X.rates["memory_52"], X.rates["memory_104"]

    assert anchor(X) == pytest.approx((one + two) / 2, abs=1e-15)


def test_evidence_shares_a_week_among_the_days_of_the_horizon() -> None:
    X = made_rows(2, 0)
    found = evidence(lesson(X, recorded(X, 1), np.array([1.0, 0.5])))

    assert found == pytest.approx(np.array([[1, 7 / 30, 7 / 90], [0.5, 3.5 / 30, 3.5 / 90]]))


def test_rising_sorts_the_last_axis() -> None:
    assert rising(np.array([[0.3, 0.2, 0.5]])).tolist() == [[0.2, 0.3, 0.5]]
