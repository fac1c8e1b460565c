"""The gate lets skill through, and neither luck, nor one episode, nor a copy of the baseline."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.gate import rates
from models.judging.gate import Decision, decide, judge, paired, verdicts, without_best_spell


def record_of(edge: float, seed: int, weeks: int = 300) -> pd.DataFrame:
    """Weekly forecasts of a made dyad: the ensemble knows `edge` of the truth."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.choice([0.05, 0.6], weeks // 10), 10)
    y = (rng.random(weeks) < truth).astype(float)
    origins = pd.date_range("2015-01-05", periods=weeks, freq="7D")
    p = {"climatology": np.full(weeks, 0.325), "ensemble": 0.325 + edge * (truth - 0.325)}
    parts = [
        pd.DataFrame({"model": name, "origin": origins, "probability": q, "outcome": y})
        for name, q in p.items()
    ]
    return pd.concat(parts).assign(unit="dyad", target="clash", horizon=7)


@pytest.mark.parametrize("worlds", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_gate_over_made_worlds_is_seldom_fooled(worlds: int) -> None:
    found = rates(worlds)

    assert found["wrong"] <= 0.05
    assert found["copy"] <= 0.05
    assert found["skilled"] >= 0.5


def test_paired_interval_holds_the_skill() -> None:
    rng = np.random.default_rng(1)
    rival = rng.gamma(2, 0.2, 400)

    skill, low, high = paired(0.9 * rival, rival, 7, 0)

    assert skill == pytest.approx(0.1)
    assert low == pytest.approx(0.1)
    assert high == pytest.approx(0.1)


def test_skill_that_one_episode_carries_is_refused() -> None:
    y = np.zeros((200, 1))
    y[[20, 60, 90, 130, 160, 180]] = 1
    rival = np.full(200, 0.3)
    loss = rival + 0.01
    loss[55:66] = 0.0  # right about the second episode alone

    assert 1 - loss.sum() / rival.sum() > 0
    assert without_best_spell(loss, rival, y, 30) < 0
    shown, reason, *_ = judge({"memory": rival, "ensemble": loss}, y, 30, 0)
    assert not shown
    assert "skill" in reason


def test_few_episodes_show_nothing() -> None:
    y = np.zeros((100, 1))
    y[[20, 60]] = 1
    rival = np.full(100, 0.3)

    shown, reason, *_ = judge({"memory": rival, "ensemble": 0.5 * rival}, y, 7, 0)

    assert not shown
    assert reason == "2 episodes, 5 are needed"


def test_verdicts_name_target_rival_and_episodes() -> None:
    [found] = verdicts(record_of(1.0, 3), 0)

    assert (found.target, found.units, found.horizon) == ("clash", "dyad", 7)
    assert (found.rival, found.shown) == ("climatology", True)
    assert found.low > 0


def test_first_model_takes_the_place_and_says_if_it_is_unproven() -> None:
    assert decide(record_of(1.0, 3), None, True, 0).reason.endswith("in 1 of 1 problems")
    unproven = decide(record_of(0.0, 3), None, True, 0)
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
    found = decide(record_of(ours, 4), record_of(theirs, 4), same, 0)

    assert isinstance(found, Decision)
    assert found.promoted is promoted
    assert "skill against the champion" in found.reason


def test_a_short_shared_record_lets_no_other_method_through() -> None:
    short = record_of(0.2, 4).query("origin < '2015-06-01'")

    assert not decide(record_of(1.0, 4), short, False, 0).promoted
    assert decide(record_of(1.0, 4), short, True, 0).promoted
