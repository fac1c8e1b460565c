"""Vintages and watched days as most tests want them: no gap, watched from long ago."""

from datetime import date

from features.watching import Watched
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import Knowledge
from flows.pipeline.vintage import Vintage


def watched(until: date, since: date = date(1990, 1, 1)) -> Watched:
    """Somebody watched on every day until that one."""
    return Watched(((since, until),))


def events_of(known: Knowledge, gap: int = 0) -> Vintage:
    """All the theatre's targets of events, across a gap."""
    return event_vintage(known, known.theatre.events, gap)
