"""Articles that feeds listed coded, and what they tell put to the desk."""

from datetime import datetime
from functools import lru_cache

from flows.pipeline.articles import DAYS_KEPT, Reading, known_in
from streams.sources.desk.filing import FiledCount, file_article, forget_passages
from streams.sources.news.feeds.stored import mark_coded, waiting
from streams.sources.news.patterns.coder import NAME as PATTERNS
from streams.store.store import Store, reading
from theatres import Theatre


def code_waiting(
    store: Store, theatre: Theatre, now: datetime, coder: str = PATTERNS
) -> FiledCount:
    """What became of all articles of feeds that wait to be coded: a batch a transaction, in which
    they are also marked as coded."""
    known = lru_cache(maxsize=DAYS_KEPT)(lambda day: known_in(store, theatre, day))
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
