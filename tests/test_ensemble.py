"""What is published lies in its band, adds up from the base rate, never contradicts itself."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from learning import made_counts, made_members, made_problem, made_recipe

from features.arrays import Floats
from models.combining.combine import Past, combine
from models.forecasting.ensemble import LEVELS, Ensemble, build, past_band
from models.forecasting.explain import RATES
from models.forecasting.training import Asked, Trained, scores, train
from models.learners.design import Learner
from models.learners.panel import Forest
from models.learners.rate import Rate
from models.numerics.odds import log_odds
from models.problems.problem import Problem, Rows
from models.recipes.recipe import Recipe
from models.walk import walk

RUNGS = (1.0, 4.0, 10.0, 40.0, 200.0)
DAY = 89
COUNTS, STARTS = made_counts(DAY + 1, 4, units=6), np.arange(30, DAY, 6, dtype=np.int32)


def counted_members(problem: Problem, seed: int) -> dict[str, Learner]:
    """The made members, and a forest that gives the count's distribution."""
    forest = Forest(RUNGS, trees=8, leaf=10, seed=seed)
    return {**made_members(problem, seed), "forest": forest}


COUNTED = made_recipe(
    members=counted_members,
    joint=False,
    pool=(*made_recipe().pool, "forest"),
    rule=replace(made_recipe().rule, prior=dict.fromkeys((*made_recipe().pool, "forest"), 1.0)),
    distribution="forest",
    rungs=RUNGS,
)
RECIPES = {"events": made_recipe(), "counts": COUNTED}
KINDS = pytest.mark.parametrize("kind", list(RECIPES))
SHOWN = pytest.mark.parametrize("shown", [True, False])


def past_of(counts: Floats, recipe: Recipe, day: int = DAY) -> Past:
    """The record up to a day, with its ensemble; ten origins only teach the weights."""
    starts = STARTS[day > STARTS]
    [record] = walk([(made_problem(counts), recipe, starts)], 1, 1, until=day)
    return Past(record, combine(record, recipe.rule, recipe.pool, day, recipe.nests), 10)


@cache
def fitted(kind: str, shown: bool = True) -> Ensemble:
    """The ensemble as of DAY."""
    return build(past_of(COUNTS, RECIPES[kind]), RECIPES[kind], DAY, 1, shown)


def rows_of(counts: Floats, day: int = DAY) -> Rows:
    """What is known of every unit on a day."""
    return made_problem(counts).rows(slice(day, day + 1))


NOW = rows_of(COUNTS)


@KINDS
@SHOWN
def test_forecast_is_in_order_and_lies_within_its_band(kind: str, shown: bool) -> None:
    ensemble = fitted(kind, shown)

    p, (low, high) = ensemble.predict(NOW), ensemble.interval(NOW)

    assert p.shape == (6, 2, 2)
    assert (np.diff(p, axis=1) >= 0).all()
    assert (np.diff(p, axis=2) <= 0).all()
    assert ((low > 0) & (low <= p) & (p <= high) & (high < 1)).all()
    assert (high - low > 0.01).any()


@KINDS
def test_ensemble_pools_and_calibrates_its_members_by_their_weights(kind: str) -> None:
    ensemble = fitted(kind)
    members, _ = ensemble.members(NOW)

    weights = ensemble.weights[1][0]
    mixed = np.tensordot(weights.values, members[:, :, 0, 1], 1)

    assert len(members) == len(RECIPES[kind].pool)
    assert ensemble.pooled(NOW)[:, 0, 1] == pytest.approx(mixed, abs=1e-12)
    assert weights.map[0] != 0
    odds = log_odds(mixed) * (1 + weights.map[1]) + weights.map[0]
    assert log_odds(weights.calibrated(mixed)) == pytest.approx(odds, abs=1e-9)


@KINDS
def test_base_rate_is_published_where_the_record_is_clearly_worse(kind: str) -> None:
    ensemble = fitted(kind, shown=False)

    assert np.array_equal(ensemble.predict(NOW), NOW.rates["memory_104"])
    assert ensemble.drivers(NOW) is None
    assert not np.array_equal(ensemble.ensemble(NOW), ensemble.predict(NOW))


@KINDS
def test_drivers_add_up_to_the_distance_from_the_base_rate(kind: str) -> None:
    ensemble = fitted(kind)
    p, base, moved = ensemble.predict(NOW), ensemble.baseline(NOW), ensemble.drivers(NOW)

    assert moved is not None
    assert list(moved.probability) == ["own", "world", RATES]
    total, odds = (np.sum(list(parts.values()), axis=0) for parts in moved)
    assert total == pytest.approx(p - base, abs=1e-9)
    assert odds == pytest.approx(log_odds(p) - log_odds(base), abs=1e-9)
    assert np.abs(moved.probability["own"]).max() > 0.01


@SHOWN
def test_quantiles_rise_and_do_not_contradict_the_probabilities(shown: bool) -> None:
    ensemble = fitted("counts", shown)
    p, q = ensemble.predict(NOW), ensemble.quantiles(NOW)

    assert q is not None
    assert (np.diff(q, axis=2) >= 0).all()
    for k, threshold in enumerate(ensemble.thresholds):
        assert np.array_equal(q >= threshold, p[:, :, k, None] > 1 - np.array(LEVELS))
    assert q[:, :, -1].max() >= 10
    assert fitted("events").quantiles(NOW) is None


