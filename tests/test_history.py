"""A history holds, of each event, every version with the days on which it counted."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from events import NOW, at
from histories import PAK_AFG, days, happen, history_from, random_events, same, versions_of
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import NEVER, to_date, to_day
from features.history import history_of
from streams.events.event import TYPES, Event, to_frame
from streams.store.store import Store, connect


def bits(*names: str) -> int:
    """Segments as a bit set, in the theatre's order."""
    return sum(1 << PAK_AFG.segment_names.index(name) for name in names)


@given(st.dates())
def test_days_and_dates_turn_into_each_other(when: date) -> None:
    assert to_date(to_day(when)) == when
    assert to_day(date(1970, 1, 1)) == 0


def test_history_of_nothing_is_empty() -> None:
    assert len(history_from()) == 0


def test_history_stands_in_the_order_in_which_events_became_known() -> None:
    late = happen("a", "2020-01-01", "shelling", known_at=at("2020-03-01"))
    soon = happen("b", "2020-02-01", "ceasefire")

    history = history_from(late, soon)

    assert history.day.tolist() == days("2020-02-01", "2020-01-01").tolist()
    assert history.known.tolist() == days("2020-02-01", "2020-03-01").tolist()
    assert history.until.tolist() == [NEVER, NEVER]
    assert [TYPES[kind] for kind in history.kind] == ["ceasefire", "shelling"]


def test_history_as_of_has_the_version_that_counted_then() -> None:
    first = happen("a", "2020-01-01", "border_clash", deaths_best=3)
    second = replace(first, version=2, known_at=at("2020-01-10"), deaths_best=30)
    gone = replace(second, version=3, known_at=at("2020-02-01"), retracted=True)

    history = history_from(first, second, gone)
    deaths = [
        history.as_of(int(day)).deaths.tolist()
        for day in days(
            "2019-12-31", "2020-01-01", "2020-01-09", "2020-01-10", "2020-01-31", "2020-02-01"
        )
    ]

    assert deaths == [[], [3], [3], [30], [30], []]


def test_history_as_known_is_that_of_what_was_told_by_the_day() -> None:
    first = happen("a", "2020-01-01", "border_clash", deaths_best=3)
    second = replace(first, version=2, known_at=at("2020-01-10"), deaths_best=30)
    other = happen("b", "2020-01-10", "shelling")
    whole = history_from(first, second, other)

    before, after = (whole.as_known(int(day)) for day in days("2020-01-09", "2020-01-10"))

    assert same(before, history_from(first))
    assert same(after, whole)


def test_history_leaves_out_a_version_that_lasted_less_than_a_day() -> None:
    first = happen("a", "2020-01-01", "border_clash", deaths_best=3)
    second = replace(first, version=2, known_at=datetime(2020, 1, 1, 18), deaths_best=30)  # noqa: DTZ001

    assert history_from(first, second).deaths.tolist() == [30]


def test_history_deaths_are_the_best_figure_else_the_low_one_else_none() -> None:
    history = history_from(
        happen("a", "2020-01-01", "shelling", deaths_low=1, deaths_best=2, deaths_high=5),
        happen("b", "2020-01-02", "shelling", deaths_low=4, deaths_high=9),
        happen("c", "2020-01-03", "shelling", deaths_high=9),
    )

    assert history.deaths.tolist() == [2, 4, 0]


def test_history_tells_what_passed_between_the_two_actors() -> None:
    history = history_from(
        happen("a", "2020-01-01", "shelling"),
        happen("b", "2020-01-02", "shelling", actor="AFG", target="PAK"),
        happen("c", "2020-01-03", "shelling", actor="TTP", target="PAK"),
        happen("d", "2020-01-04", "shelling", target="IND"),
    )

    assert history.between.tolist() == [True, True, False, False]


def test_history_counts_the_theatre_s_sources_alone() -> None:
    other = happen("b", "2020-01-02", "shelling", source="elsewhere")

    assert len(history_from(happen("a", "2020-01-01", "shelling"), other)) == 1


