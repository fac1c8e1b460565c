"""The parameters of requests, checked: an unknown one is refused rather than passed over."""

import base64
import binascii
import json
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from publish.api.problems import Problem
from streams.events.event import TYPES
from theatres import Theatre

Name = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]
Cursor = Annotated[
    str | None, Field(max_length=400, description="`next` of the part before; none: the first")
]


class Parameters(BaseModel):
    """Nothing but what is named."""

    model_config = ConfigDict(extra="forbid")


class Rows(Parameters):
    """Which rows of an issue."""

    unit: Name | None = Field(None, examples=["dyad"])
    target: Name | None = Field(None, examples=["closure"])
    horizon: int | None = Field(None, ge=1, le=3650, examples=[30], description="days")
    level: Name | None = Field(None, examples=["elevated"])


class RowsOfIssue(Rows):
    """Which rows of which issue."""

    as_of: date | None = Field(None, description="the issue's day; by default the latest")


class OfIssue(Parameters):
    """Which issue."""

    as_of: date | None = Field(None, description="the issue's day; by default the latest")


class RowsThroughTime(Rows):
    """Which rows of past issues."""

    since: date | None = Field(None, description="the first as_of")
    until: date | None = Field(None, description="the last as_of")
    hindcasts: bool = Field(False, description="days whose issue was made later count too")
    limit: int = Field(1000, ge=1, le=5000)
    cursor: Cursor = None


class ListPart(Parameters):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1000)
    cursor: Cursor = None


class IssuePart(ListPart):
    """Which archived issues."""

    as_of: date | None = Field(None, description="only those of this day")


class EventPart(ListPart):
    """Which events."""

    as_of: date | None = Field(None, description="as known on this day; by default now")
    since: date | None = Field(None, description="that happened on this day or later")
    type: Literal[TYPES] | None = Field(None)  # type: ignore[valid-type]
    segment: Name | None = Field(None, examples=["khyber"])


class ProofPart(Parameters):
    """Which links of the chain."""

    start: int = Field(0, ge=0, le=2**31 - 1, description="from this position on")


class ResolvedPart(Parameters):
    """Which resolved rows."""

    unit: Name | None = Field(None, examples=["dyad"])
    target: Name | None = Field(None, examples=["closure"])
    horizon: int | None = Field(None, ge=1, le=3650, examples=[30], description="days")
    limit: int = Field(1000, ge=1, le=5000)
    cursor: Cursor = None


def check_rows(rows: "Rows | ResolvedPart", theatre: Theatre) -> None:
    """Raises Problem 404, with the theatre's own names, where one named is not among them."""
    units, targets = theatre.all_units, theatre.meanings
    if rows.unit is not None and rows.unit not in units:
        raise Problem.unknown("unit", rows.unit, units)
    if rows.target is not None and rows.target not in targets:
        raise Problem.unknown("target", rows.target, targets)
    horizons = theatre.horizons(rows.target)
    if rows.horizon is not None and horizons and rows.horizon not in horizons:
        raise Problem.unknown("horizon", str(rows.horizon), map(str, sorted(horizons)))
    levels = [level.name for level in theatre.levels]
    level = getattr(rows, "level", None)
    if level is not None and level not in levels:
        raise Problem.unknown("level", level, levels)


def sealed(*place: object) -> str:
    """A cursor: a place in a list, as text that goes into a URL."""
    text = json.dumps(place, ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place that the cursor holds, None where there is none; Problem 404 for another text."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeError, RecursionError):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(type(v) is kind for v, kind in zip(place, kinds, strict=True)):
        raise Problem(
            404, "no place of that cursor; take `next` as it was given", parameter="cursor"
        )
    if any(isinstance(v, int) and not 0 <= v < 2**31 for v in place):
        raise Problem(
            404, "no place of that cursor; take `next` as it was given", parameter="cursor"
        )
    return tuple(place)
