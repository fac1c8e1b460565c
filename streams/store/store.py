"""The append-only store of events, with three clocks: occurred, known, ingested."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from streams.events.frame import COLUMNS
from streams.store.database import StoreError, connect, reading, writing
from streams.store.landing import Landing
from streams.store.quarantine import Refusal, list_refusals, refuse, settle
from streams.store.schema import coverages, event_versions, landings, runs
from streams.store.versions import Landed, clock, read_versions, stamp, standing

__all__ = [
    "Coverage",
    "Health",
    "Landed",
    "Refusal",
    "Store",
    "StoreError",
    "connect",
    "reading",
    "writing",
]


@dataclass(frozen=True, slots=True)
class Coverage:
    """From when to when, both days included, the silence of a source means calm.

    `declared_by` is the person who said so, empty where it was the source's own data.
    """

    source: str
    start: date
    end: date
    declared_by: str = field(default="", compare=False)
    declared_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Health:
    """How a source fares: when it was last asked and when that last went well, what it told,
    the newest day on which an event of it happened, and when the newest became known."""

    source: str
    last_run: datetime | None
    last_status: str
    last_told: str
    last_success: datetime | None
    events: int
    newest_event: date | None
    newest_known: date | None


class Store:
    """A theatre's events, coverages and refusals in a database, where other theatres may have
    theirs; no event row is changed or removed.

    Every method raises StoreError, in one line, for what the database says is wrong.
    """

    def __init__(self, engine: Engine, theatre: str) -> None:
        self.engine, self.theatre = engine, theatre

    @contextmanager
    def landing(self, source: str, file: str, sha256: str, at: datetime) -> Iterator[Landing]:
        """What takes a file's batches: in one transaction, which an error undoes whole.

        A file whose content has landed before, from the same source, is `known`.
        """
        with writing(self.engine) as connection:
            landing = Landing(connection, self.theatre, source, file, sha256, at)
            yield landing
            landing.close()

    def append(self, frame: pd.DataFrame, ingested_at: datetime) -> Landed:
        """How many rows were new, revisions, tombstones or stored already; all land or none do.

        Versions are numbered here, whatever `frame` says. A row whose content is stored already
        changes nothing, in whichever order rows and releases come.
        Raises FrameError where `frame` is not one of events.
        """
        with self.landing(_source_of(frame), "", "", ingested_at) as landing:
            return landing.append(frame)

    def retract(
        self, source: str, event_ids: Sequence[str], known_at: datetime, ingested_at: datetime
    ) -> Landed:
        """How many events got a tombstone, and how many had one already.

        Each is gone from the views of `known_at` and later, and stays in those before.
        Raises StoreError where an id is unknown, or its last version was known after `known_at`.
        """
        known = pd.Timestamp(clock(known_at).replace(microsecond=0))
        with self.landing(source, "", "", ingested_at) as landing:
            versions = read_versions(landing.connection, self.theatre, sources=[source])
            named = versions["event_id"].isin(list(event_ids))
            last = versions[versions["known_until"].isna() & named]
            _check_retraction(source, event_ids, last, known)
            live = last.loc[~last["retracted"], list(COLUMNS)]
            landed = landing.append(
                live.assign(known_at=known, retracted=True).astype({"known_at": "datetime64[s]"})
            )
        return Landed(retracted=landed.retracted, unchanged=len(last) - landed.retracted)

    def events(
        self, as_of: date, seen_by: datetime | None = None, sources: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Of each event the latest version known by the end of `as_of`, retracted ones left out.

        COLUMNS, one row an event, in the order of occurred_on and, of one day, as they landed.
        `seen_by` leaves out what was ingested later, for an exact replay; `sources` keeps those.
        Uses nothing known after `as_of`.
        """
        return standing(self.versions(as_of, seen_by, sources))

    def versions(
        self, as_of: date, seen_by: datetime | None = None, sources: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Every version known by the end of `as_of`, tombstones too, with `known_until`.

        A version holds from its known_at until known_until, which is the known_at of the version
        that supersedes it, or NaT. One superseded at the instant it was known is left out.
        In the order of occurred_on. Uses nothing known after `as_of`.
        """
        with reading(self.engine) as connection:
            return read_versions(connection, self.theatre, as_of, seen_by, sources)

    def last_landing(self) -> int:
        """The number of the newest landing, of whatever theatre; 0 where nothing has landed."""
        with reading(self.engine) as connection:
            return connection.scalar(sa.select(sa.func.max(landings.c.landing))) or 0

    def first_change(
        self, sources: Sequence[str], landing: int, before: date, as_of: date
    ) -> date | None:
        """The first day of the sources' events of which `as_of` knows else than was known on
        `before`, by what had landed up to `landing`; None where all is the same.

        Of an event told anew its every day counts, those that were taken back too.
        """
        c, day = event_versions.c, timedelta(1)
        mine = sa.and_(c.theatre == self.theatre, c.source.in_(sources))
        first, last = sorted((before, as_of))
        turned = sa.and_(
            c.known_at >= (first + day).isoformat(), c.known_at < (last + day).isoformat()
        )
        told = sa.select(c.source, c.event_id).where(mine, sa.or_(c.landing > landing, turned))
        query = sa.select(sa.func.min(c.occurred_on))
        query = query.where(mine, sa.tuple_(c.source, c.event_id).in_(told))
        with reading(self.engine) as connection:
            day_text: str | None = connection.scalar(query)
        return None if day_text is None else date.fromisoformat(day_text)

    def declare_coverage(
        self, source: str, start: date, end: date, declared_at: datetime, by: str = ""
    ) -> Coverage:
        """The coverage as declared, by the person named; the same declared again changes nothing.

        Raises StoreError where it ends before it starts.
        """
        with self.landing(source, "", "", declared_at) as landing:
            landing.cover(start, end, by)
        return Coverage(source, start, end, by, clock(declared_at))

    def has_declared(self, source: str, start: date, end: date) -> bool:
        """Whether that very span was ever declared for `source`."""
        span = {"start_on": start.isoformat(), "end_on": end.isoformat()}
        query = sa.select(coverages.c.position).filter_by(
            theatre=self.theatre, source=source, **span
        )
        with reading(self.engine) as connection:
            return connection.execute(query.limit(1)).first() is not None

    def coverage(self, source: str, seen_by: datetime | None = None) -> Coverage | None:
        """The span declared last for `source` (by `seen_by`, where given), or None."""
        query = sa.select(coverages).filter_by(theatre=self.theatre, source=source)
        if seen_by is not None:
            query = query.where(coverages.c.declared_at <= stamp(seen_by))
        query = query.order_by(coverages.c.declared_at.desc(), coverages.c.position.desc())
        with reading(self.engine) as connection:
            row = connection.execute(query.limit(1)).first()
        if row is None:
            return None
        return Coverage(
            source,
            date.fromisoformat(row.start_on),
            date.fromisoformat(row.end_on),
            row.declared_by,
            datetime.fromisoformat(row.declared_at),
        )

    def record_run(self, source: str, at: datetime, status: str, told: str) -> None:
        """Keeps that the source was asked at that time, how it went, and what it told."""
        row = {"theatre": self.theatre, "source": source, "started_at": stamp(at)}
        row |= {"status": status, "told": told}
        with writing(self.engine) as connection:
            connection.execute(sa.insert(runs).values(**row))

    def health(self, source: str) -> Health:
        """How the source fares, as of the newest that the store knows."""
        table = event_versions.c
        mine = sa.select(
            sa.func.count(sa.distinct(table.event_id)),
            sa.func.max(table.occurred_on),
            sa.func.max(table.known_at),
        ).where(table.theatre == self.theatre, table.source == source)
        asked = sa.select(runs).filter_by(theatre=self.theatre, source=source)
        asked = asked.order_by(runs.c.position.desc()).limit(1)
        went_well = asked.where(runs.c.status == "ok")
        with reading(self.engine) as connection:
            events, newest, known = connection.execute(mine).one()
            last = connection.execute(asked).first()
            good = connection.execute(went_well).first()
        return Health(
            source=source,
            last_run=datetime.fromisoformat(last.started_at) if last else None,
            last_status=last.status if last else "",
            last_told=last.told if last else "",
            last_success=datetime.fromisoformat(good.started_at) if good else None,
            events=events,
            newest_event=date.fromisoformat(newest) if newest else None,
            newest_known=datetime.fromisoformat(known).date() if known else None,
        )

    def quarantine(self, refusals: Sequence[Refusal], at: datetime) -> int:
        """How many of the refusals were not there already; the others change nothing."""
        with writing(self.engine) as connection:
            return refuse(connection, self.theatre, refusals, stamp(at))

    def quarantined(self, source: str | None = None) -> pd.DataFrame:
        """The refused rows, oldest first, with `at`, `resolved` and the `refusal_id` to name them.

        Columns: refusal_id, source, file, line, column, found, expected, event_id, header, raw
        (both bytes), at (datetime64[us]), resolved (bool).
        """
        with reading(self.engine) as connection:
            return list_refusals(connection, self.theatre, source)

    def resolve(self, refusal_ids: Sequence[str], at: datetime) -> int:
        """How many of the refusals were open and are now marked resolved."""
        with writing(self.engine) as connection:
            return settle(connection, self.theatre, refusal_ids, stamp(at))


def _source_of(frame: pd.DataFrame) -> str:
    """The source whose rows these are; empty where there are several or none."""
    sources = set(frame["source"]) if "source" in frame else set()
    return str(sources.pop()) if len(sources) == 1 else ""


def _check_retraction(
    source: str, event_ids: Sequence[str], last: pd.DataFrame, known: pd.Timestamp
) -> None:
    unknown = sorted(set(event_ids) - set(last["event_id"]))
    if unknown:
        raise StoreError("no such event", where=f"source {source}", found=unknown[0])
    early = last[(last["known_at"] > known) & ~last["retracted"]]
    if len(early):
        raise StoreError(
            "retracted before it was last revised",
            where=f"event {early['event_id'].iloc[0]}",
            found=known.isoformat(),
            expected=f"{early['known_at'].iloc[0].isoformat()} or later",
        )
