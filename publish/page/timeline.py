"""Which events are marked under the history chart, and where: none on top of another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import log10
from typing import Final

from publish.contract.context import KnownEvent

# What a reader looks for first when the risk has moved. What is not here is listed, not marked.
WEIGHTS: Final = {
    "declaration_of_hostilities": 9,
    "ceasefire": 8,
    "ceasefire_ended": 8,
    "talks_failed": 8,
    "agreement": 7,
    "mediation_offer": 6,
    "ceasefire_extended": 6,
    "mediation_accepted": 6,
    "mediation_declined": 6,
    "airstrike": 6,
    "incursion": 6,
    "talks_postponed": 5,
    "ceasefire_violation": 5,
    "border_clash": 5,
    "talks_held": 4,
    "shelling": 4,
    "crossing_closed": 4,
    "trade_suspended": 4,
    "talks_announced": 3,
    "crossing_reopened": 3,
    "mobilisation": 3,
}
LANES: Final = {"conciliation": "Diplomacy", "breakdown": "Breakdown", "force": "Force"}
GAP_DAYS: Final = 12
PHONE_GAP_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at `place` percent of the span; it stands for `more` lesser ones close to it.

    `major` marks have room on a phone too.
    """

    event: KnownEvent
    place: float
    more: int
    major: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The marks of one family, the oldest first."""

    family: str
    title: str
    marks: tuple[Mark, ...]


def lanes(events: Iterable[KnownEvent], start: date, end: date) -> tuple[Lane, ...]:
    """One lane a family, with the weightiest events of the span, at least 12 days apart."""
    within = spanned(events, start, end)
    return tuple(
        Lane(family, title, _marks([e for e in within if e.family == family], start, end))
        for family, title in LANES.items()
    )


def spanned(events: Iterable[KnownEvent], start: date, end: date) -> list[KnownEvent]:
    """The events from `start` to `end`, both included, the oldest first."""
    return sorted((e for e in events if start <= e.occurred_on <= end), key=lambda e: e.occurred_on)


def listed(events: Iterable[KnownEvent], limit: int) -> list[KnownEvent]:
    """The events, the newest first; of more than the limit the weightiest alone."""
    kept = sorted(events, key=_weight, reverse=True)[:limit]
    return sorted(kept, key=lambda e: e.occurred_on, reverse=True)


def _weight(event: KnownEvent) -> tuple[float, date]:
    return WEIGHTS.get(event.type, 0) + log10(1 + (event.deaths or 0)), event.occurred_on


def _leaders(events: Iterable[KnownEvent], gap: int) -> list[KnownEvent]:
    """The weightiest events no two of which are closer than so many days."""
    kept: list[KnownEvent] = []
    for event in sorted(events, key=_weight, reverse=True):
        if all(abs((event.occurred_on - other.occurred_on).days) >= gap for other in kept):
            kept.append(event)
    return sorted(kept, key=lambda e: e.occurred_on)


def _marks(events: Sequence[KnownEvent], start: date, end: date) -> tuple[Mark, ...]:
    worth = [event for event in events if event.type in WEIGHTS]
    leaders, majors = _leaders(worth, GAP_DAYS), _leaders(worth, PHONE_GAP_DAYS)
    more = [0] * len(leaders)
    for event in worth:
        apart = [abs((event.occurred_on - leader.occurred_on).days) for leader in leaders]
        more[apart.index(min(apart))] += 1
    span = max((end - start).days, 1)
    return tuple(
        Mark(event, round(100 * (event.occurred_on - start).days / span, 2), n - 1, event in majors)
        for event, n in zip(leaders, more, strict=True)
    )
