"""What happened: one dated, typed event, and what makes it valid."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from errors import DyadcastError
from streams.events.frame import COLUMNS, fingerprint, typed

__all__ = ["COLUMNS", "FAMILIES", "TYPES", "Event", "EventError", "fingerprint", "to_frame"]

_CONCILIATION = """mediation_offer mediation_accepted talks_announced talks_held agreement ceasefire
ceasefire_extended confidence_building high_level_visit crossing_reopened trade_accord
prisoner_release ties_upgraded"""
_BREAKDOWN = """mediation_declined talks_failed talks_postponed ceasefire_violation ceasefire_ended
accusation threat protest_note ties_downgraded crossing_closed trade_suspended deportation_drive"""
_FORCE = """border_clash shelling airstrike incursion post_dispute militant_attack
military_operation mobilisation declaration_of_hostilities
battle nonstate_violence onesided_violence"""

FAMILIES: dict[str, str] = {
    kind: family
    for family, kinds in (
        ("conciliation", _CONCILIATION),
        ("breakdown", _BREAKDOWN),
        ("force", _FORCE),
    )
    for kind in kinds.split()
}
TYPES: tuple[str, ...] = tuple(FAMILIES)
PRECISIONS = ("day", "week", "month")
PLACES = ("point", "near", "district", "province", "stretch", "country", "waters")
"""How well a place is known: the place itself, within some 25 km, the administrative unit alone, a
stretch of a line or a part of a province, the country alone, or waters and air of none."""
CONFIDENCES = ("high", "medium", "low")
YEARS = (1900, 2100)
DEATHS_MAX = 100_000_000
FARTHEST_KM = 20_100  # half the way round the Earth
ID_MAX = 200  # PostgreSQL refuses index entries beyond 2,700 bytes
TEXT_MAX = 10_000

_CODE = re.compile(r"[A-Z]{2,6}")
_SEGMENT = re.compile(r"([a-z][a-z0-9-]*)?")
_UNPRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TEXTS = ("event_id", "source", "place", "summary", "url")


class EventError(DyadcastError):
    """An event that cannot be: the column at fault, what it holds and what it should hold."""

    def __init__(self, column: str, found: object, expected: str) -> None:
        super().__init__(
            "not a valid event", where=f"column {column}", found=found, expected=expected
        )
        self.column = column
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One version of one event; construction raises EventError unless every rule holds.

    `known_at` is UTC without a zone, to the second; a day without a time is its first instant.
    `deaths_*` count all sides together; `border_km` is the point's distance from the border line;
    `mentions` counts the reports that tell it, where the source counts them; `known_simulated`
    says that known_at comes from a calendar, not from a record; `place_precision` is one of PLACES
    where the source says how well it knows the place. The store numbers versions when events are
    appended.
    """

    event_id: str
    source: str
    version: int = 1
    occurred_on: date
    ended_on: date
    date_precision: str = "day"
    known_at: datetime
    type: str
    actor: str
    target: str
    mediators: str = ""
    place: str = ""
    segment: str = ""
    lat: float | None = None
    lon: float | None = None
    deaths_low: int | None = None
    deaths_best: int | None = None
    deaths_high: int | None = None
    summary: str = ""
    url: str = ""
    confidence: str
    retracted: bool = False
    border_km: float | None = None
    mentions: int | None = None
    known_simulated: bool = False
    place_precision: str = ""

    def __post_init__(self) -> None:
        _check_texts(self)
        _check_words(self)
        _check_codes(self)
        _check_dates(self)
        _check_point(self)
        _check_deaths(self)

    @property
    def family(self) -> str:
        """The family of the event's type: conciliation, breakdown or force."""
        return FAMILIES[self.type]


def to_frame(events: Iterable[Event]) -> pd.DataFrame:
    """One row an event, in the order given: exactly COLUMNS, of the types in frame.DTYPES."""
    rows = list(events)
    return typed({column: [getattr(row, column) for row in rows] for column in COLUMNS})


