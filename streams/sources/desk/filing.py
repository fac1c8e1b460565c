"""An article's proposals put to the desk: each thing once, however many articles tell it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.event import EventError
from streams.sources.desk.autonomy import is_audited, may_pass
from streams.sources.desk.decisions import AUTO, Ruling, decide
from streams.sources.desk.linking import contradiction, joined, mate_of, with_denials
from streams.sources.desk.proposals import (
    ACCEPTED,
    EVENT,
    KNOWN,
    REVISION,
    WAITING,
    DeskError,
    Filed,
    content_of,
    read_filed,
    read_one,
    reading_of,
)
from streams.sources.desk.tables import proposal_evidence, proposals
from streams.sources.news.article import Article
from streams.sources.news.proposal import Proposal
from streams.store.landing import Landing
from streams.store.versions import stamp
from theatres import Source, Theatre
from theatres.source import NEWS

AROUND: Final = 700
"""Characters of the article that are kept on each side of the sentence."""
REACH: Final = timedelta(days=62)
"""An article is held against what was known so long before it, or after."""


@dataclass(frozen=True, slots=True)
class FiledCount:
    """What became of an article's proposals; `linked` are further evidence of one that was there,
    `passed` those that went to the store by themselves."""

    new: int = 0
    revisions: int = 0
    linked: int = 0
    known: int = 0
    passed: int = 0
    unchanged: int = 0

    def __add__(self, other: "FiledCount") -> "FiledCount":
        names = self.__dataclass_fields__
        return FiledCount(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def line(self) -> str:
        """One line: the counts that are not zero."""
        names = {
            "new": "proposed",
            "revisions": "revisions proposed",
            "linked": "further evidence of what was proposed",
            "known": "known already",
            "passed": "passed by themselves",
            "unchanged": "read before",
        }
        counts = {words: getattr(self, name) for name, words in names.items()}
        return ", ".join(f"{n} {words}" for words, n in counts.items() if n) or "nothing to propose"


def file_article(
    landing: Landing,
    theatre: Theatre,
    article: Article,
    proposed: Sequence[Proposal],
    known: pd.DataFrame,
    at: datetime,
) -> FiledCount:
    """What became of the proposals of an article, in the landing's transaction.

    `known` are the events (COLUMNS) by which the known ones were marked. Only what happened is
    filed, and a denial of what is known. The same article again changes nothing.
    """
    key = hashlib.sha256(article.text.encode("utf-8", "replace")).hexdigest()[:16]
    rows = {str(row["event_id"]): row for row in known.to_dict("records")} if proposed else {}
    filing = _Filing(landing, theatre, article, key, at)
    kept = with_denials(proposed, known)
    return sum((filing.put(each, rows.get(each.known)) for each in kept), FiledCount())


def forget_passages(landing: Landing, theatre: Theatre, at: datetime) -> None:
    """Empties the passages of articles that were filed too long ago: they are others' property."""
    table = proposal_evidence.c
    news = next((each for each in theatre.sources if each.name == NEWS), Source(name=NEWS))
    oldest = stamp(at - timedelta(days=news.keep_text_days))
    landing.connection.execute(
        sa.update(proposal_evidence)
        .where(table.theatre == theatre.name, table.filed_at < oldest, table.passage != "")
        .values(passage="")
    )


