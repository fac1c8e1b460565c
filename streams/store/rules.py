"""Tables that the database itself lets grow and nothing else: no line is changed or removed."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

APPEND_ONLY: Final = {
    "issues": (
        "issues.theatre = NEW.theatre AND (issues.position = NEW.position"
        " OR issues.issue_id = NEW.issue_id)"
    ),
    **{
        table: " AND ".join(f"{table}.{column} = NEW.{column}" for column in key.split())
        for table, key in (
            ("scores", "theatre position line"),
            ("outcomes", "theatre issue_id unit target horizon_days revision"),
        )
    },
}
"""For each table when one of its lines stands in the way of NEW: SQLite's REPLACE would remove it
without waking a DELETE trigger."""
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the archive is append-only'); END"
_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION dyadcast_append_only() RETURNS trigger LANGUAGE plpgsql "
    "AS $$ BEGIN RAISE EXCEPTION 'the archive is append-only'; END $$"
)
_POSTGRESQL_REFUSE = "FOR EACH STATEMENT EXECUTE FUNCTION dyadcast_append_only()"


def unprotected(connection: Connection) -> dict[str, str]:
    """The triggers that lack, name to definition."""
    if connection.dialect.name == "sqlite":
        rules = dict(rule for table, same in APPEND_ONLY.items() for rule in _sqlite(table, same))
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        rules = {
            f"{table}_append_only": (
                f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} {_POSTGRESQL_REFUSE}"
            )
            for table in APPEND_ONLY
        }
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    awake = set(connection.execute(sa.text(query)).scalars())
    return {name: text for name, text in rules.items() if name not in awake}


def protect(connection: Connection) -> list[str]:
    """The triggers that were made: those that lacked. In the caller's transaction."""
    lacking = unprotected(connection)
    if lacking and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_POSTGRESQL_FUNCTION)
    for name, text in lacking.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {text}")
    return [*lacking]


def _sqlite(table: str, same: str) -> list[tuple[str, str]]:
    stands = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (our own names)
    return [
        (f"{table}_never_updated", f"BEFORE UPDATE ON {table} {_REFUSE}"),
        (f"{table}_never_deleted", f"BEFORE DELETE ON {table} {_REFUSE}"),
        (f"{table}_never_replaced", f"BEFORE INSERT ON {table} {stands} {_REFUSE}"),
    ]
