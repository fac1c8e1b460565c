"""ACLED: what its API and its exports tell of the theatre, each row known from its timestamp.

The timestamp is when ACLED last published the row. A row that comes back with a later one is a
new version; one that the list of deletions names is retracted from the time of its deletion. Of
ACLED's text only its codes and names are kept: its notes are not ours to publish.
"""

import csv
import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from errors import StreamError, shown
from streams.events.event import Event, EventError, to_frame
from streams.formats.cells import count_in, degrees_in
from streams.formats.csv_records import RecordError
from streams.formats.files import Progress, digest_of, silent
from streams.formats.last_rows import LastRows, one_row
from streams.formats.tables import Form, TableRow, read_rows
from streams.places.border import Border, border_of
from streams.store.landing import Batch, Ingested
from streams.store.quarantine import Refusal
from streams.store.store import Store
from theatres import Codes, Theatre

SOURCE = "acled"
TABLE = Path(__file__).with_name("acled.csv")
NEEDED = (
    *("event_id_cnty", "event_date", "time_precision", "event_type", "sub_event_type"),
    *("actor1", "actor2", "iso", "location", "latitude", "longitude", "geo_precision"),
    *("fatalities", "timestamp"),
)
ROWS = 5_000
CONTENT_MAX = 1 << 30
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_SPOKEN = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PRECISIONS = {"1": "day", "2": "week", "3": "month"}
_AREA = "3"  # geo_precision of a region, whose point lies anywhere
_PLACES = {"1": "point", "2": "near", _AREA: "province"}


@dataclass(frozen=True, slots=True)
class Code:
    """What a kind of event becomes: as `type`, or as `between` where both sides are the states'."""

    type: str
    between: str
    note: str


@dataclass(frozen=True, slots=True)
class _Sight:
    """What tells whether a row is the theatre's, whose it is, and whether a later one counts."""

    border: Border
    codes: Codes
    last: LastRows


@cache
def code_book() -> Mapping[tuple[str, str], Code]:
    """Every event and sub-event type of the codebook, in small letters.

    Source: ACLED Codebook, table 2 (https://acleddata.com/knowledge-base/codebook/).
    """
    with TABLE.open(encoding="utf-8-sig", newline="") as lines:
        return MappingProxyType(
            {
                _kind(row): Code(row["type"], row["between"], row["note"])
                for row in csv.DictReader(lines)
            }
        )


def read(path: Path, theatre: Theatre) -> Iterator[Batch]:
    """The rows judged, a part at a time: of a csv export, or of a page of the API's JSON.

    A row counts where it happened in one of the two states, within the belt, or between their
    forces. Raises StreamError where nothing of the file can be read.
    """
    last = LastRows.of((_key(row), row.line, row.raw) for row in _rows(path))
    sight, part = _Sight(border_of(theatre), theatre.codes, last), list[TableRow]()
    for row in _rows(path):
        part.append(row)
        if len(part) == ROWS:
            yield _judged(path, part, sight)
            part = []
    yield _judged(path, part, sight)


def ingest(
    store: Store,
    theatre: Theatre,
    path: Path,
    at: datetime,
    progress: Progress = silent,
    accept: bool = False,
) -> Ingested:
    """What became of the file's rows; the same content again is not parsed.

    An export says nothing of what it leaves out: no event is retracted for not being in it, and
    no coverage is declared. Rows of the theatre that cannot be read are `unread`, unless a person
    says so (`accept`). Raises StreamError where nothing can be read.
    """
    with store.landing(SOURCE, str(path), digest_of(path), at) as landing:
        if landing.known:
            return landing.done()
        for number, batch in enumerate(read(path, theatre), start=1):
            landing.add(replace(batch, unread=0) if accept else batch)
            progress(f"{path.name}: parts read", number, 0)
        return landing.done()


