"""What a coder has earned: how often persons found it right, and where it may pass by itself."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.sources.desk.decisions import AUTO, Decision, decisions_of
from streams.sources.desk.events import WORDING
from streams.sources.desk.proposals import EVENT
from streams.sources.desk.tables import proposals
from streams.sources.news.proposal import Proposal
from theatres import Theatre

Z: Final = 1.959964
"""Of a normal distribution 95% lie within so many standard deviations."""
AUDITED: Final = 10
"""Of so many proposals that could pass one goes to the desk all the same."""
Line = tuple[str, str]
"""Coder, type."""


@dataclass(frozen=True, slots=True)
class CoderRecord:
    """What persons decided of a coder's proposals of one type since the record began, or since an
    audit found a fault: a mended or rejected one is wrong. `alone` says that it may pass them by
    itself; `decided` counts all that was ever decided, `passed` what went by itself and stands."""

    coder: str
    type: str
    decisions: int
    right: int
    low: float
    high: float
    audits: int
    passed: int
    decided: int
    waiting: int
    alone: bool

    @property
    def precision(self) -> float | None:
        """The share that was right, None before any decision."""
        return self.right / self.decisions if self.decisions else None

    def as_json(self) -> dict[str, Any]:
        """The fields as they are shown."""
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**shown, "precision": self.precision}


@dataclass
class _Tally:
    right: list[bool] = field(default_factory=list)
    audits: int = 0
    decided: int = 0

    def add(self, right: bool, audit: bool) -> None:
        self.decided += 1
        if audit and not right:
            self.right, self.audits = [], 0  # trust is earned anew, this one counting first
        self.right.append(right)
        self.audits += audit


def wilson(right: int, of: int, z: float = Z) -> tuple[float, float]:
    """The interval of a share that came `right` times `of` so many; 0 and 1 of none.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22 (1927).
    """
    if not of:
        return 0.0, 1.0
    share, square = right / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def is_audited(proposal_id: str) -> bool:
    """Whether the proposal goes to the desk although it could pass: one in ten, by its hash."""
    digest = hashlib.sha256(f"audit {proposal_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % AUDITED == 0


def may_pass(connection: Connection, theatre: Theatre, proposal: Proposal) -> bool:
    """Whether the proposal's coder may pass proposals of its type by itself."""
    line = (proposal.coder, proposal.type)
    return any(
        each.alone for each in records(connection, theatre) if (each.coder, each.type) == line
    )


def records(connection: Connection, theatre: Theatre) -> list[CoderRecord]:
    """The record of every coder and type that was ever proposed, by coder and type."""
    table = proposals.c
    query = sa.select(table.proposal_id, table.coder, table.type, table.status, table.audit)
    filed = {
        row.proposal_id: row
        for row in connection.execute(query.filter_by(theatre=theatre.name, kind=EVENT))
    }
    tallies: dict[Line, _Tally] = defaultdict(_Tally)
    passed: dict[Line, int] = defaultdict(int)
    waiting: dict[Line, int] = defaultdict(int)
    for row in filed.values():
        tallies[row.coder, row.type]  # a line of its own, though nothing be decided
        waiting[row.coder, row.type] += row.status == "waiting"
    for decision, fault in _standing(decisions_of(connection, theatre.name)):
        if decision.proposal_id not in filed:
            continue  # a revision's: it was not a coder's alone
        row = filed[decision.proposal_id]
        if decision.by == AUTO and not fault:
            passed[row.coder, row.type] += 1
        else:
            right = not fault and _was_right(decision)
            tallies[row.coder, row.type].add(right, row.audit or decision.by == AUTO)
    return [
        _record(theatre, line, tallies[line], passed[line], waiting[line])
        for line in sorted(tallies)
    ]


def _standing(record: list[Decision]) -> list[tuple[Decision, bool]]:
    """The decisions that were not taken back; and of those that passed by themselves the ones that
    a person took back, as faults, at the time of that."""
    last: dict[str, int] = {}
    kept: dict[int, tuple[Decision, bool]] = {}
    for at, decision in enumerate(record):
        if decision.action == "undo":
            before = last.pop(decision.proposal_id)
            taken = kept.pop(before)[0]
            if taken.by == AUTO:
                kept[at] = (taken, True)
        else:
            last[decision.proposal_id] = at
            kept[at] = (decision, False)
    return [kept[at] for at in sorted(kept)]


def _was_right(decision: Decision) -> bool:
    mended = set(decision.changes) - WORDING
    return decision.action in ("accept", "mend") and not mended


def _record(theatre: Theatre, line: Line, tally: _Tally, passed: int, waiting: int) -> CoderRecord:
    count, right = len(tally.right), sum(tally.right)
    low, high = wilson(right, count)
    rules = theatre.desk
    alone = count >= rules.decisions and low >= rules.bar
    return CoderRecord(
        *(*line, count, right, low, high, tally.audits, passed, tally.decided, waiting, alone)
    )