@KINDS
def test_nothing_later_touches_what_is_published(kind: str) -> None:
    day, recipe, later = 71, RECIPES[kind], COUNTS.copy()
    later[:, 72:] = 30.0

    first, second, third = (
        (build(past_of(c, recipe, day), recipe, day, 1, True), rows_of(c, day))
        for c in (COUNTS, later, COUNTS[:, :72])
    )

    for ensemble, rows in (second, third):
        assert np.array_equal(ensemble.predict(rows), first[0].predict(first[1]))
        assert np.array_equal(ensemble.interval(rows), first[0].interval(first[1]))
        assert np.array_equal(ensemble.typical, first[0].typical)
        q, then = ensemble.quantiles(rows), first[0].quantiles(first[1])
        assert (q is None and then is None) or np.array_equal(np.array(q), np.array(then))
        moved, before = ensemble.drivers(rows), first[0].drivers(first[1])
        assert moved is not None
        assert before is not None
        for family, values in moved.probability.items():
            assert np.array_equal(values, before.probability[family])


def test_ensemble_is_the_same_from_the_same_seed() -> None:
    past = past_of(COUNTS, COUNTED)
    one, two = (build(past, COUNTED, DAY, 4, True) for _ in range(2))

    assert np.array_equal(one.predict(NOW), two.predict(NOW))
    assert np.array_equal(one.interval(NOW), two.interval(NOW))


def test_past_band_holds_what_was_said_and_later_outcomes_leave_it_unchanged() -> None:
    later, recipe = COUNTS.copy(), made_recipe()
    later[:, 66:] = 0.0
    past, changed = past_of(COUNTS, recipe), past_of(later, recipe)

    days, low, high = past_band(past, recipe, 1, 42, seed=3)
    other = past_band(changed, recipe, 1, 42, seed=3)

    known = days < 66
    said = past.combined.p[0, 0, 1, np.searchsorted(past.record.origins, days)]
    assert days.tolist() == list(range(42, DAY))
    assert ((low <= said) & (said <= high)).all()
    assert (high > low).any()
    assert np.array_equal(low[known], other[1][known])
    assert np.array_equal(high[known], other[2][known])
    assert not np.array_equal(low[~known], other[1][~known])
    assert past_band(past, recipe, 1, DAY, seed=3)[0].tolist() == []


def trained(recipe: Recipe) -> Trained:
    """The made problem trained as of DAY."""
    asked = Asked(made_problem(COUNTS), recipe, STARTS, judged_from=40)
    [found] = train([asked], DAY, jobs=1)
    return found


def test_training_judges_a_record_and_its_scores_are_what_the_ensemble_says() -> None:
    found = trained(COUNTED)
    told = scores(found.ensemble, found.ensemble.units, NOW)

    assert found.past.record.origins.tolist() == list(range(30, DAY))
    assert found.past.first == 10
    assert [v.horizon for v in found.verdicts] == [1, 3]
    assert found.ensemble.shown
    assert [(s.unit, s.horizon, s.threshold) for s in told[:4]] == [
        ("U0", 1, 1.0),
        ("U0", 1, 10.0),
        ("U0", 3, 1.0),
        ("U0", 3, 10.0),
    ]
    p = found.ensemble.predict(NOW)
    assert [s.probability for s in told] == p.ravel().tolist()
    for each in told:
        moved = sum(value for _, value in each.drivers)
        assert moved == pytest.approx(100 * (each.probability - each.baseline), abs=1e-9)
        sizes = [abs(value) for _, value in each.drivers]
        assert sizes == sorted(sizes, reverse=True)
        assert [float(level) for level, _ in each.quantiles] == list(LEVELS)


def contrary(problem: Problem, _seed: int) -> dict[str, Learner]:
    """A model that says of each unit the opposite of its memory."""
    return {"contrary": Contrary("memory_52", problem.thresholds)}


class Contrary(Rate):
    """What did not come is said to come."""

    def predict(self, rows: Rows) -> Floats:
        """1 less the rate, in order."""
        p: Floats = np.sort(1 - rows.rates[self.rate], axis=2)[:, :, ::-1]
        return p


def test_a_record_clearly_worse_than_the_base_rate_publishes_the_base_rate() -> None:
    found = trained(
        made_recipe(
            members=contrary,
            pool=("contrary",),
            rule=replace(made_recipe().rule, calibration=None, prior={"contrary": 1.0}),
        )
    )
    told = scores(found.ensemble, found.ensemble.units, NOW)

    assert all(v.worse_than.endswith(" in log score") for v in found.verdicts)
    assert not found.ensemble.shown
    assert all(s.probability == s.baseline and s.drivers == () and not s.shown for s in told)
    assert all(s.low <= s.probability <= s.high for s in told)


def test_training_on_a_problem_that_ends_with_the_day_gives_the_same() -> None:
    later = np.concatenate([COUNTS, COUNTS[:, :9]], axis=1)
    one, two = (
        train([Asked(made_problem(c), made_recipe(), STARTS)], DAY, jobs=1)[0]
        for c in (COUNTS, later)
    )

    assert np.array_equal(one.past.combined.p, two.past.combined.p)
    assert np.array_equal(one.ensemble.predict(NOW), two.ensemble.predict(NOW))
    assert np.array_equal(one.ensemble.bands, two.ensemble.bands)
