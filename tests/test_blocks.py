"""Views read from blocks say what the rows say, however many appends made them."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from events import at, make_event
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from streams.events.event import to_frame
from streams.events.frame import COLUMNS
from streams.store import blocks
from streams.store.schema import event_blocks, event_versions
from streams.store.store import Store, connect, reading

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)


def block_sizes(store: Store) -> list[int]:
    with reading(store.engine) as connection:
        return list(connection.execute(sa.select(event_blocks.c.rows)).scalars())


def rows_of(store: Store) -> set[tuple[object, ...]]:
    names = [name for name in COLUMNS if name not in ("occurred_on", "ended_on", "known_at")]
    with reading(store.engine) as connection:
        query = sa.select(*(event_versions.c[name] for name in names))
        return {tuple(row) for row in connection.execute(query)}


def views_of(store: Store) -> set[tuple[object, ...]]:
    names = [name for name in COLUMNS if name not in ("occurred_on", "ended_on", "known_at")]
    frame = store.versions(END)[names].astype(object)
    frame = frame.where(frame.notna(), None)
    return set(frame.itertuples(index=False, name=None))


def fail_in(store: Store) -> None:
    with store.landing("made", "f.csv", "0" * 64, NOW) as landing:
        landing.append(to_frame([make_event("b")]))
        raise RuntimeError


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_blocks_are_few_and_hold_every_row(ids: list[int]) -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    for when, number in enumerate(ids):
        known = at("2025-10-13") + timedelta(seconds=when)
        store.append(to_frame([make_event(str(number), known_at=known)]), NOW)

    assert sum(block_sizes(store)) == len(ids)
    assert len(block_sizes(store)) <= len(ids).bit_length()
    assert views_of(store) == rows_of(store)


def test_blocks_grow_no_further_than_their_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "ROWS_MAX", 2)
    store = Store(connect("sqlite://"), "pak_afg")
    for number in range(5):
        store.append(to_frame([make_event(str(number))]), NOW)

    assert block_sizes(store) == [2, 2, 1]
    assert set(store.events(END)["event_id"]) == {"0", "1", "2", "3", "4"}


def test_a_view_is_in_the_order_of_days_and_then_of_landing() -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    for event_id, day in (("b", 13), ("c", 12), ("a", 12)):
        when = date(2025, 10, day)
        event = make_event(event_id, occurred_on=when, ended_on=when, known_at=at("2025-10-14"))
        store.append(to_frame([event]), NOW)

    assert list(store.events(END)["event_id"]) == ["c", "a", "b"]


def test_an_append_that_fails_leaves_the_blocks_as_they_were() -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    store.append(to_frame([make_event("a")]), NOW)
    before = store.versions(END)

    with pytest.raises(RuntimeError):
        fail_in(store)

    assert_frame_equal(store.versions(END), before)


def test_a_block_of_before_a_column_holds_it_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    with monkeypatch.context() as before:
        for name in ("SCHEMA", "_STORED"):
            schema = getattr(blocks, name)
            before.setattr(blocks, name, schema.remove(schema.get_field_index("place_precision")))
        store.append(to_frame([make_event("a")]), at("2025-10-13"))

    store.append(to_frame([make_event("b", place_precision="district")]), at("2025-10-14"))

    said = store.events(date.max).set_index("event_id")["place_precision"]
    assert dict(said) == {"a": "", "b": "district"}
