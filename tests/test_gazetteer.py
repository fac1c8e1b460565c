"""A closing or reopening touches the crossings that it names, or all of them."""

import pytest

from streams.places.gazetteer import crossings_named, segment_named
from streams.sources import chronicle
from theatres import Segment, Theatre, load_theatre

THEATRE = load_theatre("pak_afg")
ALL = THEATRE.segment_names


@pytest.mark.parametrize(
    ("place", "segment", "touched"),
    [
        ("Torkham", "khyber", ("khyber",)),
        ("TORKHAM gate", "", ("khyber",)),
        ("Torkham and Chaman", "", ("khyber", "chaman")),
        ("Chaman and Torkham", "chaman", ("khyber", "chaman")),
        ("Spin Boldak", "", ("chaman",)),
        ("Chaman-Spin-Boldak", "interior-afg", ("chaman",)),
        ("Friendship Gate", "", ("chaman",)),
        ("Kharlachi, Ghulam Khan", "kurram", ("kurram", "north-waziristan")),
        ("ghulam  khan", "", ("north-waziristan",)),
        ("Nawa Pass", "", ("bajaur-mohmand",)),
        ("Kunar", "bajaur-mohmand", ("bajaur-mohmand",)),
        ("", "zhob", ("zhob",)),
        ("", "", ALL),
        ("whole border", "", ALL),
        ("Whole border, Torkham first", "khyber", ALL),
        ("Islamabad", "interior-pak", ALL),
        ("Kabul", "", ALL),
        ("Doha", "abroad", ALL),
        ("Islamabad, on Torkham", "interior-pak", ("khyber",)),
        ("Chamanabad", "khyber", ("khyber",)),
    ],
)
def test_crossings_named_are_those_of_the_place_then_of_the_segment(
    place: str, segment: str, touched: tuple[str, ...]
) -> None:
    assert crossings_named(place, segment, THEATRE) == touched


def test_crossings_named_leave_out_segments_without_a_crossing() -> None:
    wild = Segment(name="wild", sides={"PAK": "north", "AFG": "north"})
    theatre: Theatre = THEATRE.model_copy(update={"segments": (wild, *THEATRE.segments)})

    assert crossings_named("whole border", "", theatre) == ALL


def test_crossings_named_of_the_chronicle_are_the_rows_own_but_for_fourteen() -> None:
    frame = chronicle.read(THEATRE.chronicle).frame
    kinds = ["crossing_closed", "crossing_reopened", "trade_suspended"]
    rows = frame[frame["type"].isin(kinds)]
    touched = {
        str(day)[:10]: crossings_named(place, segment, THEATRE)
        for day, place, segment in zip(
            rows["occurred_on"], rows["place"], rows["segment"], strict=True
        )
        if crossings_named(place, segment, THEATRE) != (segment,)
    }

    assert touched == {
        "2001-09-17": ALL,
        "2017-03-07": ("khyber", "chaman"),
        "2017-03-20": ("khyber", "chaman"),
        "2017-10-22": ("khyber", "chaman"),
        "2018-10-19": ("khyber", "chaman"),
        "2019-09-27": ("khyber", "chaman"),
        "2020-04-06": ("khyber", "chaman"),
        "2020-05-16": ("khyber", "chaman"),
        "2020-06-06": ("khyber", "chaman"),
        "2020-06-22": ("khyber", "north-waziristan", "chaman"),
        "2023-10-03": ALL,
        "2025-10-12": ALL,
        "2025-11-12": ALL,
        "2026-01-21": ALL,
    }


@pytest.mark.parametrize(
    ("place", "segment"),
    [
        ("Torkham", "khyber"),
        ("near TORKHAM gate", "khyber"),
        ("Torkham and Chaman", "khyber"),
        ("Spin-Boldak, Kandahar", "chaman"),
        ("Kunar", "bajaur-mohmand"),
        ("Dangam, Kunar", "bajaur-mohmand"),
        ("Kunar and Paktika", ""),
        ("Khyber Pakhtunkhwa", "interior-pak"),
        ("Khyber", "khyber"),
        ("Kabul", "interior-afg"),
        ("Doha", "abroad"),
        ("whole border", ""),
        ("Atlantis", ""),
        ("", ""),
    ],
)
def test_segment_named_is_that_of_the_place(place: str, segment: str) -> None:
    assert segment_named(place, THEATRE) == segment


def test_segment_named_knows_every_crossing_of_the_theatre() -> None:
    for part in THEATRE.segments:
        assert {segment_named(gate.name, THEATRE) for gate in part.crossings} == {part.name}


def test_segment_named_agrees_with_the_chronicle() -> None:
    events = chronicle.read(THEATRE.chronicle).frame
    placed = events[(events["segment"] != "") & (events["place"] != "")]
    named = placed["place"].map(lambda place: segment_named(place, THEATRE))
    same = named.eq(placed["segment"])

    assert len(placed) > 500
    assert same.mean() > 0.98


def test_segment_named_of_another_theatre_is_nothing() -> None:
    fewer = THEATRE.model_copy(update={"segments": THEATRE.segments[:2]})

    assert segment_named("Torkham", fewer) == ""
    assert segment_named("Kabul", fewer) == "interior-afg"
