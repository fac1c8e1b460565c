"""A role on PostgreSQL that may read the views for reporting tools and nothing else."""

import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from errors import DyadcastError
from streams.store.database import name_of, writing
from streams.store.views import VIEWS

ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
PASSWORD_LENGTH: Final = 12
MARK: Final = "reads the views of dyadcast"
"""A role without this comment is somebody else's: it is never changed."""
# What the role can do beyond the views, whoever gave it: to itself, to a role it is in, to PUBLIC.
_BEYOND: Final = """
SELECT 'table ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'
    AND NOT (n.nspname = 'public' AND c.relname = ANY(:views))
    AND (has_table_privilege(:name, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(:name, c.oid, 'SELECT, INSERT, UPDATE'))
UNION ALL
SELECT 'change view ' || v FROM unnest(CAST(:views AS text[])) v
WHERE has_table_privilege(:name, v, 'INSERT, UPDATE, DELETE, TRUNCATE')
UNION ALL
SELECT 'create in schema ' || nspname FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(:name, oid, 'CREATE')
UNION ALL
SELECT 'make ' || kind FROM unnest(ARRAY['CREATE', 'TEMPORARY']) kind
WHERE has_database_privilege(:name, current_database(), kind)
UNION ALL
SELECT 'all that ' || m.roleid::regrole || ' can' FROM pg_auth_members m
WHERE m.member = CAST(:name AS regrole)
ORDER BY 1"""


class ReaderError(DyadcastError):
    """A role to read the views that cannot be made."""


def make_reader(engine: Engine, name: str, password: str) -> None:
    """Makes or mends the role: it may log in and select from the views, and nothing else.

    The server is given the password's SCRAM verifier, never the password. PUBLIC loses the rights
    to create in the schema and to make temporary tables. Large objects, which PostgreSQL lets
    every role make, are left to it: the role's transactions only read unless it says otherwise.
    Raises ReaderError, and changes nothing, for a database without roles, a bad name, a short
    password, a role of that name that is not such a reader, and where the role could do more.
    StoreError for the server's faults.
    """
    if engine.dialect.name != "postgresql":
        raise ReaderError("a role needs PostgreSQL", found=engine.dialect.name)
    if not ROLE.fullmatch(name):
        raise ReaderError("not a role's name", found=name, expected="a-z, 0-9 and _, 41 at most")
    if len(password) < PASSWORD_LENGTH:
        raise ReaderError("the password is too short", expected=f"{PASSWORD_LENGTH} or more")
    with writing(engine) as connection:
        there = _is_ours(connection, name)
        _set_password(connection, name, password, "ALTER" if there else "CREATE")
        for statement in _grants(connection, name):
            connection.exec_driver_sql(statement)
        _check_rights(connection, name)


def _is_ours(connection: Connection, name: str) -> bool:
    """Whether the role is there; ReaderError where it was made for something else."""
    query = sa.text(
        "SELECT shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = :name"
    )
    role = connection.execute(query, {"name": name}).first()
    if role is not None and role.mark != MARK:
        raise ReaderError(
            "the role is there, and was not made to read the views",
            where=name_of(connection.engine),
            found=name,
            do="choose another name",
        )
    return role is not None


def _set_password(connection: Connection, name: str, password: str, verb: str) -> None:
    # Past SQLAlchemy, whose errors hold the statement. A new role has no other right than LOGIN.
    raw: Any = connection.connection.dbapi_connection
    made = raw.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    raw.execute(f"{verb} ROLE {name} WITH LOGIN PASSWORD '{made.decode('ascii')}'")


def _grants(connection: Connection, name: str) -> list[str]:
    """What the role is let do, and what PUBLIC, to which it belongs, is let do no more."""
    database = connection.execute(sa.text("SELECT quote_ident(current_database())")).scalar()
    return [
        f"COMMENT ON ROLE {name} IS '{MARK}'",
        f"ALTER ROLE {name} SET default_transaction_read_only = on",
        f"ALTER ROLE {name} SET statement_timeout = '60s'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        "REVOKE EXECUTE ON FUNCTION dyadcast_append_only() FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON {', '.join(VIEWS)} TO {name}",
    ]


def _check_rights(connection: Connection, name: str) -> None:
    query = sa.text(_BEYOND)
    beyond = connection.execute(query, {"name": name, "views": list(VIEWS)}).scalars().all()
    if beyond:
        raise ReaderError(
            "the role could do more than read the views",
            where=name_of(connection.engine),
            found=f"{name}: {', '.join(beyond[:5])}",
            do="revoke that from PUBLIC or from the role, then try again",
        )
