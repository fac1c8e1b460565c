"""A feed asked for what is new: its listing kept, and how it fared, in one transaction."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from errors import OutageError, StreamError
from streams.net.addresses import masked, parse
from streams.sources.news.feeds.feed import BYTES_MAX, Entry, Feed, read_feed
from streams.sources.news.feeds.manners import Visitor
from streams.sources.news.feeds.stored import LISTED, articles, feed_visits, name_of
from streams.store.database import reading, writing
from streams.store.store import Store
from streams.store.versions import clock, stamp

OK, SILENT, REFUSED, TORN = "ok", "silent", "refused", "torn"
_TAGS, _TAG_MAX = ("etag", "last-modified"), 1000


@dataclass(frozen=True, slots=True)
class Visit:
    """How a feed fared: `status` is ok or why it is not, `reason` says it in words."""

    feed: str
    status: str
    reason: str = ""
    etag: str = ""
    last_modified: str = ""
    entries: int = 0
    new: int = 0

    @property
    def fault(self) -> str:
        """One line; empty for a feed that is ok."""
        return "" if self.status == OK else f"{self.feed} is {self.status}: {self.reason}"


def visit(store: Store, visitor: Visitor, address: str, at: datetime, silent_days: int) -> Visit:
    """How the feed fared; what it lists that was not known before is kept as `listed`.

    A feed that does not answer, lists nothing, or has listed nothing new for `silent_days` is
    silent; one that may not be asked is refused; one that cannot be read, or not whole, is torn.
    """
    shown = masked(parse(address))
    with reading(store.engine) as connection:
        before = _last(connection, store.theatre, shown)
    listing, outcome = _answer(visitor, address, before, at)
    with writing(store.engine) as connection:
        new = sum(_listed(connection, store.theatre, shown, each, at) for each in listing.entries)
        outcome = replace(outcome, entries=len(listing.entries), new=new)
        if outcome.status == OK and not new:
            outcome = _heard(connection, store.theatre, outcome, at, silent_days)
        row = asdict(outcome) | {"theatre": store.theatre, "visited_at": stamp(at)}
        connection.execute(sa.insert(feed_visits).values(**row))
    return outcome


def _answer(visitor: Visitor, address: str, before: Visit, at: datetime) -> tuple[Feed, Visit]:
    """What the feed lists, nothing where it has not changed, and how it fared."""
    conditions = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    refused = Visit(before.feed, REFUSED)
    try:
        answer = visitor.get(address, BYTES_MAX, headers, frozenset((200, 304)))
    except OutageError as error:
        return Feed(()), replace(refused, status=SILENT, reason=str(error))
    except StreamError as error:
        return Feed(()), replace(refused, reason=str(error))
    if answer.status_code == 304:
        return Feed(()), replace(before, status=OK, reason="")
    try:
        listing = read_feed(answer.content, before.feed, answer.charset_encoding or "", clock(at))
    except StreamError as error:
        return Feed(()), replace(refused, status=TORN, reason=str(error))
    if listing.fault:
        return listing, replace(refused, status=TORN, reason=listing.fault)
    if not listing.entries:
        return listing, replace(refused, status=SILENT, reason="it lists nothing")
    # Only a listing that is whole is one to compare with.
    etag, modified = (answer.headers.get(name, "")[:_TAG_MAX] for name in _TAGS)
    return listing, Visit(before.feed, OK, etag=etag, last_modified=modified)


def _last(connection: Connection, theatre: str, feed: str) -> Visit:
    """The feed's last visit that went well, for what its server may compare with."""
    query = sa.select(feed_visits.c.etag, feed_visits.c.last_modified)
    query = query.filter_by(theatre=theatre, feed=feed, status=OK)
    row = connection.execute(query.order_by(feed_visits.c.position.desc()).limit(1)).first()
    return Visit(feed, OK, "", row.etag, row.last_modified) if row else Visit(feed, OK)


def _heard(
    connection: Connection, theatre: str, outcome: Visit, at: datetime, silent_days: int
) -> Visit:
    """The outcome, silent where nothing new was listed for so long."""
    mine = sa.select(sa.func.max(feed_visits.c.visited_at), sa.func.min(feed_visits.c.visited_at))
    mine = mine.where(feed_visits.c.theatre == theatre, feed_visits.c.feed == outcome.feed)
    newest = connection.execute(mine.where(feed_visits.c.new > 0)).one()[0]
    since = newest or connection.execute(mine).one()[1] or stamp(at)
    if since >= stamp(at - timedelta(days=silent_days)):
        return outcome
    return replace(outcome, status=SILENT, reason=f"nothing new since {since[:10]}")


def _listed(connection: Connection, theatre: str, feed: str, entry: Entry, at: datetime) -> bool:
    """Whether the entry is new, or an update of one that is known; it is kept then."""
    updated = stamp(entry.updated) if entry.updated else ""
    name = name_of(entry.address)
    mine = (articles.c.theatre == theatre) & (articles.c.article == name)
    known = connection.execute(sa.select(articles.c.updated_at).where(mine)).first()
    if known:
        if updated <= known.updated_at:
            return False
        connection.execute(sa.update(articles).where(mine).values(updated_at=updated))
        name = name_of(entry.address, updated)
    published = entry.updated if known else entry.published
    row = {
        "theatre": theatre,
        "article": name,
        "feed": feed,
        "address": entry.address,
        "canonical": entry.address,
        "title": entry.title,
        "published_at": stamp(published) if published else "",
        "updated_at": updated,
        "listed_at": stamp(at),
        "fetched_at": "",
        "sha256": "",
        "text": entry.text,
        "folded_into": "",
        "status": LISTED,
        "reason": "",
        "attempts": 0,
    }
    connection.execute(sa.insert(articles).values(**row))
    return True