@dataclass(frozen=True)
class _Filing:
    """One article on its way to the desk."""

    landing: Landing
    theatre: Theatre
    article: Article
    key: str
    at: datetime

    @property
    def connection(self) -> Connection:
        return self.landing.connection

    def put(self, proposal: Proposal, row: Mapping[Any, Any] | None) -> FiledCount:
        """What became of one proposal; `row` is the stored event that it is or contradicts."""
        reading = reading_of(self.key, proposal)
        if self._is_read(reading):
            return FiledCount(unchanged=1)
        why = "" if row is None else contradiction(proposal, row)
        if not proposal.happened and not why:
            return FiledCount(known=1)  # denied, but not of an event that a desk may revise
        kind = REVISION if why else EVENT
        status = WAITING if row is None or why else KNOWN
        mate = mate_of(proposal, kind, self._candidates(proposal, kind))
        if mate is not None and (status == WAITING or mate.status == ACCEPTED):
            self._join(mate, proposal)
            self._cite(proposal, reading, mate.proposal_id)
            return FiledCount(linked=1)
        source = "" if row is None else str(row["source"])
        self._insert(proposal, reading, (kind, status, source, why))
        self._cite(proposal, reading, reading)
        if status == KNOWN:
            return FiledCount(known=1)
        if kind == REVISION:
            return FiledCount(revisions=1)
        return FiledCount(passed=1) if self._passes(reading) else FiledCount(new=1)

    def _is_read(self, reading: str) -> bool:
        query = sa.select(proposal_evidence.c.reading)
        query = query.filter_by(theatre=self.theatre.name, reading=reading)
        return self.connection.execute(query).first() is not None

    def _candidates(self, proposal: Proposal, kind: str) -> list[Filed]:
        table, day = proposals.c, proposal.known_at
        return read_filed(
            self.connection,
            self.theatre.name,
            table.kind == kind,
            table.type == proposal.type,
            table.status.in_((WAITING, ACCEPTED)),
            table.known_on >= (day - REACH).isoformat(),
            table.known_on <= (day + REACH).isoformat(),
        )

    def _insert(
        self, proposal: Proposal, reading: str, standing: tuple[str, str, str, str]
    ) -> None:
        kind, status, source, why = standing
        self.connection.execute(
            sa.insert(proposals).values(
                theatre=self.theatre.name,
                proposal_id=reading,
                kind=kind,
                status=status,
                coder=proposal.coder,
                type=proposal.type,
                known_on=proposal.known_at.isoformat(),
                revision=1,
                content=content_of(proposal),
                source=source,
                event_id=proposal.known,
                why=why,
                audit=False,
                filed_at=stamp(self.at),
            )
        )

    def _join(self, mate: Filed, proposal: Proposal) -> None:
        """Adds what the article says to a proposal that waits; a decided one stays as it is."""
        whole = joined(mate.proposal, proposal)
        content = content_of(whole)
        if mate.status != WAITING or content == content_of(mate.proposal):
            return
        mine = sa.update(proposals).filter_by(
            theatre=self.theatre.name, proposal_id=mate.proposal_id
        )
        self.connection.execute(
            mine.values(
                content=content,
                known_on=whole.known_at.isoformat(),
                revision=proposals.c.revision + 1,
            )
        )

    def _cite(self, proposal: Proposal, reading: str, proposal_id: str) -> None:
        span = proposal.evidence
        first = max(0, span.start - AROUND)
        midnight = datetime.combine(self.article.published, datetime.min.time())
        published = self.article.published_at or midnight
        self.connection.execute(
            sa.insert(proposal_evidence).values(
                theatre=self.theatre.name,
                reading=reading,
                proposal_id=proposal_id,
                article=self.key,
                url=self.article.url,
                title=self.article.title,
                published_at=published.isoformat(timespec="seconds"),
                coder=proposal.coder,
                start=span.start,
                end=span.end,
                passage_start=first,
                passage=self.article.text[first : span.end + AROUND],
                filed_at=stamp(self.at),
            )
        )

    def _passes(self, proposal_id: str) -> bool:
        """Whether the new proposal went to the store by itself; one in ten goes to the desk."""
        filed = read_one(self.connection, self.theatre.name, proposal_id)
        if not may_pass(self.connection, self.theatre, filed.proposal):
            return False
        if is_audited(proposal_id):
            mine = sa.update(proposals)
            mine = mine.filter_by(theatre=self.theatre.name, proposal_id=proposal_id)
            self.connection.execute(mine.values(audit=True))
            return False
        ruling = Ruling("accept", AUTO, self.at, filed.revision)
        try:
            decide(self.landing, self.theatre, filed, ruling)
        except (DeskError, EventError):
            return False  # no valid event as it stands: a person mends or rejects it
        return True
