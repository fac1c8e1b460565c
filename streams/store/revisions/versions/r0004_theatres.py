"""Stores know the theatre: what was told and what has landed is a theatre's own.

Rows that stand are the theatre's whose issues are in the archive; of several the one that the
settings name, else the one with the newest issue; where there is no issue that of the settings.
What the releases say of the whole world stays shared.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

from theatres import default_theatre, load_theatre

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEYS = {
    "event_versions": ("theatre", "source", "event_id", "version"),
    "quarantine": ("theatre", "refusal_id"),
    "releases": ("theatre", "release"),
    "release_events": ("theatre", "event_id", "release"),
    "gdelt_reports": ("theatre", "report"),
}
"""The tables whose key begins with the theatre now."""
NUMBERED = ("landings", "event_blocks", "runs", "coverages")
INDEXES = {
    "landings_by_content": ("landings", "theatre", "source", "sha256"),
    "release_events_by_release": ("release_events", "theatre", "release"),
    "ix_gdelt_reports_event_id": ("gdelt_reports", "event_id"),
}


def upgrade() -> None:
    """Gives every row its theatre; keys, indexes and spans are by theatre from now on."""
    connection = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(connection, only=[*KEYS, *NUMBERED])
    theatre = _theatre_of(connection, tables)
    for table in tables.sorted_tables:
        for index in table.indexes:
            if index.name in INDEXES:
                op.drop_index(str(index.name), table.name)
        if connection.dialect.name == "postgresql":
            _alter(table, theatre)
        else:
            _rebuild(connection, table, theatre)
    for name, (of, *columns) in INDEXES.items():
        op.create_index(name, of, columns)


def _theatre_of(connection: Connection, tables: sa.MetaData) -> str:
    """Whose the rows are that stand; empty where none do."""
    query = sa.text("SELECT theatre FROM issues GROUP BY theatre ORDER BY MAX(issued_at) DESC")
    archived = list(connection.execute(query).scalars())
    if len(archived) == 1:
        return str(archived[0])
    rows = (sa.select(sa.literal(1)).select_from(table).limit(1) for table in tables.sorted_tables)
    if not archived and not any(connection.execute(each).first() for each in rows):
        return ""
    named = load_theatre(default_theatre()).name
    return named if named in archived or not archived else str(archived[0])


def _alter(table: sa.Table, theatre: str) -> None:
    """Changes the table where it stands."""
    column = sa.Column("theatre", TEXT, nullable=False, server_default=theatre)
    op.add_column(table.name, column)
    op.alter_column(table.name, "theatre", server_default=None)
    if table.name in KEYS:
        op.drop_constraint(str(table.primary_key.name), table.name)
        op.create_primary_key(f"{table.name}_pkey", table.name, list(KEYS[table.name]))
    if table.name == "coverages":
        # a span may be declared again once another was
        op.drop_constraint("coverages_one_of_a_span", table.name)


def _rebuild(connection: Connection, table: sa.Table, theatre: str) -> None:
    """Makes the table anew beside the old one, for SQLite changes no key of one."""
    before = f"{table.name}_before"
    op.rename_table(table.name, before)
    key = KEYS.get(table.name)
    columns = [
        sa.Column(
            each.name,
            each.type,
            nullable=each.nullable,
            primary_key=key is None and each.primary_key,
        )
        for each in table.columns
    ]
    rules: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*key)] if key else []
    made = sa.Table(
        table.name,
        sa.MetaData(),
        sa.Column("theatre", TEXT, nullable=False),
        *columns,
        *rules,
        sqlite_with_rowid=table.name not in ("event_versions", "release_events"),
        sqlite_autoincrement=table.name == "event_blocks",
    )
    made.create(connection)
    old = sa.table(before, *(sa.column(each.name) for each in table.columns))
    rows = sa.select(sa.literal(theatre), *old.columns)
    connection.execute(made.insert().from_select(["theatre", *table.columns.keys()], rows))
    op.drop_table(before)
