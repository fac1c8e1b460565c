"""What is said of counts follows from the record alone, adds up, and yields to the baseline."""

from dataclasses import replace

import numpy as np
import pytest

from features.arrays import Floats
from models.forecasting.count_weeks import nested
from models.forecasting.counts import (
    LEVELS,
    Question,
    Said,
    Track,
    Verdict,
    from_table,
    judge,
    published,
    say,
    to_table,
    without,
)
from models.forecasting.explain import coalitions

UNITS, ORIGINS = 6, 80
FAMILIES = ("own", "world")
ASKED = Question(
    units=tuple(f"U{i}" for i in range(UNITS)),
    thresholds=(1.0, 5.0),
    ladder=(1.0, 2.0, 5.0, 20.0),
    families=FAMILIES,
    baseline="memory",
    rivals=("memory", "window"),
    judged=np.ones(UNITS, np.bool_),
    block=6,
)


def reaching(mean: Floats, thresholds: tuple[float, ...]) -> Floats:
    """P(count >= k) of a geometric count: (threshold, ...)."""
    odds = mean / (1 + mean)
    return np.stack([odds**k for k in thresholds])


def made(knows: bool, seed: int = 1) -> Track:
    """Units whose mean swings; the ensemble knows it or, like the memories, only its middle."""
    rng = np.random.default_rng(seed)
    mean = np.where(rng.random((UNITS, ORIGINS)) < 0.5, 0.2, 12.0)
    count = rng.geometric(1 / (1 + mean)).astype(float) - 1
    count[:, -1] = np.nan
    middle = np.full_like(mean, 3.0)
    told = mean if knows else middle
    p = {
        "ensemble": reaching(told, ASKED.thresholds),
        "memory": reaching(middle, ASKED.thresholds),
        "window": reaching(middle * 1.2, ASKED.thresholds),
    }
    # of four coalitions: none, own, world, both
    parts = [reaching(told[:, -1] * share, ASKED.thresholds) for share in (0.4, 0.9, 0.6, 1.0)]
    return Track(2, p, reaching(told, ASKED.ladder), count, np.stack(parts, axis=2))


def said(track: Track) -> tuple[Verdict, list[Said]]:
    """The verdict and what is said."""
    verdict = judge(track, ASKED, seed=1)
    return verdict, say(track, ASKED, verdict.shown, seed=1)


def test_skill_is_shown_where_there_is_some_and_only_there() -> None:
    assert said(made(knows=True))[0].shown
    assert not said(made(knows=False))[0].shown


def test_drivers_sum_to_the_distance_from_the_baseline() -> None:
    _, found = said(made(knows=True))
    assert len(found) == UNITS * 2
    for each in found:
        moved = 100 * (each.probability - each.baseline)
        assert sum(v for _, v in each.drivers) == pytest.approx(moved, abs=1e-9)
        odds = np.log(each.probability / (1 - each.probability))
        odds -= np.log(each.baseline / (1 - each.baseline))
        assert sum(v for _, v in each.drivers_log_odds) == pytest.approx(odds, abs=1e-9)
        assert {name for name, _ in each.drivers} == {*FAMILIES, "base_rates"}


def test_baseline_is_published_where_no_skill_is_shown() -> None:
    _, found = said(made(knows=False))
    for each in found:
        assert each.probability == each.baseline
        assert not each.shown
        assert each.drivers == ()


def test_band_holds_the_probability_and_quantiles_rise() -> None:
    _, found = said(made(knows=True))
    for each in found:
        assert 0 <= each.low <= each.probability <= each.high <= 1
        values = [value for _, value in each.quantiles]
        assert values == sorted(values)
        assert [float(level) for level, _ in each.quantiles] == list(LEVELS)


@pytest.mark.parametrize("knows", [True, False])
def test_quantiles_do_not_contradict_the_probabilities(knows: bool) -> None:
    _, found = said(made(knows=knows))
    for each in found:
        for level, value in each.quantiles:
            assert (value >= each.threshold) == (each.probability > 1 - float(level))


def test_today_outcome_cannot_touch_what_is_said() -> None:
    track = made(knows=True)
    count = track.count.copy()
    p = {name: values.copy() for name, values in track.p.items()}
    again = replace(track, count=count, p=p)
    assert said(again) == said(track)


def test_unit_that_is_not_there_today_is_not_spoken_of() -> None:
    track = made(knows=True)
    for values in track.p.values():
        values[:, 0, -1] = np.nan
    _, found = said(track)
    assert {each.unit for each in found} == set(ASKED.units[1:])


def test_table_gives_back_what_was_said() -> None:
    _, found = said(made(knows=True))
    assert from_table(to_table(found)) == found


def test_absent_families_are_at_their_medians() -> None:
    X = np.arange(24.0).reshape(2, 3, 4)  # (unit, origin, column)
    names = ("own_a", "own_b", "world_a", "flag")
    rows = without(FAMILIES, lambda name: name.split("_")[0])(names, X)
    typical = np.median(X.reshape(-1, 4), axis=0)

    for i, present in enumerate(coalitions(FAMILIES)):
        own = X[:, -1, :2] if "own" in present else np.broadcast_to(typical[:2], (2, 2))
        np.testing.assert_array_equal(rows[:, i, :2], own)
        np.testing.assert_array_equal(rows[:, i, 3], X[:, -1, 3])  # of no family: always there


def test_nested_windows_are_published_from_one_model() -> None:
    shown, _ = said(made(knows=True))
    hidden, _ = said(made(knows=False))
    assert published([shown, hidden], nests=False) == [True, False]
    assert published([shown, hidden], nests=True) == [False, False]
    assert published([shown, shown], nests=True) == [True, True]


def test_nested_tracks_never_fall_as_the_horizon_grows() -> None:
    short, long = nested([made(knows=True, seed=1), made(knows=True, seed=2)])
    for name in short.p:
        assert (long.p[name] >= short.p[name]).all()
    assert (long.beside >= short.beside).all()
    # the count of each horizon stays its own
    np.testing.assert_array_equal(short.count, made(knows=True, seed=1).count)
