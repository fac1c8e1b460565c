"""The archive: every issue for ever, in order, each chained by hash to the one before it.

Two tables in the streams' database. `issues` holds each issue's canonical JSON text and its place
in the theatre's chain (chain.py says what is hashed); `scores` holds the same rows tidily, one
line a Row, for SQL tools. The database itself refuses to change or remove a line of either.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from errors import DyadcastError
from publish.archive.chain import ARCHIVED, Audit, Head, Link, archived_lines, digest, link
from publish.contract.forecast import Forecast, from_json
from streams.store.database import name_of, reading, writing
from streams.store.rules import unprotected
from streams.store.schema import TEXT, metadata

SQL: Final[Mapping[str, Any]] = {"whole": sa.Integer, "number": sa.Double}
"""The type of each kind of column; every other kind is text."""


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, TEXT, nullable=False) for name in names)


issues = sa.Table(
    "issues",
    metadata,
    sa.Column("theatre", TEXT, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    *_texts("issue_id", "as_of", "issued_at", "status"),
    *_texts("body", "body_sha256", "previous_hash", "hash"),
    sa.UniqueConstraint("theatre", "issue_id", name="issues_once_each"),
    sa.Index("issues_by_as_of", "theatre", "as_of"),
    # With a rowid, REPLACE could take a line's place without the triggers' knowledge.
    sqlite_with_rowid=False,
)

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("theatre", TEXT, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(each.name, SQL.get(each.kind, TEXT), nullable=each.nullable) for each in ARCHIVED),
    sa.ForeignKeyConstraint(
        ["theatre", "position"], ["issues.theatre", "issues.position"], name="scores_of_an_issue"
    ),
    sa.Index(
        "scores_by_row",
        *("theatre", "issue_id", "unit", "target", "horizon_days"),
        *("target_start_date", "threshold"),  # all that the scoreboard asks of a row
    ),
    sa.Index("scores_by_end", "theatre", "target_end_date"),
    sqlite_with_rowid=False,
)


class ArchiveError(DyadcastError):
    """An archive that lacks an issue or holds a changed one."""


@dataclass(frozen=True, slots=True)
class Archived:
    """One line of a theatre's list of issues."""

    position: int
    issue_id: str
    as_of: date
    issued_at: datetime
    status: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a theatre's chain found: how many issues, the last one's hash, faults."""

    count: int
    head: Head
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True if nothing was found wrong."""
        return not self.faults