def _check_texts(event: Event) -> None:
    for column in _TEXTS:
        text: str = getattr(event, column)
        limit = ID_MAX if column in ("event_id", "source") else TEXT_MAX
        if _UNPRINTED.search(text):
            raise EventError(column, text, "text without control characters")
        if len(text) > limit:
            raise EventError(column, text, f"at most {limit} characters")
    for column in ("event_id", "source"):
        if not getattr(event, column).strip():
            raise EventError(column, getattr(event, column), "a name that is not empty")


def _check_words(event: Event) -> None:
    if event.type not in FAMILIES:
        raise EventError("type", event.type, "a type of the chronicle, such as border_clash")
    if event.date_precision not in PRECISIONS:
        raise EventError("date_precision", event.date_precision, f"one of {', '.join(PRECISIONS)}")
    if event.confidence not in CONFIDENCES:
        raise EventError("confidence", event.confidence, f"one of {', '.join(CONFIDENCES)}")
    if event.place_precision not in ("", *PLACES):
        raise EventError("place_precision", event.place_precision, f"one of {', '.join(PLACES)}")
    if event.version < 1:
        raise EventError("version", event.version, "1 or more")


def _check_codes(event: Event) -> None:
    for column in ("actor", "target"):
        if not _CODE.fullmatch(getattr(event, column)):
            raise EventError(column, getattr(event, column), "a code of 2 to 6 capitals, as USA")
    if event.mediators and not all(map(_CODE.fullmatch, event.mediators.split(";"))):
        raise EventError("mediators", event.mediators, "codes of 2 to 6 capitals joined by ';'")
    if not _SEGMENT.fullmatch(event.segment):
        raise EventError("segment", event.segment, "small letters, digits and hyphens, or nothing")


def _check_dates(event: Event) -> None:
    for column in ("occurred_on", "ended_on", "known_at"):
        _check_calendar(column, getattr(event, column))
    if event.ended_on < event.occurred_on:
        raise EventError(
            "ended_on", event.ended_on.isoformat(), f"{event.occurred_on}, when it began, or later"
        )
    if event.known_at.date() < event.occurred_on:
        raise EventError(
            "known_at", event.known_at.isoformat(), f"{event.occurred_on}, when it began, or later"
        )


def _check_calendar(column: str, day: date) -> None:
    timed = isinstance(day, datetime)
    if timed != (column == "known_at"):
        raise EventError(column, day, "a time" if column == "known_at" else "a day without a time")
    if isinstance(day, datetime) and (day.tzinfo or day.microsecond):
        raise EventError(column, day.isoformat(), "UTC without a zone, to the second")
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise EventError(column, day.isoformat(), f"a year from {YEARS[0]} to {YEARS[1]}")


def _check_point(event: Event) -> None:
    for column, bound in (("lat", 90), ("lon", 180)):
        degrees: float | None = getattr(event, column)
        if degrees is not None and not (math.isfinite(degrees) and abs(degrees) <= bound):
            raise EventError(column, degrees, f"decimal degrees from -{bound} to {bound}")
    if (event.lat is None) != (event.lon is None):
        missing = "lat" if event.lat is None else "lon"
        raise EventError(missing, "", "both lat and lon, or neither")
    km = event.border_km
    if km is not None and not (math.isfinite(km) and 0 <= km <= FARTHEST_KM):
        raise EventError("border_km", km, f"kilometres from 0 to {FARTHEST_KM}")
    if km is not None and event.lat is None:
        raise EventError("border_km", km, "nothing, where there is no point")


def _check_deaths(event: Event) -> None:
    for column in ("deaths_low", "deaths_best", "deaths_high", "mentions"):
        count: int | None = getattr(event, column)
        if count is not None and not 0 <= count <= DEATHS_MAX:
            raise EventError(column, count, f"a count from 0 to {DEATHS_MAX}")
    low, best, high = event.deaths_low, event.deaths_best, event.deaths_high
    if low is not None and high is not None and low > high:
        raise EventError("deaths_low", low, f"at most deaths_high, {high}")
    if best is not None and low is not None and best < low:
        raise EventError("deaths_best", best, f"at least deaths_low, {low}")
    if best is not None and high is not None and best > high:
        raise EventError("deaths_best", best, f"at most deaths_high, {high}")
