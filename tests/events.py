"""Events made up for tests: valid as they stand, one thing changed at a time."""

from datetime import UTC, date, datetime
from typing import Any

from streams.events.event import Event

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(day: str) -> datetime:
    """The first instant of the day, UTC without a zone."""
    return datetime.fromisoformat(day)


def make_event(event_id: str = "a", occurred: str = "2025-10-12", **changes: Any) -> Event:
    """A closing of Torkham, known on the day it happened, with the changes asked for."""
    day = date.fromisoformat(occurred)
    values: dict[str, Any] = {
        "event_id": event_id,
        "source": "made",
        "occurred_on": day,
        "ended_on": day,
        "known_at": at(occurred),
        "type": "crossing_closed",
        "actor": "PAK",
        "target": "AFG",
        "place": "Torkham",
        "segment": "khyber",
        "lat": 34.12,
        "lon": 71.09,
        "summary": "Torkham closes after a night of fire.",
        "confidence": "high",
    }
    return Event(**(values | changes))
