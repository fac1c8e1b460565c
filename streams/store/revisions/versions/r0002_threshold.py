"""A published row bears its threshold; those that were archived before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("scores", sa.Column("threshold", sa.Double))
