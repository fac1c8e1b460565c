"""Rates by hand: how often the closed windows came true, on what a prior of four windows weighs."""

from datetime import date

import numpy as np
import pytest
from histories import PAK_AFG, days, happen, history_from, random_events
from hypothesis import given
from hypothesis import strategies as st
from vintages import watched

from features.arrays import to_day
from features.rates import PRIOR_WINDOWS, RATES, active, rates_at
from features.targets import Labels, weekly_origins
from streams.events.event import Event
from theatres import DYAD

GRID = weekly_origins(date(2020, 1, 6), date(2020, 12, 28))


def labels_of(*events: Event, until: date = date(2020, 12, 31)) -> Labels:
    """The labels of `clash` on the dyad."""
    return Labels(history_from(*events), PAK_AFG.targets["clash"], (DYAD,), PAK_AFG, watched(until))


def rates_on(day: str, *events: Event) -> dict[str, float]:
    """Each rate at 7 days on one day, from windows that begin on the Mondays of 2020."""
    return {
        name: float(found[0, 0, 0])
        for name, found in rates_at(labels_of(*events), GRID, days(day)).items()
    }


def test_rates_with_no_closed_window_are_one_half() -> None:
    # The first window, 6 January and 7 days, closes with its lag on the 20th.
    assert rates_on("2020-01-19") == dict.fromkeys(RATES, 0.5)


def test_climatology_is_the_rate_of_the_closed_windows_with_the_prior() -> None:
    # On 3 February the windows of 6, 13 and 20 January are closed; the first came true.
    found = rates_on("2020-02-03", happen("a", "2020-01-08", "shelling"))

    assert PRIOR_WINDOWS == 4
    assert found["climatology"] == pytest.approx((1 + 4 * 0.5) / (3 + 4), abs=1e-15)


def test_memory_weighs_a_window_by_its_age_and_leans_on_climatology() -> None:
    found = rates_on("2020-02-03", happen("a", "2020-01-08", "shelling"))

    for weeks in (26, 52, 104):
        old, middle, young = (0.5 ** (age / weeks) for age in (4, 3, 2))
        expected = (old + 4 * found["climatology"]) / (old + middle + young + 4)
        assert found[f"memory_{weeks}"] == pytest.approx(expected, abs=1e-12)


def test_persistence_is_the_rate_after_spells_like_the_present_one() -> None:
    first, second = happen("a", "2020-01-08", "shelling"), happen("b", "2020-01-15", "shelling")
    now = happen("c", "2020-02-05", "shelling")

    calm = rates_on("2020-02-10", first, second)
    stirred = rates_on("2020-02-10", first, second, now)

    # Closed: 6 (calm before, true), 13 (active, true), 20 (active, not), 27 January (calm, not).
    climatology = (2 + 2) / (4 + 4)
    assert calm["climatology"] == stirred["climatology"] == climatology
    assert calm["persistence"] == pytest.approx((1 + 4 * climatology) / (2 + 4), abs=1e-15)
    assert stirred["persistence"] == pytest.approx((1 + 4 * climatology) / (2 + 4), abs=1e-15)
    once = rates_on("2020-02-10", first, now)
    # 6 (calm, true), 13 (active, not), 20 (calm, not), 27 January (calm, not); active at present.
    assert once["persistence"] == pytest.approx((0 + 4 * once["climatology"]) / (1 + 4), abs=1e-15)


def test_active_is_the_spell_that_ends_with_the_origin_s_day() -> None:
    labels = labels_of(happen("a", "2020-01-08", "shelling"))
    origins = days(
        "2020-01-07", "2020-01-08", "2020-01-14", "2020-01-15", "2020-01-21", "2020-01-22"
    )

    found = active(labels, origins)

    assert found[0, 0].tolist() == [False, True, True, False, False, False]
    assert found[0, 1].tolist() == [False, True, True, True, True, False]


def test_active_severe_spell_needs_the_deaths() -> None:
    history = history_from(
        happen("a", "2020-01-08", "shelling", deaths_best=20),
        happen("b", "2020-01-15", "shelling", deaths_best=5),
    )
    labels = Labels(
        history, PAK_AFG.targets["severe"], (DYAD,), PAK_AFG, watched(date(2020, 12, 31))
    )

    found = active(labels, days("2020-01-14", "2020-01-15", "2020-02-06", "2020-02-07"))

    assert found[0, 0].tolist() == [False, True, True, False]


@given(
    st.lists(random_events(date(2020, 1, 1), 365), max_size=10),
    st.integers(0, 500),
)
def test_rates_are_never_nought_nor_one(events: list[Event], after: int) -> None:
    at = np.array([to_day(date(2020, 1, 6)) + after], np.int32)

    found = rates_at(labels_of(*events), GRID, at)

    assert set(found) == set(RATES)
    for rate in found.values():
        assert rate.shape == (1, 4, 1)
        assert ((rate > 0) & (rate < 1)).all()


def test_rates_are_never_nought_nor_one_after_years_of_the_same() -> None:
    grid = weekly_origins(date(2010, 1, 1), date(2020, 12, 31))
    weekly = [happen(str(day), str(np.datetime64(int(day) + 1, "D")), "shelling") for day in grid]
    at = days("2020-12-28")

    always = rates_at(labels_of(*weekly), grid, at)
    never = rates_at(labels_of(), grid, at)

    for name in RATES:
        assert 0.9 < always[name].min() <= always[name].max() < 1
        assert 0 < never[name].min() <= never[name].max() < 0.1
