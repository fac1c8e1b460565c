"""Silence is calm only on days that somebody watched, whoever it was."""

from datetime import date

import pytest
from histories import days

from features.watching import GAPS, Watched, bucket, union

JUNE = (date(2025, 6, 1), date(2025, 6, 30))


def test_a_target_is_watched_on_the_days_of_all_its_sources() -> None:
    july, autumn = (date(2025, 7, 1), date(2025, 7, 31)), (date(2025, 10, 1), date(2025, 10, 9))
    within = (date(2025, 6, 10), date(2025, 7, 3))

    watched = union([autumn, within, july, JUNE])

    assert watched == Watched(((JUNE[0], july[1]), autumn))
    assert (watched.first, watched.until) == (JUNE[0], autumn[1])
    assert union([]) is None


def test_a_source_more_never_makes_the_settled_day_earlier() -> None:
    old = (date(2001, 1, 1), date(2020, 1, 1))

    alone, with_old = union([JUNE]), union([JUNE, old])

    assert alone is not None
    assert with_old is not None
    assert with_old.until == alone.until


def test_a_window_with_one_day_that_nobody_watched_is_not_whole() -> None:
    watched = Watched((JUNE, (date(2025, 7, 2), date(2025, 7, 31))))

    first = days("2025-06-01", "2025-06-30", "2025-07-02", "2025-05-31", "2025-07-31")
    last = days("2025-06-30", "2025-07-02", "2025-07-31", "2025-06-02", "2025-08-01")

    assert watched.holds(first, last).tolist() == [True, False, True, False, False]


def test_of_a_day_before_it_only_what_had_been_watched_counts() -> None:
    watched = Watched((JUNE, (date(2025, 8, 1), date(2025, 8, 31))))

    assert watched.by(date(2025, 7, 15)) == Watched((JUNE,))
    assert watched.by(date(2025, 6, 3)) == Watched(((JUNE[0], date(2025, 6, 3)),))
    assert watched.by(date(2025, 5, 31)) is None
    with pytest.raises(ValueError, match="nobody watched"):
        Watched(())


def test_a_gap_is_answered_by_the_next_wider_one() -> None:
    assert [bucket(gap) for gap in (0, 1, 2, 3, 31, 240)] == [0, 1, 3, 3, 60, 240]
    assert bucket(GAPS[-1] + 1) is None
