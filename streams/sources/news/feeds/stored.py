"""The articles that feeds list: kept from the listing on, each with what became of it.

An article is `listed` until its page was read, then `waiting` to be coded, then `coded`; or
`folded` into another that tells the same in the same words; or `unread`, with the reason. Its text
is another's property: it is forgotten after some days, and its address, hash and title stay.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from streams.sources.news.article import Article
from streams.store.schema import COUNT, TEXT, counts, metadata, texts
from streams.store.versions import stamp

LISTED, WAITING, CODED, FOLDED, UNREAD = "listed", "waiting", "coded", "folded", "unread"
A_TIME = 200
"""Texts that are in memory at once."""
_DUE = "its text was to be forgotten before it was coded"


# `article` names the address, and the update where it is one. `address` is that of the listing,
# `canonical` that which the page gives itself. `text` and `signature` are null once forgotten.
articles = sa.Table(
    "articles",
    metadata,
    *texts("theatre", "article", "feed", "address", "canonical", "title"),
    *texts("published_at", "updated_at", "listed_at", "fetched_at", "sha256"),
    sa.Column("text", TEXT, nullable=True),
    sa.Column("signature", sa.LargeBinary, nullable=True),
    *texts("folded_into", "status", "reason"),
    *counts("attempts"),
    sa.PrimaryKeyConstraint("theatre", "article"),
    sa.Index("articles_by_status", "theatre", "status", "published_at"),
    sa.Index("articles_by_hash", "theatre", "sha256"),
)

# One row each time that a feed was asked; `status` is ok, or why it is not: silent, refused, torn.
# `etag` and `last_modified` are what its server may compare with, once all it lists is kept.
feed_visits = sa.Table(
    "feed_visits",
    metadata,
    *texts("theatre"),
    sa.Column("position", COUNT, primary_key=True, autoincrement=True),
    *texts("feed", "visited_at", "status", "reason", "etag", "last_modified"),
    *counts("entries", "new"),
    sa.Index("feed_visits_by_feed", "theatre", "feed", "position"),
)


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its text. `url` is the page's own address, `published_at` (UTC, no zone)
    when it became known."""

    article: str
    url: str
    title: str
    published_at: datetime
    text: str

    @property
    def coded_as(self) -> Article:
        """What a coder reads."""
        at = self.published_at
        return Article(self.text, at.date(), self.title, self.url, at)


def name_of(address: str, updated: str = "") -> str:
    """What an article is called in the store: a hash of its address, and of its update."""
    return hashlib.sha256("\n".join((address, updated)).encode()).hexdigest()[:16]


def waiting(connection: Connection, theatre: str, limit: int = A_TIME) -> list[StoredArticle]:
    """The articles that wait to be coded, the first published first, at most `limit` of them."""
    rows = _chosen(connection, theatre, articles.c.status == WAITING, limit)
    return [each for each in map(_stored, rows) if each]


def mark_coded(connection: Connection, theatre: str, names: Sequence[str]) -> None:
    """These articles wait no longer; in the caller's transaction, with what they told."""
    rows = sa.update(articles).where(articles.c.theatre == theatre, articles.c.article.in_(names))
    connection.execute(rows.where(articles.c.status == WAITING).values(status=CODED))


def find_article(connection: Connection, theatre: str, name: str) -> StoredArticle | None:
    """The article with its text; None where there is none, or its text is forgotten."""
    rows = _chosen(connection, theatre, articles.c.article == name, 1)
    return _stored(rows[0]) if rows else None


def addresses_of(connection: Connection, theatre: str, name: str) -> list[str]:
    """The addresses under which the article stands: its own first, then those folded into it."""
    mine = sa.or_(articles.c.article == name, articles.c.folded_into == name)
    query = sa.select(articles.c.canonical).where(articles.c.theatre == theatre, mine)
    query = query.order_by(articles.c.folded_into, articles.c.published_at, articles.c.article)
    return list(dict.fromkeys(connection.execute(query).scalars()))


def forget_texts(connection: Connection, theatre: str, before: datetime) -> int:
    """How many texts of articles listed before that instant were forgotten now."""
    old = (articles.c.theatre == theatre) & (articles.c.listed_at < stamp(before))
    late = old & articles.c.status.in_((LISTED, WAITING))
    connection.execute(sa.update(articles).where(late).values(status=UNREAD, reason=_DUE))
    kept = old & sa.or_(articles.c.text.is_not(None), articles.c.signature.is_not(None))
    gone = connection.execute(sa.update(articles).where(kept).values(text=None, signature=None))
    return gone.rowcount


def _chosen(
    connection: Connection, theatre: str, which: sa.ColumnElement[bool], limit: int
) -> Sequence[RowMapping]:
    query = sa.select(articles).where(articles.c.theatre == theatre, which).limit(limit)
    query = query.order_by(articles.c.published_at, articles.c.article)
    return connection.execute(query).mappings().all()


def _stored(row: RowMapping) -> StoredArticle | None:
    if row["text"] is None:
        return None
    published = datetime.fromisoformat(row["published_at"])
    return StoredArticle(row["article"], row["canonical"], row["title"], published, row["text"])
