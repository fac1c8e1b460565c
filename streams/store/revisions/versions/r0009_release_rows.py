"""The rows of UCDP's candidate releases one by one: what a later one says of an earlier month."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNTS = "violence events deaths_low deaths_best deaths_high deaths_civilians"
tables = sa.MetaData()
sa.Table(
    "release_rows",
    tables,
    *(sa.Column(name, TEXT, nullable=False) for name in ("release", "event_id")),
    *(sa.Column(name, COUNT, nullable=False) for name in ("country", "dyad")),
    sa.Column("month", TEXT, nullable=False),
    *(sa.Column(name, COUNT, nullable=False) for name in COUNTS.split()),
    sa.PrimaryKeyConstraint("release", "event_id"),
    sqlite_with_rowid=False,
)


def upgrade() -> None:
    """Makes the table; releases that have landed before have no rows in it."""
    tables.create_all(op.get_bind())
