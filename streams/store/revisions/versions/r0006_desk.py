"""The desk: proposals out of articles, the evidence of each, and what was decided of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
tables = sa.MetaData()
sa.Table(
    "proposals",
    tables,
    sa.Column("theatre", TEXT, nullable=False),
    sa.Column("proposal_id", TEXT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("kind", "status", "coder", "type")),
    sa.Column("known_on", TEXT, nullable=False),
    sa.Column("revision", COUNT, nullable=False),
    sa.Column("content", TEXT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("source", "event_id", "why")),
    sa.Column("audit", sa.Boolean, nullable=False),
    sa.Column("filed_at", TEXT, nullable=False),
    sa.PrimaryKeyConstraint("theatre", "proposal_id"),
    sa.Index("proposals_by_status", "theatre", "status", "known_on"),
)
sa.Table(
    "proposal_evidence",
    tables,
    sa.Column("theatre", TEXT, nullable=False),
    sa.Column("reading", TEXT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("proposal_id", "article", "url", "title")),
    sa.Column("published_at", TEXT, nullable=False),
    sa.Column("coder", TEXT, nullable=False),
    *(sa.Column(name, COUNT, nullable=False) for name in ("start", "end", "passage_start")),
    sa.Column("passage", TEXT, nullable=False),
    sa.Column("filed_at", TEXT, nullable=False),
    sa.PrimaryKeyConstraint("theatre", "reading"),
    sa.Index("proposal_evidence_by_proposal", "theatre", "proposal_id"),
)
sa.Table(
    "decisions",
    tables,
    sa.Column("position", COUNT, primary_key=True, autoincrement=True),
    sa.Column("theatre", TEXT, nullable=False),
    sa.Column("proposal_id", TEXT, nullable=False),
    sa.Column("revision", COUNT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("action", "decided_by", "decided_at")),
    *(sa.Column(name, TEXT, nullable=False) for name in ("reason", "changes")),
    *(sa.Column(name, TEXT, nullable=False) for name in ("source", "event_id")),
    sa.UniqueConstraint("theatre", "proposal_id", "revision", name="decisions_once_each"),
)


def upgrade() -> None:
    """Makes the tables."""
    tables.create_all(op.get_bind())
