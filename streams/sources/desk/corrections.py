"""What has changed since an instant: events added, revised and taken back, in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from streams.events.frame import COLUMNS
from streams.store.schema import event_versions
from streams.store.versions import stamp

_STILL: Final = ("event_id", "source", "version", "retracted", "known_simulated")
"""Columns whose change is told by the change's kind, or by nothing."""


def corrections(
    connection: Connection,
    theatre: str,
    sources: Sequence[str],
    since: datetime,
    part: tuple[int, int],
) -> list[dict[str, Any]]:
    """Versions of these sources' events ingested at `since` or later, the earliest first.

    `part` is how many to pass over, and how many to give at most. Each has `at` (the ingest, UTC),
    `change` (added, revised or retracted), `changes` (field to what it was and became) and the
    version's own columns.
    """
    table, (start, limit) = event_versions.c, part
    query = sa.select(event_versions).where(
        table.theatre == theatre,
        table.source.in_(list(sources)),
        table.ingested_at >= stamp(since),
    )
    order = (table.ingested_at, table.source, table.event_id, table.version)
    rows = connection.execute(query.order_by(*order).offset(start).limit(limit)).mappings().all()
    return [_correction(row, _before(connection, theatre, row)) for row in rows]


def _before(connection: Connection, theatre: str, row: RowMapping) -> Mapping[str, Any] | None:
    """The version before, None where there is none or the event was taken back by it."""
    if row["version"] == 1:
        return None
    named = {name: row[name] for name in ("source", "event_id")}
    query = sa.select(event_versions).filter_by(
        theatre=theatre, version=row["version"] - 1, **named
    )
    before = connection.execute(query).mappings().first()
    if before is None or (before["retracted"] and not row["retracted"]):
        return None
    return dict(before)


def _correction(row: RowMapping, before: Mapping[str, Any] | None) -> dict[str, Any]:
    kind = "retracted" if row["retracted"] else "added" if before is None else "revised"
    names = [name for name in COLUMNS if name not in _STILL] if kind == "revised" else []
    was = before or {}
    changes = {name: [was[name], row[name]] for name in names if was[name] != row[name]}
    own = {name: row[name] for name in COLUMNS}
    return {"at": row["ingested_at"], "change": kind, "changes": changes, **own}
