"""The chronicle: dated facts of diplomacy, breakdown and force, written by hand in a CSV file."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from errors import StreamError, shown
from streams.events.event import Event, EventError, to_frame
from streams.formats.cells import count_in, day_in, degrees_in, line_in
from streams.formats.csv_records import Record, RecordError, cut_records, fields_of, loose_fields
from streams.store.landing import Ingested
from streams.store.quarantine import Refusal, printable
from streams.store.store import Landed, Store
from theatres import Theatre

SOURCE = "chronicle"

# The file's name of each column of an Event that bears another there.
_RENAMED = {"known_at": "known_on", "url": "source"}
HEADER = (
    *("event_id", "occurred_on", "ended_on", "known_on", "date_precision", "type"),
    *("actor", "target", "mediators", "place", "segment", "lat", "lon"),
    *("deaths_low", "deaths_best", "deaths_high", "summary", "source", "confidence"),
)
_REFUSAL = [field.name for field in fields(Refusal)]


@dataclass(frozen=True, slots=True)
class Reading:
    """The good rows of a file as a frame, the lines they start on, and the rows refused."""

    frame: pd.DataFrame
    lines: tuple[int, ...]
    refusals: tuple[Refusal, ...]


def read(path: Path, theatre: Theatre | None = None) -> Reading:
    """The file's events, and a Refusal for every row that is none; no row is lost between them.

    Where a theatre is named, a row of another one's segment is none.

    Raises StreamError for a file that is missing, a folder, empty, or has another header.
    """
    records = list(cut_records(_content(path)))
    if not records:
        raise StreamError("an empty file", where=f"{path}, line 1", expected=",".join(HEADER))
    first = records[0]
    header = _header(path, first)
    events: dict[str, tuple[int, Event]] = {}
    refusals: list[Refusal] = []
    for record in records[1:]:
        try:
            event = _event(header, record)
            _check_segment(event, theatre)
            _check_new(event, events)
            events[event.event_id] = (record.line, event)
        except EventError as error:
            refusals.append(_refused(path, header, first, record, error))
    frame = to_frame(event for _, event in events.values())
    return Reading(frame, tuple(line for line, _ in events.values()), tuple(refusals))


def ingest(store: Store, theatre: Theatre, at: datetime, path: Path | None = None) -> Ingested:
    """What became of the rows of the theatre's chronicle, or of the file at `path`: the good ones
    are in the store, the others in quarantine.

    Doing it again changes nothing. An event that the file no longer holds is kept: a file may be
    a part. A refusal from before is resolved when its event or its line lands now. The theatre's
    own file has its coverage declared with it; another file's is not known.
    Raises StreamError where nothing of the file can be read, StoreError where the store fails.
    """
    path = path or theatre.chronicle
    reading = read(path, theatre)
    landed = store.append(reading.frame, at)
    store.quarantine(reading.refusals, at)
    store.resolve(_mended(store, path, reading), at)
    if path.resolve() == theatre.chronicle.resolve():
        declare_coverage(store, theatre, at)
    return _ingested(len(reading.frame), landed, reading.refusals)


def retry(store: Store, theatre: Theatre, at: datetime) -> Ingested:
    """What became of the chronicle's rows in quarantine when they are read once more.

    Those that are good now land and are resolved. A second row of an event that is stored stays
    refused, as it was in its file: a person decides and calls Store.resolve.
    """
    events: dict[str, Event] = {}
    mended: list[str] = []
    refusals: list[Refusal] = []
    known = set(store.versions(date.max, sources=[SOURCE])["event_id"])
    for row in _open_refusals(store):
        try:
            event = _again(row)
            _check_segment(event, theatre)
            if event.event_id in events or (row.column == "event_id" and event.event_id in known):
                raise EventError("event_id", event.event_id, "an id that is not stored yet")
            events[event.event_id] = event
            mended.append(row.refusal_id)
        except EventError:
            refusals.append(row)
    landed = store.append(to_frame(events.values()), at)
    store.resolve(mended, at)
    return _ingested(len(events), landed, tuple(refusals))


def declare_coverage(store: Store, theatre: Theatre, at: datetime) -> None:
    """Declares the spans that the theatre's coverage file names, each once.

    One that reaches no further than what stands is left: what an operator has declared, or taken
    back, is never moved by the file.
    """
    for span in theatre.coverage:
        stands = store.coverage(span.source)
        further = stands is None or span.end > stands.end
        if further and not store.has_declared(span.source, span.start, span.end):
            store.declare_coverage(span.source, span.start, span.end, at)


def cover_until(store: Store, until: date, at: datetime, by: str) -> None:
    """A person declares that the chronicle's silence means calm until that day, which may lie
    before the one that stands: what was declared too far is so taken back.

    Raises StreamError for a day to come, of which nobody knows anything.
    """
    if until > at.date():
        raise StreamError(
            "a day to come",
            where="--covered-until",
            found=until.isoformat(),
            expected=f"{at.date()} or earlier",
        )
    span = store.coverage(SOURCE)
    store.declare_coverage(SOURCE, span.start if span else until, until, at, by)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StreamError("no such file", where=str(path), expected="a CSV file") from None
    except IsADirectoryError:
        raise StreamError("a folder", where=str(path), expected="a CSV file") from None
    except (OSError, ValueError) as error:
        raise StreamError(f"cannot be read: {error}", where=str(path)) from None


def _header(path: Path, record: Record) -> list[str]:
    try:
        header = fields_of(record.raw)
    except RecordError as error:
        raise _no_header(path, record, shown(error.found)) from None
    strangeness = _strangeness(header)
    if strangeness:
        raise _no_header(path, record, strangeness)
    return header


def _no_header(path: Path, record: Record, found: str) -> StreamError:
    where = f"{path}, line {record.line}, column header"
    expected = ",".join(HEADER)
    return StreamError(f"not a chronicle's header, found {found}", where=where, expected=expected)


def _strangeness(header: Sequence[str]) -> str:
    """What sets the header apart from HEADER, order aside; nothing where nothing does."""
    parts = {
        "missing": [name for name in HEADER if name not in header],
        "unexpected": sorted({name for name in header if name not in HEADER}),
        "twice": sorted({name for name in header if header.count(name) > 1 and name in HEADER}),
    }
    return "; ".join(f"{what} {', '.join(names)}" for what, names in parts.items() if names)


def _event(header: Sequence[str], record: Record) -> Event:
    """The record as an Event; raises EventError with the column's name in the file."""
    try:
        cells = fields_of(record.raw)
    except RecordError as error:
        raise EventError(_name(header, error.field), error.found, error.expected) from None
    if len(cells) != len(header):
        at = min(len(cells), len(header))
        raise EventError(_name(header, at), len(cells), f"{len(header)} fields")
    try:
        return _made(dict(zip(header, cells, strict=True)))
    except EventError as error:
        column = _RENAMED.get(error.column, error.column)
        raise EventError(column, error.found, error.expected) from None


