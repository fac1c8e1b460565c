"""What the store knows already: each proposal held against the events known by its day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from streams.sources.news.language.words import listed
from streams.sources.news.proposal import Proposal

_NEAR = {"day": 1, "week": 7, "month": 31}
_COMPARED = [
    *("event_id", "type", "actor", "target", "mediators", "place"),
    *("occurred_on", "ended_on", "date_precision"),
]
_INFERRED_NEAR = 4
"""Days between an event and a report that gives no day."""
_JOINT = listed(
    "ceasefire ceasefire_extended ceasefire_ended talks_held talks_failed talks_announced "
    "talks_postponed agreement border_clash trade_accord confidence_building"
)
_OTHER_NAMES = {
    "talks_held": ("talks_failed",),
    "border_clash": ("shelling",),
    "shelling": ("border_clash",),
    "agreement": ("ceasefire",),
}


def mark_known(proposals: Sequence[Proposal], events: pd.DataFrame) -> list[Proposal]:
    """The proposals, those that `events` (COLUMNS, as known on the article's day) hold with the
    event's id. One whose day was inferred takes the event's day."""
    if not proposals:
        return []
    rows = _within_reach(proposals, events).to_dict("records")
    return [_marked(proposal, rows) for proposal in proposals]


def _within_reach(proposals: Sequence[Proposal], events: pd.DataFrame) -> pd.DataFrame:
    """The events of types and days that any of the proposals may be: of many, a few."""
    kinds = {kind for each in proposals for kind in (each.type, *_OTHER_NAMES.get(each.type, ()))}
    days = [each.occurred_on for each in proposals]
    apart = timedelta(days=max(_NEAR.values()))
    near = (events["occurred_on"] <= pd.Timestamp(max(days) + apart)) & (
        events["ended_on"] >= pd.Timestamp(min(days) - apart)
    )
    return events.loc[near & events["type"].isin(kinds), _COMPARED]


def _marked(proposal: Proposal, rows: Sequence[Mapping[Any, Any]]) -> Proposal:
    if not proposal.happened:
        return proposal
    fits = [(_distance(proposal, row), row) for row in rows if _fits(proposal, row)]
    if not fits:
        return proposal
    _, row = min(fits, key=lambda fit: fit[0])
    looks_back = proposal.inferred and proposal.date_precision != "day"
    day = _day(row) if looks_back else proposal.occurred_on
    return replace(proposal, known=str(row["event_id"]), occurred_on=day)


def _fits(proposal: Proposal, row: Mapping[Any, Any]) -> bool:
    kinds = (proposal.type, *_OTHER_NAMES.get(proposal.type, ()))
    if row["type"] not in kinds or not _same_people(proposal, row):
        return False
    near = _NEAR[proposal.date_precision]
    if proposal.inferred and proposal.date_precision == "day":
        near = _INFERRED_NEAR
    near = max(near, _NEAR.get(str(row["date_precision"]), 1))
    apart = timedelta(days=near)
    first, last = _day(row), pd.Timestamp(row["ended_on"]).date()
    return first - apart <= proposal.occurred_on <= last + apart


def _same_people(proposal: Proposal, row: Mapping[Any, Any]) -> bool:
    if row["actor"] == proposal.actor:
        return row["target"] in (*proposal.target, *proposal.mediators)
    # What both do is written from one side to the other, whichever is named first.
    both = {proposal.actor, *proposal.target}
    return (
        proposal.type != "mediation_offer"
        and {row["actor"], row["target"]} == both
        and (proposal.type in _JOINT)
    )


def _distance(proposal: Proposal, row: Mapping[Any, Any]) -> tuple[int, int, int]:
    mediators = set(str(row["mediators"]).split(";")) & set(proposal.mediators)
    place = bool(proposal.place) and proposal.place.split(" and ")[0] in str(row["place"])
    days = abs((proposal.occurred_on - _day(row)).days)
    return (row["type"] != proposal.type, -len(mediators) - place, days)


def _day(row: Mapping[Any, Any]) -> date:
    return pd.Timestamp(row["occurred_on"]).date()
