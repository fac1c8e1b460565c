"""An event says how well its source knows the place; those of before say nothing of it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column, empty in the rows that stand."""
    column = sa.Column("place_precision", TEXT, nullable=False, server_default="")
    op.add_column("event_versions", column)
