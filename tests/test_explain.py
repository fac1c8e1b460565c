"""Drivers share a forecast's distance from its baseline among the families, and lose nothing."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning import COLUMNS, HORIZONS, made_rows, recorded
from scipy.special import expit, logit

from features.arrays import Floats
from features.rates import column
from features.table import OWN_FAMILIES
from models.forecasting.ensemble import Ensemble
from models.forecasting.explain import RATES, drivers
from models.learners.logistic import MemoryLogistic
from models.learners.members import Learner, learners
from models.learners.rate import Rate
from theatres import DYAD

BASELINE = [column("memory_52", h) for h in HORIZONS]


class Sum(MemoryLogistic):
    """Log-odds that add up the columns given, and nothing else; products with `joined`."""

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon)."""
        total = X[list(self.columns)].sum(axis=1).to_numpy()
        p: Floats = np.tile(expit(self.penalty * total - 1)[:, None], len(self.horizons))
        return p


def ensemble_of(members: dict[str, Learner], typical: Floats, names: Sequence[str]) -> Ensemble:
    """Members with equal weights, a calibration that shifts, and no band."""
    share = np.full((len(HORIZONS), len(members)), 1 / len(members))
    maps = np.tile([0.2, 0.1], (len(HORIZONS), 1))
    typically = dict(zip(names, typical.tolist(), strict=True))
    return Ensemble("clash", (DYAD,), HORIZONS, members, share, maps, maps[:, None], typically)


def fitted(seed: int) -> Ensemble:
    """A small ensemble of all that learns, fitted on made rows."""
    X = made_rows(80, seed)
    members: dict[str, Learner] = {
        "memory_26": Rate("memory_26", HORIZONS),
        "logistic": MemoryLogistic(HORIZONS, COLUMNS, penalty=1.0),
    }
    for model in members.values():
        model.fit(X, recorded(X, seed), np.ones(80))
    return ensemble_of(members, X.median().to_numpy(), list(X.columns))


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_drivers_add_up_to_the_forecast_less_its_baseline(seed: int) -> None:
    ensemble, X = fitted(seed % 7), made_rows(4, seed)
    baseline = X[BASELINE].to_numpy()

    found = drivers(ensemble, X, baseline).probability

    assert list(found) == [*OWN_FAMILIES, RATES]
    assert all(values.shape == (4, len(HORIZONS)) for values in found.values())
    total = np.sum(list(found.values()), axis=0)
    assert np.abs(total - (ensemble.predict(X) - baseline)).max() < 1e-9


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_drivers_in_log_odds_add_up_as_well(seed: int) -> None:
    ensemble, X = fitted(seed % 7), made_rows(4, seed)
    baseline = X[BASELINE].to_numpy()

    found = drivers(ensemble, X, baseline).log_odds

    total = np.sum(list(found.values()), axis=0)
    assert np.abs(total - (logit(ensemble.predict(X)) - logit(baseline))).max() < 1e-9


def test_family_at_its_typical_values_drives_nothing() -> None:
    ensemble, X = fitted(1), made_rows(4, 2)
    still = f"dyad.{OWN_FAMILIES[1]}.decayed_30"

    found = drivers(
        ensemble, X.assign(**{still: ensemble.typical[still]}), X[BASELINE].to_numpy()
    ).probability

    assert np.abs(found[OWN_FAMILIES[1]]).max() < 1e-12
    assert np.abs(found[OWN_FAMILIES[0]]).max() > 1e-4


def test_all_families_at_their_typical_values_leave_the_rest_to_base_rates() -> None:
    ensemble, X = fitted(1), made_rows(4, 2)
    baseline = X[BASELINE].to_numpy()
    still = X.assign(**{name: ensemble.typical[name] for name in COLUMNS})

    found = drivers(ensemble, still, baseline).probability

    for family in OWN_FAMILIES:
        assert np.abs(found[family]).max() < 1e-12
    assert found[RATES] == pytest.approx(ensemble.predict(still) - baseline, abs=1e-12)


def test_families_that_do_the_same_share_alike() -> None:
    ensemble = ensemble_of({"sum": Sum(HORIZONS, COLUMNS[:2], 1.0)}, np.zeros(5), COLUMNS)
    X = pd.DataFrame([[1.0, 1.0, 4.0, 0.0, 0.0]], columns=list(COLUMNS))

    found = drivers(ensemble, X, np.full((1, 3), 0.2)).probability

    first, second, third = (found[family] for family in OWN_FAMILIES[:3])
    assert first == pytest.approx(second, abs=1e-12)
    assert (first > 0.01).all()
    # The third's columns moved, but no member looks at them.
    assert np.abs(third).max() < 1e-12


def test_drivers_of_two_families_are_shapley_s_by_hand() -> None:
    ensemble = ensemble_of({"sum": Sum(HORIZONS, COLUMNS[:2], 1.0)}, np.zeros(5), COLUMNS)
    X = pd.DataFrame([[2.0, 1.0, 0.0, 0.0, 0.0]], columns=list(COLUMNS))

    def value(first: float, second: float) -> float:
        # log-odds 1.1 x (first + second - 1) + 0.2, as the map above has it.
        return float(expit(1.1 * (first + second - 1) + 0.2))

    by_hand = ((value(2, 0) - value(0, 0)) + (value(2, 1) - value(0, 1))) / 2
    found = drivers(ensemble, X, np.full((1, 3), 0.2)).probability

    assert found[OWN_FAMILIES[0]] == pytest.approx(np.full((1, 3), by_hand), abs=1e-9)
    assert float(logit(value(1, 0))) == pytest.approx(0.2)


def test_drivers_hold_for_every_member_there_is() -> None:
    names = {c for m in learners("clash", (DYAD,), HORIZONS, 0).values() for c in m.columns}
    X = made_rows(80, 3)
    X = X.assign(**dict.fromkeys(sorted(names - set(X.columns)), X[COLUMNS[0]]))
    members = learners("clash", (DYAD,), HORIZONS, 0)
    for model in members.values():
        model.fit(X, recorded(X, 4), np.ones(80))
    ensemble = ensemble_of(members, X.median().to_numpy(), list(X.columns))
    baseline = X[BASELINE].to_numpy()

    total = np.sum(list(drivers(ensemble, X, baseline).probability.values()), axis=0)

    assert np.abs(total - (ensemble.predict(X) - baseline)).max() < 1e-9
