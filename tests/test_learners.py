"""What every learner promises: probabilities that rise with the horizon, whatever it was taught."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning import COLUMNS, HORIZONS, made_rows, recorded
from scipy.optimize import minimize
from sklearn.base import clone

from features.arrays import Floats
from features.rates import RATES, column
from models.learners.boosting import Boosting
from models.learners.design import anchor, evidence, scaled
from models.learners.hazard import Hazard
from models.learners.logistic import MemoryLogistic
from models.learners.members import PRIOR, Learner, learners
from models.learners.rate import Rate
from models.numerics.distribution import rising
from theatres import DYAD

NONE = np.full((80, len(HORIZONS)), np.nan)


def every_learner() -> dict[str, Learner]:
    """One of each kind, unfitted."""
    return {
        "rate": Rate("memory_26", HORIZONS),
        "logistic": MemoryLogistic(HORIZONS, COLUMNS),
        "hazard": Hazard(HORIZONS, COLUMNS),
        "boosting": Boosting(HORIZONS, COLUMNS, seed=1),
    }


LEARNERS = pytest.mark.parametrize("name", list(every_learner()))
FITTED = pytest.mark.parametrize("name", ["logistic", "hazard", "boosting"])


def taught(model: Learner, Y: Floats, seed: int = 0) -> Floats:
    """Forecasts for fresh rows by a learner fitted on made rows and these outcomes."""
    fitted = clone(model).fit(made_rows(len(Y), seed), Y, np.ones(len(Y)))
    p: Floats = fitted.predict_proba(made_rows(50, 99))
    return p


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
    assert (np.diff(p, axis=1) >= 0).all()


@LEARNERS
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_outcome_alone_is_no_error_and_moves_no_forecast_the_other_way(
    name: str, outcome: float
) -> None:
    p = taught(every_learner()[name], np.full((80, len(HORIZONS)), outcome))

    start = anchor(made_rows(50, 99), HORIZONS)
    assert np.isfinite(p).all()
    if name != "rate":
        moved = (p - start).mean()
        assert moved >= -1e-12 if outcome else moved <= 1e-12


@FITTED
def test_no_label_at_all_repeats_the_anchor(name: str) -> None:
    p = taught(every_learner()[name], NONE)

    assert p == pytest.approx(anchor(made_rows(50, 99), HORIZONS), abs=1e-12)


@FITTED
def test_a_label_that_is_not_closed_teaches_nothing(name: str) -> None:
    X = made_rows(80, 0)
    Y = recorded(X, 1)
    Y[60:] = np.nan
    fresh, weight = made_rows(50, 99), np.ones(80)
    model = every_learner()[name]
    if name == "logistic":  # its columns are scaled by all rows, so let the rows left out count not
        weight[60:] = 0

    whole = clone(model).fit(X, Y, weight).predict_proba(fresh)
    kept = clone(model).fit(X[:60], Y[:60], weight[:60]).predict_proba(fresh)

    assert whole == pytest.approx(kept, abs=1e-6)


@pytest.mark.parametrize("kind", [MemoryLogistic, Hazard])
def test_an_endless_penalty_repeats_the_anchor(kind: type[MemoryLogistic | Hazard]) -> None:
    X = made_rows(80, 0)

    p = taught(kind(HORIZONS, COLUMNS, penalty=1e12), recorded(X, 1))

    assert p == pytest.approx(anchor(made_rows(50, 99), HORIZONS), abs=1e-6)


@FITTED
def test_the_same_lesson_gives_the_same_forecast(name: str) -> None:
    Y = recorded(made_rows(80, 0), 1)

    assert np.array_equal(taught(every_learner()[name], Y), taught(every_learner()[name], Y))


@FITTED
def test_a_learner_leans_towards_what_it_was_taught(name: str) -> None:
    X = made_rows(400, 0)
    stirred = (X[COLUMNS[0]] > 2).to_numpy(np.float64)
    Y: Floats = np.tile(stirred[:, None], len(HORIZONS)).astype(np.float64)

    p = every_learner()[name].fit(X, Y, np.ones(400)).predict_proba(X) - anchor(X, HORIZONS)

    assert p[stirred == 1].mean() > p[stirred == 0].mean() + 0.01


def test_rate_forecasts_its_column_as_it_stands() -> None:
    X = made_rows(20, 0)
    p = Rate("persistence", HORIZONS).fit(X, recorded(X, 1), np.ones(20)).predict_proba(X)

    assert np.array_equal(p, X[[column("persistence", h) for h in HORIZONS]].to_numpy())


def test_hazard_is_the_mode_of_its_penalised_likelihood() -> None:
    X = made_rows(150, 5)
    Y, weight = recorded(X, 6), np.random.default_rng(7).uniform(0.2, 1, 150)
    model = Hazard(HORIZONS, COLUMNS, penalty=2.0).fit(X, Y, weight)
    D = np.column_stack([np.ones(150), scaled(X, COLUMNS)])
    start = np.log(-np.log1p(-anchor(X, HORIZONS)))
    told = evidence(weight, HORIZONS)

    def loss(b: Floats) -> float:
        rate = np.exp(start + (D @ b)[:, None])
        likelihood = np.where(Y == 1, np.log(-np.expm1(-rate)), -rate)
        return float(-(told * likelihood).sum() + 2.0 * (b @ b) / 2)

    other = minimize(loss, np.zeros(D.shape[1]), method="BFGS", options={"gtol": 1e-4})
    assert loss(model.coefficients_) == pytest.approx(other.fun, abs=1e-5)
    assert model.coefficients_ == pytest.approx(other.x, abs=1e-2)


def test_hazard_is_proportional_over_horizons() -> None:
    X = made_rows(150, 5)
    model = Hazard(HORIZONS, COLUMNS, penalty=2.0).fit(X, recorded(X, 6), np.ones(150))

    ratio = np.log1p(-model.predict_proba(X)) / np.log1p(-anchor(X, HORIZONS))

    assert np.allclose(ratio, ratio[:, :1], rtol=1e-9)


def test_boosting_thins_long_tables_without_losing_their_weight() -> None:
    X = made_rows(6000, 5)
    model = Boosting(HORIZONS, COLUMNS, trees=3).fit(X, recorded(X, 6), np.ones(6000))

    assert model.predict_proba(X[:10]).shape == (10, len(HORIZONS))


def test_anchor_is_the_mean_of_the_memories() -> None:
    X = made_rows(3, 0)
    one, two = X["rate.memory_52@30"], X["rate.memory_104@30"]

    assert anchor(X, HORIZONS)[:, 1] == pytest.approx((one + two) / 2, abs=1e-15)


def test_evidence_shares_a_week_among_the_days_of_the_horizon() -> None:
    found = evidence(np.array([1.0, 0.5]), (7, 14, 70))

    assert found == pytest.approx(np.array([[1, 0.5, 0.1], [0.5, 0.25, 0.05]]))


def test_rising_sorts_the_last_axis() -> None:
    assert rising(np.array([[0.3, 0.2, 0.5]])).tolist() == [[0.2, 0.3, 0.5]]


def test_learners_are_baselines_first_and_each_has_a_prior() -> None:
    found = learners("clash", (DYAD,), HORIZONS, 0)

    assert tuple(found)[: len(RATES)] == RATES
    assert set(found) == set(PRIOR)
    assert set(learners("clash", ("khyber",), HORIZONS, 0)) == set(PRIOR) - {"pooled"}
    assert "pooled" not in learners("closure", (DYAD,), HORIZONS, 0)
