"""Reports of one thing are one incident, by day, place, kind and actors; what differs is not."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from events import make_event
from histories import PAK_AFG, history_from, random_events
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.event import Event, to_frame
from streams.incidents.grouping import first_reports, incident_deaths
from streams.incidents.incidents import LINKED, incidents, link
from streams.incidents.links import RULES, links_of
from theatres.source import Source

TWO = PAK_AFG.model_copy(
    update={
        "sources": tuple(
            Source(name=name, features=True, labels=True) for name in ("chronicle", "ucdp", "acled")
        )
    }
)
"""The theatre with three sources that form labels."""
PLACED: dict[str, Any] = {"place": "Chaman", "segment": "chaman", "lat": 30.92, "lon": 66.45}
NOWHERE: dict[str, Any] = {"place": "", "segment": "", "lat": None, "lon": None}
PROVINCE = {"place": "Balochistan", "segment": "interior-pak", "place_precision": "province"}


def report(name: str, day: str = "2025-11-06", **changes: Any) -> Event:
    """A clash at Chaman, by the source that the id's first letter names."""
    source = {"c": "chronicle", "u": "ucdp", "a": "acled"}[name[0]]
    plain = {"source": source, "type": "border_clash", "deaths_best": 5}
    return make_event(name, day, **(plain | PLACED | changes))


def linked(*events: Event) -> pd.DataFrame:
    """What `link` gives, by event id."""
    return link(to_frame(events), PAK_AFG).set_index("event_id")


def are_one(*events: Event) -> bool:
    """Whether all the events are one incident."""
    return linked(*events)["incident"].nunique() == 1


def test_two_sources_tell_one_clash() -> None:
    rows = linked(report("c"), report("u", lat=30.99, lon=66.52, type="shelling"))

    assert rows["incident"].tolist() == ["chronicle:c"] * 2
    assert rows["rule"].tolist() == [RULES[0]] * 2
    assert rows["beside"].tolist() == ["ucdp:u", "chronicle:c"]
    assert rows["days"].tolist() == [0, 0]
    assert rows["km"].round(1).tolist() == [10.3, 10.3]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"source": "chronicle"}, "one source tells two things"),
        ({"day": "2025-11-08", "deaths_best": 9}, "two days apart, and another toll"),
        ({"day": "2025-11-10"}, "four days apart"),
        ({"lat": 31.5, "lon": 67.0, "place": ""}, "eighty kilometres apart on one stretch"),
        ({"lat": None, "lon": None, "segment": "khyber", "place": "Torkham"}, "another stretch"),
        ({"actor": "TTP", "target": "PAK"}, "other sides"),
        ({"actor": "PAK", "target": "IRN"}, "another state"),
        ({"type": "crossing_closed"}, "another kind"),
        ({"type": "militant_attack", "actor": "TTP", "target": "PAK"}, "another kind and side"),
        ({"ended_on": date(2025, 11, 20)}, "told of two weeks: a sum"),
        (PROVINCE, "its point is the middle of the province"),
        (NOWHERE | {"deaths_best": 50}, "no place, and a toll that speaks against it"),
        (NOWHERE | {"day": "2025-11-07"}, "no place, and another day"),
    ],
)
def test_what_differs_is_not_one(one: dict[str, Any], why: str) -> None:
    changes = dict(one)
    assert not are_one(report("c"), report("u", changes.pop("day", "2025-11-06"), **changes)), why


@pytest.mark.parametrize(
    ("one", "rule"),
    [
        ({"day": "2025-11-07"}, 0),
        ({"day": "2025-11-05", "ended_on": date(2025, 11, 6), "actor": "AFG", "target": "PAK"}, 0),
        ({"lat": None, "lon": None, "place": "Spin Boldak-Chaman"}, 0),
        ({"lat": None, "lon": None, "place": "Killa Abdullah hills"}, 1),
        ({"day": "2025-11-09"}, 2),
        ({"day": "2025-11-10", "date_precision": "week"}, 0),
        (NOWHERE, 4),
    ],
)
def test_one_thing_may_be_told_otherwise(one: dict[str, Any], rule: int) -> None:
    changes = dict(one)
    rows = linked(report("c"), report("u", changes.pop("day", "2025-11-06"), **changes))

    assert rows["rule"].tolist() == [RULES[rule]] * 2


def test_rare_toll_alone_tells_an_attack_without_a_place() -> None:
    attack: dict[str, Any] = {"type": "militant_attack", "actor": "TTP", "target": "PAK"}
    battle = NOWHERE | {"type": "battle", "actor": "PAK", "target": "ARM"}

    def told(toll: int) -> bool:
        later = report("u", "2025-11-08", **battle | {"deaths_best": toll})
        return are_one(report("c", **attack | {"deaths_best": toll}), later)

    assert told(36)
    assert not told(4)


