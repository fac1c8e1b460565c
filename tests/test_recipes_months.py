"""Countries and dyads by month: later months change no earlier forecast, quiet is told from war."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from learning import made_counts

from features.arrays import Floats
from features.monthly.panel import FAMILIES, Panel, panel_family
from models.combining.combine import combine
from models.learners.panel import COUNT_COLUMNS
from models.problems.problem import Record
from models.recipes.months import (
    INTERSTATE_WEIGHT,
    ShortHistoryError,
    Study,
    country_recipe,
    country_study,
    dyad_recipe,
    dyad_study,
    pose,
    record_starts,
    rungs_of,
    table,
    walk_starts,
)
from models.recipes.recipe import Recipe
from models.walk import walk

MONTHS, FIRST, HORIZON = 84, 66, 2
RUNGS = (1.0, 3.0, 10.0, 50.0)
DEATHS = made_counts(MONTHS, 5, units=8)
INTERSTATE = np.arange(8) % 2 == 0


def panel_of(deaths: Floats, entered: int = 0) -> Panel:
    """Eight units of one group; the first enters in a month."""
    kept, since = deaths.copy(), np.array([entered] + [0] * 7, np.int32)
    kept[0, :entered] = 0
    return Panel(tuple("ABCDEFGH"), 0, kept, {}, since, ("all",) * 8)


def countries(deaths: Floats, entered: int = 0) -> Study:
    """Countries asked at two thresholds, two months ahead."""
    return country_study("deaths", panel_of(deaths, entered), (1, 10), (HORIZON,))


def dyads(deaths: Floats) -> Study:
    """The same as dyads, every second between states."""
    state = frozenset({"2"})
    sides = [
        (frozenset({str(i)}), state if between else frozenset[str]())
        for i, between in enumerate(INTERSTATE)
    ]
    return dyad_study("force", panel_of(deaths), (sides, INTERSTATE), (1, 10), (HORIZON,))


def walked(study: Study, recipe: Recipe) -> tuple[Record, Floats]:
    """The record of a study, and the ensemble's."""
    starts = walk_starts(FIRST, MONTHS, 12, 6)
    [record] = walk([(pose(study), recipe, starts)], 0, jobs=1)
    return record, combine(record, recipe.rule, recipe.pool, MONTHS, recipe.nests).p


@pytest.mark.filterwarnings("ignore")  # a made panel is small: separation, few positives
@pytest.mark.parametrize(
    ("study", "recipe"), [(countries, country_recipe(RUNGS)), (dyads, dyad_recipe(RUNGS))]
)
def test_walk_is_the_same_whatever_comes_later(
    study: Callable[[Floats], Study], recipe: Recipe
) -> None:
    changed = 21  # origins from the first that stay what they were
    later = DEATHS.copy()
    later[:, FIRST - 12 + changed :] = 7.0

    (before, p), (after, now) = walked(study(DEATHS), recipe), walked(study(later), recipe)

    assert before.models == recipe.models
    np.testing.assert_allclose(before.p[..., :changed], after.p[..., :changed])
    np.testing.assert_allclose(p[..., :changed], now[..., :changed])
    assert before.ladder is not None
    assert after.ladder is not None
    np.testing.assert_allclose(before.ladder[..., :changed], after.ladder[..., :changed])
    assert (np.diff(p, axis=0) <= 0).all()
    assert p[0, -1].mean() > 2 * p[0, 0].mean()


def test_problem_s_rows_are_those_of_their_month_and_its_sizes_what_came() -> None:
    problem = pose(countries(DEATHS, entered=30))
    names, X = table(countries(DEATHS, entered=30))

    assert problem.names == names
    assert np.array_equal(problem.X, X)
    assert problem.horizons == (HORIZON,)
    came = problem.sizes(50, problem.origins)
    assert came[1:, 0, :49].tolist() == DEATHS[1:, 2:51].tolist()
    assert np.isnan(came[:, 0, 49:]).all()
    assert not problem.present[0, :30].any()
    assert not problem.thin[0, :30].any()
    assert not problem.thin[:, :24].any()  # too short a history to teach


def test_quiet_rows_stand_for_their_neighbours() -> None:
    calm = DEATHS.copy()
    calm[1] = 0

    thin = pose(countries(calm)).thin[1, 24:]

    assert set(thin) == {0.0, 3.0}
    assert thin.mean() == pytest.approx(1, abs=0.05)


def test_dyads_between_states_weigh_more_and_alone_are_judged() -> None:
    problem = pose(dyads(DEATHS))

    assert problem.judged.tolist() == INTERSTATE.tolist()
    assert problem.unit_weight.tolist() == np.where(INTERSTATE, INTERSTATE_WEIGHT, 1).tolist()
    flag = problem.X[:, :, problem.names.index("flag_0")]
    assert flag.tolist() == np.repeat(INTERSTATE[:, None], MONTHS, 1).tolist()
    for name in COUNT_COLUMNS:
        crossed = problem.X[:, :, problem.names.index(f"flag_0_{name}")]
        assert np.array_equal(crossed, flag * problem.X[:, :, problem.names.index(name)])
    assert {panel_family(name) for name in problem.names} <= set(FAMILIES)


def test_table_holds_the_further_columns() -> None:
    study = countries(DEATHS)
    names, X = table(study)

    more, wide = table(replace(study, extra={"tide": study.size}))

    assert more == (*names, "tide")
    assert wide[:, :, :-1].tolist() == X.tolist()
    assert wide[:, :, -1].tolist() == study.size.tolist()


def test_rungs_hold_the_thresholds() -> None:
    assert rungs_of((3, 10), (1.0, 10.0)) == (1.0, 3.0, 10.0)


def test_record_warms_up_yearly_and_short_panels_are_refused() -> None:
    starts = record_starts(160)

    assert starts.tolist() == [39, 51, 63, 87, 111, 135]
    with pytest.raises(ShortHistoryError, match="too few months for a record, found '60'"):
        record_starts(60)
