"""The marks of the events: the weightiest of their days, none on top of another."""

from datetime import date, timedelta

from pages import make_told

from publish.contract.context import KnownEvent
from publish.page.timeline import lanes, listed, spanned

START, END = date(2025, 1, 1), date(2025, 4, 11)  # 100 days


def told(
    day: int, kind: str, family: str = "conciliation", deaths: float | None = None
) -> KnownEvent:
    """An event so many days after the start."""
    occurred_on = START + timedelta(day)
    return make_told(occurred_on=occurred_on, type=kind, family=family, deaths=deaths)


def test_span_holds_both_ends_in_order() -> None:
    events = [told(100, "ceasefire"), told(0, "ceasefire"), told(-1, "ceasefire")]

    found = spanned([*events, told(101, "ceasefire")], START, END)

    assert [e.occurred_on for e in found] == [START, END]


def test_each_family_has_its_lane() -> None:
    events = [told(10, "ceasefire"), told(20, "airstrike", "force")]

    found = lanes(events, START, END)

    assert [(lane.family, [mark.place for mark in lane.marks]) for lane in found] == [
        ("conciliation", [10.0]),
        ("breakdown", []),
        ("force", [20.0]),
    ]


def test_mark_is_the_weightiest_of_its_days_and_counts_the_others() -> None:
    events = [told(10, "talks_held"), told(15, "ceasefire"), told(18, "talks_held")]

    (mark,) = lanes(events, START, END)[0].marks

    assert (mark.event.type, mark.more) == ("ceasefire", 2)


def test_deaths_weigh() -> None:
    events = [
        told(10, "border_clash", "force", deaths=40.0),
        told(12, "border_clash", "force", deaths=1.0),
    ]

    (mark,) = lanes(events, START, END)[2].marks

    assert mark.event.deaths == 40.0


def test_marks_with_room_on_a_phone_are_further_apart() -> None:
    events = [told(10, "ceasefire"), told(25, "talks_held"), told(50, "talks_held")]

    marks = lanes(events, START, END)[0].marks

    assert [(mark.place, mark.major) for mark in marks] == [
        (10.0, True),
        (25.0, False),
        (50.0, True),
    ]


def test_event_without_weight_is_listed_but_not_marked() -> None:
    events = [told(10, "accusation", "breakdown")]

    assert lanes(events, START, END)[1].marks == ()
    assert listed(events, 5) == events


def test_list_keeps_the_weightiest_newest_first() -> None:
    events = [told(1, "ceasefire"), told(2, "accusation"), told(3, "ceasefire")]

    assert listed(events, 2) == [events[2], events[0]]
    assert listed(events, 0) == []
