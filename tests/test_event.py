"""An event holds only what can be; a frame of events says the same in any order."""

from dataclasses import FrozenInstanceError, fields, replace
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from events import at, make_event
from hypothesis import given
from hypothesis import strategies as st

from streams.events.event import COLUMNS, FAMILIES, TYPES, Event, EventError, fingerprint, to_frame
from streams.events.frame import DTYPES, FrameError, check_frame


def test_types_are_those_of_the_chronicle_and_three_more_in_three_families() -> None:
    counts = pd.Series(FAMILIES).value_counts().to_dict()

    assert counts == {"conciliation": 13, "breakdown": 12, "force": 12}
    assert len(TYPES) == 34 + 3
    assert make_event(type="shelling").family == "force"


def test_event_is_frozen() -> None:
    event = make_event()

    with pytest.raises(FrozenInstanceError):
        event.type = "shelling"  # type: ignore[misc]


BAD: list[tuple[str, dict[str, Any]]] = [
    ("type", {"type": "picnic"}),
    ("known_at", {"known_at": at("2025-10-11")}),
    ("known_at", {"known_at": date(2025, 10, 12)}),
    ("known_at", {"known_at": datetime.fromisoformat("2025-10-12T00:00:00+00:00")}),
    ("known_at", {"known_at": datetime.fromisoformat("2025-10-12T00:00:00.5")}),
    ("occurred_on", {"occurred_on": at("2025-10-12")}),
    ("occurred_on", {"occurred_on": date(1899, 12, 31)}),
    ("ended_on", {"ended_on": date(2025, 10, 11)}),
    ("ended_on", {"ended_on": date(2101, 1, 1)}),
    ("date_precision", {"date_precision": "year"}),
    ("confidence", {"confidence": ""}),
    ("actor", {"actor": "pak"}),
    ("target", {"target": ""}),
    ("target", {"target": "PAK\n"}),
    ("mediators", {"mediators": "QAT; TUR"}),
    ("segment", {"segment": "The Khyber"}),
    ("event_id", {"event_id": ""}),
    ("event_id", {"event_id": " "}),
    ("event_id", {"event_id": "a" * 201}),
    ("source", {"source": ""}),
    ("summary", {"summary": "one line\nand another"}),
    ("summary", {"summary": "a lone \udce9 surrogate"}),
    ("place", {"place": "Tor\x00kham"}),
    ("url", {"url": "x" * 10_001}),
    ("version", {"version": 0}),
    ("lat", {"lat": 90.01}),
    ("lat", {"lat": float("nan")}),
    ("lon", {"lon": -180.01}),
    ("lon", {"lon": None}),
    ("deaths_low", {"deaths_low": -1}),
    ("deaths_high", {"deaths_high": 100_000_001}),
    ("deaths_low", {"deaths_low": 3, "deaths_high": 2}),
    ("deaths_best", {"deaths_low": 3, "deaths_best": 2}),
    ("deaths_best", {"deaths_best": 4, "deaths_high": 3}),
]


@pytest.mark.parametrize(("column", "changes"), BAD)
def test_event_refuses_what_cannot_be(column: str, changes: dict[str, Any]) -> None:
    with pytest.raises(EventError) as caught:
        make_event(**changes)

    assert caught.value.column == column
    assert caught.value.expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_event_takes_the_edges_of_what_can_be() -> None:
    event = make_event(lat=-90, lon=180.0, deaths_low=0, deaths_best=0, deaths_high=0, segment="")

    assert (event.deaths_low, event.lat, event.ended_on) == (0, -90, event.occurred_on)
    assert make_event(mediators="QAT;TUR", known_at=at("2025-10-12")).mediators == "QAT;TUR"


def test_columns_are_the_fields_of_an_event() -> None:
    assert tuple(field.name for field in fields(Event)) == COLUMNS


@pytest.mark.parametrize("events", [[], [make_event(), make_event("b", lat=None, lon=None)]])
def test_to_frame_has_the_promised_types(events: list[Event]) -> None:
    frame = to_frame(events)

    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
    assert frame["event_id"].tolist() == [event.event_id for event in events]


