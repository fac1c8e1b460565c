"""Event versions and histories made up for tests of features and models."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from events import make_event
from hypothesis import strategies as st

from features.arrays import Floats, Ints, to_day
from features.history import History, history_of
from streams.events.event import TYPES, Event, to_frame
from theatres import Theatre, load_theatre

PAK_AFG = load_theatre("pak_afg")


def happen(event_id: str, occurred: str, kind: str, **changes: Any) -> Event:
    """An event of the chronicle: known on its day, without place or segment unless told."""
    plain = {"source": "chronicle", "type": kind, "place": "", "segment": ""}
    return make_event(event_id, occurred, **(plain | changes))


def versions_of(events: Iterable[Event]) -> pd.DataFrame:
    """What the store's `versions` gives for these events, in the order given, without a store."""
    kept = list(events)
    frame = to_frame(kept)
    frame["known_until"] = pd.Series([_until(e, kept) for e in kept], dtype="datetime64[s]")
    lived = frame["known_until"].isna() | (frame["known_until"] > frame["known_at"])
    return frame[lived].reset_index(drop=True)


def _until(event: Event, events: list[Event]) -> datetime | None:
    mine = (event.known_at, event.version)
    later = [
        (other.known_at, other.version)
        for other in events
        if other.event_id == event.event_id and (other.known_at, other.version) > mine
    ]
    return min(later)[0] if later else None


def history_from(*events: Event, theatre: Theatre = PAK_AFG) -> History:
    """The history that these events make."""
    return history_of(versions_of(events), theatre)


def days(*dates: str) -> Ints:
    """Dates as days since 1970."""
    return np.array([to_day(date.fromisoformat(text)) for text in dates], np.int32)


def same(left: History, right: History) -> bool:
    """Whether two histories are the same, array by array."""
    pairs = zip(arrays(left).values(), arrays(right).values(), strict=True)
    return all(same_array(a, b) for a, b in pairs)


def same_array(left: Floats, right: Floats) -> bool:
    """Whether two arrays are the same, NaN where NaN."""
    return np.array_equal(left, right, equal_nan=left.dtype == np.float64)


def arrays(history: History) -> dict[str, Floats]:
    """The arrays of a history by name, those of its reports after its own."""
    own = dict(vars(history))
    reports = vars(own.pop("reports"))
    return own | {f"reports.{name}": values for name, values in reports.items()}


def random_events(first: date, span: int, prefix: str = "e") -> st.SearchStrategy[Event]:
    """Events of every type, place and party, known up to 40 days late, in `span` days."""
    segments = ("", "abroad", *PAK_AFG.segment_names)

    def build(drawn: tuple[Any, ...]) -> Event:
        number, start, late, kind, segment, mediators, deaths, joint = drawn
        day = first + timedelta(days=start)
        known = datetime.combine(day + timedelta(days=late), datetime.min.time())
        return happen(
            f"{prefix}{number}",
            day.isoformat(),
            kind,
            known_at=known,
            segment=segment,
            mediators=mediators,
            deaths_best=deaths,
            target="AFG" if joint else "IND",
        )

    return st.tuples(
        st.integers(0, 10**9),
        st.integers(0, span),
        st.one_of(st.integers(0, 3), st.integers(0, 40)),
        st.sampled_from(TYPES),
        st.sampled_from(segments),
        st.sampled_from(("", "QAT", "QAT;TUR", "FRA")),
        st.sampled_from((None, 0, 3, 30)),
        st.integers(0, 9).map(bool),
    ).map(build)
