"""A listed article's page read: its text kept, or folded into the report that it repeats."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from errors import OutageError, StreamError
from streams.net.addresses import parse, place
from streams.sources.news.document import Page, read_bytes
from streams.sources.news.feeds.feed import canonical, one_line
from streams.sources.news.feeds.folding import NEAR, Folder, hash_of, signature_of
from streams.sources.news.feeds.manners import Visitor
from streams.sources.news.feeds.stored import (
    CODED,
    FOLDED,
    LISTED,
    UNREAD,
    WAITING,
    articles,
)
from streams.store.database import reading, writing
from streams.store.store import Store
from streams.store.versions import clock, stamp
from theatres import Theatre

PAGE_MAX = 5 * 2**20
ATTEMPTS_MAX = 5
"""Runs in which an article's host gave no answer, after which it counts as unread."""
LEAST_LETTERS = 20
FRESH = timedelta(days=7)
"""Texts are held against what was listed in so many days."""
STANDING = (WAITING, CODED)


@dataclass(frozen=True, slots=True)
class Due:
    """A listed article whose page is to be read."""

    article: str
    address: str
    attempts: int


def due(store: Store) -> list[Due]:
    """The articles that are listed and not read yet, the first published first."""
    table = articles.c
    query = sa.select(table.article, table.address, table.attempts)
    query = query.where(table.theatre == store.theatre, table.status == LISTED)
    with reading(store.engine) as connection:
        rows = connection.execute(query.order_by(table.published_at, table.article)).all()
    return [Due(*row) for row in rows]


class Shelf:
    """Where texts go: each kept to be coded, or folded into the report that it repeats."""

    def __init__(self, store: Store, theatre: Theatre, at: datetime) -> None:
        """Reads what stands of the last days."""
        self._store, self._at = store, at
        self._folder = Folder([each.name for each in theatre.places], self._text_of)
        table = articles.c
        query = sa.select(table.article, table.signature, table.published_at)
        query = query.where(table.theatre == store.theatre, table.signature.is_not(None))
        query = query.where(table.listed_at >= stamp(at - FRESH))
        with reading(store.engine) as connection:
            for name, signature, published in connection.execute(query):
                self._folder.add(name, signature, datetime.fromisoformat(published))

    def read(self, article: Due, visitor: Visitor) -> str:
        """The article's status now that its page was asked for.

        Where the page cannot be had, what its feed said of it is its text. One whose host does not
        answer stays `listed`; OutageError is raised then.
        """
        page, reason = Page(""), ""
        try:
            answer = visitor.get(article.address, PAGE_MAX)
            address = _own_address(str(answer.url), article.address, visitor.hosts)
            page = replace(read_bytes(answer.content, article.address), url=address)
        except OutageError as error:
            reason = str(error)
            if article.attempts + 1 < ATTEMPTS_MAX:
                self._postpone(article, reason)
                raise
        except StreamError as error:
            reason = str(error)
        return self._keep(article.article, page, reason)

    def put(self, name: str, page: Page, title: str) -> str:
        """The status of an article that no feed lists, kept under that name; empty where it is
        there already."""
        row = dict.fromkeys(("feed", "fetched_at", "sha256", "folded_into", "reason"), "")
        row |= {"theatre": self._store.theatre, "article": name, "status": LISTED, "title": title}
        row |= {"published_at": "", "updated_at": "", "listed_at": stamp(self._at)}
        with writing(self._store.engine) as connection:
            if self._row(connection, name):
                return ""
            connection.execute(
                sa.insert(articles).values(address=page.url, canonical=page.url, attempts=0, **row)
            )
        return self._keep(name, page, "")

    def _keep(self, name: str, page: Page, reason: str) -> str:
        """The article's status; its row holds the text, or whose report it repeats."""
        with writing(self._store.engine) as connection:
            row = self._row(connection, name)
            if row is None or row["status"] != LISTED:
                return str(row["status"]) if row else ""  # another run was first
            text = max(page.text.strip(), _of_feed(row), key=len)
            published = _published(row, page, clock(self._at))
            changes = {
                "canonical": page.url or row["canonical"],
                "title": row["title"] or one_line(page.title),
                "published_at": stamp(published),
                "fetched_at": stamp(self._at),
                "attempts": row["attempts"] + 1,
                "reason": reason,
                "text": None,
            }
            if len(text) < LEAST_LETTERS:
                changes |= {"status": UNREAD, "reason": reason or "no text on the page"}
            else:
                changes |= {"sha256": hash_of(text)}
                changes |= self._placed(connection, name, text, published)
            self._change(connection, name, changes)
        return str(changes["status"])

    def _placed(
        self, connection: Connection, name: str, text: str, published: datetime
    ) -> dict[str, object]:
        """What the row of a text holds: that it waits, or into which report it was folded."""
        signature = signature_of(text)
        head = self._same_words(connection, name, text, published)
        head = head or self._folder.same_as(text, signature, published)
        if head:
            return {"status": FOLDED, "folded_into": head}
        self._folder.add(name, signature, published)
        return {"status": WAITING, "text": text, "signature": signature or None}

    def _same_words(self, connection: Connection, name: str, text: str, published: datetime) -> str:
        """The report of the same days in the very same words, however short; empty for none."""
        query = sa.select(articles.c.article).filter_by(
            theatre=self._store.theatre, sha256=hash_of(text), folded_into=""
        )
        day = articles.c.published_at
        query = query.where(day >= stamp(published - NEAR), day <= stamp(published + NEAR))
        query = query.where(articles.c.status.in_(STANDING), articles.c.article != name)
        return str(connection.scalar(query.order_by(articles.c.published_at).limit(1)) or "")

    def _postpone(self, article: Due, reason: str) -> None:
        with writing(self._store.engine) as connection:
            changes = {"attempts": article.attempts + 1, "reason": reason}
            self._change(connection, article.article, changes)

    def _text_of(self, name: str) -> str | None:
        with reading(self._store.engine) as connection:
            row = self._row(connection, name)
        return row["text"] if row else None

    def _row(self, connection: Connection, name: str) -> RowMapping | None:
        query = sa.select(articles).filter_by(theatre=self._store.theatre, article=name)
        return connection.execute(query).mappings().first()

    def _change(self, connection: Connection, name: str, changes: dict[str, object]) -> None:
        mine = (articles.c.theatre == self._store.theatre) & (articles.c.article == name)
        connection.execute(sa.update(articles).where(mine).values(**changes))


def _of_feed(row: RowMapping) -> str:
    """What the feed said of the article: its title and its summary, or all of it."""
    return "\n\n".join(filter(None, (row["title"], row["text"]))) if row["text"] else ""


def _published(row: RowMapping, page: Page, now: datetime) -> datetime:
    """When the article became known: as its feed says, else the page, else when it was read."""
    if row["published_at"]:
        return datetime.fromisoformat(row["published_at"])
    return min(datetime.combine(page.published, time()), now) if page.published else now


def _own_address(last: str, listed: str, hosts: frozenset[str]) -> str:
    """The page's address: that which it was sent on to, where that may be read."""
    address = canonical(last)
    return address if address and place(parse(address)) in hosts else listed
