"""Vintages and watched days as most tests want them: no gap, watched from long ago."""

from datetime import date, datetime

from features.watching import Watched
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import Knowledge, open_store
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from theatres import load_theatre


def watched(until: date, since: date = date(1990, 1, 1)) -> Watched:
    """Somebody watched on every day until that one."""
    return Watched(((since, until),))


def cover(settings: Settings, until: date, now: datetime) -> None:
    """Declares that the chronicle's silence means calm until that day."""
    store = open_store(settings, load_theatre("pak_afg"))
    span = store.coverage("chronicle")
    assert span is not None
    store.declare_coverage("chronicle", span.start, until, now)


def events_of(known: Knowledge, gap: int = 0) -> Vintage:
    """All the theatre's targets of events, across a gap."""
    return event_vintage(known, known.theatre.events, gap)
