"""The gate lets skill through, and neither luck, nor one episode, nor a copy of the baseline."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from learning import made_problem, made_recipe

from benchmarks.gate import rates
from features.arrays import Floats
from models.combining.combine import Combined, Past
from models.judging.gate import (
    Decision,
    Losses,
    Verdict,
    clearly_worse,
    decide,
    judge,
    losses_of,
    paired,
    verdicts,
    without_best_spell,
)
from models.judging.scoring import predictions
from models.problems.problem import Closed, Record

RECIPE = made_recipe(rates=("climatology",), pool=(), baseline="climatology", block=26)


def past_of(edge: float, seed: int, weeks: int = 300, units: int = 1) -> Past:
    """Weekly forecasts of a made dyad (or of several that are one): the ensemble knows `edge` of
    the truth."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.choice([0.05, 0.6], weeks // 10), 10)
    y = np.tile((rng.random(weeks) < truth).astype(float), (units, 1, 1))
    origins = 16440 + 7 * np.arange(weeks, dtype=np.int32)
    problem = replace(
        made_problem(np.ones((units, weeks)), (1,)),
        target="clash",
        group="dyad",
        horizons=(7,),
        thresholds=(1.0,),
        origins=origins,
        year=365.25,
        rates={},
        outcomes=Closed(origins, y, origins[None] + 7, y),
    )
    record = Record(
        problem, ("climatology",), origins, origins[:1], np.full((1, 1, units, 1, weeks), 0.325)
    )
    p = np.tile(0.325 + edge * (truth - 0.325), (1, units, 1, 1))
    return Past(record, Combined(p, p, ()), 0)


def judged(edge: float, seed: int) -> tuple[tuple[Verdict, ...], pd.DataFrame]:
    """The verdicts and the forecasts of such a record."""
    past = past_of(edge, seed)
    return verdicts(past, RECIPE, 0, 0), predictions(past, RECIPE, 0)


def losses(ours: Floats, rivals: dict[str, Floats], spells: list[int], reach: int = 5) -> Losses:
    """Losses by origin, of one unit at one threshold that was reached at these origins."""
    y = np.zeros((1, 1, len(ours)))
    y[0, 0, spells] = 1
    by_model = {name: loss[None] for name, loss in {**rivals, "ensemble": ours}.items()}
    return Losses(by_model, y, np.zeros(1, np.int32), reach, 26)


FLAT, SPELLS = np.full(200, 0.3), [20, 60, 90, 130, 160, 180]


