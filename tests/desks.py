"""A desk for tests: articles, what a coder proposes of them, and persons who decide."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from streams.events.event import Event, to_frame
from streams.sources.desk.decisions import Decision, Ruling
from streams.sources.desk.desk import Desk
from streams.sources.desk.filing import FiledCount, file_article, forget_passages
from streams.sources.news.article import Article
from streams.sources.news.proposal import Evidence, Proposal
from streams.store.store import Store
from theatres import load_theatre

NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)
THEATRE = load_theatre("pak_afg")
SENTENCE = "Russia offered to mediate between Pakistan and Afghanistan on Friday."
TEXT = f"MOSCOW: {SENTENCE} Nobody answered."
NOTHING = to_frame([])
URL = "https://example.org/offer"


def make_article(text: str = TEXT, **changes: Any) -> Article:
    """An article of 15 November 2025 about Russia's offer, with the changes asked for."""
    values: dict[str, Any] = {"published": date(2025, 11, 15), "title": "Offer", "url": URL}
    return Article(text, **(values | changes))


def make_proposal(article: Article | None = None, sentence: str = "", **changes: Any) -> Proposal:
    """Russia's offer of 14 November, as that article's sentence tells it, with the changes."""
    article = article or make_article()
    sentence = sentence or (SENTENCE if SENTENCE in article.text else article.text)
    start = article.text.index(sentence)
    values: dict[str, Any] = {
        "type": "mediation_offer",
        "actor": "RUS",
        "target": ("PAK", "AFG"),
        "place": "Moscow",
        "segment": "abroad",
        "occurred_on": date(2025, 11, 14),
        "known_at": article.published,
        "confidence": 0.9,
        "coder": "patterns",
        "evidence": Evidence(start, start + len(sentence), sentence),
    }
    return Proposal(**(values | changes))


def file(
    store: Store,
    *proposals: Proposal,
    article: Article | None = None,
    known: pd.DataFrame = NOTHING,
    at: datetime = NOW,
) -> FiledCount:
    """What became of the article's proposals."""
    with store.landing("desk", "", "", at) as landing:
        forget_passages(landing, THEATRE, at)
        return file_article(landing, THEATRE, article or make_article(), proposals, known, at)


def desk_of(store: Store) -> Desk:
    """The theatre's desk on that store."""
    return Desk(store, THEATRE)


def rule(desk: Desk, proposal_id: str, action: str, **more: Any) -> Decision:
    """What Ann decides of a proposal, as it is now."""
    filed, _ = desk.get(proposal_id)
    values: dict[str, Any] = {"by": "Ann", "at": NOW, "revision": filed.revision}
    return desk.decide(filed.proposal_id, Ruling(action, **(values | more)))


def make_clash(event_id: str = "clash", **changes: Any) -> Event:
    """A clash at Torkham on 10 November 2025 with five dead, of the chronicle."""
    values: dict[str, Any] = {
        "event_id": event_id,
        "source": "chronicle",
        "occurred_on": date(2025, 11, 10),
        "ended_on": date(2025, 11, 10),
        "known_at": datetime(2025, 11, 10),  # noqa: DTZ001 (UTC)
        "type": "border_clash",
        "actor": "PAK",
        "target": "AFG",
        "place": "Torkham",
        "segment": "khyber",
        "deaths_best": 5,
        "summary": "Fire at Torkham.",
        "confidence": "high",
    }
    return Event(**(values | changes))


def toll(article: Article, best: int | None, known: str = "clash", **changes: Any) -> Proposal:
    """The clash at Torkham as another article tells it, with so many dead."""
    values: dict[str, Any] = {
        "type": "border_clash",
        "actor": "PAK",
        "target": ("AFG",),
        "place": "Torkham",
        "segment": "khyber",
        "occurred_on": date(2025, 11, 10),
        "deaths_best": best,
        "known": known,
    }
    return make_proposal(article, **(values | changes))
