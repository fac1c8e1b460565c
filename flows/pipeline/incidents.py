"""Incidents for a person to see: one with its reports, and how the sources report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from flows.pipeline.knowledge import open_store
from flows.pipeline.settings import Settings
from streams.incidents.delays import reporting
from streams.incidents.detection import Span, detection
from streams.incidents.incidents import incidents, link
from streams.store.store import Store, StoreError
from theatres import Theatre, load_theatre

PERIOD_YEARS = 5


@dataclass(frozen=True)
class Incident:
    """An incident: its row, its reports, the one that counts first, and of what sums it is a part
    and what parts it sums, by the row of each."""

    row: pd.Series
    reports: pd.DataFrame
    sums: pd.DataFrame
    parts: pd.DataFrame


def find_incident(settings: Settings, theatre_name: str, event_id: str, as_of: date) -> Incident:
    """The incident to which the event belongs, by what is known on `as_of`.

    `event_id` may have its source before it, as in `ucdp:492679`. Raises StoreError where no event
    has that id by then, or events of several sources have it.
    """
    theatre = load_theatre(theatre_name)
    linked = link(_reports(open_store(settings, theatre), theatre, as_of), theatre)
    names = linked["source"] + ":" + linked["event_id"]
    named = linked[(linked["event_id"] == event_id) | (names == event_id)]
    if named.empty:
        raise StoreError(
            "no such event",
            where=f"what is known on {as_of}",
            found=event_id,
            do="see dyadcast events list; what a source only counts apart is no incident",
        )
    if len(named) > 1:
        both = ", ".join(names[named.index])
        raise StoreError("several sources have that id", found=event_id, expected=f"one of {both}")
    incident = named["incident"].iloc[0]
    rows = incidents(linked, theatre)
    row = rows[rows["incident"] == incident].iloc[0]
    mine = linked[linked["incident"] == incident]
    counts = (names[mine.index] != incident).rename("later")
    return Incident(
        row,
        mine.loc[counts.sort_values(kind="stable").index],
        rows[rows["incident"].isin(row["within"])],
        rows[[incident in each for each in rows["within"]]],
    )


def _reports(store: Store, theatre: Theatre, as_of: date) -> pd.DataFrame:
    return store.events(as_of, sources=_sources(theatre))


def _sources(theatre: Theatre) -> list[str]:
    """The sources whose rows are reports; of one that is counted apart no row is an incident."""
    return [source.name for source in theatre.sources if not source.apart]


def reporting_of(
    settings: Settings, theatre_name: str, as_of: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How fast each source tells, and of what happens which share, by what is known on `as_of`.

    The columns are those of delays.reporting and detection.detection; what happened in the last
    PERIOD_YEARS counts for the delay, and the share is told for as many years at a time.
    """
    theatre = load_theatre(theatre_name)
    store = open_store(settings, theatre)
    periods = periods_until(as_of)
    delays = reporting(store.versions(as_of), as_of, periods[0][0])
    spans = {
        name: (span.start, min(span.end, as_of))
        for name in _sources(theatre)
        if (span := store.coverage(name)) is not None
    }
    linked = link(_reports(store, theatre, as_of), theatre)
    return delays, detection(incidents(linked, theatre), spans, periods)


def periods_until(as_of: date, periods: int = 5) -> Sequence[Span]:
    """Spans of PERIOD_YEARS years up to the end of as_of's, the newest first."""
    ends = [as_of.year - PERIOD_YEARS * back for back in range(periods)]
    return [
        (date(end - PERIOD_YEARS + 1, 1, 1), date(end + 1, 1, 1) - timedelta(days=1))
        for end in ends
    ]
