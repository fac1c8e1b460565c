"""The diplomatic state, by hand: when it begins, ends and lapses."""

from dataclasses import replace
from datetime import date, timedelta

from events import at
from histories import PAK_AFG, days, happen, history_from

from features.diplomacy import (
    CEASEFIRE_DAYS,
    CLOSURE_DAYS,
    MEDIATOR_DAYS,
    SINCE_CAP,
    TALKS_DAYS,
    closures,
    mediation,
    talks,
)
from streams.events.event import Event

IN_FORCE = "conciliation.ceasefire_in_force"
LASTED = "conciliation.ceasefire_days"
PENDING = "conciliation.talks_pending"
FAILED = "breakdown.talks_failed_since"


def after(start: str, *numbers: int) -> list[str]:
    """The days so many days after a start."""
    return [(date.fromisoformat(start) + timedelta(days=n)).isoformat() for n in numbers]


def told(name: str, origins: list[str], *events: Event) -> list[float]:
    """One state of ceasefire and talks at each origin."""
    values: list[float] = talks(history_from(*events), days(*origins))[name].tolist()
    return values


def test_ceasefire_is_in_force_from_its_day_until_it_lapses() -> None:
    begun = happen("a", "2020-01-10", "ceasefire")
    origins = after("2020-01-10", -1, 0, 30, CEASEFIRE_DAYS, CEASEFIRE_DAYS + 1)

    assert told(IN_FORCE, origins, begun) == [0, 1, 1, 1, 0]
    assert told(LASTED, origins, begun) == [0, 0, 30, CEASEFIRE_DAYS, 0]


def test_ceasefire_extended_counts_anew() -> None:
    events = happen("a", "2020-01-10", "ceasefire"), happen("b", "2020-06-08", "ceasefire_extended")
    origins = after("2020-06-08", 0, 31, CEASEFIRE_DAYS, CEASEFIRE_DAYS + 1)

    assert told(IN_FORCE, origins, *events) == [1, 1, 1, 0]
    assert told(LASTED, origins, *events) == [0, 31, CEASEFIRE_DAYS, 0]


def test_ceasefire_ends_when_it_is_ended_and_when_war_is_declared() -> None:
    begun = happen("a", "2020-01-10", "ceasefire")
    origins = ["2020-01-19", "2020-01-20", "2020-02-01"]

    for kind in ("ceasefire_ended", "declaration_of_hostilities"):
        assert told(IN_FORCE, origins, begun, happen("b", "2020-01-20", kind)) == [1, 0, 0]
    violated = happen("b", "2020-01-20", "ceasefire_violation")
    assert told(IN_FORCE, origins, begun, violated) == [1, 1, 1]


def test_ceasefire_counts_from_the_day_it_is_known() -> None:
    begun = happen("a", "2020-01-10", "ceasefire", known_at=at("2020-01-15"))
    gone = replace(begun, version=2, known_at=at("2020-02-01"), retracted=True)

    origins = ["2020-01-14", "2020-01-15", "2020-01-31", "2020-02-01"]

    assert told(IN_FORCE, origins, begun, gone) == [0, 1, 1, 0]
    assert told(LASTED, origins, begun, gone) == [0, 5, 21, 0]


def test_talks_are_pending_until_held_failed_or_forgotten() -> None:
    called = happen("a", "2020-01-10", "talks_announced")
    origins = after("2020-01-10", -1, 0, 9, 10, TALKS_DAYS, TALKS_DAYS + 1)

    assert told(PENDING, origins, called) == [0, 1, 1, 1, 1, 0]
    for kind in ("talks_held", "talks_failed", "talks_postponed", "agreement"):
        assert told(PENDING, origins, called, happen("b", "2020-01-20", kind)) == [0, 1, 1, 0, 0, 0]


def test_talks_failed_since_counts_days_up_to_five_years() -> None:
    origins = ["2020-01-09", "2020-01-10", "2020-01-20", "2020-03-01", "2030-01-01"]
    failed = happen("a", "2020-01-10", "talks_failed"), happen("b", "2020-02-28", "talks_held")
    refused = happen("c", "2020-02-29", "mediation_declined")

    assert told(FAILED, origins, *failed) == [SINCE_CAP, 0, 10, 51, SINCE_CAP]
    assert told(FAILED, origins, *failed, refused) == [SINCE_CAP, 0, 10, 1, SINCE_CAP]


def test_mediators_are_engaged_for_a_quarter_after_their_last_step() -> None:
    history = history_from(
        happen("a", "2020-01-10", "talks_held", mediators="QAT;TUR"),
        happen("b", "2020-03-01", "mediation_offer", actor="CHN", target="AFG"),
    )
    last = after("2020-01-10", MEDIATOR_DAYS, MEDIATOR_DAYS + 1)

    found = mediation(history, PAK_AFG, days("2020-01-09", "2020-01-10", "2020-03-01", *last))

    assert found["mediation.engaged_QAT"].tolist() == [0, 1, 1, 1, 0]
    assert found["mediation.engaged_TUR"].tolist() == [0, 1, 1, 1, 0]
    assert found["mediation.engaged_CHN"].tolist() == [0, 0, 1, 1, 1]
    assert found["mediation.engaged_SAU"].tolist() == [0, 0, 0, 0, 0]
    assert found["mediation.engaged"].tolist() == [0, 1, 1, 1, 1]
    assert len(found) == 1 + len(PAK_AFG.mediators)


def closed_at(segment: str, origins: list[str], *events: Event) -> tuple[list[float], list[float]]:
    """Whether the segment's crossing is closed at each origin, and for how many days."""
    closed, lasted = closures(history_from(*events), PAK_AFG, days(*origins))
    i = PAK_AFG.segment_names.index(segment)
    return closed[i].tolist(), lasted[i].tolist()


def test_crossing_is_closed_until_it_reopens() -> None:
    shut = happen("a", "2020-01-10", "crossing_closed", place="Torkham")
    opened = happen("b", "2020-01-20", "crossing_reopened", place="Torkham")
    origins = ["2020-01-09", "2020-01-10", "2020-01-19", "2020-01-20"]

    assert closed_at("khyber", origins, shut, opened) == ([0, 1, 1, 0], [0, 0, 9, 0])
    assert closed_at("chaman", origins, shut, opened) == ([0, 0, 0, 0], [0, 0, 0, 0])


def test_crossing_reopens_alone_after_the_whole_border_closed() -> None:
    shut = happen("a", "2020-01-10", "trade_suspended", place="whole border")
    opened = happen("b", "2020-01-20", "crossing_reopened", place="Spin Boldak")

    assert closed_at("chaman", ["2020-01-15", "2020-01-25"], shut, opened)[0] == [1, 0]
    assert closed_at("khyber", ["2020-01-15", "2020-01-25"], shut, opened)[0] == [1, 1]


def test_crossing_of_which_no_more_is_told_is_open_after_a_year() -> None:
    shut = happen("a", "2020-01-10", "crossing_closed", place="Torkham")
    origins = after("2020-01-10", CLOSURE_DAYS, CLOSURE_DAYS + 1)

    assert closed_at("khyber", origins, shut) == ([1, 0], [CLOSURE_DAYS, 0])
