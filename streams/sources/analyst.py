"""An analyst's own table: CSV, JSON lines or Parquet, its columns named in a small TOML."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errors import StreamError, shown
from streams.events.event import Event, EventError, to_frame
from streams.formats.cells import count_in, degrees_in, line_in
from streams.formats.csv_records import RecordError
from streams.formats.files import Progress, digest_of, silent
from streams.formats.last_rows import LastRows, one_row
from streams.formats.row_files import json_lines, parquet_rows
from streams.formats.tables import Form, TableRow, read_rows
from streams.places.border import Border, border_of
from streams.places.gazetteer import segment_named
from streams.store.landing import Batch, Ingested
from streams.store.quarantine import Refusal
from streams.store.store import Store
from theatres import Theatre

SOURCE = "analyst"
ROWS = 5_000
_TAKEN = (
    *("event_id", "occurred_on", "ended_on", "known_at", "date_precision", "type", "actor"),
    *("target", "mediators", "place", "segment", "lat", "lon", "deaths_low", "deaths_best"),
    *("deaths_high", "summary", "url", "confidence"),
)
_NEEDED = ("occurred_on", "type", "actor", "target")
_NAMED_BY = ("occurred_on", "type", "actor", "target", "place", "summary")
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d:\d\d)?")


class Layout(BaseModel):
    """How a table is laid out: which of its columns is which of an event's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(default=SOURCE, pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    date_format: str = "%Y-%m-%d"
    known_after_days: int | None = Field(default=None, ge=0, le=3650)
    covered_from: date | None = None
    covered_until: date | None = None


def read_layout(path: Path | None) -> Layout:
    """The layout in the TOML file; without one the table's columns bear an event's names.

    Raises StreamError, in one line, for a file that is none.
    """
    if path is None:
        return Layout()
    try:
        layout = Layout.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StreamError(f"cannot be read as TOML: {error}", where=str(path)) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(map(str, fault["loc"])) or "the file"
        where = f"{path}, field {name}"
        raise StreamError(fault["msg"], where=where, found=fault["input"]) from None
    for name in (*layout.columns, *layout.constants, *layout.values):
        if name not in _TAKEN:
            known = ", ".join(_TAKEN)
            raise StreamError(
                "no column of an event", where=str(path), found=name, expected=f"one of {known}"
            )
    return layout


def read(path: Path, layout: Layout, theatre: Theatre) -> Iterator[Batch]:
    """The table's rows judged, a part at a time.

    A row without an id has one made of what it says; one without a segment has that of its
    point, or of its place's name; one without known_at is refused, unless the
    layout says how late it was known. Raises StreamError where nothing can be read.
    """
    border = border_of(theatre)

    def judged() -> Iterator[tuple[TableRow, Event | EventError]]:
        for row in _rows(path, layout):
            try:
                yield row, _event(row, layout, theatre, border)
            except EventError as error:
                yield row, error

    last = LastRows.of((_version(it), row.line, row.raw) for row, it in judged())
    events, refusals, folded, unread = list[Event](), list[Refusal](), 0, 0
    for row, it in judged():
        later = last.later(_version(it), row.line)
        if isinstance(it, EventError):
            refusals.append(_refused(path, layout, row, it))
            unread += 1
        elif later is None:
            events.append(it)
        elif last.repeats(_version(it), row.raw):
            folded += 1
        else:
            error = EventError("event_id", it.event_id, one_row(later))
            refusals.append(_refused(path, layout, row, error))
        if len(events) + len(refusals) >= ROWS:
            yield _batch(events, refusals, folded, unread)
            events, refusals, folded, unread = [], [], 0, 0
    yield _batch(events, refusals, folded, unread)


def _batch(events: list[Event], refusals: list[Refusal], folded: int, unread: int) -> Batch:
    read = len(events) + len(refusals) + folded
    return Batch(read, to_frame(events), folded=folded, refusals=tuple(refusals), unread=unread)


def _version(it: Event | EventError) -> Hashable:
    """What a row is of: a version of an event; a bad one of none, so it stands for no other."""
    return None if isinstance(it, EventError) else (it.event_id, it.known_at)


def ingest(
    store: Store,
    theatre: Theatre,
    path: Path,
    at: datetime,
    layout: Layout | None = None,
    progress: Progress = silent,
    accept: bool = False,
) -> Ingested:
    """What became of the table's rows; the same content in the same layout is not parsed again.

    An event that the table no longer holds is kept: retract it by its id. A table with rows that
    cannot be read covers nothing, unless a person says so (`accept`).
    """
    layout = layout or Layout()
    if layout.covered_until and layout.covered_until > at.date():
        raise StreamError(
            "a day to come",
            where=f"{path}, covered_until",
            found=layout.covered_until.isoformat(),
            expected=f"{at.date()} or earlier",
        )
    laid = hashlib.sha256(layout.model_dump_json().encode()).hexdigest()[:16]
    with store.landing(layout.source, str(path), f"{digest_of(path)} {laid}", at) as landing:
        if landing.known:
            return landing.done()
        for number, batch in enumerate(read(path, layout, theatre), start=1):
            landing.add(replace(batch, unread=0) if accept else batch)
            progress(f"{path.name}: parts read", number, 0)
        whole = not landing.done().unread
        if whole and layout.covered_from and layout.covered_until:
            landing.cover(layout.covered_from, layout.covered_until)
        return landing.done()


