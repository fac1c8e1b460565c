"""Rows that were refused: why, and what they held, so that they can be mended or tried again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.store.schema import quarantine

_IDS_A_QUERY = 10_000
_SHOWN = ("refusal_id", "source", "file", "line", "column", "found", "expected", "event_id")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row. `found` is quoted as it may be shown; `raw` and `header` are its bytes.

    `line` is the physical line of `file` on which the record starts, the first being 1;
    `event_id` is empty where it could not be read.
    """

    source: str
    file: str
    line: int
    column: str
    found: str
    expected: str
    raw: bytes
    header: bytes = b""
    event_id: str = ""

    @property
    def message(self) -> str:
        """The refusal in one line: file, line, column, what was found and what was expected."""
        where = f"{self.file}, line {self.line}, column {self.column}"
        return printable(f"{where}: found {self.found}, expected {self.expected}")

    @property
    def refusal_id(self) -> str:
        """A name for the refusal: the same row refused for the same reason has the same."""
        identity = (self.source, self.file, str(self.line), self.column, self.found, self.expected)
        digest = hashlib.sha256("\x1f".join(map(printable, identity)).encode())
        digest.update(b"\x1f" + self.raw)
        return digest.hexdigest()[:16]


def printable(text: str) -> str:
    """The text with every character that does not print written as its escape."""
    return "".join(
        letter if letter.isprintable() else ascii(letter).strip("'\"") for letter in text
    )


def refuse(connection: Connection, theatre: str, refusals: Sequence[Refusal], at: str) -> int:
    """How many of the refusals are new in the table, which now holds them all."""
    if not refusals:
        return 0
    rows = {each.refusal_id: {"theatre": theatre, **_row(each, at)} for each in refusals}
    query = sa.select(quarantine.c.refusal_id).filter_by(theatre=theatre)
    stored = set(connection.execute(query).scalars())
    fresh = [row for refusal_id, row in rows.items() if refusal_id not in stored]
    if fresh:
        connection.execute(sa.insert(quarantine), fresh)
    return len(fresh)


def _row(refusal: Refusal, at: str) -> dict[str, object]:
    return {
        "refusal_id": refusal.refusal_id,
        "source": refusal.source,
        "file": printable(refusal.file),
        "line": refusal.line,
        "column": printable(refusal.column),
        "found": printable(refusal.found),
        "expected": printable(refusal.expected),
        "event_id": printable(refusal.event_id),
        "header": refusal.header,
        "raw": refusal.raw,
        "refused_at": at,
    }


def list_refusals(connection: Connection, theatre: str, source: str | None) -> pd.DataFrame:
    """The theatre's refusals, of one source or of all, in the order of time, file and line."""
    table = quarantine.c
    query = sa.select(quarantine).filter_by(theatre=theatre)
    query = query.order_by(table.refused_at, table.file, table.line)
    if source is not None:
        query = query.where(table.source == source)
    rows = connection.execute(query).all()
    frame = pd.DataFrame(
        {name: pd.Series([row._mapping[name] for row in rows], dtype="str") for name in _SHOWN}
    ).assign(line=pd.Series([row.line for row in rows], dtype="int64"))
    for name in ("header", "raw"):
        frame[name] = pd.Series([bytes(row._mapping[name]) for row in rows], dtype="object")
    frame["at"] = pd.to_datetime(pd.Series([row.refused_at for row in rows], dtype="str")).astype(
        "datetime64[us]"
    )
    frame["resolved"] = pd.Series([row.resolved_at is not None for row in rows], dtype="bool")
    return frame


def settle(connection: Connection, theatre: str, refusal_ids: Sequence[str], at: str) -> int:
    """How many of the refusals were open; they are marked resolved at `at`."""
    table = quarantine.c
    ids, settled = list(refusal_ids), 0
    for start in range(0, len(ids), _IDS_A_QUERY):
        query = (
            sa.update(quarantine)
            .where(table.theatre == theatre)
            .where(table.refusal_id.in_(ids[start : start + _IDS_A_QUERY]))
            .where(table.resolved_at.is_(None))
            .values(resolved_at=at)
        )
        settled += connection.execute(query).rowcount
    return settled