def _name(header: Sequence[str], at: int) -> str:
    return header[at] if at < len(header) else f"number {at + 1}"


def _made(cells: dict[str, str]) -> Event:
    occurred_on = day_in(cells, "occurred_on")
    known_on = day_in(cells, "known_on")
    return Event(
        event_id=cells["event_id"],
        source=SOURCE,
        occurred_on=occurred_on,
        ended_on=day_in(cells, "ended_on") if cells["ended_on"] else occurred_on,
        date_precision=cells["date_precision"],
        known_at=datetime(known_on.year, known_on.month, known_on.day),  # noqa: DTZ001 (UTC)
        type=cells["type"],
        actor=cells["actor"],
        target=cells["target"],
        mediators=cells["mediators"],
        place=line_in(cells, "place"),
        segment=cells["segment"],
        lat=degrees_in(cells, "lat"),
        lon=degrees_in(cells, "lon"),
        deaths_low=count_in(cells, "deaths_low"),
        deaths_best=count_in(cells, "deaths_best"),
        deaths_high=count_in(cells, "deaths_high"),
        summary=line_in(cells, "summary"),
        url=line_in(cells, "source"),
        confidence=cells["confidence"],
    )


def _check_segment(event: Event, theatre: Theatre | None) -> None:
    if theatre and event.segment and event.segment not in theatre.segments_told:
        expected = f"one of {', '.join(theatre.segments_told)}, or nothing"
        raise EventError("segment", event.segment, expected)


def _check_new(event: Event, events: dict[str, tuple[int, Event]]) -> None:
    if event.event_id in events:
        line = events[event.event_id][0]
        raise EventError("event_id", event.event_id, f"another id than that of line {line}")


def _refused(
    path: Path, header: Sequence[str], first: Record, record: Record, error: EventError
) -> Refusal:
    return Refusal(
        source=SOURCE,
        file=str(path),
        line=record.line,
        column=error.column,
        found=shown(error.found),
        expected=error.expected,
        raw=record.raw,
        header=first.raw,
        event_id=_id_of(header, record),
    )


def _id_of(header: Sequence[str], record: Record) -> str:
    """The id where it can be read even though the rest of the record cannot."""
    cells = loose_fields(record.raw)
    at = header.index("event_id")
    return cells[at] if at < len(cells) else ""


def _mended(store: Store, path: Path, reading: Reading) -> list[str]:
    """The open refusals whose event or whose line has landed with this reading."""
    ids, lines = set(reading.frame["event_id"]), set(reading.lines)
    still = {refusal.refusal_id for refusal in reading.refusals}
    return [
        row.refusal_id
        for row in _open_refusals(store)
        if row.refusal_id not in still
        and (row.event_id in ids or (row.file == printable(str(path)) and row.line in lines))
    ]


def _open_refusals(store: Store) -> list[Refusal]:
    frame = store.quarantined(SOURCE)
    kept = frame.loc[~frame["resolved"], _REFUSAL]
    return [Refusal(*row) for row in kept.itertuples(index=False, name=None)]


def _again(refusal: Refusal) -> Event:
    return _event(fields_of(refusal.header), Record(refusal.line, refusal.raw))


def _ingested(read_rows: int, landed: Landed, refusals: tuple[Refusal, ...]) -> Ingested:
    return Ingested(
        read=read_rows,
        new=landed.new,
        revised=landed.revised,
        retracted=landed.retracted,
        unchanged=landed.unchanged,
        refused=len(refusals),
        refusals=refusals,
        unread=len(refusals),
    )