@pytest.mark.parametrize("worlds", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_gate_over_made_worlds_is_seldom_fooled(worlds: int) -> None:
    found = rates(worlds)

    assert found["wrong"] <= 0.05
    assert found["copy"] <= 0.05
    assert found["skilled"] >= 0.5


def test_paired_interval_holds_the_skill() -> None:
    rival = np.random.default_rng(1).gamma(2, 0.2, 400)

    assert paired(0.9 * rival, rival, 26, 0) == pytest.approx((0.1, 0.1, 0.1))


def test_skill_that_one_episode_carries_is_refused() -> None:
    loss = FLAT + 0.01
    loss[55:66] = 0.0  # right about the second episode alone
    made = losses(loss, {"memory": FLAT}, SPELLS)

    assert 1 - loss.sum() / FLAT.sum() > 0
    assert without_best_spell(made, "ensemble", "memory") < 0
    shown, reason, *_ = judge(made, 0)
    assert not shown
    assert "skill" in reason


def test_skill_clear_of_the_hardest_baseline_alone_is_refused() -> None:
    erratic = np.full(200, 0.2)
    erratic[100:120] = 2.2  # dearer than the other on the whole, and better nearly always
    made = losses(FLAT, {"memory": FLAT * 1.1, "persistence": erratic}, SPELLS)

    shown, reason, hardest, skills = judge(made, 0)

    assert hardest == "memory"
    assert skills["memory"][1] > 0
    assert not shown
    assert reason.startswith("not clear of persistence: skill +0.25")
    assert judge(losses(FLAT, {"memory": FLAT * 1.1}, SPELLS), 0)[0]


def test_few_episodes_show_nothing() -> None:
    shown, reason, *_ = judge(losses(0.5 * FLAT, {"memory": FLAT}, [20, 60]), 0)

    assert not shown
    assert reason == "2 episodes, 5 are needed"


def test_episodes_are_those_of_the_threshold_that_has_fewest() -> None:
    many = losses(0.5 * FLAT, {"memory": FLAT}, SPELLS)
    few = np.zeros_like(many.y)
    few[0, 0, [20, 60]] = 1
    both = replace(many, y=np.concatenate([many.y, few]))

    assert many.episodes == 6
    assert judge(many, 0)[0]
    assert judge(both, 0)[1] == "2 episodes, 5 are needed"


def test_best_episode_is_left_out_of_its_own_cluster_alone() -> None:
    loss, rival = np.ones((2, 100)), np.ones((2, 100))
    loss[0, 45:56], loss[1] = 0.5, 0.9
    y = np.zeros((1, 3, 100))
    y[0, :2, 50] = 1  # two units whose windows come true together
    made = Losses({"ensemble": loss, "memory": rival}, y, np.array([0, 0, 1], np.int32), 5, 6)

    # without the cluster's eleven origins the other's tenth is left
    assert without_best_spell(made, "ensemble", "memory") == pytest.approx(10 / 189)


def test_losses_are_summed_by_cluster_over_what_is_closed() -> None:
    y = np.array([[[1.0, 0.0, np.nan], [1.0, np.nan, np.nan], [0.0, 0.0, np.nan]]])
    p = {"a": np.full(y.shape, 0.5), "b": np.full(y.shape, 0.25)}
    p["b"][0, 2, 0] = np.nan  # one forecast is missing: for neither model it counts

    found = losses_of(p, y, np.array([0, 0, 1], np.int32), 1, 6)

    assert found.by_model["a"] == pytest.approx(np.log(2) * np.array([[2, 1], [0, 1]]))
    assert found.by_model["b"][1] == pytest.approx([0, np.log(4 / 3)])
    assert found.y.shape == (1, 3, 2)
    assert found.total("a") == pytest.approx(np.log(2) * np.array([2, 2]))


def test_verdicts_name_target_rival_and_episodes() -> None:
    [found] = judged(1.0, 3)[0]

    assert (found.target, found.units, found.horizon) == ("clash", "dyad", 7)
    assert (found.rival, found.shown) == ("climatology", True)
    assert found.low > 0
    assert found.forecasts == 300
    assert found.worse_than == ""


def test_verdicts_weigh_judged_units_from_an_origin_on() -> None:
    past, two = past_of(1.0, 3), past_of(1.0, 3, units=2)
    problem = two.record.problem
    one = replace(two.record, problem=replace(problem, judged=np.array([True, False])))

    def weighed(past: Past, since: int = 0) -> list[int]:
        return [verdict.forecasts for verdict in verdicts(past, RECIPE, since, 0)]

    assert weighed(past, int(problem.origins[100])) == [200]
    assert weighed(replace(past, first=150)) == [150]
    assert weighed(two) == [600]
    assert verdicts(replace(two, record=one), RECIPE, 0, 0) == verdicts(past, RECIPE, 0, 0)


def test_a_record_clearly_worse_at_one_horizon_is_clearly_worse() -> None:
    [good], [bad] = judged(1.0, 3)[0], judged(-0.9, 3)[0]

    assert bad.worse_than == "climatology in log score"
    assert clearly_worse([good, bad])
    assert not clearly_worse([good])
    assert not clearly_worse(judged(0.0, 3)[0])


def test_a_record_is_worse_than_any_base_rate_in_either_score() -> None:
    past = past_of(0.5, 3)
    came = past.record.settled()
    right = np.where(came > 0, 0.9, 0.1)[None]
    both = replace(
        past.record,
        models=("climatology", "persistence"),
        p=np.concatenate([past.record.p, right]),
    )
    # sure, and wrong once in thirty: that is dear in log score alone
    sure = np.where(np.arange(300) % 30 == 0, 1 - came, came)[None]
    timid = replace(past.combined, p=np.where(came > 0, 0.7, 0.3))
    recipe = replace(RECIPE, rates=both.models)

    [second] = verdicts(replace(past, record=both), recipe, 0, 0)
    [brier] = verdicts(Past(replace(past.record, p=sure), timid, 0), RECIPE, 0, 0)

    assert second.worse_than == "persistence in log score"
    assert (brier.shown, brier.worse_than) == (True, "climatology in Brier score")


def test_first_model_takes_the_place_and_says_if_it_is_unproven() -> None:
    assert decide(*judged(1.0, 3), None, True, 0).reason.endswith("in 1 of 1 problems")
    unproven = decide(*judged(0.0, 3), None, True, 0)
    assert unproven.promoted
    assert "no skill beyond the base rate shown yet" in unproven.reason


@pytest.mark.parametrize(
    ("ours", "theirs", "same", "promoted"),
    [
        (1.0, 0.3, False, True),  # another method, clearly better
        (0.3, 1.0, False, False),  # another method, worse
        (1.0, 1.0, False, False),  # another method, as good: no reason to change
        (1.0, 1.0, True, True),  # the same method on newer data
        (-0.5, 1.0, True, False),  # the same method, gone clearly wrong
    ],
)
def test_decision_on_a_challenger(ours: float, theirs: float, same: bool, promoted: bool) -> None:
    found = decide(*judged(ours, 4), judged(theirs, 4)[1], same, 0)

    assert isinstance(found, Decision)
    assert found.promoted is promoted
    assert "skill against the champion" in found.reason


def test_a_short_shared_record_lets_no_other_method_through() -> None:
    short: Any = judged(0.2, 4)[1]
    short = short[short["origin"] < short["origin"].min() + pd.Timedelta(days=140)]

    assert not decide(*judged(1.0, 4), short, False, 0).promoted
    assert decide(*judged(1.0, 4), short, True, 0).promoted


def test_gate_refuses_what_one_long_episode_carries_though_its_interval_is_clear() -> None:
    y = np.zeros((1, 1, 300))
    y[..., [10, 30, 50, 270, 290]] = 1
    y[..., 90:230] = 1
    rival = np.full((1, 300), 0.3)
    ours = rival + 0.001
    ours[0, 90:230] = 0.1
    losses = Losses({"memory": rival, "ensemble": ours}, y, np.zeros(1, np.int32), 1, 26)

    shown, reason, _, skills = judge(losses, 0)

    assert skills["memory"][1] > 0, "the interval alone would let it pass"
    assert not shown
    assert reason.startswith("one episode carries it")
