"""The versions of events in the database: numbered as they are added, read as of a date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.frame import COLUMNS, arrow, check_frame, content_hashes
from streams.store.blocks import add_block, is_among, read_blocks
from streams.store.database import insert_many
from streams.store.schema import event_versions

IDS_A_QUERY = 10_000  # SQLite takes at most 32,766 values in one statement
_KEY = ["source", "event_id"]


@dataclass(frozen=True, slots=True)
class Landed:
    """How many rows of an append were events not seen before, revisions, tombstones, or known."""

    new: int = 0
    revised: int = 0
    retracted: int = 0
    unchanged: int = 0

    def __add__(self, other: "Landed") -> "Landed":
        return Landed(
            self.new + other.new,
            self.revised + other.revised,
            self.retracted + other.retracted,
            self.unchanged + other.unchanged,
        )


def clock(moment: datetime) -> datetime:
    """The moment in UTC, without a zone; one that has no zone is UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def stamp(moment: datetime) -> str:
    """The moment as text of one length, which sorts as time does."""
    return clock(moment).isoformat(timespec="microseconds")


def add_versions(
    connection: Connection, theatre: str, frame: pd.DataFrame, landing: int, ingested_at: str
) -> Landed:
    """What became of the rows; those whose content is stored already change nothing.

    Versions are numbered in the order in which they become known. Raises FrameError where
    `frame` is not one of events.
    """
    check_frame(frame)
    columns = arrow(frame)
    hashes = content_hashes(columns)
    keys = list(zip(columns["source"].to_pylist(), columns["event_id"].to_pylist(), strict=True))
    order, versions = _numbered(connection, theatre, keys, columns, hashes)
    taken = {name: column.take(pa.array(order, pa.int64())) for name, column in columns.items()}
    retracted = taken["retracted"].to_pylist()
    rows: dict[str, list[Any]] = {name: column.to_pylist() for name, column in taken.items()}
    rows["theatre"] = [theatre] * len(order)
    rows["version"] = versions
    rows["ingested_at"] = [ingested_at] * len(order)
    rows["content_hash"] = [hashes[at] for at in order]
    rows["landing"] = [landing] * len(order)
    insert_many(connection, event_versions, rows)
    add_block(
        connection, theatre, {**taken, "version": pa.array(versions, pa.int64())}, ingested_at
    )
    return _counted(versions, retracted, len(keys))


def _numbered(
    connection: Connection,
    theatre: str,
    keys: list[tuple[str, str]],
    columns: Mapping[str, pa.Array],
    hashes: list[bytes],
) -> tuple[list[int], list[int]]:
    """Which rows are new to the store, in the order of its key, and the version of each."""
    stored, numbers = _stored(connection, theatre, keys)
    fresh: list[tuple[tuple[str, str], int, int]] = []
    if not numbers and len(set(keys)) == len(keys):
        fresh = [(key, 1, at) for at, key in enumerate(keys)]
    else:
        times = columns["known_at"].to_pylist()
        # Of one event's rows the one known first comes first: the rows' order is no matter.
        for at in sorted(range(len(keys)), key=lambda at: (times[at], hashes[at])):
            if hashes[at] not in stored:
                stored.add(hashes[at])
                numbers[keys[at]] = numbers.get(keys[at], 0) + 1
                fresh.append((keys[at], numbers[keys[at]], at))
    fresh.sort()  # rows are then written beside each other
    return [at for _, _, at in fresh], [number for _, number, _ in fresh]


def _stored(
    connection: Connection, theatre: str, keys: list[tuple[str, str]]
) -> tuple[set[bytes], dict[tuple[str, str], int]]:
    """The content hashes of the events named, and how many versions each has: 1, 2, 3 to that."""
    table = event_versions.c
    known: set[bytes] = set()
    numbers: dict[tuple[str, str], int] = {}
    for source in sorted({source for source, _ in keys}):
        if not holds(connection, theatre, source):
            continue
        ids = sorted({event_id for other, event_id in keys if other == source})
        for start in range(0, len(ids), IDS_A_QUERY):
            query = sa.select(table.event_id, table.content_hash).where(
                table.theatre == theatre,
                table.source == source,
                table.event_id.in_(ids[start : start + IDS_A_QUERY]),
            )
            for event_id, content_hash in connection.execute(query).all():
                known.add(bytes(content_hash))
                numbers[source, event_id] = numbers.get((source, event_id), 0) + 1
    return known, numbers


def holds(connection: Connection, theatre: str, source: str) -> bool:
    """Whether the store holds any version of the theatre's events of that source."""
    query = sa.select(event_versions.c.version).filter_by(theatre=theatre, source=source).limit(1)
    return connection.execute(query).first() is not None


def _counted(versions: list[int], retracted: list[bool], rows: int) -> Landed:
    tombstones = sum(retracted)
    pairs = zip(versions, retracted, strict=True)
    new = sum(version == 1 and not tombstone for version, tombstone in pairs)
    return Landed(new, len(versions) - tombstones - new, tombstones, rows - len(versions))


def read_versions(
    connection: Connection,
    theatre: str,
    as_of: date | None = None,
    seen_by: datetime | None = None,
    sources: Sequence[str] | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """The theatre's every version known by the end of `as_of`, or by `until`, with `known_until`.

    Those ingested after `seen_by`, and those of other sources, are left out. A version holds
    from its known_at until known_until, which is the known_at of the version that supersedes
    it, or NaT. One superseded at the instant it was known is left out.
    In the order of occurred_on and, of one day, as they landed.
    """

    def wanted(held: pa.Table) -> npt.NDArray[np.bool_]:
        known = held["known_at"].to_numpy()
        kept = np.ones(held.num_rows, bool)
        if as_of is not None:
            kept &= known < np.datetime64(as_of, "D") + 1
        if until is not None:
            kept &= known <= np.datetime64(clock(until), "s")
        if seen_by is not None:
            seen = pc.less_equal(held["ingested_at"].cast(pa.string()), stamp(seen_by))
            kept &= seen.to_numpy(zero_copy_only=False)
        return kept if sources is None else kept & is_among(held["source"], sources)

    return _with_lives(_frame(read_blocks(connection, theatre, wanted)))


def _frame(table: pa.Table) -> pd.DataFrame:
    """The table as a frame of COLUMNS with the types in DTYPES."""
    frame: pd.DataFrame = table.select(list(COLUMNS)).to_pandas(types_mapper=_pandas_type)
    return frame.astype({"version": "int64"})


def _pandas_type(kind: pa.DataType) -> Any:
    return pd.Int64Dtype() if kind == pa.int64() else None


def _with_lives(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `known_until`, and without the versions that never held."""
    until = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
    several = frame.loc[frame["version"] > 1, _KEY].drop_duplicates()
    if several.empty:
        return frame.assign(known_until=until)
    # Most events have one version: only the others need be put in order.
    again = frame["event_id"].isin(several["event_id"])
    revised = frame.loc[again, [*_KEY, "known_at", "version"]]
    revised = revised.sort_values([*_KEY, "known_at", "version"], kind="stable")
    until.loc[revised.index] = revised.groupby(_KEY, sort=False)["known_at"].shift(-1)
    lived = frame.assign(known_until=until)
    lived = lived[lived["known_until"].isna() | (lived["known_until"] > lived["known_at"])]
    return lived.reset_index(drop=True)


def standing(versions: pd.DataFrame) -> pd.DataFrame:
    """Of `versions` the last of each event, tombstones left out: what holds at their end."""
    kept = versions["known_until"].isna() & ~versions["retracted"]
    return versions.loc[kept, list(COLUMNS)].reset_index(drop=True)
