"""What past rows were last judged by is kept, so that a day looks at those alone whose outcome may
be another by now; they are looked up by the end of their window."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

tables = sa.MetaData()
sa.Table(
    "closings",
    tables,
    *(sa.Column(name, TEXT, primary_key=True) for name in ("theatre", "group")),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("landing", COUNT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("known_on", "open_from", "basis")),
)


def upgrade() -> None:
    """Make the table and the index."""
    tables.create_all(op.get_bind())
    op.create_index("scores_by_end", "scores", ["theatre", "target_end_date"], if_not_exists=True)
