"""The store gives back what was known when, on SQLite as on PostgreSQL, and forgets nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa
from events import NOW, at, make_event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from streams.events.event import COLUMNS, Event, fingerprint, to_frame
from streams.events.frame import DTYPES, FrameError
from streams.store.store import Landed, Store, StoreError, connect

LATER = NOW + timedelta(hours=1)
END = date(2026, 3, 31)
RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def make_memory() -> Store:
    """An empty store that goes with the process."""
    return Store(connect("sqlite://"), "pak_afg")


def make_frame(*events: Event) -> pd.DataFrame:
    """The events as the store takes them."""
    return to_frame(events)


def ids(frame: pd.DataFrame) -> list[str]:
    """The events in a view, in its order."""
    return [str(event_id) for event_id in frame["event_id"]]


def test_append_gives_back_every_value(store: Store) -> None:
    frame = make_frame(
        make_event("b", mediators="QAT;TUR", deaths_low=0, deaths_best=3, deaths_high=2**26),
        make_event("c", place="Kābul کابل", summary='a "quote", a\\slash', url="x | y", lat=-0.1),
        make_event("a", "2025-10-13", ended_on=date(2025, 12, 31), lat=None, lon=None),
    )

    store.append(frame, NOW)
    view = store.events(END)

    assert {name: str(dtype) for name, dtype in view.dtypes.items()} == DTYPES
    assert_frame_equal(view, frame)


def test_append_again_changes_nothing(store: Store) -> None:
    frame = make_frame(make_event("a"), make_event("b"))

    assert store.append(frame, NOW) == Landed(new=2)
    assert store.append(frame.iloc[::-1], LATER) == Landed(unchanged=2)
    assert ids(store.events(END, seen_by=NOW)) == ["a", "b"]


def test_append_of_nothing_is_no_error(store: Store) -> None:
    assert store.append(make_frame(), NOW) == Landed()
    view = store.versions(END)
    assert list(view.columns) == [*COLUMNS, "known_until"]
    assert str(view["known_until"].dtype) == "datetime64[s]"
    assert len(store.events(END)) == 0


def test_append_of_another_content_is_a_revision(store: Store) -> None:
    first, second = make_event(deaths_best=3), make_event(deaths_best=5, known_at=at("2025-11-01"))

    store.append(make_frame(first), NOW)

    assert store.append(make_frame(second, make_event("b")), LATER) == Landed(new=1, revised=1)
    assert store.events(date(2025, 10, 31)).query("event_id == 'a'")["deaths_best"].tolist() == [3]
    assert store.events(END)[["deaths_best", "version"]].iloc[0].tolist() == [5, 2]


def test_append_of_an_older_release_later_leaves_the_newer_one_standing(store: Store) -> None:
    older, newer = make_event(deaths_best=3), make_event(deaths_best=5, known_at=at("2025-11-01"))

    store.append(make_frame(newer), NOW)
    store.append(make_frame(older), LATER)

    assert store.events(END)["deaths_best"].tolist() == [5]
    assert store.append(make_frame(newer), LATER) == Landed(unchanged=1)
    assert store.events(END)["deaths_best"].tolist() == [5]


def test_append_of_a_correction_known_at_the_same_time_stands(store: Store) -> None:
    store.append(make_frame(make_event(type="shelling")), NOW)
    store.append(make_frame(make_event(type="airstrike")), LATER)

    assert store.events(END)["type"].tolist() == ["airstrike"]
    assert store.events(END, seen_by=NOW)["type"].tolist() == ["shelling"]
    assert store.versions(END)["type"].tolist() == ["airstrike"], "the first lived for no time"


def test_append_numbers_one_frames_versions_whatever_its_order() -> None:
    several = [make_event(deaths_best=n, known_at=at(f"2025-11-0{n}")) for n in (1, 2, 3)]
    there, back = make_memory(), make_memory()

    assert there.append(make_frame(*several), NOW) == Landed(new=1, revised=2)
    back.append(make_frame(*reversed(several)), NOW)

    assert there.versions(END)["version"].tolist() == [1, 2, 3]
    assert_frame_equal(there.versions(END), back.versions(END))


def test_append_keeps_sources_apart(store: Store) -> None:
    frame = make_frame(make_event("a", source="one"), make_event("a", source="two"))

    assert store.append(frame, NOW) == Landed(new=2)
    assert len(store.events(END)) == 2
    assert store.events(END, sources=["two"])["source"].tolist() == ["two"]
    assert len(store.events(END, sources=[])) == 0


def test_append_refuses_what_is_no_frame_of_events(store: Store) -> None:
    frame = make_frame(make_event())

    with pytest.raises(FrameError, match="deaths_low"):
        store.append(frame.assign(deaths_low="3"), NOW)

    assert len(store.events(END)) == 0


def test_append_lands_whole_or_not_at_all(store: Store) -> None:
    frame = make_frame(make_event("a"), make_event("b"))
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE UNIQUE INDEX single ON event_versions (source)"))

    with pytest.raises(StoreError):
        store.append(frame, NOW)

    assert len(store.events(END)) == 0


def test_append_by_several_at_once_doubles_nothing(database_url: str) -> None:
    frame = make_frame(*(make_event(str(number)) for number in range(300)))

    def load(_: int) -> Landed:
        engine = connect(database_url)
        try:
            return Store(engine, "pak_afg").append(frame, NOW)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        landed = list(pool.map(load, range(4)))

    engine = connect(database_url)
    assert sorted(one.new for one in landed) == [0, 0, 0, 300]
    assert len(Store(engine, "pak_afg").versions(END)) == 300
    engine.dispose()


def test_append_reads_moments_of_any_zone_as_utc() -> None:
    store = make_memory()
    kabul = datetime.fromisoformat("2026-01-01T16:30:00+04:30")

    store.append(make_frame(make_event()), kabul)

    assert len(store.events(END, seen_by=at("2026-01-01T12:00:00"))) == 1
    assert len(store.events(END, seen_by=at("2026-01-01T11:59:59.999999"))) == 0


def test_events_holds_what_was_known_by_the_end_of_the_day(store: Store) -> None:
    last, next_day = at("2025-10-14T23:59:59"), at("2025-10-15T00:00:00")
    store.append(
        make_frame(make_event("a", known_at=last), make_event("b", known_at=next_day)), NOW
    )

    assert ids(store.events(date(2025, 10, 13))) == []
    assert ids(store.events(date(2025, 10, 14))) == ["a"]
    assert ids(store.events(date(2025, 10, 15))) == ["a", "b"]


def test_events_stand_in_order_of_day_source_and_id(store: Store) -> None:
    store.append(
        make_frame(
            make_event("b", "2025-10-13", source="A"),
            make_event("é", source="b"),
            make_event("b", source="b"),
            make_event("Z", source="b"),
            make_event("a-2", source="B"),
            make_event("a10", source="B"),
        ),
        NOW,
    )

    assert ids(store.events(END)) == ["a-2", "a10", "Z", "b", "é", "b"]


def test_versions_tells_how_long_each_held(store: Store) -> None:
    days = ["2025-10-12", "2025-11-01", "2025-12-01"]
    store.append(make_frame(*(make_event(known_at=at(day), url=day) for day in days)), NOW)
    store.retract("made", ["a"], at("2026-01-05"), LATER)

    view = store.versions(END)

    assert view["known_until"].dt.strftime("%Y-%m-%d").tolist()[:3] == [*days[1:], "2026-01-05"]
    assert view["known_until"].isna().tolist() == [False, False, False, True]
    assert view["retracted"].tolist() == [False, False, False, True]
    assert store.versions(date(2025, 11, 30))["known_until"].isna().tolist() == [False, True]


def test_retract_takes_the_event_from_later_views_alone(store: Store) -> None:
    store.append(make_frame(make_event("a"), make_event("b")), NOW)

    assert store.retract("made", ["a"], at("2025-12-01"), LATER) == Landed(retracted=1)
    assert store.retract("made", ["a"], at("2025-12-09"), LATER) == Landed(unchanged=1)
    assert ids(store.events(date(2025, 11, 30))) == ["a", "b"]
    assert ids(store.events(date(2025, 12, 1))) == ["b"]
    assert ids(store.events(END, seen_by=NOW)) == ["a", "b"]


def test_retract_stays_when_the_old_content_comes_again_and_ends_when_new_comes() -> None:
    store = make_memory()
    store.append(make_frame(make_event()), NOW)
    store.retract("made", ["a"], at("2025-12-01"), NOW)

    assert store.append(make_frame(make_event()), LATER) == Landed(unchanged=1)
    assert ids(store.events(END)) == []
    store.append(make_frame(make_event(known_at=at("2025-12-20"))), LATER)
    assert ids(store.events(END)) == ["a"]


def test_retract_refuses_unknown_ids_and_times_before_the_last_revision(store: Store) -> None:
    store.append(make_frame(make_event(known_at=at("2025-11-01"))), NOW)

    with pytest.raises(StoreError, match=r"no such event.*'b'"):
        store.retract("made", ["a", "b"], at("2025-12-01"), LATER)
    with pytest.raises(StoreError, match="2025-11-01"):
        store.retract("made", ["a"], at("2025-10-31"), LATER)
    assert ids(store.events(END)) == ["a"]


def make_versions() -> st.SearchStrategy[list[Event]]:
    """Versions of four events, no two of one event known at the same time."""
    version = st.tuples(st.sampled_from("abcd"), st.integers(0, 30), st.booleans())
    return st.lists(version, max_size=12, unique_by=lambda one: one[:2]).map(
        lambda drawn: [
            make_event(
                name,
                known_at=at("2025-10-12") + timedelta(days=days),
                deaths_best=days,
                retracted=retracted,
            )
            for name, days, retracted in drawn
        ]
    )


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """The view without what tells in which order versions came."""
    order = ["occurred_on", "source", "event_id", "known_at"]
    return frame.drop(columns="version").sort_values(order, ignore_index=True)


@RELAXED
@given(versions=make_versions(), cut=st.integers(0, 12), data=st.data())
def test_views_are_the_same_in_whichever_order_rows_come(
    versions: list[Event], cut: int, data: st.DataObject
) -> None:
    whole, parts = make_memory(), make_memory()
    shuffled = data.draw(st.permutations(versions))

    whole.append(to_frame(versions), NOW)
    for part in (shuffled[cut:], shuffled[:cut], shuffled):
        parts.append(to_frame(part), NOW)

    assert_frame_equal(comparable(parts.versions(END)), comparable(whole.versions(END)))
    assert fingerprint(parts.events(END)) == fingerprint(whole.events(END))


@RELAXED
@given(versions=make_versions(), day=st.integers(0, 30))
def test_what_is_known_later_changes_no_earlier_view(versions: list[Event], day: int) -> None:
    as_of = date(2025, 10, 12) + timedelta(days=day)
    then, since = make_memory(), make_memory()

    then.append(to_frame(one for one in versions if one.known_at.date() <= as_of), NOW)
    since.append(to_frame(versions), NOW)

    assert_frame_equal(since.versions(as_of), then.versions(as_of))
    assert_frame_equal(since.events(as_of), then.events(as_of))


@RELAXED
@given(versions=make_versions(), day=st.integers(0, 40))
def test_versions_alive_on_a_day_are_its_events(versions: list[Event], day: int) -> None:
    store, as_of = make_memory(), date(2025, 10, 12) + timedelta(days=day)
    store.append(to_frame(versions), NOW)

    replay = store.versions(END)
    night = pd.Timestamp(as_of) + timedelta(hours=23, minutes=59, seconds=59)
    alive = (replay["known_at"] <= night) & ~(replay["known_until"] <= night)
    alive &= ~replay["retracted"]

    expected = replay.loc[alive, list(COLUMNS)].reset_index(drop=True)
    assert_frame_equal(store.events(as_of), expected)


def test_views_are_equal_on_both_databases(sqlite_url: str, postgresql_url: str) -> None:
    events = [
        make_event(f"{letter}{number}", known_at=at(f"2025-10-{day}"), deaths_best=number, lat=lat)
        for letter in "aBé-"
        for number, (day, lat) in enumerate([(12, 34.1), (13, 1 / 3), (14, -0.0)])
    ]
    again = [make_event("a1", known_at=at("2025-11-05"), summary="revised")]
    engines = [connect(sqlite_url), connect(postgresql_url)]
    stores = [Store(engine, "pak_afg") for engine in engines]
    for store in stores:
        store.append(to_frame(events), NOW)
        store.append(to_frame(again), LATER)
        store.retract("made", ["B0"], at("2025-12-01"), LATER)

    one, other = stores
    for as_of in (date(2025, 10, 13), date(2025, 11, 5), END):
        assert_frame_equal(one.events(as_of), other.events(as_of))
        assert_frame_equal(one.versions(as_of), other.versions(as_of))
        assert_frame_equal(one.events(as_of, NOW), other.events(as_of, NOW))
        assert fingerprint(one.events(as_of)) == fingerprint(other.events(as_of))
    for engine in engines:
        engine.dispose()


def test_first_change_is_the_earliest_day_of_what_was_told_since(store: Store) -> None:
    known, day = at("2025-10-20"), date(2025, 11, 1)
    store.append(make_frame(make_event("a", "2025-10-10", known_at=known)), NOW)
    store.append(make_frame(make_event("b", "2025-10-12", known_at=known)), NOW)
    landing = store.last_landing()
    assert store.first_change(["made"], landing, day, day) is None

    moved = make_event("b", "2025-10-14", known_at=at("2025-10-25"))
    store.append(make_frame(moved, make_event("c", "2025-10-13", known_at=known)), LATER)

    # where it was until now counts, too
    assert store.first_change(["made"], landing, day, day) == date(2025, 10, 12)
    assert store.first_change(["ucdp"], landing, day, day) is None
    assert Store(store.engine, "other").first_change(["made"], landing, day, day) is None
    assert store.first_change(["made"], store.last_landing(), day, day) is None


def test_first_change_counts_what_became_known_between_the_days_and_what_was_not_yet(
    store: Store,
) -> None:
    events = make_event("a", "2025-10-10", known_at=at("2025-10-20")), make_event("b", "2025-10-12")
    store.append(make_frame(*events), NOW)
    landing = store.last_landing()

    def change(before: str, as_of: str) -> date | None:
        days = date.fromisoformat(before), date.fromisoformat(as_of)
        return store.first_change(["made"], landing, *days)

    assert change("2025-10-19", "2025-10-20") == date(2025, 10, 10)
    assert change("2025-10-20", "2025-10-19") == date(2025, 10, 10)
    assert change("2025-10-20", "2025-10-30") is None
    assert change("2025-10-18", "2025-10-19") is None
