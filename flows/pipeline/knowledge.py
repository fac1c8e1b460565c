"""What the flows do, step by step: ordinary functions that know nothing of Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from features.history import History, history_of
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
    """What a forecast may use: the day, the events known by it, and until when silence is calm."""

    theatre: Theatre
    as_of: date
    newest_as_of: date
    history: History
    fingerprint: str
    covered: tuple[date, date]

    @property
    def data_as_of(self) -> date:
        """The last day whose silence means calm, at most as_of."""
        return min(self.covered[1], self.as_of)


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


def coverage(store: Store, theatre: Theatre, seen_by: datetime | None = None) -> tuple[date, date]:
    """From when to when silence means calm in every source that forms labels or feeds features.

    A source counted apart does not enter: no recipe leans on it. With `seen_by` it is what had
    been declared by then.

    Raises StoreError where a source has declared no coverage.
    """
    spans = []
    leant_on = (
        each for each in theatre.sources if each.labels or (each.features and not each.apart)
    )
    for source in (each.name for each in leant_on):
        if (span := store.coverage(source, seen_by)) is None:
            raise StoreError(
                "no coverage declared", where=f"source {source}", do="ingest the source first"
            )
        spans.append(span)
    return max(span.start for span in spans), min(span.end for span in spans)


def gather(settings: Settings, theatre_name: str, as_of: date | None, today: date) -> Knowledge:
    """What is known on `as_of`: by default today, or the end of coverage where that is earlier."""
    theatre = load_theatre(theatre_name)
    store = open_store(settings, theatre)
    covered = coverage(store, theatre)
    newest = min(today, covered[1])
    day = as_of or newest
    used = [source.name for source in theatre.sources if source.features or source.labels]
    versions = store.versions(day, sources=used)
    return Knowledge(
        theatre, day, newest, history_of(versions, theatre), fingerprint(versions), covered
    )


def gather_embedded(settings: Settings, theatre_name: str, now: datetime) -> Knowledge:
    """What is known at present, the theatre's own chronicle taken in first."""
    ingest(settings, theatre_name, now)
    return gather(settings, theatre_name, None, now.date())


def extend_coverage(settings: Settings, theatre_name: str, until: date, now: datetime) -> None:
    """Declares that the chronicle's silence means calm until that day."""
    store = open_store(settings, load_theatre(theatre_name))
    span = store.coverage(chronicle.SOURCE)
    store.declare_coverage(chronicle.SOURCE, span.start if span else until, until, now)