def test_to_frame_keeps_none_as_a_hole() -> None:
    frame = to_frame([make_event(lat=None, lon=None, deaths_best=7)])

    assert frame["lat"].isna().all()
    assert frame["deaths_low"].isna().all()
    assert frame["deaths_best"].tolist() == [7]
    assert frame["known_at"].iloc[0] == pd.Timestamp("2025-10-12")


def test_fingerprint_of_known_events_never_changes() -> None:
    """Published numbers carry it: another value for the same events would break their record."""
    frame = to_frame([make_event(), make_event("b", deaths_best=3, lat=None, lon=None)])

    assert fingerprint(frame) == PINNED


PINNED = "21008d276e583452ffa74463e665c8527b73713db8cc938018eba63363076204"

OTHERS: list[dict[str, Any]] = [
    {"event_id": "c"},
    {"source": "other"},
    {"ended_on": date(2025, 10, 13)},
    {"date_precision": "week"},
    {"known_at": datetime.fromisoformat("2025-10-12T00:00:01")},
    {"type": "shelling"},
    {"actor": "AFG"},
    {"target": "TTP"},
    {"mediators": "QAT"},
    {"place": "Chaman"},
    {"segment": "chaman"},
    {"lat": 34.13},
    {"lon": 71.08},
    {"deaths_low": 0},
    {"deaths_best": 0},
    {"deaths_high": 0},
    {"summary": "another"},
    {"url": "another"},
    {"confidence": "low"},
    {"retracted": True},
    {"border_km": 0.0},
    {"mentions": 0},
    {"known_simulated": True},
    {"place_precision": "point"},
]


def test_fingerprint_sees_every_column_but_the_version() -> None:
    prints = {fingerprint(to_frame([make_event(**change)])) for change in [{}, *OTHERS]}

    assert len(prints) == 1 + len(OTHERS)
    assert {*COLUMNS} == {"version", "occurred_on"} | {name for each in OTHERS for name in each}


def test_fingerprint_leaves_out_version_numbers_and_further_columns() -> None:
    frame = to_frame([make_event()])

    assert fingerprint(frame.assign(version=4, ingested_at="now")) == fingerprint(frame)


def test_fingerprint_takes_the_two_zeros_for_one() -> None:
    west, east = make_event(lat=-0.0), make_event(lat=0.0)

    assert fingerprint(to_frame([west])) == fingerprint(to_frame([east]))


@given(st.permutations(range(5)))
def test_fingerprint_is_independent_of_order(order: list[int]) -> None:
    events = [make_event(str(number), deaths_best=number) for number in range(5)]

    shuffled = to_frame(events[number] for number in order)

    assert fingerprint(shuffled) == fingerprint(to_frame(events))


def test_fingerprint_counts_a_row_that_stands_twice() -> None:
    event = make_event()

    assert fingerprint(to_frame([event, event])) != fingerprint(to_frame([event]))


def test_check_frame_names_the_column_at_fault() -> None:
    frame = to_frame([make_event()])

    check_frame(frame)
    for name, bad in (
        ("lat", frame.drop(columns="lat")),
        ("deaths_low", frame.assign(deaths_low=1.5)),
        ("occurred_on", frame.assign(occurred_on=pd.Series([pd.NaT], dtype="datetime64[s]"))),
        ("place", frame.assign(place=pd.Series([None], dtype="str"))),
        ("url", frame.assign(url=pd.Series(["a\x1fb"], dtype="str"))),
    ):
        with pytest.raises(FrameError, match=name):
            check_frame(bad)


@given(
    low=st.none() | st.integers(-5, 50),
    best=st.none() | st.integers(-5, 50),
    high=st.none() | st.integers(-5, 50),
)
def test_event_takes_deaths_exactly_when_they_rise(
    low: int | None, best: int | None, high: int | None
) -> None:
    given_ = [count for count in (low, best, high) if count is not None]
    fits = all(count >= 0 for count in given_) and given_ == sorted(given_)
    try:
        replace(make_event(), deaths_low=low, deaths_best=best, deaths_high=high)
    except EventError:
        assert not fits
    else:
        assert fits
