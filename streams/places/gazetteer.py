"""Which stretch of the border a place's name belongs to, and which crossings an event names."""

import re
from collections.abc import Mapping
from functools import cache

from theatres import Crossing, Place, Theatre

WHOLE_BORDER = "whole border"


def segment_named(place: str, theatre: Theatre) -> str:
    """The segment, `interior-...` or `abroad` to which a place's name belongs; nothing if unknown.

    Of several towns, passes or districts the one told first counts; a province only where no
    such place is named, and no other province. A place of a segment that the theatre does not
    have belongs nowhere.
    """
    named = names_in(place, theatre)
    places = [segment for _, segment, area in named if area == "place"]
    provinces = {segment for _, segment, _ in named}
    segment = places[0] if places else provinces.pop() if len(provinces) == 1 else ""
    return segment if segment in theatre.segments_told else ""


def names_in(place: str, theatre: Theatre) -> list[tuple[str, str, str]]:
    """The towns, passes, districts and provinces that `place` names, in its order: each in small
    letters, its segment, and whether it is a `place` or a `province`."""
    by_name, any_name = _gazetteer(theatre.places)
    return [(name, *by_name[name]) for name in any_name.findall(folded(place))]


@cache
def _gazetteer(
    places: tuple[Place, ...],
) -> tuple[Mapping[str, tuple[str, str]], re.Pattern[str]]:
    """Segment and kind by every name in small letters; and any of the names as whole words, the
    longest there is: Khyber Pakhtunkhwa is not Khyber."""
    by_name = {folded(place.name): (place.segment, place.area) for place in places}
    names = sorted(by_name, key=len, reverse=True)
    return by_name, re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, names))})(?!\S)")


def crossings_named(place: str, segment: str, theatre: Theatre) -> tuple[str, ...]:
    """The segments whose crossing an event of closing or reopening touches, north to south.

    Those of the crossings that `place` names, whatever its capitals and hyphens; else the event's
    own segment, where the theatre has it; else every segment with a crossing: so do the whole
    border, no place at all, and a capital or a place inland, from where a state stops or frees
    the trade at all its gates.
    """
    text = folded(place)
    all_crossings = tuple(part.name for part in theatre.segments if part.crossings)
    if _names(text, WHOLE_BORDER):
        return all_crossings
    touched = tuple(
        part.name
        for part in theatre.segments
        if any(_is_named(crossing, text) for crossing in part.crossings)
    )
    if touched:
        return touched
    return (segment,) if segment in theatre.segment_names else all_crossings


def _is_named(crossing: Crossing, text: str) -> bool:
    return any(_names(text, folded(name)) for name in (crossing.name, *crossing.aliases))


def folded(text: str) -> str:
    """Words in small letters, one space between, so that Spin-Boldak is Spin Boldak."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _names(text: str, name: str) -> bool:
    return f" {name} " in f" {text} "
