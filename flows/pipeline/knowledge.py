"""What the flows do, step by step: ordinary functions that know nothing of Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from features.history import History, history_of
from features.watching import Span, Watched, union
from flows.pipeline.settings import Settings
from flows.pipeline.sources import Outcome, Request, stream_of
from streams.events.event import Event, to_frame
from streams.events.frame import fingerprint
from streams.formats.files import Progress as TellPart
from streams.formats.files import silent
from streams.net.download import Downloads
from streams.sources import analyst, chronicle
from streams.store.landing import Ingested
from streams.store.store import Coverage, Health, Landed, Store, StoreError, connect
from theatres import Theatre, load_theatre

Progress = Callable[[int, int], None]

_listeners: list[Progress] = []


def hear(listener: Progress) -> None:
    """From now on the listener is told how far a training has come: pieces done, of how many."""
    _listeners.append(listener)


def tell(done: int, total: int) -> None:
    """Tells every listener. (Kept out of the flows' modules, which Prefect must pickle.)"""
    for listener in _listeners:
        listener(done, total)


_part_listeners: list[TellPart] = []


def hear_part(listener: TellPart) -> None:
    """From now on the listener is told how far an ingest has come."""
    _part_listeners.append(listener)


def tell_part(what: str, done: int, total: int) -> None:
    """Tells every listener."""
    for listener in _part_listeners:
        listener(what, done, total)


@dataclass(frozen=True)
class Knowledge:
    """What a forecast may use: the day, the events known by it, and when silence was calm.

    `watched` says of each target of events on which days until as_of somebody could have told of
    it; a target that nobody has watched is not there. `trust` is by source, in the theatre's order,
    the share of its reports that stand.
    """

    theatre: Theatre
    as_of: date
    today: date
    history: History
    fingerprint: str
    watched: Mapping[str, Watched]
    trust: tuple[float, ...]

    @property
    def covered(self) -> tuple[date, date]:
        """The first day on which silence meant calm, and the settled day, the last; of the
        headline's target where that is watched."""
        first = self.theatre.headline.target
        chosen = [self.watched[first]] if first in self.watched else list(self.watched.values())
        if not chosen:
            return self.as_of, self.as_of
        return min(each.first for each in chosen), max(each.until for each in chosen)

    @property
    def data_as_of(self) -> date:
        """The settled day, at most as_of."""
        return self.covered[1]


def open_store(settings: Settings, theatre: Theatre) -> Store:
    """The theatre's events."""
    return Store(connect(settings.database_url), theatre.name)


def ingest(
    settings: Settings, theatre_name: str, now: datetime, path: Path | None = None
) -> Ingested:
    """What landed from a chronicle file, the theatre's own by default; refused rows are kept
    aside.

    The same file again changes nothing.
    """
    theatre = load_theatre(theatre_name)
    store = open_store(settings, theatre)
    chronicle.declare_coverage(store, theatre, now)
    return chronicle.ingest(store, theatre, now, path)


def ingest_source(
    settings: Settings,
    theatre_name: str,
    source: str,
    now: datetime,
    request: Request,
    progress: TellPart = silent,
) -> Ingested:
    """What landed from one source: of the file that is named, or of what is new where it is kept.

    What has landed before changes nothing; a file that was cut off is resumed.
    Raises StreamError where a file cannot be had or read, NoAccountError where the source
    wants an account and there is none.
    """
    theatre = load_theatre(theatre_name)
    store = open_store(settings, theatre)
    downloads = Downloads(settings.home / "downloads")
    return stream_of(source, theatre)(store, theatre, downloads, now, request, progress)


def add_event(
    settings: Settings, theatre_name: str, told: Mapping[str, str], now: datetime
) -> tuple[Event, Landed]:
    """The event that a person told, and whether it is new: the same again changes nothing.

    Raises EventError, naming the column, where it is no valid event.
    """
    theatre = load_theatre(theatre_name)
    event = analyst.one_event(told, theatre, now)
    return event, open_store(settings, theatre).append(to_frame([event]), now)


def retract_event(
    settings: Settings, theatre_name: str, source: str, event_id: str, now: datetime
) -> Landed:
    """Whether the event has a tombstone from now on, or had one; views of before keep it.

    Raises StoreError where there is no such event.
    """
    store = open_store(settings, load_theatre(theatre_name))
    return store.retract(source, [event_id], now, now)


def record(settings: Settings, theatre_name: str, outcome: Outcome, now: datetime) -> None:
    """Keeps in the store how the source fared."""
    store = open_store(settings, load_theatre(theatre_name))
    store.record_run(outcome.source, now, outcome.status, outcome.told)


def streams_health(settings: Settings, theatre_name: str) -> list[tuple[Health, Coverage | None]]:
    """How each of the theatre's sources fares, and what it covers."""
    theatre = load_theatre(theatre_name)
    store, names = open_store(settings, theatre), [each.name for each in theatre.sources]
    return [(store.health(name), store.coverage(name)) for name in names]


def spans(
    store: Store, theatre: Theatre, seen_by: datetime | None = None
) -> dict[str, tuple[Span, ...]]:
    """When each target of events was watched, source by source: silence of these days is calm.

    The sources are those that form labels and could tell of the target. With `seen_by` it is what
    had been declared by then.
    """
    declared = {
        source.name: store.coverage(source.name, seen_by)
        for source in theatre.sources
        if source.labels
    }
    return {
        name: tuple(
            (span.start, span.end)
            for source in theatre.sources
            if source.can_tell(target) and (span := declared[source.name]) is not None
        )
        for name, target in theatre.events.items()
    }


def watched(spans: Mapping[str, tuple[Span, ...]], as_of: date) -> dict[str, Watched]:
    """The days until as_of on which each target was watched, of those that ever were."""
    every = {name: union(each) for name, each in spans.items()}
    until = {name: each.by(as_of) for name, each in every.items() if each is not None}
    return {name: each for name, each in until.items() if each is not None}


def gather(settings: Settings, theatre_name: str, as_of: date | None, today: date) -> Knowledge:
    """What is known on `as_of`, by default today.

    Raises StoreError where as_of is still to come, or where no source has ever covered a day.
    """
    theatre = load_theatre(theatre_name)
    store, day = open_store(settings, theatre), as_of or today
    if day > today:
        raise StoreError(
            "as_of is still to come", found=str(day), expected=f"{today} or before", do="wait"
        )
    declared = spans(store, theatre)
    if theatre.events and not any(declared.values()):
        names = ", ".join(source.name for source in theatre.sources if source.labels)
        raise StoreError(
            "no coverage declared", where=f"sources {names}", do="ingest one of them first"
        )
    used = [source.name for source in theatre.sources if source.features or source.labels]
    versions = store.versions(day, sources=used)
    return Knowledge(
        theatre,
        day,
        today,
        history_of(versions, theatre),
        fingerprint(versions),
        watched(declared, day),
        tuple(trust(versions, source.name) for source in theatre.sources),
    )


def trust(versions: pd.DataFrame, source: str) -> float:
    """The share of a source's reports that stand: those that it has not taken back.

    By Laplace's rule of succession, so that one that has told little is half believed.
    """
    own = versions[versions["source"] == source]
    taken_back = own.groupby("event_id")["retracted"].any()
    return float((len(taken_back) - taken_back.sum() + 1) / (len(taken_back) + 2))


def gather_embedded(settings: Settings, theatre_name: str, now: datetime) -> Knowledge:
    """What is known of the settled day, the theatre's own chronicle taken in first."""
    ingest(settings, theatre_name, now)
    until = gather(settings, theatre_name, None, now.date()).data_as_of
    return gather(settings, theatre_name, until, now.date())
