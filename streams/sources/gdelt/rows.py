"""A row of a GDELT 2.0 export file as a report: 61 columns of text in, an event out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from streams.events.event import Event, EventError
from streams.sources.gdelt.cameo import code_book, type_of
from streams.sources.gdelt.stories import SOURCE, Report, story_of
from theatres import Codes

_GEO = ("Type", "FullName", "CountryCode", "ADM1Code", "ADM2Code", "Lat", "Long", "FeatureID")
_ACTOR = (
    *("Code", "Name", "CountryCode", "KnownGroupCode", "EthnicCode"),
    *("Religion1Code", "Religion2Code", "Type1Code", "Type2Code", "Type3Code"),
)
COLUMNS: tuple[str, ...] = (
    *("GLOBALEVENTID", "SQLDATE", "MonthYear", "Year", "FractionDate"),
    *(f"Actor{number}{part}" for number in (1, 2) for part in _ACTOR),
    *("IsRootEvent", "EventCode", "EventBaseCode", "EventRootCode", "QuadClass"),
    *("GoldsteinScale", "NumMentions", "NumSources", "NumArticles", "AvgTone"),
    *(f"{whose}Geo_{part}" for whose in ("Actor1", "Actor2", "Action") for part in _GEO),
    *("DATEADDED", "SOURCEURL"),
)
CITIES = ("3", "4")
"""The types of place that are a point: others are the middle of a country or a region."""
URL_MAX = 4_000

_RENAMED = {
    "event_id": "GLOBALEVENTID",
    "occurred_on": "SQLDATE",
    "known_at": "DATEADDED",
    "place": "ActionGeo_FullName",
    "lat": "ActionGeo_Lat",
    "lon": "ActionGeo_Long",
    "mentions": "NumMentions",
    "url": "SOURCEURL",
}
_NUMBER = re.compile(r"[0-9]{1,18}")
_CODE = re.compile(r"[0-9]{2,4}")
_MENTIONS = re.compile(r"[0-9]{1,6}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,17})?([eE]-[0-9]{1,2})?")
_URL = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
_ACTORS = ("Actor1CountryCode", "Actor2CountryCode")
_CLOCK = ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))


class UnmappedCode(Exception):  # noqa: N818 (nothing is wrong with the row)
    """A good row whose code has no type of the chronicle."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Placed:
    """A report, and the country that its place is in: as actors are coded, where we know."""

    report: Report
    country: str


def report_in(raw: bytes, codes: Codes) -> Placed:
    """The report in a line of as many fields as COLUMNS, its segment still to be found.

    Raises EventError, with the file's name of the column, or UnmappedCode.
    """
    cells = dict(zip(COLUMNS, map(_text, raw.split(b"\t")), strict=True))
    number = _whole(cells, "GLOBALEVENTID", _NUMBER)
    occurred_on, known_at = _day(cells), _known(cells)
    if occurred_on > known_at.date():
        expected = f"{known_at.date()}, the day of DATEADDED, or earlier"
        raise EventError("SQLDATE", cells["SQLDATE"], expected)
    code = cells["EventCode"]
    if not _CODE.fullmatch(code):
        raise EventError("EventCode", code, "two to four digits")
    mentions = _whole(cells, "NumMentions", _MENTIONS)
    if not type_of(code):
        raise UnmappedCode(code)
    try:
        event = _event(cells, codes, occurred_on, known_at, mentions)
    except EventError as error:
        column = _RENAMED.get(error.column, error.column)
        raise EventError(column, error.found, error.expected) from None
    place = cells["ActionGeo_CountryCode"]
    country = codes.actors("fips").get(place, place)
    return Placed(Report(number, replace(event, event_id=story_of(event))), country)


def _event(
    cells: Mapping[str, str], codes: Codes, day: date, known_at: datetime, mentions: int
) -> Event:
    is_city = cells["ActionGeo_Type"] in CITIES
    code, (actor, target) = cells["EventCode"], (cells[name] for name in _ACTORS)
    actors = codes.actors("cameo")
    return Event(
        event_id=cells["GLOBALEVENTID"],
        source=SOURCE,
        occurred_on=day,
        ended_on=day,
        known_at=known_at,
        type=type_of(code),
        actor=actors.get(actor, actor),
        target=actors.get(target, target),
        place=cells["ActionGeo_FullName"].strip(),
        lat=_degrees(cells, "ActionGeo_Lat") if is_city else None,
        lon=_degrees(cells, "ActionGeo_Long") if is_city else None,
        mentions=mentions,
        summary=f"{actor} towards {target}: {code_book()[code].note} (CAMEO {code})",
        url=_url(cells),
        confidence="low",
    )


def _text(cell: bytes) -> str:
    """The cell as text; a byte that is no UTF-8, which GDELT lets through, is marked as lost."""
    return cell.decode("utf-8", "replace")


def _day(cells: Mapping[str, str]) -> date:
    text = cells["SQLDATE"]
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise EventError("SQLDATE", text, "a day of the calendar as YYYYMMDD") from None


def _known(cells: Mapping[str, str]) -> datetime:
    text = cells["DATEADDED"]
    try:
        return datetime(*(int(text[a:b]) for a, b in _CLOCK))  # type: ignore[arg-type]  # noqa: DTZ001 (UTC)
    except ValueError:
        raise EventError("DATEADDED", text, "a time of the calendar as YYYYMMDDHHMMSS") from None


def _whole(cells: Mapping[str, str], column: str, form: re.Pattern[str]) -> int:
    if not form.fullmatch(cells[column]) or not int(cells[column]):
        raise EventError(column, cells[column], "a whole number from 1")
    return int(cells[column])


def _degrees(cells: Mapping[str, str], column: str) -> float | None:
    text = cells[column]
    if text and not _DEGREES.fullmatch(text):
        raise EventError(column, text, "decimal degrees, or nothing")
    return float(text) + 0.0 if text else None


def _url(cells: Mapping[str, str]) -> str:
    text = cells["SOURCEURL"].strip()
    if text and not (_URL.fullmatch(text) and len(text) <= URL_MAX):
        expected = f"an address of http or https of at most {URL_MAX} characters, or nothing"
        raise EventError("SOURCEURL", text, expected)
    return text
