"""Which of GDELT's files, one every quarter of an hour, have landed, and what that covers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.sources.gdelt.stories import SOURCE
from streams.store.database import reading
from streams.store.landing import Landing
from streams.store.quarantine import Refusal, refuse, settle
from streams.store.schema import landings, quarantine
from streams.store.store import Store
from streams.store.versions import stamp

WHOLE_DAY = 90
"""As many of a day's 96 files make it whole: GDELT itself now and then lacks a few."""
_STAMPED = "_" * 14 + ".export.%"


def known_files(connection: Connection, theatre: str, digests: Sequence[str]) -> set[str]:
    """Of the digests those of files that have landed for the theatre before; an empty one is
    none."""
    told = [digest for digest in digests if digest]
    query = sa.select(landings.c.sha256).filter_by(theatre=theatre, source=SOURCE)
    query = query.where(landings.c.sha256.in_(told))
    return set(connection.execute(query).scalars())


def cover_days(connection: Connection, theatre: str, at: datetime) -> None:
    """None; the newest whole days that follow each other are declared as covered."""
    day, quarter = (sa.func.substr(landings.c.file, 1, width) for width in (8, 14))
    query = (
        sa.select(day)
        .where(landings.c.theatre == theatre, landings.c.source == SOURCE)
        .where(landings.c.file.like(_STAMPED))
        .group_by(day)
        .having(sa.func.count(sa.distinct(quarter)) >= WHOLE_DAY)
    )
    days = set(filter(None, map(_day_of, connection.execute(query).scalars())))
    if days:
        start = end = max(days)
        while start - timedelta(days=1) in days:
            start -= timedelta(days=1)
        Landing(connection, theatre, SOURCE, "", "", at).cover(start, end)


def settle_files(
    connection: Connection,
    theatre: str,
    files: Sequence[str],
    refusals: Sequence[Refusal],
    at: datetime,
) -> None:
    """None; the files' refusals are in quarantine, and those of earlier states resolved."""
    table = quarantine.c
    query = sa.select(table.refusal_id).filter_by(theatre=theatre, source=SOURCE)
    query = query.where(table.file.in_(files), table.resolved_at.is_(None))
    mended = set(connection.execute(query).scalars())
    mended -= {refusal.refusal_id for refusal in refusals}
    if mended:
        settle(connection, theatre, sorted(mended), stamp(at))
    if refusals:
        refuse(connection, theatre, refusals, stamp(at))


def resumption(store: Store) -> date | None:
    """The day from which to fetch, so that no file is missed: that of the newest file ingested.

    Files are ingested in the order of their time: those before it have been, or were given up.
    """
    mine = landings.c.theatre == store.theatre, landings.c.source == SOURCE
    query = sa.select(sa.func.max(landings.c.file)).where(*mine, landings.c.file.like(_STAMPED))
    with reading(store.engine) as connection:
        newest = connection.execute(query).scalar()
    return _day_of(newest) if newest else None


def _day_of(name: str) -> date | None:
    try:
        return date.fromisoformat(name[:8])
    except ValueError:
        return None
