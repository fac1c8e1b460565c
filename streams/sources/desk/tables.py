"""The desk's tables: what is proposed, by which sentences, and what was decided of it."""

import sqlalchemy as sa

from streams.store.schema import COUNT, counts, metadata, texts

# `kind` is event or revision; `status` waiting, accepted, rejected or known. `revision` is raised
# by whatever changes a proposal: who decides names the one that was looked at. `content` is the
# proposal as JSON. `source` and `event_id` name the event: that which it is or revises, and once
# accepted that which was made; `why` says how it contradicts what is known.
proposals = sa.Table(
    "proposals",
    metadata,
    *texts("theatre", "proposal_id", "kind", "status", "coder", "type", "known_on"),
    *counts("revision"),
    *texts("content", "source", "event_id", "why"),
    sa.Column("audit", sa.Boolean, nullable=False),
    *texts("filed_at"),
    sa.PrimaryKeyConstraint("theatre", "proposal_id"),
    sa.Index("proposals_by_status", "theatre", "status", "known_on"),
)

# `reading` names what a coder read in a sentence: an article that is read again adds nothing.
# `passage` is the text around the sentence, others' property: it is forgotten after some days.
proposal_evidence = sa.Table(
    "proposal_evidence",
    metadata,
    *texts("theatre", "reading", "proposal_id", "article", "url", "title", "published_at"),
    *texts("coder"),
    *counts("start", "end", "passage_start"),
    *texts("passage", "filed_at"),
    sa.PrimaryKeyConstraint("theatre", "reading"),
    sa.Index("proposal_evidence_by_proposal", "theatre", "proposal_id"),
)

# One line a decision, none ever changed. `revision` is that of the proposal which was decided on;
# the database lets one decision stand on it. `changes` is JSON: field to what it was and became.
decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("position", COUNT, primary_key=True, autoincrement=True),
    *texts("theatre", "proposal_id"),
    *counts("revision"),
    *texts("action", "decided_by", "decided_at", "reason", "changes", "source", "event_id"),
    sa.UniqueConstraint("theatre", "proposal_id", "revision", name="decisions_once_each"),
)
