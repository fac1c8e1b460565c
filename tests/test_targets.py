"""A label says what happened in (origin, origin + horizon], once that can be known."""

from dataclasses import replace
from datetime import date

import numpy as np
from events import at
from histories import PAK_AFG, days, happen, history_from
from vintages import watched

from features.arrays import to_day
from features.targets import Labels, target_events, weekly_origins
from streams.events.event import Event
from theatres import DYAD, Theatre
from theatres.source import Source

COVERED = date(2020, 12, 31)
LATE = to_day(date(2021, 12, 31))
NAN = np.nan


def labels_of(
    target: str, *events: Event, units: tuple[str, ...] = (DYAD,), until: date = COVERED
) -> Labels:
    """The labels of one target from these events."""
    return Labels(history_from(*events), PAK_AFG.targets[target], units, PAK_AFG, watched(until))


def at_horizon(labels: Labels, horizon: int, values: np.ndarray) -> list[float]:
    """The first unit's labels at one horizon."""
    chosen: list[float] = values[0, labels.horizons.tolist().index(horizon)].tolist()
    return chosen


def assert_labels(found: list[float], expected: list[float]) -> None:
    """The same labels, NaN where NaN."""
    assert np.array_equal(found, expected, equal_nan=True), found


def test_weekly_origins_are_the_mondays_with_both_ends() -> None:
    found = weekly_origins(date(2020, 1, 6), date(2020, 1, 20))

    assert found.tolist() == days("2020-01-06", "2020-01-13", "2020-01-20").tolist()
    assert weekly_origins(date(2020, 1, 7), date(2020, 1, 20)).tolist() == found.tolist()[1:]
    assert len(weekly_origins(date(2020, 1, 7), date(2020, 1, 12))) == 0


def test_clash_window_opens_after_the_origin_and_ends_with_its_last_day() -> None:
    labels = labels_of("clash", happen("a", "2020-03-10", "shelling"))
    origins = days("2020-03-02", "2020-03-03", "2020-03-09", "2020-03-10")

    assert at_horizon(labels, 7, labels.as_of(LATE, origins)) == [0, 1, 1, 0]
    assert at_horizon(labels, 14, labels.as_of(LATE, origins)) == [1, 1, 1, 0]


def test_clash_belongs_to_its_first_day() -> None:
    long = happen("a", "2020-03-01", "border_clash", ended_on=date(2020, 3, 31))
    labels = labels_of("clash", long)

    found = at_horizon(labels, 7, labels.as_of(LATE, days("2020-02-28", "2020-03-01")))

    assert found == [1, 0]


def test_clash_counts_state_force_between_the_two_alone() -> None:
    events = (
        happen("a", "2020-02-05", "shelling", actor="AFG", target="PAK"),
        happen("b", "2020-03-05", "shelling", actor="TTP", target="PAK"),
        happen("c", "2020-04-05", "militant_attack", actor="PAK", target="AFG"),
        happen("d", "2020-05-05", "threat"),
        happen("e", "2020-06-05", "declaration_of_hostilities"),
    )
    labels = labels_of("clash", *events)
    origins = days("2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01", "2020-06-01")

    assert at_horizon(labels, 7, labels.as_of(LATE, origins)) == [1, 0, 0, 0, 1]
    assert len(target_events(history_from(*events), PAK_AFG.targets["clash"])) == 2


def test_clash_of_a_segment_needs_the_segment() -> None:
    labels = labels_of(
        "clash",
        happen("a", "2020-02-05", "shelling", segment="khyber"),
        happen("b", "2020-03-05", "shelling"),
        units=(DYAD, "khyber", "kurram"),
    )

    found = labels.as_of(LATE, days("2020-02-01", "2020-03-01"))[:, 0]

    assert found.tolist() == [[1, 1], [1, 0], [0, 0]]


def test_severe_adds_the_deaths_of_the_window() -> None:
    labels = labels_of(
        "severe",
        happen("a", "2020-02-05", "shelling", deaths_best=10),
        happen("b", "2020-02-20", "airstrike", deaths_low=14),
        happen("c", "2020-03-05", "border_clash", deaths_best=1),
        happen("d", "2020-03-05", "militant_attack", deaths_best=500),
        happen("e", "2020-08-05", "shelling", deaths_best=25),
    )
    origins = days("2020-02-01", "2020-02-04", "2020-02-05", "2020-07-05", "2020-07-06")

    assert at_horizon(labels, 30, labels.as_of(LATE, origins)) == [0, 1, 0, 0, 1]
    assert at_horizon(labels, 90, labels.as_of(LATE, origins)) == [1, 1, 0, 1, 1]


def test_closure_of_a_segment_is_that_of_a_crossing_it_names() -> None:
    labels = labels_of(
        "closure",
        happen("a", "2020-02-05", "crossing_closed", place="Torkham and Chaman"),
        happen("b", "2020-03-05", "trade_suspended", actor="AFG", target="PAK"),
        happen("c", "2020-04-05", "crossing_reopened", place="Torkham"),
        units=(DYAD, "khyber", "kurram", "chaman"),
    )

    found = labels.as_of(LATE, days("2020-02-01", "2020-03-01", "2020-04-01"))[:, 0]

    assert found.tolist() == [[1, 1, 0], [1, 1, 0], [0, 1, 0], [1, 1, 0]]


