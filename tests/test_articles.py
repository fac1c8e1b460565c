"""Articles read one after the other: each held against what was known on its own day."""

from datetime import date

import pandas as pd
import pytest
from events import at, make_event

from errors import DyadcastError
from flows.pipeline.articles import Reading
from streams.events.event import to_frame
from streams.sources.news.article import Article
from theatres import load_theatre

TEXT = "Pakistan closed the Torkham crossing on Monday."


def closed(day: str) -> Article:
    """An article of that day which says that Torkham was closed on Monday, 13 October 2025."""
    return Article(TEXT, date.fromisoformat(day))


def test_articles_are_held_against_what_was_known_on_their_own_day() -> None:
    closing = make_event("closing", "2025-10-13", known_at=at("2025-10-15"))
    days: list[date] = []

    def known(day: date) -> pd.DataFrame:
        days.append(day)
        return to_frame([closing][: day >= date(2025, 10, 15)])

    reading = Reading(load_theatre("pak_afg"), "patterns", known)
    told = ["2025-10-14", "2025-10-15", "2025-10-14", "2025-10-16"]
    marks = [[each.known for each in reading.propose(closed(day))] for day in told]

    assert marks == [[""], ["closing"], [""], ["closing"]]
    assert days == [date(2025, 10, 14), date(2025, 10, 15), date(2025, 10, 16)]


def test_event_far_from_what_is_told_is_another() -> None:
    events = to_frame([make_event("other", "2025-08-01"), make_event("later", "2026-03-01")])
    reading = Reading(load_theatre("pak_afg"), "patterns", lambda _day: events)

    assert [each.known for each in reading.propose(closed("2025-10-14"))] == [""]


def test_article_without_events_asks_nothing() -> None:
    def known(_day: date) -> pd.DataFrame:
        raise AssertionError

    reading = Reading(load_theatre("pak_afg"), "patterns", known)

    assert reading.propose(Article("It rained in Lima.", date(2025, 10, 14))) == []


def test_coder_that_is_not_known_is_refused() -> None:
    with pytest.raises(DyadcastError, match="no such coder, found 'oracle'"):
        Reading(load_theatre("pak_afg"), "oracle", lambda _day: to_frame([]))
