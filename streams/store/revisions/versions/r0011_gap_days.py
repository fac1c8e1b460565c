"""A published row bears the gap that it was forecast across; those archived before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("scores", sa.Column("gap_days", sa.Integer))
