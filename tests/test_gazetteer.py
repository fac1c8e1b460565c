"""A closing or reopening touches the crossings that it names, or all of them."""

import pytest

from streams import chronicle
from streams.gazetteer import crossings_named
from theatres.theatre import Segment, Theatre, load_theatre

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
    wild = Segment(name="wild", pakistan="north", afghanistan="north")
    theatre: Theatre = THEATRE.model_copy(update={"segments": (wild, *THEATRE.segments)})

    assert crossings_named("whole border", "", theatre) == ALL


def test_crossings_named_of_the_chronicle_are_the_rows_own_but_for_nine() -> None:
    frame = chronicle.read(chronicle.EMBEDDED).frame
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
        "2018-10-19": ("khyber", "chaman"),
        "2020-04-06": ("khyber", "chaman"),
        "2020-05-16": ("khyber", "chaman"),
        "2023-10-03": ALL,
        "2025-10-12": ALL,
        "2025-11-12": ALL,
    }
