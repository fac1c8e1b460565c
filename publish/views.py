"""SQL views for reporting tools, and a role on PostgreSQL that may read them and nothing else.

latest_scores   the rows of each theatre's newest issue that is no hindcast
score_history   the rows of the issue that counts for each as_of
scoreboard      each closed row's last outcome beside what was said
"""

import hashlib
import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from errors import DyadcastError
from publish.scoreboard import Scoreboard
from streams.database import reading, writing

ROLE: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
PASSWORD_LENGTH: Final = 12
_ROW = """
    {s}.theatre, {s}.issue_id, {as_of} AS as_of, {issued_at} AS issued_at, {s}.issue_status,
    {s}.unit, {s}.target, {s}.horizon_days, {target_end_date} AS target_end_date, {s}.probability,
    {s}.probability_low, {s}.probability_high, {s}.baseline_probability, {s}.level, {s}.change,
    {s}.drivers, {s}.status, {s}.reason, {s}.drivers_log_odds, {s}.change_split"""
# Of the issues of one as_of the last archived counts, a hindcast only where there is no other.
_COUNTING = """
    SELECT theatre, position, status, ROW_NUMBER() OVER (
        PARTITION BY theatre, as_of
        ORDER BY CASE WHEN status = 'hindcast' THEN 1 ELSE 0 END, position DESC) AS place
    FROM issues"""
_VIEWS: Final = {
    "latest_scores": """
SELECT {row} FROM scores s JOIN (
    SELECT theatre, position, ROW_NUMBER() OVER (
        PARTITION BY theatre ORDER BY as_of DESC, position DESC) AS place
    FROM issues WHERE status <> 'hindcast') i
ON i.theatre = s.theatre AND i.position = s.position WHERE i.place = 1""",
    "score_history": """
SELECT {row} FROM scores s JOIN ({counting}) i
ON i.theatre = s.theatre AND i.position = s.position WHERE i.place = 1""",
    "scoreboard": """
SELECT o.theatre, o.issue_id, {o_as_of} AS as_of, o.hindcast, o.unit, o.target, o.horizon_days,
    {o_end} AS target_end_date, o.probability, o.baseline_probability, o.outcome, o.brier,
    o.baseline_brier, o.log_score, o.baseline_log_score, o.revision
FROM outcomes o JOIN (
    SELECT theatre, issue_id, unit, target, horizon_days, MAX(revision) AS revision
    FROM outcomes GROUP BY theatre, issue_id, unit, target, horizon_days) r
ON r.theatre = o.theatre AND r.issue_id = o.issue_id AND r.unit = o.unit AND r.target = o.target
    AND r.horizon_days = o.horizon_days AND r.revision = o.revision
JOIN issues x ON x.theatre = o.theatre AND x.issue_id = o.issue_id
JOIN ({counting}) i ON i.theatre = x.theatre AND i.position = x.position WHERE i.place = 1""",
}
VIEWS: Final = tuple(_VIEWS)


class ViewError(DyadcastError):
    """A view or a role that cannot be made."""


def definition(name: str, dialect: str) -> str:
    """The view's SELECT on that kind of database: days are dates where it has such a type."""

    def cast(column: str, kind: str) -> str:
        return f"CAST({column} AS {kind})" if dialect == "postgresql" else column

    row = _ROW.format(
        s="s",
        as_of=cast("s.as_of", "date"),
        issued_at=cast("s.issued_at", "timestamptz"),
        target_end_date=cast("s.target_end_date", "date"),
    )
    text = _VIEWS[name].format(
        row=row,
        counting=_COUNTING,
        o_as_of=cast("o.as_of", "date"),
        o_end=cast("o.target_end_date", "date"),
    )
    return text.strip()


def make_views(engine: Engine) -> list[str]:
    """The views that were made or made anew: those that are as they should be stay."""
    Scoreboard(engine)
    with reading(engine) as connection:
        changed = [name for name in VIEWS if _marked(connection, name) != _mark(connection, name)]
    if changed:
        with writing(engine) as connection:
            for name in changed:
                _make(connection, name)
    return changed


def _make(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    select = definition(name, connection.dialect.name)
    mark = _mark(connection, name)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {select}")
        connection.exec_driver_sql(f"COMMENT ON VIEW {name} IS '{mark}'")
    else:
        connection.exec_driver_sql(f"CREATE VIEW {name} AS /* {mark} */ {select}")


def _mark(connection: Connection, name: str) -> str:
    """What the view bears, so that one of an older release is known."""
    text = definition(name, connection.dialect.name)
    return f"dyadcast {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _marked(connection: Connection, name: str) -> str:
    if connection.dialect.name == "postgresql":
        query = "SELECT obj_description(to_regclass(:name), 'pg_class')"
        return str(connection.execute(sa.text(query), {"name": name}).scalar() or "")
    query = "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = :name"
    text = str(connection.execute(sa.text(query), {"name": name}).scalar() or "")
    found = re.search(r"/\* (dyadcast [0-9a-f]{16}) \*/", text)
    return found[1] if found else ""


def make_reader(engine: Engine, name: str, password: str) -> None:
    """None; the role may log in and select from the views, and nothing else. Made or mended.

    The server is given the password's SCRAM verifier, never the password. Raises ViewError for
    a database without roles, a bad name or a short password; StoreError for the server's faults.
    """
    if engine.dialect.name != "postgresql":
        raise ViewError("a role needs PostgreSQL", found=engine.dialect.name)
    if not ROLE.fullmatch(name):
        raise ViewError("not a role's name", found=name, expected="a-z, 0-9 and _, 41 at most")
    if len(password) < PASSWORD_LENGTH:
        raise ViewError("the password is too short", expected=f"{PASSWORD_LENGTH} or more")
    make_views(engine)
    with writing(engine) as connection:
        raw: Any = connection.connection.dbapi_connection
        verifier = raw.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode("ascii")
        for statement in _grants(connection, name, verifier):
            connection.exec_driver_sql(statement)


def _grants(connection: Connection, name: str, verifier: str) -> list[str]:
    """What makes the role: the name is checked, a verifier is letters, digits and $+/=:."""
    query = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    there = connection.execute(query, {"name": name}).first() is not None
    database = connection.execute(sa.text("SELECT quote_ident(current_database())")).scalar()
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION"
    verb = "ALTER" if there else "CREATE"
    return [
        f"{verb} ROLE {name} WITH {rights} PASSWORD '{verifier}'",
        f"ALTER ROLE {name} SET default_transaction_read_only = on",
        f"ALTER ROLE {name} SET statement_timeout = '60s'",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON {', '.join(VIEWS)} TO {name}",
    ]
