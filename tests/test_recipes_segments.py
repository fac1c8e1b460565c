"""Deaths along the border by week: what comes later changes no row and no forecast of before."""

from functools import cache

import numpy as np
import pytest

from features.arrays import Bools, Floats, Ints
from features.weekly.deaths import Deaths
from models.combining.combine import combine
from models.problems.problem import Problem
from models.recipes.segments import (
    POOLED,
    RATES,
    REFIT_WEEKS,
    climatologies,
    pose,
    segment_family,
    segment_recipe,
)
from models.walk import walk

LAG = 5
ORIGINS = np.arange(7, 7 + 7 * 190, 7, dtype=np.int32)
END = int(ORIGINS[-20])


@cache
def told() -> tuple[Ints, Ints, Floats]:
    """Day, unit and deaths of five hundred events on two segments and in a block."""
    rng = np.random.default_rng(3)
    days = np.sort(rng.integers(0, 1400, 500)).astype(np.int32)
    return days, rng.integers(0, 3, 500).astype(np.int32), rng.poisson(4, 500).astype(float)


def posed(keep: Bools, horizons: tuple[int, ...] = (30,)) -> Problem:
    """The problem of the events kept, each known five days after it."""
    day, unit, deaths = told()
    day, unit, deaths = day[keep], unit[keep], deaths[keep]
    km = np.array([[0.0, 100, 200], [100, 0, 200], [200, 200, 0]])
    events = Deaths(day, day + LAG, unit, deaths, km[:, unit], 2)
    return pose("deaths", ("khyber", "kurram"), events, ORIGINS, int(ORIGINS[20]), horizons, LAG)


EVERY, BEFORE = np.ones(500, np.bool_), told()[0] < END


def test_climatologies_count_closed_windows_alone() -> None:
    y = np.array([[[1.0] * 6], [[0.0] * 6]])

    found = climatologies(y, 6, 14)

    # a window closes two weeks after its origin: at the fourth origin two have closed
    assert found["climatology"][0, 0, 3] == pytest.approx(2.5 / 3)
    assert found["climatology"][1, 0, 3] == pytest.approx(0.5 / 3)
    assert found["climatology_2y"].shape == (2, 1, 6)


def test_problem_is_the_same_whatever_comes_later() -> None:
    whole, cut = posed(EVERY, (7, 30)), posed(BEFORE, (7, 30))
    early = ORIGINS < END

    assert np.array_equal(whole.X[:, early], cut.X[:, early])
    for name in RATES:
        one, two = (problem.rates[name][..., early] for problem in (whole, cut))
        assert np.array_equal(one, two, equal_nan=True)
    one, two = (p.outcomes.as_of(END - 1, ORIGINS) for p in (whole, cut))
    assert np.array_equal(one, two, equal_nan=True)
    assert not np.array_equal(whole.X, cut.X)


def test_segments_are_forecast_and_a_block_teaches_once_it_has_a_history() -> None:
    problem = posed(EVERY)

    assert problem.units == ("khyber", "kurram")
    assert len(problem.X) == 3
    assert (problem.teaches[:2] < 0).all()
    assert problem.teaches[2] > 0
    assert len(np.unique(problem.clusters)) == 1
    assert {segment_family(name) for name in problem.names} == {"own_history", "neighbours"}


def test_walk_is_the_same_whatever_comes_later() -> None:
    recipe, starts = segment_recipe(LAG), np.arange(130, 190, REFIT_WEEKS, dtype=np.int32)

    def record(keep: Bools) -> dict[str, Floats]:
        [found] = walk([(posed(keep), recipe, starts)], 0, jobs=1)
        pooled = combine(found, recipe.rule, recipe.pool, END, recipe.nests).p
        known = found.origins < END
        by_name = {name: found.of(name)[..., known] for name in found.models}
        return {**by_name, "ensemble": pooled[..., known]}

    every, cut = record(EVERY), record(BEFORE)

    assert set(every) == {*POOLED, *RATES, "ensemble"}
    for name, p in every.items():
        np.testing.assert_allclose(p, cut[name], err_msg=name)
        assert (p[0] >= p[1] - 1e-9).all() or name in RATES