def answer_of(path: Path) -> list[dict[str, Any]]:
    """The rows that a page of the API holds. Raises StreamError where it is no good answer."""
    try:
        if path.stat().st_size > CONTENT_MAX:
            raise ValueError
        told = json.loads(path.read_bytes(), parse_constant=_no_number)
    except OSError as error:
        raise StreamError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (ValueError, RecursionError):
        raise StreamError("not an answer of ACLED's API", where=str(path)) from None
    rows = told.get("data") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StreamError("no rows in ACLED's answer", where=str(path), expected="`data`, a list")
    return rows


def pages(path: Path) -> Iterator[TableRow]:
    """The rows of a page, numbered as they stand in it."""
    for number, row in enumerate(answer_of(path), start=1):
        cells = {str(name): _text(cell) for name, cell in row.items()}
        raw = json.dumps(cells).encode()
        absent = [name for name in NEEDED if name not in cells]
        if absent:
            yield TableRow(number, raw, RecordError(0, f"no field {absent[0]}", "ACLED's fields"))
        else:
            yield TableRow(number, raw, cells)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _no_number(_text: str) -> None:
    raise ValueError


def _rows(path: Path) -> Iterator[TableRow]:
    return pages(path) if path.suffix.lower() == ".json" else read_rows(path, _EXPORT)


def _key(row: TableRow) -> Hashable:
    """What a row is of: a version of an event; nothing where it is no row."""
    if isinstance(row.cells, RecordError) or not row.cells["event_id_cnty"].strip():
        return None
    return row.cells["event_id_cnty"].strip(), row.cells["timestamp"].strip()


def _fault(header: Sequence[str]) -> str:
    """What keeps the header from being ACLED's; nothing where nothing does."""
    absent = [name for name in NEEDED if name not in header]
    twice = [name for name in NEEDED if header.count(name) > 1]
    if absent:
        return f"no column {absent[0]}"
    return f"column {twice[0]} stands twice" if twice else ""


_EXPORT = Form(
    "an ACLED export",
    _fault,
    "fetch an export with all columns, one row an event, from https://acleddata.com",
    any_case=True,
)


def _judged(path: Path, part: list[TableRow], sight: _Sight) -> Batch:
    events, refusals, unmapped = list[Event](), list[Refusal](), dict[str, int]()
    elsewhere = folded = unread = 0
    for row in part:
        key = _key(row)
        later = sight.last.later(key, row.line)
        if later is not None and sight.last.repeats(key, row.raw):
            folded += 1
            continue
        try:
            cells = _cells(row)
            if later is not None:
                raise EventError("event_id_cnty", cells["event_id_cnty"], one_row(later))
            code = code_book().get(_kind(cells))
            event = _event(cells, code or Code("", "", ""), sight)
        except EventError as error:
            refusals.append(_refused(path, row, error))
            unread += later is None and _may_be(row, sight.codes)
            continue
        if event is None:
            elsewhere += 1
        elif isinstance(event, Event):
            events.append(event)
        else:
            unmapped[event] = unmapped.get(event, 0) + 1
    return Batch(len(part), to_frame(events), elsewhere, folded, unmapped, tuple(refusals), unread)


def _may_be(row: TableRow, codes: Codes) -> bool:
    """Whether a row that cannot be read may be the theatre's: of no legible other country."""
    iso = "" if isinstance(row.cells, RecordError) else row.cells["iso"].strip()
    country = iso.removesuffix(".0")
    return not country.isdigit() or country in codes.actors("iso")


def _kind(cells: Mapping[str, str]) -> tuple[str, str]:
    return (cells["event_type"].strip().casefold(), cells["sub_event_type"].strip().casefold())


def _cells(row: TableRow) -> Mapping[str, str]:
    if isinstance(row.cells, RecordError):
        raise EventError(f"number {row.cells.field + 1}", row.cells.found, row.cells.expected)
    return {name: _UNPRINTED.sub(" ", row.cells[name]).strip() for name in NEEDED}