@pytest.mark.parametrize(
    ("sides", "one"),
    [
        (("PAK", "TTP"), True),
        (("TTP", "CIV"), True),
        (("PAK", "ARM"), True),
        (("PAK", "JUA"), True),
        (("ARM", "CIV"), False),
        (("PAK", "ISKP"), False),
        (("PAK", "IND"), False),
    ],
)
def test_militants_are_known_by_their_names(sides: tuple[str, str], one: bool) -> None:
    attack = report("c", type="militant_attack", actor="TTP", target="PAK")
    battle = report("u", type="battle", actor=sides[0], target=sides[1])

    assert are_one(attack, battle) == one


def test_accusation_is_one_with_that_of_the_same_state_alone() -> None:
    note = {"type": "accusation", "place": "Kabul", "segment": "interior-afg"}
    other = report("u", actor="AFG", target="PAK", **note)

    assert are_one(report("c", actor="AFG", target="PAK", **note), other)
    assert not are_one(report("c", actor="PAK", target="AFG", **note), other)


def test_closing_of_one_gate_is_within_that_of_two() -> None:
    both = report("c", type="crossing_closed", place="Torkham and Chaman", lat=None, lon=None)
    gate = report("u", type="trade_suspended")
    other = report("u", type="crossing_closed", place="Kharlachi", segment="kurram", lat=33.78)

    assert are_one(both, gate)
    assert not are_one(both, other)
    assert not are_one(both, report("u", type="crossing_reopened"))


def test_each_report_finds_its_own_night() -> None:
    nights = ["2025-11-06", "2025-11-07", "2025-11-08"]
    events = [report(f"{source}{night}", night) for source in "cu" for night in nights]
    rows = linked(*events)

    assert rows["days"].eq(0).all()
    assert rows.groupby("incident")["occurred_on"].nunique().eq(1).all()


def test_no_chain_joins_what_lies_apart() -> None:
    west, middle, east = (PLACED | {"place": "", "lon": lon} for lon in (66.0, 66.35, 66.7))
    rows = linked(report("c", **west), report("u", **middle), report("a", **east))

    assert rows["incident"].nunique() == 2


def test_parts_join_where_the_whole_holds_them() -> None:
    school: dict[str, Any] = {"type": "militant_attack", "actor": "TTP", "target": "PAK"}
    whole = report("c", **school, deaths_low=141, deaths_best=148, deaths_high=155)
    pupils = report("u1", type="onesided_violence", actor="TTP", target="CIV", deaths_best=146)
    soldiers = report("u2", type="battle", actor="PAK", target="TTP", deaths_best=10)
    more = report("u3", type="battle", actor="PAK", target="TTP", deaths_best=90)

    assert are_one(whole, pupils, soldiers)
    rows = linked(whole, pupils, soldiers, more)
    assert rows["incident"].tolist() == ["chronicle:c"] * 3 + ["ucdp:u3"]


def test_deaths_are_the_first_source_that_knows_within_the_span_of_all() -> None:
    events = [
        report("c", deaths_best=None, deaths_low=None),
        report("u", deaths_low=3, deaths_best=4, deaths_high=9),
        report("a", deaths_low=2, deaths_best=6, deaths_high=6),
    ]
    told = incidents(link(to_frame(events), PAK_AFG), PAK_AFG).iloc[0]

    assert told["sources"] == "acled;chronicle;ucdp"
    assert (told["low"], told["best"], told["high"]) == (2, 4, 9)


def wide(name: str, **changes: Any) -> Event:
    """A border-wide row of two days that tells fifty dead."""
    plain = {"place": "Durand Line, several sectors", "deaths_best": 50, "ended_on": NIGHT}
    return report(name, **(NOWHERE | plain | changes))


NIGHT = date(2025, 11, 7)
"""The day on which the fighting of the night before ends."""


def totals(*events: Event) -> pd.DataFrame:
    """The incidents by the event that counts for each."""
    return incidents(link(to_frame(events), PAK_AFG), PAK_AFG).set_index("event_id")


def test_border_wide_sum_does_not_count_its_places_twice() -> None:
    kurram: dict[str, Any] = {"place": "Kurram", "segment": "kurram", "lat": 33.7, "lon": 70.0}
    told = totals(wide("c1"), report("c2", deaths_best=12), report("c3", **kurram, deaths_best=8))

    assert told["sums"].tolist() == [True, False, False]
    assert told["best"].tolist() == [30, 12, 8]
    assert told["within"].tolist() == [(), ("chronicle:c1",), ("chronicle:c1",)]


def test_total_of_several_nights_holds_those_of_another_source() -> None:
    total = wide("c", place="Kunar and Khost", ended_on=date(2025, 11, 10), deaths_best=20)
    kunar: dict[str, Any] = {
        "place": "Dangam, Kunar",
        "segment": "bajaur-mohmand",
        "lat": 35.0,
        "lon": 71.4,
    }
    nights = [report(f"u{day}", f"2025-11-0{day}", **kunar, deaths_best=8) for day in (6, 9)]
    told = totals(total, *nights)

    assert told["best"].tolist() == [4, 8, 8]
    loud = report("u7", "2025-11-07", **kunar, deaths_best=90)
    assert totals(total, *nights, loud)["best"].sum() == 20 + 8 + 8 + 90, "too much for the total"