@pytest.mark.parametrize(
    ("place", "segment", "touched"),
    [
        ("Torkham and Chaman", "khyber", ("khyber", "chaman")),
        ("Spin Boldak", "", ("chaman",)),
        ("Islamabad", "kurram", ("kurram",)),
        ("whole border", "khyber", PAK_AFG.segment_names),
        ("", "", PAK_AFG.segment_names),
        ("Kabul", "interior-afg", PAK_AFG.segment_names),
    ],
)
def test_history_closing_touches_the_segments_of_the_crossings_it_names(
    place: str, segment: str, touched: tuple[str, ...]
) -> None:
    history = history_from(
        happen("a", "2020-01-01", "crossing_closed", place=place, segment=segment)
    )

    assert history.segments.tolist() == [bits(*touched)]


def test_history_force_touches_its_own_segment_whatever_its_place_names() -> None:
    history = history_from(
        happen("a", "2020-01-01", "shelling", place="Torkham and Chaman", segment="khyber"),
        happen("b", "2020-01-02", "shelling", place="whole border"),
        happen("c", "2020-01-03", "shelling", segment="interior-afg"),
    )

    assert history.segments.tolist() == [bits("khyber"), 0, 0]


def test_history_mediators_are_those_named_and_a_third_party_that_offers() -> None:
    bit = {code: 1 << i for i, code in enumerate(PAK_AFG.mediators)}
    history = history_from(
        happen("a", "2020-01-01", "talks_held", mediators="QAT;TUR"),
        happen("b", "2020-01-02", "mediation_offer", actor="CHN", target="PAK"),
        happen("c", "2020-01-03", "mediation_offer", actor="QAT", mediators="QAT"),
        happen("d", "2020-01-04", "talks_held", mediators="FRA"),
        happen("e", "2020-01-05", "accusation", actor="IRN"),
        happen("f", "2020-01-06", "mediation_accepted"),
    )

    expected = [bit["QAT"] | bit["TUR"], bit["CHN"], bit["QAT"], 0, 0, 0]
    assert history.mediators.tolist() == expected


def test_history_is_built_from_the_store(tmp_path: object) -> None:
    first = happen("a", "2020-01-01", "crossing_closed", place="Torkham and Chaman")
    second = replace(first, known_at=at("2020-01-05"), place="Torkham")
    other = happen("b", "2020-01-03", "ceasefire", mediators="QAT")
    engine = connect(f"sqlite:///{tmp_path}/dyadcast.db")
    store = Store(engine, "pak_afg")
    store.append(to_frame([second, other, first]), NOW)
    store.retract("chronicle", ["b"], datetime(2020, 2, 1, tzinfo=UTC), NOW)

    history = history_of(store.versions(date(2021, 1, 1)), PAK_AFG)
    engine.dispose()

    assert history.known.tolist() == days("2020-01-01", "2020-01-03", "2020-01-05").tolist()
    assert history.until.tolist() == [*days("2020-01-05", "2020-02-01").tolist(), NEVER]
    assert history.segments.tolist() == [bits("khyber", "chaman"), 0, bits("khyber")]
    gone = replace(other, version=2, known_at=at("2020-02-01"), retracted=True)
    made = history_from(first, replace(second, version=2), other, gone)
    assert same(history, made)


@given(
    events=st.lists(
        random_events(date(2020, 1, 1), 400), max_size=12, unique_by=lambda e: e.event_id
    ),
    order=st.randoms(use_true_random=False),
)
def test_history_is_the_same_from_rows_in_any_order(
    events: list[Event], order: random.Random
) -> None:
    frame = versions_of(events)
    rows = list(range(len(frame)))
    order.shuffle(rows)

    assert same(history_of(frame, PAK_AFG), history_of(frame.iloc[rows], PAK_AFG))


@given(events=st.lists(random_events(date(2020, 1, 1), 60), max_size=8), day=st.integers(0, 120))
def test_history_as_of_knows_nothing_known_later(events: list[Event], day: int) -> None:
    history = history_from(*events)
    origin = to_day(date(2020, 1, 1)) + day

    seen = history.as_of(origin)

    assert len(seen) == int(np.sum((history.known <= origin) & (origin < history.until)))
    assert (seen.known <= origin).all()
    assert (seen.until > origin).all()
