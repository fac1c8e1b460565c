"""The pool trusts its members by their record, calibrates by it, and stays in order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from learning import made_counts, made_problem, made_recipe

from features.arrays import Floats
from models.combining.combine import Combined, Weights, combine, learn, ordered
from models.combining.pool import SURE, tempered
from models.combining.rule import Rule
from models.numerics.losses import episodes, log_loss
from models.numerics.odds import log_odds
from models.problems.problem import Record
from models.walk import walk

NAMES = made_recipe().pool
COUNTS, STARTS = made_counts(90, 3), np.arange(40, 90, 5, dtype=np.int32)
PRIOR = {"memory_52": 1.0, "memory_104": 2.0, "logistic": 3.0}
RULES = {
    "tempered": Rule("tempered", calibration=50.0, trust=0.1, prior=PRIOR),
    "mixture": Rule("mixture", calibration=10.0, ridge=5.0),
    "stacked": Rule("stacked", ridge=10.0, half_life_years=3.0),
    "equal": Rule("equal"),
}
EACH = pytest.mark.parametrize("kind", list(RULES))


def record_of(counts: Floats) -> Record:
    """The record of the made problem."""
    [record] = walk([(made_problem(counts), made_recipe(), STARTS)], 1, jobs=1)
    return record


RECORD = record_of(COUNTS)


def combined(record: Record, kind: str, day: int = 89) -> Combined:
    """The ensemble of a record."""
    return combine(record, RULES[kind], NAMES, day, nests=True)


def test_log_loss_by_hand() -> None:
    found = log_loss(np.array([0.25, 0.25, 0.5]), np.array([1.0, 0.0, np.nan]))

    assert found[:2] == pytest.approx([np.log(4), np.log(4 / 3)], abs=1e-12)
    assert np.isnan(found[2])
    assert np.isfinite(log_loss(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


@pytest.mark.parametrize(
    ("y", "spells"),
    [
        ([0, 0, 0], 0),
        ([1, 1, 0, 1], 2),
        ([[1, 0, 1], [0, 1, 1]], 3),
        ([1, np.nan, 1], 2),
        ([], 0),
    ],
)
def test_episodes_counts_spells_of_ones(y: list[float], spells: int) -> None:
    assert episodes(np.array(y, np.float64)) == spells


def test_tempered_weights_without_a_record_are_the_prior() -> None:
    for y in (np.empty((1, 0)), np.full((1, 5), np.nan)):
        weights = tempered(np.full((3, *y.shape), 0.5), y, 1.0, [1, 2, 3], 0.1)
        assert weights == pytest.approx([1 / 6, 1 / 3, 1 / 2])


def test_tempered_weights_by_hand() -> None:
    p, y = np.array([[[0.5, 0.5]], [[0.8, 0.2]]]), np.array([[1.0, 0.0]])

    weights = tempered(p, y, 0.5, [1.0, 1.0], 0.1)

    # twice a loss of log 2 against twice one of log 1.25, half told, a tenth believed
    raw = np.exp(-0.1 * 0.5 * 2 * np.log([2, 1.25]))
    assert weights == pytest.approx(raw / raw.sum(), abs=1e-12)
    # a long window tells less, so its weights move less
    assert weights[1] > tempered(p, y, 0.1, [1.0, 1.0], 0.1)[1] > 0.5


@given(arrays(np.float64, (3, 2, 8), elements=st.floats(0, 1)))
def test_tempered_weights_are_shares_of_one(p: Floats) -> None:
    weights = tempered(p, np.tile([[0.0, 1.0]], (2, 4)), 1.0, [1, 2, 3], 0.1)

    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)


def test_members_mixed_in_log_odds_by_hand() -> None:
    nothing = np.empty((2, 1, 0)), np.empty((1, 0)), np.empty((1, 0)), np.empty((1, 0))
    now = np.array([[0.5, 1e-9], [0.9, 1e-9]])

    mixture = learn(Rule("mixture", calibration=1.0, ridge=1.0), nothing, 1.0, ("a", "b"))
    equal = learn(Rule("equal"), nothing, 1.0, ("a", "b"))

    # odds of 1 and 9 make 3; none is taken to be surer than SURE
    assert mixture.pooled(now) == pytest.approx([0.75, SURE])
    assert mixture.calibrated(mixture.pooled(now)) == pytest.approx([0.75, SURE])
    assert equal.pooled(now) == pytest.approx([0.75, SURE])


@EACH
def test_ensemble_begins_with_the_rule_s_own_weights_and_no_calibration(kind: str) -> None:
    found, first = combined(RECORD, kind), RECORD.p[..., :1]

    share = np.array(list(PRIOR.values())) / 6 if kind == "tempered" else np.full(3, 1 / 3)
    if kind == "tempered":
        expected = np.einsum("m,m...->...", share, first)
    else:
        expected = 1 / (1 + np.exp(-log_odds(first).mean(axis=0)))
    assert found.pooled[..., :1] == pytest.approx(expected, abs=1e-6)
    assert found.p[..., :1] == pytest.approx(expected, abs=1e-6)


@EACH
def test_ensemble_is_in_order_and_among_its_members(kind: str) -> None:
    found = combined(RECORD, kind)

    assert found.p.shape == RECORD.p.shape[1:]
    assert (np.diff(found.p, axis=0) <= 0).all()
    assert (np.diff(found.p, axis=2) >= 0).all()
    if kind != "stacked":  # what members know of different things may add up to more
        assert (found.pooled >= RECORD.p.min(axis=0) - 1e-12).all()
        assert (found.pooled <= RECORD.p.max(axis=0) + 1e-12).all()


@EACH
def test_ensemble_is_the_same_whatever_comes_later(kind: str) -> None:
    later = COUNTS.copy()
    later[:, 71:] = 30.0
    whole, changed = combined(RECORD, kind), combined(record_of(later), kind)
    ended = replace(
        RECORD, origins=RECORD.origins[:31], refits=RECORD.refits[:7], p=RECORD.p[..., :31]
    )
    then, cut = combined(RECORD, kind, 70), combined(ended, kind, 70)

    for one, two in ((whole.pooled, changed.pooled), (whole.p, changed.p)):
        assert np.array_equal(one[..., :31], two[..., :31])
        assert not np.array_equal(one[..., 31:], two[..., 31:])
    assert np.array_equal(whole.p[..., :31], cut.p)
    # the weights and maps of a day are those of the record that ends there
    for k in range(2):
        for h in range(2):
            assert alike(then.weights[k][h], cut.weights[k][h])


def alike(one: Weights, two: Weights) -> bool:
    """Whether weights and maps are the same."""
    return np.allclose(one.values, two.values, 1e-9) and np.allclose(one.map, two.map, 1e-9)


def test_weights_are_learnt_from_units_by_what_each_weighs() -> None:
    problem = RECORD.problem
    alone = replace(RECORD, problem=replace(problem, unit_weight=np.array([0.0, 0, 0, 1])))
    one = replace(
        made_problem(COUNTS[-1:]),
        X=problem.X[-1:],
        rates={n: r[:, -1:] for n, r in problem.rates.items()},
    )
    only = replace(RECORD, problem=one, p=RECORD.p[:, :, -1:])

    found, expected = combined(alone, "mixture"), combined(only, "mixture")

    assert found.weights[0][0].values == pytest.approx(expected.weights[0][0].values)
    assert found.weights[0][0].values != pytest.approx(np.full(3, 1 / 3), abs=1e-3)


def test_stacked_forgets_old_forecasts() -> None:
    fading = combined(RECORD, "stacked").weights[0][0].values
    kept = combine(RECORD, Rule("stacked", ridge=10.0), NAMES, 89, nests=True).weights[0][0].values

    assert not np.array_equal(fading, kept)


def test_ordered_falls_with_the_threshold_and_rises_with_a_nested_horizon() -> None:
    p = np.array([[0.3, 0.2], [0.4, 0.1]])[:, None, :, None]

    assert ordered(p, nests=False)[:, 0, :, 0].tolist() == [[0.4, 0.2], [0.3, 0.1]]
    assert ordered(p, nests=True)[:, 0, :, 0].tolist() == [[0.2, 0.4], [0.1, 0.3]]