class Archive:
    """The issues in a database opened by `streams.store.connect`.

    Raises StoreError for whatever the database says is wrong.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, forecast: Forecast) -> bool:
        """True once the issue stands at the chain's end, False if it was archived before.

        One transaction, and writers take turns: no position is skipped or taken twice. An issue
        archived before stays as it was, with the `issued_at` and `change` it then had: publish
        that one (`get`), so that files and archive agree.
        """
        with writing(self._engine) as connection:
            known = sa.select(issues.c.position).where(_is(forecast.theatre, forecast.issue_id))
            if connection.execute(known).first() is not None:
                return False
            new = link(forecast, _head(connection, forecast.theatre))
            connection.execute(sa.insert(issues), [asdict(new)])
            connection.execute(sa.insert(scores), archived_lines(forecast, new.position))
        return True

    def get(self, theatre: str, issue_id: str) -> Forecast:
        """The archived issue, held against its hash; ArchiveError where missing or changed."""
        query = sa.select(issues.c.body, issues.c.body_sha256).where(_is(theatre, issue_id))
        with reading(self._engine) as connection:
            line = connection.execute(query).first()
        if line is None:
            raise ArchiveError(
                "no such issue in the archive",
                where=name_of(self._engine),
                found=f"{theatre} {issue_id}",
            )
        return self._read(line.body, line.body_sha256)

    def previous(self, theatre: str, as_of: date, hindcast: bool) -> Forecast | None:
        """The issue before: of those with an earlier as_of the newest, archived last if several.

        Hindcasts come before hindcasts only, all others before all others. None if there is none.
        """
        kind = issues.c.status == "hindcast" if hindcast else issues.c.status != "hindcast"
        query = (
            sa.select(issues.c.body, issues.c.body_sha256)
            .where(issues.c.theatre == theatre, issues.c.as_of < as_of.isoformat(), kind)
            .order_by(issues.c.as_of.desc(), issues.c.position.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            line = connection.execute(query).first()
        return None if line is None else self._read(line.body, line.body_sha256)

    def issues(self, theatre: str) -> list[Archived]:
        """The theatre's issues in the order in which they were archived."""
        c = issues.c
        query = (
            sa.select(c.position, c.issue_id, c.as_of, c.issued_at, c.status, c.hash)
            .where(c.theatre == theatre)
            .order_by(c.position)
        )
        with reading(self._engine) as connection:
            lines = connection.execute(query).all()
        return [_archived(line) for line in lines]

    def theatres(self) -> list[str]:
        """The theatres that have an issue in the archive, sorted."""
        query = sa.select(issues.c.theatre).distinct().order_by(issues.c.theatre)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def head(self, theatre: str) -> Head:
        """The chain's length and last hash; Head(0, GENESIS) when it is empty."""
        with reading(self._engine) as connection:
            return _head(connection, theatre)

    def verify(
        self, theatre: str, expected: Head | None = None, since: Head | None = None
    ) -> Verified:
        """What is wrong with the theatre's chain, recomputed from the bodies, line by line.

        Every issue's text, place, columns and lines in `scores` are checked. What was cut off at
        the end shows only against an `expected` head, such as the published manifest's. `since` is
        a head that was verified before and kept elsewhere: that issue is held against it, and of
        the others those after it alone are read.
        """
        first = since.position if since else 0
        expected = expected or since
        with reading(self._engine) as connection, _undecoded(connection):
            head = _before(connection, theatre, first) if first else Head()
            audit = Audit(theatre, head, count=head.position)
            query = sa.select(issues).where(issues.c.theatre == theatre, issues.c.position >= first)
            links = connection.execution_options(yield_per=50).execute(
                query.order_by(issues.c.position)
            )
            for line in links.mappings():
                one = Link(**{name: _legible(value) for name, value in line.items()})
                audit.take(one, _scores(connection, theatre, one.position))
            audit.faults += _orphans(connection, theatre, first)
        if expected is not None:
            audit.meet(expected)
        return Verified(audit.count, audit.head, tuple(audit.faults))

    def unguarded(self) -> list[str]:
        """The rules by which the database refuses changes that somebody has taken away."""
        with reading(self._engine) as connection:
            return [*unprotected(connection)]

    def _read(self, body: str, body_sha256: str) -> Forecast:
        if digest(body.encode()) != body_sha256:
            raise ArchiveError(
                "an archived issue was changed",
                where=name_of(self._engine),
                found=body,
                do="run `dyadcast verify` to see which",
            )
        return from_json(body)


def _archived(line: sa.Row[tuple[int, str, str, str, str, str]]) -> Archived:
    return Archived(
        position=line.position,
        issue_id=line.issue_id,
        as_of=date.fromisoformat(line.as_of),
        issued_at=datetime.fromisoformat(line.issued_at),
        status=line.status,
        hash=line.hash,
    )


def _is(theatre: str, issue_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(issues.c.theatre == theatre, issues.c.issue_id == issue_id)


def _legible(value: Any) -> Any:
    # SQLite takes a BLOB where the column says TEXT.
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _head(connection: Connection, theatre: str) -> Head:
    query = (
        sa.select(issues.c.position, issues.c.hash)
        .where(issues.c.theatre == theatre)
        .order_by(issues.c.position.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    return Head() if last is None else Head(last.position, last.hash)


def _before(connection: Connection, theatre: str, position: int) -> Head:
    """The head that the issue at the position says it follows; its own hash vouches for that."""
    here = issues.c.theatre == theatre, issues.c.position == position
    previous = connection.scalar(sa.select(issues.c.previous_hash).where(*here))
    return Head(position - 1, _legible(previous) or "")


def _scores(connection: Connection, theatre: str, position: int) -> list[dict[str, object]]:
    query = (
        sa.select(scores)
        .where(scores.c.theatre == theatre, scores.c.position == position)
        .order_by(scores.c.line)
    )
    return [dict(line) for line in connection.execute(query).mappings()]


def _orphans(connection: Connection, theatre: str, first: int) -> list[str]:
    known = sa.select(issues.c.position).where(issues.c.theatre == theatre)
    query = (
        sa.select(scores.c.position, scores.c.issue_id)
        .where(scores.c.theatre == theatre, scores.c.position >= first)
        .where(scores.c.position.not_in(known))
        .distinct()
        .order_by(scores.c.position)
    )
    return [
        f"issue {line.issue_id} at position {line.position}: lines in scores, but no issue"
        for line in connection.execute(query)
    ]


@contextmanager
def _undecoded(connection: Connection) -> Iterator[None]:
    """SQLite's text is read whatever its bytes, so that a damaged one is named, not stumbled over.

    PostgreSQL lets no such text in.
    """
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str
