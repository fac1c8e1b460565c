"""The database's tables brought to this version: by Alembic, from whatever an older one left.

`revisions/versions` holds a file a step, numbered in their order. All tables stand there, those
of the archive and the alerts too: one database has one row of versions. A file says what a step
does in plain DDL and uses no table or type of this house, which goes on changing.
"""

import sqlite3
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from streams.store.faults import StoreError, explained, name_of
from streams.store.rules import protect
from streams.store.views import make_views

VERSION_TABLE: Final = "dyadcast_revision"
MARKER: Final = "dyadcast_schema"
"""What said whose a database is before there were revisions; later releases leave it, so that
earlier ones refuse the database."""
MENDABLE: Final = (1, 2)
"""The marker's versions that the first revision brings up to date."""
_REVISIONS: Final = Path(__file__).with_name("revisions")
_TABLES: Final = (
    "alert_deliveries", "alerts", "api_keys", "articles", "closings", "coverages", "decisions",
    "event_blocks", "event_versions", "feed_visits", "gdelt_reports", "issues", "landings",
    "outcomes", "proposal_evidence", "proposals", "quarantine", "release_dyads", "release_events",
    "release_months", "release_rows", "releases", "runs", "scores",
)  # fmt: skip
_ONE_AT_A_TIME: Final = Lock()  # Alembic keeps the migration that runs in a global


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this version knows, the first one first."""
    files = (_REVISIONS / "versions").glob("r[0-9]*.py")
    return tuple(sorted(file.stem[1:].partition("_")[0] for file in files))


def is_current(engine: Engine) -> bool:
    """Whether the database is of the newest revision; one query."""
    with explained(engine), engine.connect() as connection:
        return _stored(connection) == revisions()[-1]


def check_ours(connection: Connection) -> None:
    """Raises StoreError where the database is something else's, or a later dyadcast made it."""
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        _check_known(connection, "revision", _stored(connection), revisions())
    elif MARKER in tables:
        query = f"SELECT version FROM {MARKER} WHERE application = 'dyadcast'"  # noqa: S608
        _check_known(connection, "schema version", connection.scalar(sa.text(query)), MENDABLE)
    elif foreign := tables & set(_TABLES) if _shared(connection) else tables:
        raise StoreError(
            "the database of something else",
            where=name_of(connection.engine),
            found=f"table {min(foreign)}",
            expected="an empty database or one that dyadcast made",
            do="name another database",
        )


def upgrade(connection: Connection) -> None:
    """Makes the tables, rules and views this version's, in the caller's transaction, which
    no other writer shares: where another process was first nothing is left to do.

    Raises StoreError as `check_ours` does.
    """
    from alembic import command
    from alembic.config import Config

    check_ours(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")
    restore(connection)


def restore(connection: Connection) -> list[str]:
    """The append-only rules and views that were made, since they lacked or were of another
    release. A step that makes a table anew takes its rules away: they come back here."""
    return [*protect(connection), *make_views(connection)]


def _stored(connection: Connection) -> str | None:
    """The database's revision, None where there is none yet."""
    query = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 (our own name)
    try:
        revision: str | None = connection.scalar(query)
    except sa.exc.DBAPIError as error:
        absent = isinstance(error.orig, psycopg.errors.UndefinedTable) or (
            isinstance(error.orig, sqlite3.OperationalError) and "no such table" in str(error.orig)
        )
        if not absent:
            raise
        return None
    return revision


def _check_known(
    connection: Connection, what: str, stored: object, known: tuple[object, ...]
) -> None:
    if stored not in known:
        raise StoreError(
            "the tables are of another dyadcast",
            where=name_of(connection.engine),
            found=f"{what} {stored}",
            expected=f"one of {', '.join(map(str, known))}",
            do="use the dyadcast that made it or a later one, or name another database",
        )


def _shared(connection: Connection) -> bool:
    """Whether others' tables may stand beside ours: a server's database, not a file."""
    return connection.dialect.name == "postgresql"
