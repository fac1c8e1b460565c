"""The rows of a release that could not be read: what is known of them all the same.

A refused row is not absent: what it tells is unknown, so its event is never taken back, and the
silence of its month is no calm.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from streams.formats.csv_records import loose_fields
from streams.store.quarantine import Refusal
from theatres import Codes

_DAY = re.compile(r"((?:19|20)\d\d-\d\d-\d\d)(?:[ T].*)?")
_NUMBER = re.compile(r"\d{1,12}")


@dataclass(frozen=True, slots=True)
class Unread:
    """A refused row: its event and the day on which that ended, None where neither is legible."""

    line: int
    event_id: str | None
    ended_on: date | None


def unread_of(refusals: Iterable[Refusal], codes: Codes) -> Iterator[Unread]:
    """The refused rows that are the theatre's states', or may be."""
    states = codes.actors("gleditsch_ward")
    for refusal in refusals:
        header, cells = loose_fields(refusal.header), loose_fields(refusal.raw)
        row = dict(zip(map(str.strip, header), cells, strict=False))
        whole = len(cells) == len(header)
        country = row.get("country_id", "") if whole else ""
        if _NUMBER.fullmatch(country) and country not in states:
            continue
        if not whole and states.keys().isdisjoint(cells):
            continue
        days = [row.get("date_end", ""), row.get("date_start", "")] if whole else cells[::-1]
        event_id = row.get("id", "")
        yield Unread(
            refusal.line,
            event_id if _NUMBER.fullmatch(event_id) else None,
            next((day for day in map(_day, days) if day), None),
        )


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text.strip())
    try:
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None
