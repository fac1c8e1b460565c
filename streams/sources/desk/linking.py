"""What articles say of one thing is one proposal; what contradicts a known event revises it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pandas as pd

from streams.sources.desk.proposals import EVENT, REVISION, Filed
from streams.sources.news.known import mark_known
from streams.sources.news.patterns.merging import same, together
from streams.sources.news.proposal import Proposal

BY_HAND: Final = ("desk", "analyst", "chronicle")
"""The sources whose events a desk may revise: the others' own releases say what becomes of them."""
DENIED: Final = "denied"


def with_denials(proposals: Iterable[Proposal], events: pd.DataFrame) -> list[Proposal]:
    """What happened, and of what is denied that which `events` hold, with the event's id."""
    kept = []
    for proposal in proposals:
        if proposal.happened:
            kept.append(proposal)
        elif proposal.modality == DENIED:
            as_event = replace(proposal, modality="happened")
            (marked,) = mark_known([as_event], events)
            if marked.known:
                kept.append(replace(proposal, known=marked.known))
    return kept


def contradiction(proposal: Proposal, row: Mapping[Any, Any]) -> str:
    """How the proposal contradicts the stored event that it tells, in words; empty where it does
    not, or a desk may not revise that event, or the report is the older of the two."""
    if row["source"] not in BY_HAND or proposal.known_at < _day(row["known_at"]):
        return ""
    if proposal.modality == DENIED:
        return "denied"
    if proposal.deaths_best is None or proposal.inferred or proposal.date_precision != "day":
        return ""
    low, best, high = (_count(row[f"deaths_{name}"]) for name in ("low", "best", "high"))
    if best is None and low is None and high is None:
        return f"a toll where none was known: {proposal.deaths_best}"
    figures = [each for each in (low, best, high) if each is not None]
    if min(figures) <= proposal.deaths_best <= max(figures):
        return ""
    known = best if best is not None else figures[0]
    return f"another toll: {proposal.deaths_best} instead of {known}"


def mate_of(proposal: Proposal, kind: str, filed: Iterable[Filed]) -> Filed | None:
    """The filed proposal that tells the same thing, the earliest where several do."""
    for each in filed:
        one = each.kind == kind and _tells_the_same(each, proposal)
        if one:
            return each
    return None


def _tells_the_same(filed: Filed, proposal: Proposal) -> bool:
    stored = filed.proposal
    if filed.kind == REVISION:
        same_figures = stored.deaths_best == proposal.deaths_best
        same_mood = (stored.modality == DENIED) == (proposal.modality == DENIED)
        return filed.event_id == proposal.known and same_mood and same_figures
    return filed.kind == EVENT and same(stored, proposal)


def joined(stored: Proposal, more: Proposal) -> Proposal:
    """The stored proposal with what another article adds; known since the earlier of the two."""
    return replace(together(stored, more), known_at=min(stored.known_at, more.known_at))


def _day(moment: Any) -> date:
    return pd.Timestamp(moment).date()


def _count(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
