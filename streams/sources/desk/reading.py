"""Coverage by reading: a desk that has worked off its feeds up to a day may declare it read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.net.addresses import masked, parse
from streams.sources.desk.events import SOURCE
from streams.sources.desk.proposals import WAITING, DeskError
from streams.sources.desk.tables import decisions, proposals
from streams.sources.news.feeds.stored import LISTED, UNREAD, articles, feed_visits
from streams.sources.news.feeds.stored import WAITING as UNCODED
from streams.store.landing import Landing
from streams.store.store import Coverage, Store
from streams.store.versions import clock
from theatres import Theatre
from theatres.source import NEWS

DAY = timedelta(days=1)
OK = "ok"
"""The status of a visit to a feed that went well."""


@dataclass(frozen=True, slots=True)
class DoneReading:
    """What a declaration rests on: the days, the feeds, how often they answered, the articles that
    were published on those days and those of them that could not be read, the decisions."""

    covered: Coverage
    feeds: int
    visits: int
    articles: int
    unread: int
    decisions: int

    def line(self) -> str:
        """The evidence in one line."""
        return (
            f"read from {self.covered.start} to {self.covered.end}: {self.feeds} feeds answered"
            f" {self.visits} times, {self.articles} articles ({self.unread} could not be read),"
            f" {self.decisions} decisions"
        )


def declare_read(
    store: Store, theatre: Theatre, until: date, at: datetime, by: str, elsewhere: bool = False
) -> DoneReading:
    """The coverage of the source `desk`, declared until that day by the person named: from the day
    on which the last of its feeds was first asked, or as far back as it reaches already.

    Raises DeskError, in one line, where the day is not over; no feed is named; a feed did not
    answer on a day that is to be covered, or not since; an article waits to be read or coded, or
    could not be read, unless the person has read those `elsewhere`; a proposal known by then is
    undecided.
    """
    feeds = [
        masked(parse(feed)) for each in theatre.sources if each.name == NEWS for feed in each.feeds
    ]
    if not feeds:
        raise DeskError("no feed is read", do=f"name feeds at the source {NEWS}: docs/news.md")
    if until >= clock(at).date():
        raise DeskError("the day is not over", found=str(until), expected="a day before today")
    before = store.coverage(SOURCE)
    with store.landing(SOURCE, "", "", at) as landing:
        connection, name = landing.connection, theatre.name
        alive = {feed: _days_alive(connection, name, feed) for feed in feeds}
        if silent := [feed for feed, days in alive.items() if not days]:
            raise DeskError("a feed has never answered", found=silent[0], do="dyadcast ingest news")
        start = before.start if before else max(min(days) for days in alive.values())
        first = max(start, before.end + DAY) if before else start
        _check_feeds(alive, first, until)
        _check_articles(connection, name, until)
        if not elsewhere:
            _check_unread(connection, name, first, until)
        _check_proposals(connection, name, until)
        landing.cover(start, until, by)
        return _evidence(landing, Coverage(SOURCE, start, until, by, clock(at)), feeds, first)


def _days_alive(connection: Connection, theatre: str, feed: str) -> set[date]:
    query = sa.select(feed_visits.c.visited_at).filter_by(theatre=theatre, feed=feed, status=OK)
    return {datetime.fromisoformat(moment).date() for moment in connection.execute(query).scalars()}


def _check_feeds(alive: dict[str, set[date]], first: date, until: date) -> None:
    for feed, days in alive.items():
        wanted = (first + n * DAY for n in range((until - first).days + 1))
        if (silent := next((day for day in wanted if day not in days), None)) is not None:
            raise DeskError(
                "a feed was silent",
                where=feed,
                found=str(silent),
                expected="an answer on every day",
            )
        if max(days) <= until:
            raise DeskError(
                "a feed was not asked since",
                where=feed,
                found=str(max(days)),
                expected=f"an answer after {until}",
                do="dyadcast ingest news",
            )


def _check_articles(connection: Connection, theatre: str, until: date) -> None:
    table = articles.c
    query = sa.select(table.address).where(
        table.theatre == theatre,
        table.status.in_((LISTED, UNCODED)),
        table.published_at < (until + DAY).isoformat(),
    )
    if (row := connection.execute(query.limit(1)).first()) is not None:
        raise DeskError("an article was not read yet", found=row.address, do="dyadcast ingest news")


def _check_unread(connection: Connection, theatre: str, first: date, until: date) -> None:
    """What nobody has read is unknown: of its day silence would not be calm."""
    table = articles.c
    query = sa.select(table.address, table.reason).where(
        table.theatre == theatre,
        table.status == UNREAD,
        table.published_at >= first.isoformat(),
        table.published_at < (until + DAY).isoformat(),
    )
    if rows := connection.execute(query.order_by(table.published_at)).all():
        raise DeskError(
            f"{len(rows)} articles could not be read",
            found=f"{rows[0].address} ({rows[0].reason})",
            do="read them, hand in what they tell by `dyadcast read --propose`,"
            " then say --read-elsewhere",
        )


def _check_proposals(connection: Connection, theatre: str, until: date) -> None:
    table = proposals.c
    query = sa.select(table.proposal_id, table.known_on).where(
        table.theatre == theatre,
        table.status == WAITING,
        table.known_on <= until.isoformat(),
    )
    rows = connection.execute(query.order_by(table.known_on)).all()
    if rows:
        raise DeskError(
            f"{len(rows)} undecided",
            found=f"{rows[0].proposal_id} of {rows[0].known_on}",
            do="decide of them first: dyadcast desk next",
        )


def _evidence(landing: Landing, covered: Coverage, feeds: list[str], first: date) -> DoneReading:
    connection, theatre = landing.connection, landing.theatre
    since, end = first.isoformat(), (covered.end + DAY).isoformat()

    def count(table: sa.Table, moment: str, *conditions: sa.ColumnElement[bool]) -> int:
        when = table.c[moment]
        query = sa.select(sa.func.count()).select_from(table)
        query = query.where(table.c.theatre == theatre, when >= since, when < end, *conditions)
        return int(connection.execute(query).scalar_one())

    visits, unread = feed_visits.c.status == OK, articles.c.status == UNREAD
    mine = sa.select(proposals.c.proposal_id).where(
        proposals.c.theatre == theatre, proposals.c.known_on >= since, proposals.c.known_on < end
    )
    taken = sa.select(sa.func.count()).select_from(decisions)
    taken = taken.where(decisions.c.theatre == theatre, decisions.c.proposal_id.in_(mine))
    return DoneReading(
        covered,
        len(feeds),
        count(feed_visits, "visited_at", visits),
        count(articles, "published_at"),
        count(articles, "published_at", unread),
        int(connection.execute(taken).scalar_one()),
    )
