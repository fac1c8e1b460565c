"""The tables of 2026-11-26; what an earlier version left is brought to the same shape.

Before this revision each part made its own tables when it first needed them, so that a database
may hold some of them only, and an older one columns less.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

from streams.store.faults import StoreError, name_of

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEEN_BY_OLDER = 3
"""The marker's version from now on: earlier releases know 1 and 2 and refuse this one."""
tables = sa.MetaData()


def _table(name: str, *items: Any, rowid: bool = True) -> None:
    sa.Table(name, tables, *items, sqlite_with_rowid=rowid)


def _texts(names: str, key: bool = False, nullable: bool = False) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, TEXT, primary_key=key, nullable=nullable) for name in names.split())


def _counts(names: str, nullable: bool = False) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, COUNT, nullable=nullable) for name in names.split())


def _doubles(names: str, nullable: bool = True) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, sa.Double, nullable=nullable) for name in names.split())


def _number(name: str, kind: Any = COUNT) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=kind is COUNT)


_table(
    "landings",
    _number("landing"),
    *_texts("source file sha256"),
    *_counts("versions"),
    *_texts("landed_at"),
    sa.Index("landings_by_content", "source", "sha256"),
)
_table(
    "event_versions",
    *_texts("event_id source"),
    *_counts("version"),
    *_texts("occurred_on ended_on date_precision known_at type actor target mediators place"),
    *_texts("segment"),
    *_doubles("lat lon"),
    *_counts("deaths_low deaths_best deaths_high", nullable=True),
    *_texts("summary url confidence"),
    sa.Column("retracted", sa.Boolean, nullable=False),
    *_doubles("border_km"),
    *_counts("mentions", nullable=True),
    sa.Column("known_simulated", sa.Boolean, nullable=False),
    *_texts("ingested_at"),
    sa.Column("content_hash", sa.LargeBinary, nullable=False),
    *_counts("landing"),
    sa.PrimaryKeyConstraint("source", "event_id", "version"),
    rowid=False,
)
sa.Table(
    "event_blocks",
    tables,
    _number("block"),
    *_counts("rows"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
_table("runs", _number("position"), *_texts("source started_at status told"))
_table(
    "coverages",
    _number("position"),
    *_texts("source start_on end_on declared_at"),
    sa.UniqueConstraint("source", "start_on", "end_on", name="coverages_one_of_a_span"),
)
_table(
    "quarantine",
    *_texts("refusal_id", key=True),
    *_texts("source file"),
    *_counts("line"),
    *_texts("column found expected event_id"),
    sa.Column("header", sa.LargeBinary, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    *_texts("refused_at"),
    *_texts("resolved_at", nullable=True),
)
_table(
    "releases",
    *_texts("release", key=True),
    *_texts("kind first_month last_month published_on"),
    sa.Column("simulated", sa.Boolean, nullable=False),
)
_table(
    "release_months",
    *_texts("release unit"),
    *_counts("code"),
    *_texts("month"),
    *_counts("violence events deaths_low deaths_best deaths_high deaths_civilians"),
    sa.PrimaryKeyConstraint("release", "unit", "code", "month", "violence"),
    rowid=False,
)
_table(
    "release_dyads",
    *_texts("release"),
    *_counts("dyad"),
    *_texts("name gwno_a gwno_b"),
    sa.PrimaryKeyConstraint("release", "dyad"),
)
_table(
    "release_events",
    *_texts("event_id release ended_on"),
    sa.Column("said", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("event_id", "release"),
    sa.Index("release_events_by_release", "release"),
    rowid=False,
)
_table(
    "gdelt_reports",
    sa.Column("report", COUNT, primary_key=True, autoincrement=False),
    *_texts("event_id occurred_on known_at type actor target place segment"),
    *_doubles("lat lon border_km"),
    *_counts("mentions"),
    *_texts("summary url"),
    sa.Index("ix_gdelt_reports_event_id", "event_id"),
)
_table(
    "issues",
    *_texts("theatre", key=True),
    _number("position", sa.Integer),
    *_texts("issue_id as_of issued_at status body body_sha256 previous_hash hash"),
    sa.UniqueConstraint("theatre", "issue_id", name="issues_once_each"),
    sa.Index("issues_by_as_of", "theatre", "as_of"),
    rowid=False,  # with one, REPLACE could take a line's place without the triggers' knowledge
)
_table(
    "scores",
    *_texts("theatre", key=True),
    _number("position", sa.Integer),
    _number("line", sa.Integer),
    *_texts("issue_id as_of issued_at issue_status unit target"),
    sa.Column("horizon_days", sa.Integer, nullable=False),
    *_texts("target_end_date"),
    *_doubles("probability probability_low probability_high baseline_probability"),
    *_texts("level", nullable=True),
    *_doubles("change"),
    *_texts("drivers status reason"),
    *_texts("drivers_log_odds change_split quantiles", nullable=True),
    *_texts("target_start_date mlflow_run_id", nullable=True),
    sa.ForeignKeyConstraint(
        ["theatre", "position"], ["issues.theatre", "issues.position"], name="scores_of_an_issue"
    ),
    rowid=False,
)
_table(
    "outcomes",
    *_texts("theatre issue_id unit target", key=True),
    _number("horizon_days", sa.Integer),
    _number("revision", sa.Integer),
    *_texts("as_of target_end_date"),
    sa.Column("hindcast", sa.Boolean, nullable=False),
    *_doubles("probability baseline_probability brier baseline_brier", nullable=False),
    *_doubles("log_score baseline_log_score", nullable=False),
    sa.Column("outcome", sa.Integer, nullable=False),
    *_texts("vintage resolved_at"),
    rowid=False,
)
_table(
    "api_keys",
    sa.Column("key_id", sa.Text, primary_key=True),
    *(
        sa.Column(name, sa.Text, nullable=False)
        for name in ("name", "scope", "secret_sha256", "made_at")
    ),
    sa.Column("revoked_at", sa.Text),
)
_table(
    "alerts",
    *_texts("alert_id", key=True),
    *_texts("theatre rule kind unit target"),
    sa.Column("horizon_days", sa.Integer),
    *_texts("issue_id as_of raised_at headline sentence channels"),
    sa.Index("alerts_by_time", "theatre", "raised_at"),
)
_table(
    "alert_deliveries",
    sa.Column("alert_id", TEXT, sa.ForeignKey("alerts.alert_id"), primary_key=True),
    *_texts("channel", key=True),
    *_texts("state message_id"),
    sa.Column("attempts", sa.Integer, nullable=False),
    *_texts("next_attempt sent_at last_error"),
    sa.Index("alert_deliveries_by_time", "state", "next_attempt"),
)
marker = sa.Table(
    "dyadcast_schema",
    sa.MetaData(),
    sa.Column("application", TEXT, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)


def upgrade() -> None:
    """Makes the tables, with all their columns and rows."""
    connection = op.get_bind()
    marker.create(connection, checkfirst=True)
    version = connection.scalar(sa.select(marker.c.version))
    rows = _take_version_1(connection) if version == 1 else []
    _add_columns(connection)
    tables.create_all(connection)
    _put_version_1(connection, rows)
    connection.execute(sa.delete(marker))
    connection.execute(sa.insert(marker).values(application="dyadcast", version=SEEN_BY_OLDER))


def _add_columns(connection: Connection) -> None:
    """Adds the columns that came later, which may all be empty, to tables that are there."""
    inspector = sa.inspect(connection)
    for name in sorted(set(inspector.get_table_names()) & set(tables.tables)):
        columns = tables.tables[name].columns
        there = {column["name"] for column in inspector.get_columns(name)}
        lacking = [column for column in columns if column.name not in there]
        if there - set(columns.keys()) or not all(column.nullable for column in lacking):
            raise StoreError(
                f"the table {name} is something else's",
                where=name_of(connection.engine),
                found=sorted(there),
                expected=", ".join(sorted(columns.keys())),
                do="name another database",
            )
        for column in lacking:
            op.add_column(name, sa.Column(column.name, column.type))


def _take_version_1(connection: Connection) -> list[dict[str, Any]]:
    """The events of the first version, which kept hashes as text, neither landings nor the
    optional columns; its table is gone."""
    table = sa.Table("event_versions", sa.MetaData(), autoload_with=connection)
    query = sa.select(table).order_by(table.c.ingested_at)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    table.drop(connection)
    optional = {"border_km": None, "mentions": None, "known_simulated": False, "landing": 1}
    names = tables.tables["event_versions"].columns.keys()
    for row in rows:
        row["content_hash"] = bytes.fromhex(row["content_hash"])
    return [{name: (optional | row)[name] for name in names} for row in rows]


def _put_version_1(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    landing = {"source": "", "file": "", "sha256": "", "versions": len(rows)}
    landing |= {"landing": 1, "landed_at": rows[-1]["ingested_at"]}
    for name, lines in (
        ("landings", [landing]),
        ("event_versions", rows),
        ("event_blocks", [{"rows": len(rows), "content": _block(rows)}]),
    ):
        connection.execute(sa.insert(tables.tables[name]), lines)


def _block(rows: list[dict[str, Any]]) -> bytes:
    """The rows as columns, in Arrow's stream format: texts coded, times as times."""
    import pyarrow as pa

    coded, moment = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("s")
    kinds = {"Double": pa.float64(), "BigInteger": pa.int64(), "Boolean": pa.bool_()}
    moments = ("occurred_on", "ended_on", "known_at")
    parts = {}
    for column in tables.tables["event_versions"].columns:
        if column.name in ("content_hash", "landing"):
            continue
        values = pa.array([row[column.name] for row in rows])
        kind = kinds.get(type(column.type).__name__, coded)
        kind = moment if column.name in moments else kind
        parts[column.name] = values.cast(pa.string() if column.name == "event_id" else kind)
    whole, sink = pa.table(parts), pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, whole.schema, options=options) as stream:
        stream.write_table(whole)
    return bytes(sink.getvalue().to_pybytes())
