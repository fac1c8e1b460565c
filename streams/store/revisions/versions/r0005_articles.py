"""Articles that feeds list, and how each feed fared when it was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ARTICLE = (
    *("theatre", "article", "feed", "address", "canonical", "title", "published_at"),
    *("updated_at", "listed_at", "fetched_at", "sha256"),
)
VISIT = ("feed", "visited_at", "status", "reason", "etag", "last_modified")
tables = sa.MetaData()
sa.Table(
    "articles",
    tables,
    *(sa.Column(name, TEXT, nullable=False) for name in ARTICLE),
    sa.Column("text", TEXT, nullable=True),
    sa.Column("signature", sa.LargeBinary, nullable=True),
    *(sa.Column(name, TEXT, nullable=False) for name in ("folded_into", "status", "reason")),
    sa.Column("attempts", COUNT, nullable=False),
    sa.PrimaryKeyConstraint("theatre", "article"),
    sa.Index("articles_by_status", "theatre", "status", "published_at"),
    sa.Index("articles_by_hash", "theatre", "sha256"),
)
sa.Table(
    "feed_visits",
    tables,
    sa.Column("theatre", TEXT, nullable=False),
    sa.Column("position", COUNT, primary_key=True, autoincrement=True),
    *(sa.Column(name, TEXT, nullable=False) for name in VISIT),
    sa.Column("entries", COUNT, nullable=False),
    sa.Column("new", COUNT, nullable=False),
    sa.Index("feed_visits_by_feed", "theatre", "feed", "position"),
)


def upgrade() -> None:
    """Makes the tables."""
    tables.create_all(op.get_bind())
