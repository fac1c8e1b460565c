"""A coverage bears the name of the person who declared it, where one did."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column, empty for the spans that stand."""
    op.add_column("coverages", sa.Column("declared_by", TEXT, nullable=False, server_default=""))
