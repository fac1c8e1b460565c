"""Drivers share a forecast's distance from its baseline among the families, and lose nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning import COLUMNS, HORIZONS, lesson, made_problem, made_rows, recorded
from scipy.special import expit, logit

from features.arrays import Floats
from features.table import OWN_FAMILIES
from models.combining.combine import Weights
from models.combining.rule import Rule
from models.forecasting.ensemble import Ensemble, Reading
from models.forecasting.explain import RATES, coalition_rows, coalitions
from models.learners.design import Learner
from models.learners.logistic import MemoryLogistic
from models.learners.rate import Rate
from models.problems.problem import Rows
from models.recipes.events import columns, members
from theatres import DYAD


class Sum(MemoryLogistic):
    """Log-odds that add up the columns given, and nothing else."""

    def predict(self, rows: Rows) -> Floats:
        """Probabilities, (row, horizon, threshold)."""
        total = rows.pick(self.columns).sum(axis=1)
        p: Floats = np.tile(expit(self.penalty * total - 1)[:, None, None], (1, len(HORIZONS), 1))
        return p


def ensemble_of(
    fits: dict[str, Learner], typical: Floats, family: tuple[str, ...] = OWN_FAMILIES
) -> Ensemble:
    """Members with equal weights, a calibration that shifts, and no band."""
    reading = Reading(True, True, "memory_52", None, (), OWN_FAMILIES, family)
    values, shift = np.full(len(fits), 1 / len(fits)), np.array([0.2, 0.1])
    weights = (Weights(Rule("tempered", calibration=1.0), values, shift),) * len(HORIZONS)
    bands = np.zeros((1, len(HORIZONS), 1, 2))
    return Ensemble(
        "clash",
        (DYAD,),
        HORIZONS,
        (1.0,),
        reading,
        [fits],
        (weights,),
        shown=True,
        bands=bands,
        typical=typical,
        falls=[],
    )


def moved(ensemble: Ensemble, rows: Rows) -> dict[str, Floats]:
    """What moves each forecast, in probability."""
    parts = ensemble.drivers(rows)
    assert parts is not None
    return parts.probability


def fitted(seed: int) -> Ensemble:
    """A small ensemble of all that learns, fitted on made rows."""
    X = made_rows(80, seed)
    logistic = MemoryLogistic((1.0,), COLUMNS, penalty=1.0).fit(lesson(X, recorded(X, seed)))
    fits: dict[str, Learner] = {"memory_26": Rate("memory_26", (1.0,)), "logistic": logistic}
    return ensemble_of(fits, np.median(X.X, axis=0))


def sums(first: float, second: float, third: float) -> tuple[Ensemble, Rows]:
    """A member that adds the first two families up, and one row of what the first three hold."""
    X = np.array([[first, second, third, 0.0, 0.0]])
    rows = replace(made_rows(1, 1), X=X)
    return ensemble_of({"sum": Sum((1.0,), COLUMNS[:2], 1.0)}, np.zeros(5)), rows


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_drivers_add_up_to_the_forecast_less_its_baseline(seed: int) -> None:
    ensemble, X = fitted(seed % 7), made_rows(4, seed)
    p, baseline = ensemble.predict(X), X.rates["memory_52"]

    parts = ensemble.drivers(X)

    assert parts is not None
    assert list(parts.probability) == list(parts.log_odds) == [*OWN_FAMILIES, RATES]
    assert all(values.shape == (4, len(HORIZONS), 1) for values in parts.probability.values())
    total, odds = (np.sum(list(each.values()), axis=0) for each in parts)
    assert np.abs(total - (p - baseline)).max() < 1e-9
    assert np.abs(odds - (logit(p) - logit(baseline))).max() < 1e-9


def test_family_at_its_typical_values_drives_nothing() -> None:
    ensemble, X = fitted(1), made_rows(4, 2)

    parts = moved(ensemble, X.at_typical(ensemble.typical, [1]))

    assert np.abs(parts[OWN_FAMILIES[1]]).max() < 1e-12
    assert np.abs(parts[OWN_FAMILIES[0]]).max() > 1e-4


def test_all_families_at_their_typical_values_leave_the_rest_to_base_rates() -> None:
    ensemble, X = fitted(1), made_rows(4, 2)
    still = X.at_typical(ensemble.typical, range(5))

    parts = moved(ensemble, still)

    for family in OWN_FAMILIES:
        assert np.abs(parts[family]).max() < 1e-12
    distance = ensemble.predict(still) - X.rates["memory_52"]
    assert parts[RATES] == pytest.approx(distance, abs=1e-12)


def test_families_that_do_the_same_share_alike() -> None:
    parts = moved(*sums(1.0, 1.0, 4.0))

    first, second, third = (parts[family] for family in OWN_FAMILIES[:3])
    assert first == pytest.approx(second, abs=1e-12)
    assert (first > 0.01).all()
    # The third's columns moved, but no member looks at them.
    assert np.abs(third).max() < 1e-12


def test_drivers_of_two_families_are_shapley_s_by_hand() -> None:
    parts = moved(*sums(2.0, 1.0, 0.0))

    def value(first: float, second: float) -> float:
        # log-odds 1.1 x (first + second - 1) + 0.2, as the map above has it.
        return float(expit(1.1 * (first + second - 1) + 0.2))

    by_hand = ((value(2, 0) - value(0, 0)) + (value(2, 1) - value(0, 1))) / 2
    assert parts[OWN_FAMILIES[0]] == pytest.approx(np.full((1, 3, 1), by_hand), abs=1e-9)
    assert float(logit(value(1, 0))) == pytest.approx(0.2)


def test_absent_families_are_at_their_medians() -> None:
    rows = made_rows(3, 1)
    family, typical = ("force", "force", "world", "flag", "world"), np.arange(5.0)

    asked = coalition_rows(rows, ("force", "world"), family, typical)

    for i, present in enumerate(coalitions(("force", "world"))):
        X = asked.X[3 * i : 3 * i + 3]
        for column, name in enumerate(family):
            there = name in present or name == "flag"  # of no family: always there
            kept = rows.X[:, column] if there else np.full(3, typical[column])
            assert X[:, column].tolist() == kept.tolist()


def test_drivers_hold_for_every_member_there_is() -> None:
    rows, names = made_rows(80, 3), columns(own=False)
    X = replace(rows, names=names, X=np.resize(rows.X, (80, len(names))))
    problem = replace(made_problem(np.ones((1, 3)), (1,)), thresholds=(1.0,), rates={})
    fits = members(problem, 0, own=False, pooled=True)
    for model in fits.values():
        model.fit(lesson(X, recorded(X, 4)))
    family = tuple(name.split(".")[1] for name in names)
    ensemble = ensemble_of(fits, np.median(X.X, axis=0), family)

    total = np.sum(list(moved(ensemble, X).values()), axis=0)

    assert np.abs(total - (ensemble.predict(X) - X.rates["memory_52"])).max() < 1e-9
