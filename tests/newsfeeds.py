"""Feeds and pages that tests serve, and a theatre that names them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import sqlalchemy as sa
from servers import Reply, Server

from streams.net.download import Downloads
from streams.sources.news.feeds import stored
from streams.sources.news.feeds.ingest import ingest_new
from streams.store.database import reading
from streams.store.landing import Ingested
from streams.store.store import Store
from theatres import Source, Theatre, load_theatre

AT = datetime(2025, 11, 15, 12, tzinfo=UTC)
OFFER = (
    "Russia offered on Friday to mediate between Pakistan and Afghanistan after weeks of clashes "
    "along their border, the foreign ministry in Moscow said. A spokeswoman said that both "
    "neighbours had been told of the offer, and that talks could be held in Moscow by the end of "
    "the month if the two sides agreed to come. At least 12 people were killed at Torkham."
)
CLOSED = (
    "Pakistan closed the Torkham crossing to all trade on Thursday after a night of fire, customs "
    "officials told reporters, and hundreds of lorries with fruit and cement are waiting on both "
    "sides of the gate while drivers sleep beneath them and wait for the two governments to talk."
)


def page(text: str, title: str = "A title") -> Reply:
    """A page as newspapers have it: an article among other things."""
    paragraphs = "".join(f"<p>{each}</p>" for each in text.split("\n"))
    body = (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><nav>Home</nav>"
        f"<article><h1>{title}</h1>{paragraphs}</article><footer>Imprint</footer></body></html>"
    )
    return Reply(body.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def item(
    address: str, published: datetime | None = AT, title: str = "A title", text: str = ""
) -> str:
    """An entry of RSS."""
    day = f"<pubDate>{format_datetime(published)}</pubDate>" if published else ""
    return (
        f"<item><title>{title}</title><link>{address}</link>{day}"
        f"<description>{text}</description></item>"
    )


def rss(*items: str) -> bytes:
    """A feed of RSS."""
    return (
        f'<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'.encode()
    )


def theatre_with(feeds: Sequence[str], **settings: Any) -> Theatre:
    """The theatre built in, with these feeds."""
    theatre = load_theatre("pak_afg")
    others = [each for each in theatre.sources if each.name != "news"]
    news = Source(name="news", feeds=tuple(feeds), **{"pause_seconds": 0, **settings})
    return theatre.model_copy(update={"sources": (*others, news)})


def serve(server: Server, texts: dict[str, str], feed: str = "/feed") -> str:
    """The address of a feed of these texts, each at its path of the server."""
    for path, text in texts.items():
        server.plays(path, page(text))
    listing = rss(*(item(server.at(path)) for path in texts))
    return server.shelves(feed, listing, etag=f'"{len(texts)}"')


def gather(
    store: Store, downloads: Downloads, feeds: Sequence[str], at: datetime = AT, **settings: Any
) -> tuple[Ingested, list[str]]:
    """What became of what the feeds list."""
    return ingest_new(store, theatre_with(feeds, **settings), downloads, at)


def rows(store: Store) -> dict[str, Any]:
    """The articles in the store, by the last part of their address."""
    with reading(store.engine) as connection:
        every = connection.execute(sa.select(stored.articles)).all()
    return {row.address.rpartition("/")[2]: row for row in every}


def statuses(store: Store) -> dict[str, str]:
    """What became of each article."""
    return {name: row.status for name, row in rows(store).items()}
