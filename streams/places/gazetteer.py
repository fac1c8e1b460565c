"""Which stretch of the border a place's name belongs to, and which crossings an event names."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from theatres.theatre import Theatre

# Other names under which reports give a crossing.
ALIASES = {"spin boldak": "chaman", "friendship gate": "chaman"}
WHOLE_BORDER = "whole border"
PLACES = Path(__file__).parents[1] / "data" / "places.csv"


def segment_named(place: str, theatre: Theatre) -> str:
    """The segment, `interior-...` or `abroad` to which a place's name belongs; nothing if unknown.

    Of several towns, passes or districts the one told first counts; a province only where no
    such place is named, and no other province. A place of a segment that the theatre does not
    have belongs nowhere.
    """
    named = [_places()[name] for name in _any_place().findall(_folded(place))]
    places = [segment for segment, area in named if area == "place"]
    provinces = {segment for segment, _ in named}
    segment = places[0] if places else provinces.pop() if len(provinces) == 1 else ""
    inland = {"abroad", *(f"interior-{actor.lower()}" for actor in theatre.actors)}
    return segment if segment in {*theatre.segment_names, *inland} else ""


@cache
def _places() -> Mapping[str, tuple[str, str]]:
    """Every name in small letters, its segment, and whether it is a place or a whole province."""
    with PLACES.open(encoding="utf-8", newline="") as rows:
        return MappingProxyType(
            {_folded(row["name"]): (row["segment"], row["area"]) for row in csv.DictReader(rows)}
        )


@cache
def _any_place() -> re.Pattern[str]:
    """Any of the names as whole words, the longest there is: Khyber Pakhtunkhwa is not Khyber."""
    names = sorted(_places(), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, names))})(?!\S)")


def crossings_named(place: str, segment: str, theatre: Theatre) -> tuple[str, ...]:
    """The segments whose crossing an event of closing or reopening touches, north to south.

    Those of the crossings that `place` names, whatever its capitals and hyphens; else the event's
    own segment, where the theatre has it; else every segment with a crossing: so do the whole
    border, no place at all, and a capital or a place inland, from where a state stops or frees
    the trade at all its gates.
    """
    text = _folded(place)
    all_crossings = tuple(part.name for part in theatre.segments if part.crossings)
    if _names(text, WHOLE_BORDER):
        return all_crossings
    named = {gate for gate in _gates(theatre) if _names(text, gate)}
    named |= {gate for alias, gate in ALIASES.items() if _names(text, alias)}
    touched = tuple(
        part.name
        for part in theatre.segments
        if named & {_folded(crossing.name) for crossing in part.crossings}
    )
    if touched:
        return touched
    return (segment,) if segment in theatre.segment_names else all_crossings


def _gates(theatre: Theatre) -> set[str]:
    return {_folded(crossing.name) for part in theatre.segments for crossing in part.crossings}


def _folded(text: str) -> str:
    """Words in small letters, one space between, so that Spin-Boldak is Spin Boldak."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _names(text: str, name: str) -> bool:
    return f" {name} " in f" {text} "