@pytest.mark.parametrize(
    ("total", "why"),
    [
        ({"deaths_best": 3}, "a sum has no lower toll than its part"),
        ({"deaths_best": None}, "what tells no toll sums none"),
        ({"place": "Kunar and Khost"}, "the place is none of those that it names"),
        ({"actor": "TTP", "target": "PAK", "type": "battle"}, "other sides"),
    ],
)
def test_what_is_no_sum_stands_beside(total: dict[str, Any], why: str) -> None:
    told = totals(wide("c1", **total), report("c2"))

    assert not told["sums"].any(), why
    assert told.loc["c2", "within"] == ()


def test_source_whose_rows_are_disjoint_sums_none_of_its_own() -> None:
    assert not totals(wide("u1"), report("u2"))["sums"].any()
    assert totals(wide("u1"), report("c2"))["sums"].tolist() == [True, False]


def test_first_report_says_where_before_it_is_of_the_first_source() -> None:
    events = [report("c", **NOWHERE | {"deaths_best": 7}), report("u"), report("u1", "2025-12-01")]
    history = history_from(*events, theatre=TWO)
    links = links_of(history.reports, TWO)
    alive = np.ones(3, bool)

    assert history.source.tolist() == [0, 1, 1]
    assert first_reports(history.reports, links, alive).tolist() == [False, True, True]
    deaths = incident_deaths(history.reports, links, alive, history.deaths)
    assert deaths.tolist() == [0, 7, 5]


def test_reports_of_one_source_all_count() -> None:
    reports = history_from(report("c1"), report("c2"), theatre=TWO).reports

    assert first_reports(reports, links_of(reports, TWO), np.ones(2, bool)).all()


@st.composite
def many_reports(draw: st.DrawFn) -> list[Event]:
    """Events of three sources, dense in time, some with points."""
    sources = st.sampled_from(("chronicle", "ucdp", "acled"))
    drawn = draw(st.lists(random_events(date(2020, 1, 1), 12), min_size=2, max_size=14))
    events = {}
    for event in drawn:
        place = draw(st.sampled_from((NOWHERE, PLACED, {"lat": 34.1, "lon": 71.1})))
        kind = draw(st.sampled_from(("border_clash", "shelling", "battle", "crossing_closed")))
        fields = {name: getattr(event, name) for name in event.__slots__}
        fields |= {"source": draw(sources), "type": kind, **place}
        if fields["segment"] == "" and place is not NOWHERE:
            fields["segment"] = "khyber"
        events[event.event_id] = Event(**fields)
    return list(events.values())


def names_of(events: Iterable[Event], as_of: date) -> dict[str, tuple[Any, ...]]:
    """By event what `link` says of it from what was known on the day."""
    frame = to_frame(event for event in events if event.known_at.date() <= as_of)
    rows = link(frame, PAK_AFG).set_index("event_id")[[name for name in LINKED if name != "km"]]
    return {name: tuple(row) for name, row in zip(rows.index, rows.to_numpy(object), strict=True)}


@settings(deadline=None, max_examples=60)
@given(events=many_reports(), more=many_reports(), day=st.integers(1, 28), data=st.data())
def test_neither_later_reports_nor_the_order_of_landing_change_a_day(
    events: list[Event], more: list[Event], day: int, data: st.DataObject
) -> None:
    as_of = date(2020, 1, day)
    names = {event.event_id for event in events}
    later = [e for e in more if e.known_at.date() > as_of and e.event_id not in names]
    shuffled = data.draw(st.permutations([*events, *later]))

    assert names_of(events, as_of) == names_of(shuffled, as_of)


@settings(deadline=None, max_examples=60)
@given(events=many_reports())
def test_incident_holds_a_source_twice_in_parts_alone(events: list[Event]) -> None:
    frame = to_frame(events)
    rows = link(frame, PAK_AFG)

    for _, group in rows.groupby("incident"):
        counts = group["source"].value_counts()
        assert counts.max() == 1 or group["rule"].eq(RULES[0]).any()
        days = group["occurred_on"].sort_values().tolist()
        assert all((late - early).days <= 3 for early, late in pairwise(days))
    assert rows["incident"].isin(rows["source"] + ":" + rows["event_id"]).all()


@settings(deadline=None, max_examples=40)
@given(events=many_reports(), day=st.integers(1, 28))
def test_first_reports_of_a_day_are_those_of_the_books_of_that_day(
    events: list[Event], day: int
) -> None:
    history = history_from(*events, theatre=TWO)
    alive = history.known <= int(np.datetime64(date(2020, 1, day)).astype(int))
    links = links_of(history.reports, TWO)
    then = history.take(alive)

    first = first_reports(history.reports, links, alive)
    books = first_reports(then.reports, links_of(then.reports, TWO), np.ones(len(then), bool))
    assert first[alive].tolist() == books.tolist()
    assert first[~alive].all()
