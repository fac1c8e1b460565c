"""The desk put together: articles coded and filed, decisions taken, what waits told."""

from collections.abc import Sequence
from datetime import datetime

from flows.pipeline.articles import known_events
from flows.pipeline.knowledge import open_store
from flows.pipeline.settings import Settings
from streams.sources.desk.desk import Desk
from streams.sources.desk.filing import FiledCount, file_article, forget_passages
from streams.sources.news.article import Article
from streams.sources.news.proposal import Proposal
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