def _event(cells: Mapping[str, str], code: Code, sight: _Sight) -> Event | str | None:
    """The event; its kind where that has no type; None where it is not the theatre's."""
    border, codes = sight.border, sight.codes
    actor, target = code_of(cells["actor1"], codes), code_of(cells["actor2"], codes)
    between = {actor, target} == set(codes.states)
    lat, lon = degrees_in(cells, "latitude"), degrees_in(cells, "longitude")
    state = codes.actors("iso").get(cells["iso"].removesuffix(".0"), "")
    segment, km = _place(cells, lat, lon, state, border)
    occurred_on, known_at = _day(cells["event_date"]), _moment(cells["timestamp"])
    deaths = count_in(cells, "fatalities")
    if not (state or between or (km is not None and km <= border.belt_km)):
        return None
    kind = code.between if between else code.type
    if not kind:
        return f"{cells['event_type']}: {cells['sub_event_type']}"[:120]
    place = cells["location"][:300]
    said = f"{cells['sub_event_type']}: {cells['actor1']}"
    said += f" - {cells['actor2']}" if cells["actor2"] else ""
    return Event(
        event_id=cells["event_id_cnty"],
        source=SOURCE,
        occurred_on=occurred_on,
        ended_on=occurred_on,
        date_precision=_precision(cells["time_precision"]),
        known_at=known_at,
        type=kind,
        actor=actor,
        target=target,
        place=place,
        segment=segment,
        lat=lat,
        lon=lon,
        deaths_low=None,
        deaths_best=deaths,
        deaths_high=None,
        summary=f"{said}; {place}"[:500],
        confidence="medium" if cells["geo_precision"] != _AREA else "low",
        border_km=km,
        place_precision=_PLACES.get(cells["geo_precision"], ""),
    )


def _place(
    cells: Mapping[str, str], lat: float | None, lon: float | None, state: str, border: Border
) -> tuple[str, float | None]:
    """The segment of the point, and its distance; one that stands for a region has no stretch."""
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return border.inland(state or "XXX"), None
    segments, km = border.locate(np.array([lat]), np.array([lon]), [state or "XXX"])
    segment = border.inland(state or "XXX") if cells["geo_precision"] == _AREA else segments[0]
    return str(segment), round(float(km[0]), 3)


def code_of(name: str, codes: Codes) -> str:
    """The code of an actor: a state's for its forces, else a group's; ARM for any other armed one.

    CIV where no actor is named: then civilians, or nobody, were the target.
    """
    text = name.casefold()
    if state := _forces(tuple(codes.actors("forces"))).match(text):
        actors = {forces.casefold(): actor for forces, actor in codes.actors("forces").items()}
        return actors[state[1]]
    if not text:
        return "CIV"
    groups = (group.code for group in codes.acled_groups if group.named.casefold() in text)
    return next(groups, "CIV" if "civilians" in text else "ARM")


@cache
def _forces(states: tuple[str, ...]) -> re.Pattern[str]:
    """The forces of the states of those names, in small letters."""
    names = "|".join(re.escape(state.casefold()) for state in states)
    return re.compile(rf"(?:military|police|government|border).* of ({names})\b")


def _day(text: str) -> date:
    """The day: YYYY-MM-DD as the API writes it, or `05 January 2024` as exports do."""
    spoken = _SPOKEN.fullmatch(text)
    try:
        if spoken:
            month = _MONTHS.index(spoken[2][:3].casefold()) // 4 + 1
            return date(int(spoken[3]), month, int(spoken[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise EventError("event_date", text, "a date of the calendar as YYYY-MM-DD") from None


def _moment(text: str) -> datetime:
    if not re.fullmatch(r"\d{9,10}(\.0+)?", text):
        raise EventError("timestamp", text, "seconds since 1970")
    return datetime.fromtimestamp(int(text.partition(".")[0]), UTC).replace(tzinfo=None)


def _precision(text: str) -> str:
    if text not in _PRECISIONS:
        raise EventError("time_precision", text, "1, 2 or 3")
    return _PRECISIONS[text]


def _refused(path: Path, row: TableRow, error: EventError) -> Refusal:
    return Refusal(
        SOURCE, str(path), row.line, error.column, shown(error.found), error.expected, row.raw
    )