def one_event(told: Mapping[str, str], theatre: Theatre, at: datetime) -> Event:
    """The event that a person told, column by column as text; known now unless told otherwise.

    Raises EventError, naming the column, where it is no valid event.
    """
    known = at.replace(tzinfo=None, microsecond=0).isoformat()
    told = {"known_at": known, **{name: text for name, text in told.items() if text}}
    return _event(TableRow(0, b"", told), Layout(), theatre, border_of(theatre))


def _rows(path: Path, layout: Layout) -> Iterator[TableRow]:
    table = partial(read_rows, form=_form(layout))
    kinds: dict[str, Callable[[Path], Iterator[TableRow]]] = {".csv": table, ".xlsx": table}
    kinds |= {".jsonl": json_lines, ".ndjson": json_lines, ".parquet": parquet_rows}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        expected = f"one of {', '.join(kinds)}"
        raise StreamError("unknown kind of table", where=str(path), expected=expected)
    return kind(path)


def _form(layout: Layout) -> Form:
    """A table that has the columns which every event, or the layout, wants."""
    needed = [layout.columns.get(name, name) for name in _NEEDED if name not in layout.constants]

    def fault(header: Sequence[str]) -> str:
        absent = (name for name in (*needed, *layout.columns.values()) if name not in header)
        return next((f"no column {name}" for name in absent), "")

    return Form("a table of this layout", fault, "name its columns in a TOML beside it")


def _event(row: TableRow, layout: Layout, theatre: Theatre, border: Border) -> Event:
    if isinstance(row.cells, RecordError):
        raise EventError(f"number {row.cells.field + 1}", row.cells.found, row.cells.expected)
    cells = {name: _cell(name, row.cells, layout) for name in _TAKEN}
    for name in _NEEDED:
        if not cells[name]:
            raise EventError(layout.columns.get(name, name), "", "a value")
    occurred_on = _day(cells, "occurred_on", layout)
    known_at, simulated = _known_at(cells, occurred_on, layout)
    lat, lon = degrees_in(cells, "lat"), degrees_in(cells, "lon")
    segment, km = _place(cells, lat, lon, theatre, border)
    return Event(
        event_id=cells["event_id"] or _name_of(cells),
        source=layout.source,
        occurred_on=occurred_on,
        ended_on=_day(cells, "ended_on", layout) if cells["ended_on"] else occurred_on,
        date_precision=cells["date_precision"] or "day",
        known_at=known_at,
        type=cells["type"],
        actor=cells["actor"],
        target=cells["target"],
        mediators=cells["mediators"],
        place=line_in(cells, "place"),
        segment=segment,
        lat=lat,
        lon=lon,
        deaths_low=count_in(cells, "deaths_low"),
        deaths_best=count_in(cells, "deaths_best"),
        deaths_high=count_in(cells, "deaths_high"),
        summary=line_in(cells, "summary"),
        url=line_in(cells, "url"),
        confidence=cells["confidence"] or "medium",
        border_km=km,
        known_simulated=simulated,
    )


def _cell(name: str, cells: Mapping[str, str], layout: Layout) -> str:
    text = layout.constants.get(name) or cells.get(layout.columns.get(name, name), "")
    return layout.values.get(name, {}).get(text, text).strip()


def _day(cells: Mapping[str, str], name: str, layout: Layout) -> date:
    try:
        return datetime.strptime(cells[name], layout.date_format).date()  # noqa: DTZ007 (a day)
    except ValueError:
        expected = f"a date as {layout.date_format}"
        raise EventError(layout.columns.get(name, name), cells[name], expected) from None


def _known_at(cells: Mapping[str, str], occurred_on: date, layout: Layout) -> tuple[datetime, bool]:
    text = cells["known_at"]
    if not text and layout.known_after_days is not None:
        late = timedelta(days=layout.known_after_days)
        return datetime.combine(occurred_on + late, time()), True
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = "a time as YYYY-MM-DDTHH:MM:SS, UTC unless it says its zone"
        raise EventError(layout.columns.get("known_at", "known_at"), text, expected) from None
    offset = moment.utcoffset() or timedelta()
    return (moment - offset).replace(tzinfo=None), False


def _place(
    cells: Mapping[str, str],
    lat: float | None,
    lon: float | None,
    theatre: Theatre,
    border: Border,
) -> tuple[str, float | None]:
    """The segment as told, else that of the point, else that of the place's name.

    And the point's distance from the border.
    """
    if cells["segment"] and cells["segment"] not in theatre.segments_told:
        expected = f"one of {', '.join(theatre.segments_told)}, or nothing"
        raise EventError("segment", cells["segment"], expected)
    if lat is None or lon is None:
        return cells["segment"] or segment_named(cells["place"], theatre), None
    segments, km = border.locate(np.array([lat]), np.array([lon]), [""])
    return cells["segment"] or str(segments[0]), round(float(km[0]), 3)


def _name_of(cells: Mapping[str, str]) -> str:
    said = "\x1f".join(cells[name] for name in _NAMED_BY)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _refused(path: Path, layout: Layout, row: TableRow, error: EventError) -> Refusal:
    column = layout.columns.get(error.column, error.column)
    return Refusal(
        layout.source, str(path), row.line, column, shown(error.found), error.expected, row.raw
    )
