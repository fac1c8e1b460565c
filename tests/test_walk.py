"""A walk says at each origin what could be said then, however it is cut, whatever comes later."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from learning import (
    MEMORIES,
    made_counts,
    made_members,
    made_problem,
    made_recipe,
)

from features.arrays import Ints
from models import walk as walking
from models.learners.design import Learner
from models.learners.hazard import Hazard
from models.learners.panel import Forest, Ridge
from models.problems.problem import Problem, Record
from models.recipes.months import country_recipe
from models.recipes.recipe import Recipe
from models.walk import walk

COUNTS = made_counts(90, 1)
STARTS = np.arange(50, 90, 5, dtype=np.int32)
RUNGS = (1.0, 4.0, 10.0, 40.0)


def apart_members(problem: Problem, seed: int) -> dict[str, Learner]:
    """One model a horizon, and one that gives a distribution."""
    forest = Forest(RUNGS, trees=5, leaf=10, seed=seed)
    return {"ridge": Ridge(problem.thresholds, C=0.1), "forest": forest}


APART = made_recipe(
    members=apart_members, joint=False, pool=("ridge", "forest"), distribution="forest", rungs=RUNGS
)
RECIPES = pytest.mark.parametrize("recipe", [made_recipe(), APART], ids=["joint", "apart"])


def walked(problem: Problem, recipe: Recipe, starts: Ints = STARTS) -> Record:
    """The record of one problem."""
    [record] = walk([(problem, recipe, starts)], 1, jobs=1)
    return record


def same(one: Record, two: Record, origins: int) -> bool:
    """Whether two records say the same of so many first origins."""
    ladders = [r.ladder for r in (one, two) if r.ladder is not None]
    equal = [np.array_equal(a[..., :origins], b[..., :origins]) for a, b in [(one.p, two.p)]]
    if ladders:
        equal.append(np.array_equal(ladders[0][..., :origins], ladders[1][..., :origins]))
    return all(equal)


@RECIPES
def test_walk_is_the_same_whatever_comes_later(recipe: Recipe) -> None:
    later = COUNTS.copy()
    later[:, 71:] = 30.0

    whole = walked(made_problem(COUNTS), recipe)
    changed = walked(made_problem(later), recipe)
    ended = walked(made_problem(COUNTS[:, :71]), recipe, STARTS[STARTS < 71])

    assert same(whole, changed, 21)
    assert same(whole, ended, 21)
    assert not same(whole, changed, 40)


@RECIPES
def test_walk_in_pieces_is_the_walk_in_one(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, done = made_problem(COUNTS), list[tuple[int, int]]()
    slow = replace(recipe, slow=dict.fromkeys(recipe.pool[-1:], 10))
    monkeypatch.setattr(walking, "CHUNKS", 4)
    several = walked(problem, slow)
    [plain] = walk([(problem, recipe, STARTS)], 1, 1, lambda *now: done.append(now))
    monkeypatch.setattr(walking, "CHUNKS", 1)

    assert same(several, walked(problem, slow), 40)
    assert same(plain, walked(problem, recipe), 40)
    assert done[-1] == ((4, 4) if recipe.joint else (8, 8))


def test_a_slow_member_is_fitted_anew_only_so_often() -> None:
    problem = made_problem(COUNTS)
    plain = walked(problem, APART).of("forest")
    slow = walked(problem, replace(APART, slow={"forest": 10})).of("forest")

    assert np.array_equal(slow[..., :5], plain[..., :5])
    assert not np.array_equal(slow[..., 5:10], plain[..., 5:10])
    assert np.array_equal(slow[..., 10:15], plain[..., 10:15])


@RECIPES
def test_record_is_in_order_and_its_rates_are_those_of_the_problem(recipe: Recipe) -> None:
    problem = made_problem(COUNTS)
    record = walked(problem, recipe)

    assert record.models == (*MEMORIES, *(n for n in recipe.pool if n not in MEMORIES))
    assert record.origins.tolist() == list(range(50, 90))
    assert record.refits.tolist() == list(range(0, 40, 5))
    for name in MEMORIES:
        assert np.array_equal(record.of(name), problem.rates[name][..., 50:])
    for name in recipe.pool:
        assert (np.diff(record.of(name), axis=0) <= 0).all()
        assert (np.diff(record.of(name), axis=2) >= 0).all()
    if record.ladder is not None:
        assert (np.diff(record.ladder, axis=0) <= 0).all()
        assert (np.diff(record.ladder, axis=2) >= 0).all()


def test_walk_ends_with_the_last_origin_before_a_day() -> None:
    problem, starts = made_problem(COUNTS), STARTS[STARTS < 71]
    [record] = walk([(problem, made_recipe(), starts)], 1, 1, until=71)

    assert record.origins[-1] == 70
    assert same(record, walked(problem, made_recipe()), 21)


def test_walk_without_a_refit_is_an_empty_record() -> None:
    record = walked(made_problem(COUNTS), made_recipe(), STARTS[:0])

    assert record.p.shape == (3, 2, 4, 2, 0)


def test_problems_walked_together_are_as_alone() -> None:
    one, two = made_problem(COUNTS), made_problem(made_counts(90, 2, units=2))
    asked = [(one, made_recipe(), STARTS), (two, APART, STARTS[2:])]

    found = walk(asked, 1, jobs=1)

    assert same(found[0], walked(one, made_recipe()), 40)
    assert same(found[1], walked(two, APART, STARTS[2:]), 30)


def with_another(problem: Problem, seed: int, recipe: Recipe) -> dict[str, Learner]:
    """The members of the months, and two that were written for weekly events."""
    logistic = made_members(problem, seed)["logistic"]
    hazard = Hazard(problem.thresholds, problem.names)
    return {**recipe.members(problem, seed), "logistic": logistic, "hazard": hazard}


@pytest.mark.filterwarnings("ignore")  # a made panel is small: separation, few positives
def test_a_learner_of_another_kind_of_problem_can_be_put_into_a_recipe() -> None:
    months = country_recipe()
    more = replace(
        months,
        rates=MEMORIES,
        pool=(*months.pool, "logistic", "hazard"),
        members=partial(with_another, recipe=months),
    )
    thresholds = (1.0, 10.0)

    record = walked(made_problem(COUNTS, (1,)), more, STARTS[-1:])

    assert record.models == (*MEMORIES, "ridge", "trees", "forest", "logistic", "hazard")
    for name in more.pool:
        p = record.of(name)
        assert p.shape == (len(thresholds), 4, 1, 5)
        assert ((p > 0) & (p < 1)).all()
    assert record.ladder is not None
    assert len(record.ladder) == len(months.rungs)


def test_a_learner_of_months_can_learn_weekly_events() -> None:
    def members(problem: Problem, seed: int) -> dict[str, Learner]:
        return {**made_members(problem, seed), "ridge": Ridge(problem.thresholds, C=0.1)}

    recipe = made_recipe(joint=False, members=members, pool=(*made_recipe().pool, "ridge"))

    assert walked(made_problem(COUNTS), recipe, STARTS[-1:]).models[-1] == "ridge"
