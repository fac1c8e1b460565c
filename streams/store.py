"""The append-only store of events, with three clocks: occurred, known, ingested."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from streams.database import StoreError, connect, insert_many, reading, writing
from streams.frame import COLUMNS, check_frame, content_hashes, plain, typed
from streams.quarantine import Refusal, list_refusals, refuse, settle
from streams.tables import coverages, event_versions

__all__ = ["Coverage", "Landed", "Refusal", "Store", "StoreError", "connect", "reading", "writing"]

_IDS_A_QUERY = 10_000  # SQLite takes at most 32,766 values in one statement
_ORDER = ["occurred_on", "source", "event_id", "known_at", "version"]


@dataclass(frozen=True, slots=True)
class Landed:
    """How many rows of an append were events not seen before, revisions, tombstones, or known."""

    new: int = 0
    revised: int = 0
    retracted: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """From when to when, both days included, the silence of a source means calm."""

    source: str
    start: date
    end: date


class Store:
    """The events, coverages and refusals in one database; no event row is changed or removed.

    Every method raises StoreError, in one line, for what the database says is wrong.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def append(self, frame: pd.DataFrame, ingested_at: datetime) -> Landed:
        """How many rows were new, revisions, tombstones or stored already; all land or none do.

        Versions are numbered here, whatever `frame` says. A row whose content is stored already
        changes nothing, in whichever order rows and releases come.
        Raises FrameError where `frame` is not one of events.
        """
        check_frame(frame)
        columns = plain(frame)
        hashes = content_hashes(columns)
        with writing(self.engine) as connection:
            return _land(connection, columns, hashes, stamp(ingested_at))

    def retract(
        self, source: str, event_ids: Sequence[str], known_at: datetime, ingested_at: datetime
    ) -> Landed:
        """How many events got a tombstone, and how many had one already.

        Each is gone from the views of `known_at` and later, and stays in those before.
        Raises StoreError where an id is unknown, or its last version was known after `known_at`.
        """
        known = pd.Timestamp(clock(known_at).replace(microsecond=0))
        with writing(self.engine) as connection:
            last = _last_versions(_read(connection, sources=[source]), event_ids)
            _check_retraction(source, event_ids, last, known)
            live = last[~last["retracted"]].assign(known_at=known, retracted=True)
            columns = plain(live.astype({"known_at": "datetime64[s]"}))
            landed = _land(connection, columns, content_hashes(columns), stamp(ingested_at))
        return Landed(retracted=landed.retracted, unchanged=len(last) - landed.retracted)

    def events(
        self, as_of: date, seen_by: datetime | None = None, sources: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Of each event the latest version known by the end of `as_of`, retracted ones left out.

        COLUMNS, one row an event, sorted by occurred_on, source and event_id. `seen_by` leaves
        out what was ingested later, for an exact replay; `sources` keeps those alone.
        Uses nothing known after `as_of`.
        """
        versions = self.versions(as_of, seen_by, sources)
        kept = versions["known_until"].isna() & ~versions["retracted"]
        return versions.loc[kept, list(COLUMNS)].reset_index(drop=True)

    def versions(
        self, as_of: date, seen_by: datetime | None = None, sources: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Every version known by the end of `as_of`, tombstones too, with `known_until`.

        A version holds from its known_at until known_until, which is the known_at of the version
        that supersedes it, or NaT. One superseded at the instant it was known is left out.
        Sorted by occurred_on, source, event_id and known_at. Uses nothing known after `as_of`.
        """
        with reading(self.engine) as connection:
            frame = _read(connection, as_of, seen_by, sources)
        return _with_lives(frame)

    def declare_coverage(
        self, source: str, start: date, end: date, declared_at: datetime
    ) -> Coverage:
        """The coverage as declared; the same span declared again changes nothing.

        Raises StoreError where it ends before it starts.
        """
        if end < start:
            raise StoreError(
                "coverage ends before it starts",
                where=source,
                found=end.isoformat(),
                expected=f"{start} or later",
            )
        span = {"source": source, "start_on": start.isoformat(), "end_on": end.isoformat()}
        with writing(self.engine) as connection:
            if (
                connection.execute(sa.select(coverages.c.position).filter_by(**span)).first()
                is None
            ):
                connection.execute(
                    sa.insert(coverages).values(declared_at=stamp(declared_at), **span)
                )
        return Coverage(source, start, end)

    def coverage(self, source: str, seen_by: datetime | None = None) -> Coverage | None:
        """The span declared last for `source` (by `seen_by`, where given), or None."""
        query = sa.select(coverages.c.start_on, coverages.c.end_on).filter_by(source=source)
        if seen_by is not None:
            query = query.where(coverages.c.declared_at <= stamp(seen_by))
        query = query.order_by(coverages.c.declared_at.desc(), coverages.c.position.desc())
        with reading(self.engine) as connection:
            row = connection.execute(query.limit(1)).first()
        if row is None:
            return None
        return Coverage(source, date.fromisoformat(row.start_on), date.fromisoformat(row.end_on))

    def quarantine(self, refusals: Sequence[Refusal], at: datetime) -> int:
        """How many of the refusals were not there already; the others change nothing."""
        with writing(self.engine) as connection:
            return refuse(connection, refusals, stamp(at))

    def quarantined(self, source: str | None = None) -> pd.DataFrame:
        """The refused rows, oldest first, with `at`, `resolved` and the `refusal_id` to name them.

        Columns: refusal_id, source, file, line, column, found, expected, event_id, header, raw
        (both bytes), at (datetime64[us]), resolved (bool).
        """
        with reading(self.engine) as connection:
            return list_refusals(connection, source)

    def resolve(self, refusal_ids: Sequence[str], at: datetime) -> int:
        """How many of the refusals were open and are now marked resolved."""
        with writing(self.engine) as connection:
            return settle(connection, refusal_ids, stamp(at))


def clock(moment: datetime) -> datetime:
    """The moment in UTC, without a zone; one that has no zone is UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def stamp(moment: datetime) -> str:
    """The moment as text of one length, which sorts as time does."""
    return clock(moment).isoformat(timespec="microseconds")


def _read(
    connection: Connection,
    as_of: date | None = None,
    seen_by: datetime | None = None,
    sources: Sequence[str] | None = None,
) -> pd.DataFrame:
    table = event_versions.c
    query = sa.select(*(table[column] for column in COLUMNS))
    if as_of is not None:
        query = query.where(table.known_at <= f"{as_of:%Y-%m-%d}T23:59:59")
    if seen_by is not None:
        query = query.where(table.ingested_at <= stamp(seen_by))
    if sources is not None:
        query = query.where(table.source.in_(list(sources)))
    rows = connection.execute(query).all()
    values = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    return typed(dict(zip(COLUMNS, map(list, values), strict=True)))


def _with_lives(frame: pd.DataFrame) -> pd.DataFrame:
    ordered = frame.sort_values(["source", "event_id", "known_at", "version"], kind="stable")
    until = ordered.groupby(["source", "event_id"], sort=False)["known_at"].shift(-1)
    lived = ordered.assign(known_until=until.astype("datetime64[s]"))
    lived = lived[lived["known_until"].isna() | (lived["known_until"] > lived["known_at"])]
    return lived.sort_values(_ORDER, kind="stable").reset_index(drop=True)


def _last_versions(frame: pd.DataFrame, event_ids: Sequence[str]) -> pd.DataFrame:
    lived = _with_lives(frame[frame["event_id"].isin(list(event_ids))])
    return lived.loc[lived["known_until"].isna(), list(COLUMNS)]


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


def _land(
    connection: Connection, columns: dict[str, list[Any]], hashes: list[str], ingested_at: str
) -> Landed:
    keys = list(zip(columns["source"], columns["event_id"], strict=True))
    known, numbers = _stored(connection, keys)
    fresh: list[tuple[tuple[str, str], int, int]] = []
    # Of one event's rows the one known first comes first, so that the rows' order is no matter.
    for at in sorted(range(len(keys)), key=lambda at: (columns["known_at"][at], hashes[at])):
        if hashes[at] not in known:
            known.add(hashes[at])
            numbers[keys[at]] = numbers.get(keys[at], 0) + 1
            fresh.append((keys[at], numbers[keys[at]], at))
    fresh.sort()  # in the order of the indexes, where rows are then written beside each other
    versions, order = [number for _, number, _ in fresh], [at for _, _, at in fresh]
    landing = {name: [values[at] for at in order] for name, values in columns.items()}
    landing["version"] = versions
    landing["ingested_at"] = [ingested_at] * len(fresh)
    landing["content_hash"] = [hashes[at] for at in order]
    insert_many(connection, event_versions, landing)
    return _counted(versions, landing["retracted"], len(keys))


def _counted(versions: list[int], retracted: list[bool], rows: int) -> Landed:
    tombstones = sum(retracted)
    pairs = zip(versions, retracted, strict=True)
    new = sum(version == 1 and not tombstone for version, tombstone in pairs)
    revised = len(versions) - tombstones - new
    return Landed(new, revised, tombstones, rows - len(versions))


def _stored(
    connection: Connection, keys: list[tuple[str, str]]
) -> tuple[set[str], dict[tuple[str, str], int]]:
    """The content hashes of the events named, and how many versions each has: 1, 2, 3 to that."""
    table = event_versions.c
    known: set[str] = set()
    numbers: dict[tuple[str, str], int] = {}
    for source in sorted({source for source, _ in keys}):
        ids = sorted({event_id for other, event_id in keys if other == source})
        for start in range(0, len(ids), _IDS_A_QUERY):
            query = sa.select(table.event_id, table.content_hash).where(
                table.source == source, table.event_id.in_(ids[start : start + _IDS_A_QUERY])
            )
            for event_id, content_hash in connection.execute(query).all():
                known.add(content_hash)
                numbers[source, event_id] = numbers.get((source, event_id), 0) + 1
    return known, numbers
