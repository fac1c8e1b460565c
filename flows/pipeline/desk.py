"""The desk put together: articles coded and filed, decisions taken, what waits told."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from flows.pipeline.articles import DAYS_KEPT, Reading, known_events
from flows.pipeline.knowledge import open_store
from flows.pipeline.settings import Settings
from streams.sources.desk.desk import Desk
from streams.sources.desk.filing import FiledCount, file_article, forget_passages
from streams.sources.news.article import Article
from streams.sources.news.feeds.stored import mark_coded, waiting
from streams.sources.news.patterns.coder import NAME as PATTERNS
from streams.sources.news.proposal import Proposal
from streams.store.store import reading
from theatres import Theatre, load_theatre


def open_desk(settings: Settings, theatre_name: str) -> Desk:
    """The theatre's desk."""
    theatre = load_theatre(theatre_name)
    return Desk(open_store(settings, theatre), theatre)


def file(
    settings: Settings,
    theatre: Theatre,
    article: Article,
    proposals: Sequence[Proposal],
    now: datetime,
) -> FiledCount:
    """What became of the proposals of one article that somebody handed in."""
    store = open_store(settings, theatre)
    known = known_events(theatre, settings, article.published)
    with store.landing("desk", "", "", now) as landing:
        forget_passages(landing, theatre, now)
        return file_article(landing, theatre, article, proposals, known, now)


def code_waiting(
    settings: Settings, theatre_name: str, now: datetime, coder: str = PATTERNS
) -> FiledCount:
    """What became of all articles of feeds that wait to be coded: a batch a transaction, in which
    they are also marked as coded."""
    theatre = load_theatre(theatre_name)
    store = open_store(settings, theatre)
    known = lru_cache(maxsize=DAYS_KEPT)(lambda day: known_events(theatre, settings, day))
    coding, counted = Reading(theatre, coder, known), FiledCount()
    while True:
        with reading(store.engine) as connection:
            batch = waiting(connection, theatre.name)
        if not batch:
            return counted
        articles = [each.coded_as for each in batch]
        proposed = [coding.propose(article) for article in articles]
        with store.landing("desk", "", "", now) as landing:
            forget_passages(landing, theatre, now)
            for article, proposals in zip(articles, proposed, strict=True):
                if proposals:
                    events = known(article.published)
                    counted += file_article(landing, theatre, article, proposals, events, now)
            mark_coded(landing.connection, theatre.name, [each.article for each in batch])