def test_label_closes_when_its_window_and_the_lag_have_passed() -> None:
    labels = labels_of("clash", happen("a", "2020-03-05", "shelling"))
    origins = days("2020-03-02", "2020-03-03")

    # 2 March and 7 days end on the 9th; the lag of 7 days ends on the 16th.
    before = at_horizon(labels, 7, labels.as_of(to_day(date(2020, 3, 15)), origins))
    on_the_day = at_horizon(labels, 7, labels.as_of(to_day(date(2020, 3, 16)), origins))

    assert_labels(before, [NAN, NAN])
    assert_labels(on_the_day, [1, NAN])


def test_label_is_never_formed_beyond_coverage() -> None:
    labels = labels_of("clash", happen("a", "2020-03-09", "shelling"), until=date(2020, 3, 9))
    origins = days("2020-03-02", "2020-03-03")

    assert_labels(at_horizon(labels, 7, labels.as_of(LATE, origins)), [1, NAN])
    assert_labels(at_horizon(labels, 7, labels.outcomes(origins)), [1, NAN])


def test_label_as_of_a_day_has_only_what_was_known_then() -> None:
    late = happen("a", "2020-03-05", "shelling", known_at=at("2020-06-01"))
    gone = happen("b", "2020-03-15", "shelling")
    tombstone = replace(gone, version=2, known_at=at("2020-05-01"), retracted=True)
    labels = labels_of("clash", late, gone, tombstone)
    origins = days("2020-03-02", "2020-03-09")

    then = {
        day: at_horizon(labels, 7, labels.as_of(to_day(date.fromisoformat(day)), origins))
        for day in ("2020-04-30", "2020-05-01", "2020-05-31", "2020-06-01")
    }

    assert then == {
        "2020-04-30": [0, 1],
        "2020-05-01": [0, 0],
        "2020-05-31": [0, 0],
        "2020-06-01": [1, 0],
    }
    assert at_horizon(labels, 7, labels.outcomes(origins)) == [1, 0]


def test_label_follows_an_event_that_a_revision_moves() -> None:
    first = happen("a", "2020-03-05", "shelling", deaths_best=30)
    moved = replace(
        first,
        version=2,
        occurred_on=date(2020, 3, 1),
        ended_on=date(2020, 3, 5),
        known_at=at("2020-07-01"),
        deaths_best=20,
    )
    labels = labels_of("severe", first, moved)
    origins = days("2020-03-01")

    assert at_horizon(labels, 30, labels.as_of(to_day(date(2020, 6, 30)), origins)) == [1]
    assert at_horizon(labels, 30, labels.as_of(to_day(date(2020, 7, 1)), origins)) == [0]


def test_one_clash_told_by_two_sources_is_one_for_a_label() -> None:
    theatre = with_sources(chronicle=True, ucdp=True)
    events = [
        happen("a", "2025-10-11", "border_clash", segment="khyber", deaths_best=20),
        happen("b", "2025-10-11", "border_clash", segment="khyber", deaths_best=24, source="ucdp"),
        happen("c", "2025-10-11", "border_clash", segment="chaman", deaths_best=4, source="ucdp"),
    ]
    labels = severe_labels(events, theatre)

    assert labels.totals(days("2025-10-10"), np.ones(3, bool))[0, 0, 0] == 24


def test_two_rows_of_one_source_are_two_for_a_label() -> None:
    events = [
        happen(name, "2025-10-11", "border_clash", segment="khyber", deaths_best=20)
        for name in ("a", "b")
    ]

    labels = severe_labels(events, with_sources(chronicle=True, ucdp=True))
    assert labels.totals(days("2025-10-10"), np.ones(2, bool))[0, 0, 0] == 40


def test_what_the_first_source_tells_later_is_not_yet_the_one_that_counts() -> None:
    theatre = with_sources(chronicle=True, ucdp=True)
    late = {"segment": "khyber", "deaths_best": 30, "known_at": at("2025-12-01")}
    events = [
        happen("a", "2025-10-11", "border_clash", **late),
        happen("b", "2025-10-11", "border_clash", segment="khyber", deaths_best=9, source="ucdp"),
    ]
    labels = severe_labels(events, theatre)
    known = labels.events.known <= int(days("2025-11-30")[0])

    assert labels.totals(days("2025-10-10"), known)[0, 0, 0] == 9
    assert labels.totals(days("2025-10-10"), np.ones(2, bool))[0, 0, 0] == 30


def test_a_source_that_forms_no_labels_touches_none() -> None:
    events = [happen("b", "2025-10-11", "border_clash", deaths_best=90, source="ucdp")]
    theatre = with_sources(chronicle=True, ucdp=False)

    assert len(severe_labels(events, theatre).events) == 0


def with_sources(**labels: bool) -> Theatre:
    """The theatre with these sources in this order, and whether each forms labels."""
    sources = tuple(
        Source(name=name, features=True, labels=forms) for name, forms in labels.items()
    )
    return PAK_AFG.model_copy(update={"sources": sources})


def severe_labels(events: list[Event], theatre: Theatre) -> Labels:
    """The labels of the dyad's `severe`."""
    history = history_from(*events, theatre=theatre)
    return Labels(
        history, theatre.targets["severe"], ("dyad",), theatre, watched(date(2026, 3, 31))
    )
