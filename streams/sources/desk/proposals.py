"""Proposals as they are filed at the desk: what a coder read, where, and how they stand."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from errors import DyadcastError
from streams.sources.desk.tables import proposal_evidence, proposals
from streams.sources.news.proposal import Evidence, Proposal

EVENT, REVISION = "event", "revision"
WAITING, ACCEPTED, REJECTED, KNOWN = "waiting", "accepted", "rejected", "known"
STATUSES: Final = (WAITING, ACCEPTED, REJECTED, KNOWN)
_ELSEWHERE = ("evidence", "known")
"""Fields of a proposal that are kept in columns of their own."""
_LISTS = ("target", "mediators")
_DAYS = ("occurred_on", "known_at")
_IDS_A_QUERY = 10_000


class DeskError(DyadcastError):
    """A proposal that is not there, or a decision that cannot be."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One article's evidence: `passage` is the text around the sentence, from character
    `passage_start` of the article on; empty once it was forgotten."""

    article: str
    url: str
    title: str
    published_at: datetime
    coder: str
    start: int
    end: int
    passage_start: int
    passage: str

    @property
    def sentence(self) -> str:
        """The sentence itself, empty once the passage was forgotten."""
        return self.passage[self.start - self.passage_start : self.end - self.passage_start]


@dataclass(frozen=True, slots=True)
class Filed:
    """A proposal as it is filed.

    `kind` is event, or revision of the event (`source`, `event_id`) for the reason `why`; once it
    was accepted the two name the event that was made. `revision` is raised by every change.
    """

    proposal_id: str
    kind: str
    status: str
    revision: int
    proposal: Proposal
    source: str
    event_id: str
    why: str
    audit: bool
    filed_at: datetime
    evidence: tuple[Citation, ...]

    @property
    def known_at(self) -> datetime:
        """When the first of the articles was published (UTC, no zone)."""
        return self.evidence[0].published_at

    @property
    def url(self) -> str:
        """The address of the first article that has one."""
        return next((each.url for each in self.evidence if each.url), "")

    @property
    def title(self) -> str:
        """The title of the first article that has one."""
        return next((each.title for each in self.evidence if each.title), "")

    def as_json(self) -> dict[str, Any]:
        """The fields as they are shown: the proposal's own, how it stands, its evidence."""
        fields = self.proposal.as_json()
        del fields["evidence"], fields["known"]
        return {
            "proposal_id": self.proposal_id,
            "kind": self.kind,
            "status": self.status,
            "revision": self.revision,
            **fields,
            "source": self.source,
            "event_id": self.event_id,
            "why": self.why,
            "audit": self.audit,
            "evidence": [
                {
                    "url": each.url,
                    "title": each.title,
                    "published_at": each.published_at.isoformat(),
                    "start": each.start,
                    "end": each.end,
                    "text": each.sentence,
                }
                for each in self.evidence
            ],
        }


def content_of(proposal: Proposal) -> str:
    """The proposal's own fields as JSON; `proposal_of` gives an equal one back."""
    kept = {name: value for name, value in asdict(proposal).items() if name not in _ELSEWHERE}
    kept |= {name: kept[name].isoformat() for name in _DAYS}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def proposal_of(content: str, event_id: str, evidence: Evidence) -> Proposal:
    """The proposal of that content, which is the stored event named, or a new one."""
    kept = json.loads(content)
    kept |= {name: tuple(kept[name]) for name in _LISTS}
    kept |= {name: date.fromisoformat(kept[name]) for name in _DAYS}
    return Proposal(**kept, known=event_id, evidence=evidence)


def reading_of(article: str, proposal: Proposal) -> str:
    """A name for what a coder read in an article's sentence: read again it is the same."""
    parts = (
        *(article, proposal.coder, proposal.evidence.start, proposal.type, proposal.actor),
        *(*proposal.target, proposal.modality),
    )
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:12]


def read_filed(connection: Connection, theatre: str, *conditions: Any) -> list[Filed]:
    """The theatre's proposals that fit, with their evidence: the earliest known first."""
    table = proposals.c
    query = sa.select(proposals).where(table.theatre == theatre, *conditions)
    rows = connection.execute(query.order_by(table.known_on, table.proposal_id)).mappings().all()
    cited = _citations(connection, theatre, [row["proposal_id"] for row in rows])
    return [_filed(row, cited.get(row["proposal_id"], ())) for row in rows]


def read_one(connection: Connection, theatre: str, proposal_id: str) -> Filed:
    """The proposal of that id, or of the only one that begins so.

    Raises DeskError where there is none, or several begin so.
    """
    table = proposals.c
    begins = (table.proposal_id >= proposal_id, table.proposal_id <= f"{proposal_id}~")
    rows = read_filed(connection, theatre, *begins) if proposal_id else []
    exact = [row for row in rows if row.proposal_id == proposal_id] or rows
    if len(exact) != 1:
        problem = "several proposals begin so" if exact else "no such proposal"
        raise DeskError(problem, found=proposal_id, do="see `dyadcast desk list`")
    return exact[0]


def _citations(
    connection: Connection, theatre: str, ids: Sequence[str]
) -> Mapping[str, tuple[Citation, ...]]:
    table = proposal_evidence.c
    cited: dict[str, tuple[Citation, ...]] = {}
    for start in range(0, len(ids), _IDS_A_QUERY):
        query = (
            sa.select(proposal_evidence)
            .where(table.theatre == theatre)
            .where(table.proposal_id.in_(ids[start : start + _IDS_A_QUERY]))
            .order_by(table.published_at, table.filed_at, table.reading)
        )
        for row in connection.execute(query).mappings():
            cited_as = {name: row[name] for name in Citation.__dataclass_fields__}
            cited_as |= {"published_at": datetime.fromisoformat(row["published_at"])}
            citation = Citation(**cited_as)
            cited[row["proposal_id"]] = (*cited.get(row["proposal_id"], ()), citation)
    return cited


def _filed(row: Mapping[Any, Any], cited: Iterable[Citation]) -> Filed:
    evidence = tuple(cited)
    first = evidence[0]
    span = Evidence(first.start, first.end, first.sentence)
    known = row["event_id"] if row["status"] == KNOWN or row["kind"] == REVISION else ""
    held = {name: row[name] for name in Filed.__dataclass_fields__ if name in row}
    return Filed(
        **held | {"filed_at": datetime.fromisoformat(row["filed_at"])},
        proposal=proposal_of(row["content"], known, span),
        evidence=evidence,
    )
