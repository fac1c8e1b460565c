"""What several sentences say of one event is one proposal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from streams.sources.news.proposal import Proposal

_SPECIAL = {
    "talks_failed": ("talks_held",),
    "talks_postponed": ("talks_announced", "talks_held", "high_level_visit"),
    "ceasefire": ("agreement", "talks_held"),
    "ceasefire_extended": ("ceasefire", "agreement"),
    "ceasefire_violation": ("accusation",),
    "ceasefire_ended": ("ceasefire",),
    "trade_accord": ("agreement",),
    "confidence_building": ("agreement",),
    "mediation_accepted": ("mediation_offer",),
    "mediation_declined": ("mediation_offer",),
    "airstrike": ("border_clash", "shelling"),
    "shelling": ("border_clash",),
    "declaration_of_hostilities": ("threat",),
    "high_level_visit": ("talks_held",),
    "protest_note": ("accusation",),
    "border_clash": ("military_operation",),
}
"""Of one sentence and one pair, the type on the left makes those on the right a part of it."""
_RANK = {"day": 0, "week": 1, "month": 2}
_NEAR = {"day": 0, "week": 7, "month": 31}
_STATEMENTS = ("accusation", "threat")


def merge(proposals: Sequence[Proposal]) -> list[Proposal]:
    """The proposals of one article, each event once, in the order of their first evidence."""
    merged: list[Proposal] = []
    for proposal in _without_parts(proposals):
        at = next((k for k, other in enumerate(merged) if same(other, proposal)), None)
        if at is None:
            merged.append(proposal)
        else:
            merged[at] = together(merged[at], proposal)
    return merged


def _without_parts(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Without what another proposal of the same sentence holds within it."""
    kept: list[Proposal] = []
    parts: list[tuple[Proposal, Proposal]] = []
    for proposal in proposals:
        whole = next((mate for mate in proposals if _is_part(proposal, mate)), None)
        if whole is None:
            kept.append(proposal)
        else:
            parts.append((proposal, whole))
    for part, whole in parts:
        if part.deaths_best is not None and whole in kept and whole.deaths_best is None:
            kept[kept.index(whole)] = _with_dead(whole, part)
    return kept


def _is_part(proposal: Proposal, mate: Proposal) -> bool:
    return (
        proposal.type in _SPECIAL.get(mate.type, ())
        and mate.evidence == proposal.evidence
        and mate.happened == proposal.happened
        and bool(_pair(mate) & _pair(proposal))
    )


def _pair(proposal: Proposal) -> set[str]:
    return {proposal.actor, *proposal.target}


def same(one: Proposal, other: Proposal) -> bool:
    """True where two proposals tell one event."""
    if one.type != other.type or one.happened != other.happened:
        return False
    if one.happened is False and one.modality != other.modality:
        return False
    if one.actor != other.actor or not set(one.target) & set(other.target):
        return False
    apart = not set(one.place.split(" and ")) & set(other.place.split(" and "))
    if one.place and other.place and apart and one.type not in _STATEMENTS:
        return False
    return _same_day(one, other)


def _same_day(one: Proposal, other: Proposal) -> bool:
    apart = abs(one.occurred_on - other.occurred_on)
    if one.inferred and other.inferred:
        return apart <= timedelta(days=31)
    if one.inferred or other.inferred:
        # What has no day of its own is what was told before, where that is not long ago.
        return apart <= timedelta(
            days=max(3, _NEAR[one.date_precision], _NEAR[other.date_precision])
        )
    return apart <= timedelta(days=max(_NEAR[one.date_precision], _NEAR[other.date_precision]))


def together(first: Proposal, more: Proposal) -> Proposal:
    """The first, with what the other adds: a day, a place, mediators, the span of the dead."""
    dated = first
    if (first.inferred and not more.inferred) or (
        first.inferred == more.inferred and _RANK[more.date_precision] < _RANK[first.date_precision]
    ):
        dated = more
    return replace(
        _with_dead(first, more),
        target=tuple(dict.fromkeys((*first.target, *more.target))),
        mediators=tuple(dict.fromkeys((*first.mediators, *more.mediators))),
        place=first.place or more.place,
        segment=first.segment or more.segment,
        occurred_on=dated.occurred_on,
        date_precision=dated.date_precision,
        inferred=dated.inferred,
        modality=dated.modality if first.happened else first.modality,
        confidence=min(0.99, max(first.confidence, more.confidence) + 0.03),
    )


def _with_dead(first: Proposal, more: Proposal) -> Proposal:
    """The first with the span of the dead that both tell; its own figure stays the best."""
    if first.deaths_best is None or more.deaths_best in (None, first.deaths_best):
        source = more if first.deaths_best is None else first
        low, best, high = source.deaths_low, source.deaths_best, source.deaths_high
    else:
        figures = [
            figure
            for each in (first, more)
            for figure in (each.deaths_low, each.deaths_best, each.deaths_high)
            if figure is not None
        ]
        low, best, high = min(figures), first.deaths_best, max(figures)
    return replace(first, deaths_low=low, deaths_best=best, deaths_high=high)
