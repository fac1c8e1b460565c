"""Deaths along the border: features look back by what was known, labels ahead by the window."""

from dataclasses import replace

import numpy as np
import pytest

from features.arrays import NEVER, Ints
from features.weekly.deaths import Deaths, death_features, death_labels, memories, seasons


def made(days: list[int], units: list[int], deaths: list[float], late: int = 0) -> Deaths:
    """A few events on two segments and in one block, known so many days after.

    The segments lie 100 km apart, the block 200 km from both; an event lies where its unit does.
    """
    day = np.array(days, np.int32)
    km = np.array([[0.0, 100, 200], [100, 0, 200], [200, 200, 0]])
    return Deaths(
        day, day + late, np.array(units, np.int32), np.array(deaths, float), km[:, units], 2
    )


def weeks(first: int, count: int) -> Ints:
    """Weekly origins."""
    return np.arange(first, first + 7 * count, 7, dtype=np.int32)


def test_labels_count_the_window_and_not_the_origin() -> None:
    events = made([100, 107, 130], [0, 0, 1], [3, 4, 5])

    found = death_labels(events, np.array([100, 123], np.int32), (7, 30))

    assert found[0].tolist() == [[4, 0], [0, 5], [0, 0]]
    assert found[1].tolist() == [[4, 0], [5, 5], [0, 0]]


def test_labels_as_closed_leave_out_what_was_not_known_by_then() -> None:
    # the second event began in the week but lasted until after it
    events = replace(made([104, 105], [0, 0], [3, 4]), known=np.array([124, 140], np.int32))
    origins = np.array([100], np.int32)

    assert death_labels(events, origins, (7, 30))[:, 0, 0].tolist() == [7, 7]
    assert death_labels(events, origins, (7, 30), lag=20)[:, 0, 0].tolist() == [3, 7]


def test_features_count_an_event_from_the_day_it_is_known() -> None:
    names, X = death_features(made([100], [0], [12], late=20), np.array([119, 120], np.int32))

    own, around = names.index("own.large_7"), names.index("around_50.log_7")
    assert X[0, 0, own] == 0
    assert X[0, 1, own] > 0
    assert X[0, 1, around] == 0
    assert X[1, 1, around] > 0  # the neighbour sees it around, not as its own
    assert X[1, 1, own] == 0


def test_events_around_weigh_less_the_farther_they_are() -> None:
    names, X = death_features(made([100], [1], [12]), np.array([100], np.int32))

    rate = 30 * np.log(2) / 7 * np.log(13)
    near = X[:, 0, names.index("around_50.log_7")]
    far = X[:, 0, names.index("around_400.log_7")]
    assert near == pytest.approx([np.log1p(rate * np.exp(-2)), 0, np.log1p(rate * np.exp(-4))])
    assert far == pytest.approx([np.log1p(rate * np.exp(-0.25)), 0, np.log1p(rate * np.exp(-0.5))])


def test_features_are_the_same_whatever_comes_later() -> None:
    rng = np.random.default_rng(1)
    days = np.sort(rng.integers(0, 400, 200)).tolist()
    units, deaths = rng.integers(0, 3, 200).tolist(), rng.integers(0, 30, 200).tolist()
    origins = weeks(10, 50)
    _, before = death_features(made(days, units, deaths), origins)
    _, after = death_features(made([*days, 301, 302], [*units, 0, 1], [*deaths, 99, 99]), origins)

    early = origins < 301
    np.testing.assert_array_equal(before[:, early], after[:, early])
    assert (before[:, ~early] != after[:, ~early]).any()


def test_memories_hold_closed_windows_alone_and_lean_on_the_segments() -> None:
    reached = np.zeros((3, 4))
    reached[0] = 1  # the first of two segments, and a block that is none

    found = memories(reached, 10, 2)[0]

    # a window closes two weeks after its origin: at the third origin one has
    assert found[:, 0] == pytest.approx([0.1, 0.1, 0.1])
    every = (1 + 0.5) / (2 + 5)
    assert found[:, 2] == pytest.approx([(1 + 4 * every) / 5, 4 * every / 5, 4 * every / 5])


def test_memories_are_the_same_whatever_comes_later() -> None:
    flags = np.random.default_rng(2).integers(0, 2, (3, 30)).astype(float)
    later = flags.copy()
    later[:, 18:] = 1 - later[:, 18:]

    before, after = memories(flags, 14, 2), memories(later, 14, 2)

    np.testing.assert_array_equal(before[:, :, :20], after[:, :, :20])
    assert (before[:, :, 20] != after[:, :, 20]).any()


def test_a_block_is_learnt_from_once_it_has_a_history() -> None:
    events = made(list(range(100, 110)), [2] * 10, [1.0] * 10, late=5)

    found = seasons(events)

    assert (found[:2] < 0).all()  # segments always
    assert found[2] == 114
    assert seasons(made(list(range(100, 109)), [2] * 9, [1.0] * 9))[2] == NEVER
