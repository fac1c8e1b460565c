"""A family that is muted teaches nothing; shifts and lead times are read off by hand."""

from datetime import date

import numpy as np
import pytest
from histories import PAK_AFG, happen, history_from

from benchmarks.ablation import lead_times, shift_after, without, worth
from features.arrays import to_day
from features.table import column_family
from features.watching import Watched
from models.forecasting.training import Asked
from models.recipes.events import event_recipe, learning_grid, pose
from theatres import DYAD

COVERED = (date(2020, 1, 6), date(2020, 6, 29))


def test_without_mutes_the_family_and_nothing_else() -> None:
    history = history_from(
        happen("a", "2020-02-01", "talks_held"), happen("b", "2020-03-01", "border_clash")
    )
    small = PAK_AFG.model_copy(update={"targets": {"clash": PAK_AFG.targets["clash"]}})
    days = dict.fromkeys(small.events, Watched((COVERED,)))
    problem = pose(history, small, days, learning_grid(*COVERED))["clash", (DYAD,)]

    muted = without(problem, ("conciliation",))

    gone = np.array([column_family(name) == "conciliation" for name in problem.names])
    assert problem.X[:, :, gone].any()
    assert not muted.X[:, :, gone].any()
    np.testing.assert_array_equal(muted.X[:, :, ~gone], problem.X[:, :, ~gone])
    y = np.ones((1, len(problem.horizons), 10))
    better, worse = np.full(y.shape, 0.8), np.full(y.shape, 0.6)
    recipe = event_recipe(small, "clash", problem.units)
    asked = Asked(problem, recipe, np.zeros(1, np.int32))
    skills = worth(asked, "conciliation", better, worse, y, 0)
    assert [each.skill for each in skills] == pytest.approx([1 - np.log(0.8) / np.log(0.6)] * 4)


def test_shift_after_an_event_by_hand() -> None:
    history = history_from(happen("a", "2020-02-05", "mediation_offer"))
    day = to_day(date(2020, 2, 5))
    origins = np.array([day - 9, day - 2, day + 5, day + 12, day + 40], np.int32)

    shift, events = shift_after(
        history, ("mediation_offer",), origins, np.array([0.9, 0.1, 0.2, 0.4, 0.9])
    )

    assert shift == pytest.approx(0.2)
    assert events == 1
    none, count = shift_after(history, ("ceasefire",), origins, np.zeros(5))
    assert count == 0
    assert np.isnan(none)


def test_lead_times_take_the_last_origin_before() -> None:
    origins = np.array([0, 7, 14, 21], np.int32)

    found = lead_times(origins, {"m": np.array([0.1, 0.2, 0.3, 0.4])}, {"war": 22}, (7, 14, 90))

    assert found[["lead", "origin", "probability"]].to_numpy().tolist() == [
        [7, 14, 0.3],
        [14, 7, 0.2],
    ]
