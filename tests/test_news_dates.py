"""Times are read with the article's day as base."""

from datetime import date

import pytest

from streams.sources.news.language.dates import find_dates

BASE = date(2025, 11, 12)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("on Wednesday", date(2025, 11, 12), "day"),
        ("late on Tuesday", date(2025, 11, 11), "day"),
        ("on Thursday", date(2025, 11, 6), "day"),
        ("last Wednesday", date(2025, 11, 5), "day"),
        ("next Monday", date(2025, 11, 17), "day"),
        ("yesterday", date(2025, 11, 11), "day"),
        ("last night", date(2025, 11, 11), "day"),
        ("the day before yesterday", date(2025, 11, 10), "day"),
        ("two days ago", date(2025, 11, 10), "day"),
        ("a fortnight ago", date(2025, 10, 29), "week"),
        ("on October 19", date(2025, 10, 19), "day"),
        ("on 19 October 2024", date(2024, 10, 19), "day"),
        ("on Sept. 24", date(2025, 9, 24), "day"),
        ("from 1 to 7 April", date(2025, 4, 1), "day"),
        ("on 07.11.2025", date(2025, 11, 7), "day"),
        ("2025-11-07", date(2025, 11, 7), "day"),
        ("last week", date(2025, 11, 5), "week"),
        ("last month", date(2025, 10, 15), "month"),
        ("in October", date(2025, 10, 15), "month"),
        ("in December 2024", date(2024, 12, 15), "month"),
        ("on the 9th", date(2025, 11, 9), "day"),
    ],
)
def test_time_is_read_from_the_articles_day(text: str, day: date, precision: str) -> None:
    (when,) = find_dates(f"it happened {text}.", BASE)

    assert (when.day, when.precision) == (day, precision)


def test_next_day_follows_the_day_last_spoken_of() -> None:
    (when,) = find_dates("The next day they met.", BASE, date(2025, 10, 18))

    assert when.day == date(2025, 10, 19)


def test_days_after_something_are_of_what_follows() -> None:
    (when,) = find_dates("It came two days after bombers struck.", BASE)

    assert (when.day, when.onward) == (date(2025, 11, 10), True)


@pytest.mark.parametrize(
    "text",
    ["they sat down", "it may be", "on February 30", "31 and 32", "at 10:30", "99 days hence"],
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert find_dates(text, BASE) == []
