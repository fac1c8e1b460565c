"""Which stretch of the border a place belongs to: for now, the crossings that an event names."""

import re

from theatres.theatre import Theatre

# Other names under which reports give a crossing.
ALIASES = {"spin boldak": "chaman", "friendship gate": "chaman"}
WHOLE_BORDER = "whole border"


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
