"""The database behind the store and the archive: opening it, knowing it, speaking to it."""

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from streams.store.faults import StoreError, explained, masked, name_of
from streams.store.upgrade import check_ours, is_current, upgrade

__all__ = ["StoreError", "connect", "connected", "insert_many", "name_of", "reading", "writing"]

BUSY_SECONDS = 10.0
_WRITERS_LOCK = 0x64796164  # "dyad": one writer at a time in a PostgreSQL database
_WAL_ATTEMPTS = 50
_MEMORY = (None, "", ":memory:")


def connect(url: str, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine on the database at `url`, with every table of this version in it.

    `sqlite:///PATH` makes the file and its folder; `postgresql://` and `postgresql+psycopg://`
    name a server's database. One that an older dyadcast made is upgraded. Safe to call from
    several processes at once: all the tables appear together or not at all.
    Raises StoreError, in one line with the password masked, for a bad URL, a file that is no
    SQLite database, a database of something else or of a later dyadcast, one locked for longer
    than `busy_seconds`, a folder that cannot be written, a server that does not answer.
    """
    target = _parse(url)
    engine = _sqlite(target, busy_seconds) if _is_sqlite(target) else _postgresql(target)
    try:
        _make_current(engine, busy_seconds)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    """An engine as `connect` gives it, whose connections are closed at the end."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the database as it was at the first of them.

    Raises StoreError for whatever the database says is wrong.
    """
    with explained(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction that no other writer shares; an error undoes it all.

    Two writers take turns. Raises StoreError for whatever the database says is wrong.
    """
    with explained(engine), engine.connect() as plain:
        connection = plain.execution_options(writing=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS_LOCK)))
            yield connection


def insert_many(connection: Connection, table: sa.Table, columns: Mapping[str, list[Any]]) -> None:
    """Puts the rows into the table, hundreds of thousands within seconds."""
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
        copy = psycopg.sql.SQL("COPY {} ({}) FROM STDIN")
        with cursor.copy(copy.format(psycopg.sql.Identifier(table.name), names)) as stream:
            for row in zip(*columns.values(), strict=True):
                stream.write_row(row)
        return
    # Past SQLAlchemy's parameters, which take longer than the insert.
    insert = sa.insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    ordered = [columns[name] for name in insert.positiontup or ()]
    if several := list(zip(*ordered, strict=True)):
        connection.exec_driver_sql(str(insert), several)


def _parse(url: str) -> URL:
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        raise _bad_address("not a database URL", re.sub(r"//.*@", "//***@", url)) from None
    if target.drivername in ("postgresql", "postgres"):
        target = target.set(drivername="postgresql+psycopg")
    if target.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise _bad_address("unknown kind of database", masked(target))
    if _is_sqlite(target) and (target.host or target.query):
        raise _bad_address("more than a path", masked(target))
    return target


def _bad_address(problem: str, found: str) -> StoreError:
    expected = "sqlite:///PATH or postgresql://USER@HOST/NAME"
    return StoreError(problem, where="the database's URL", found=found, expected=expected)


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _postgresql(url: URL) -> Engine:
    return sa.create_engine(url, connect_args={"connect_timeout": 10})


def _sqlite(url: URL, busy_seconds: float) -> Engine:
    _make_folder(url)
    engine = sa.create_engine(url, connect_args={"timeout": busy_seconds})

    # The driver would begin transactions by itself, and only before some statements.
    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA mmap_size = {1 << 31}")  # blocks are read without a copy
        connection.execute("PRAGMA cache_size = -65536")  # 64 MB: bulk loads outgrow the default

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its lock at once: upgrading a reader's could fail without waiting.
        mode = "IMMEDIATE" if connection.get_execution_options().get("writing") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _make_folder(url: URL) -> None:
    if url.database in _MEMORY:
        return
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} cannot be made: {error.strerror}",
            where=masked(url),
            do="name a folder that may be written",
        ) from None


def _make_current(engine: Engine, busy_seconds: float) -> None:
    """The tables as this version has them: a database that has them costs one query."""
    if is_current(engine):
        return
    with reading(engine) as connection:
        check_ours(connection)  # before a file that is not ours is touched
    _use_wal(engine, busy_seconds)
    with writing(engine) as connection:
        upgrade(connection)


def _use_wal(engine: Engine, busy_seconds: float) -> None:
    """Readers then never wait for a writer; the mode stays with the file."""
    if not _is_sqlite(engine.url) or engine.url.database in _MEMORY:
        return
    with explained(engine), engine.connect() as connection:
        # Outside a transaction, which SQLAlchemy would begin: the mode cannot change within one.
        driver: Any = connection.connection.dbapi_connection
        for remaining in reversed(range(_WAL_ATTEMPTS)):
            try:
                driver.execute("PRAGMA journal_mode = WAL").close()
                return
            except sqlite3.OperationalError:
                # Two processes that switch a new file at once: SQLite fails one without waiting.
                if not remaining:
                    raise
                time.sleep(busy_seconds / _WAL_ATTEMPTS)
