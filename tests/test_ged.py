"""GED's rows become events by the book; a fault is refused by its line, good rows land."""

import io
import math
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from geds import CLASH, ELSEWHERE, HEADER, ged, on
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from second import make_second

from errors import StreamError
from streams.events.event import Event
from streams.events.frame import COLUMNS
from streams.places.border import border_of
from streams.sources.ucdp.columns import check_header
from streams.sources.ucdp.ged import FaultError, Part, Reader
from streams.sources.ucdp.mapping import code_of
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
BORDER = border_of(THEATRE)
SHARED = Path(os.environ.get("DYADCAST_SHARED", "../shared/data")) / "ucdp"


def parts_of(content: bytes, exact: bool) -> list[Part]:
    return list(Reader("ged.csv", BORDER, THEATRE.codes, exact).read(io.BytesIO(content)))


def read(content: bytes) -> Part:
    """The one part of a small file, which reads the same either way where no row is at fault."""
    (slow,) = parts_of(content, exact=True)
    if not (slow.batch.refusals or slow.batch.folded):
        (fast,) = parts_of(content, exact=False)
        assert_frame_equal(fast.batch.frame, slow.batch.frame)
        assert_frame_equal(fast.rows, slow.rows)
    return slow


def test_every_row_is_an_event_or_elsewhere() -> None:
    part = read(ged({}, ELSEWHERE, CLASH))

    assert (part.batch.read, part.batch.elsewhere) == (3, 1)
    assert list(part.batch.frame["event_id"]) == ["1", "3"]
    assert list(part.rows["country"]) == [770, 100, 770]


def test_an_event_says_what_its_row_says() -> None:
    event = read(ged({})).batch.frame.iloc[0]

    assert event["type"] == "battle"
    assert (event["actor"], event["target"]) == ("PAK", "TTP")
    assert event["segment"] == "khyber"
    assert event["border_km"] == pytest.approx(1.2, abs=0.2)
    assert (event["deaths_low"], event["deaths_best"], event["deaths_high"]) == (1, 2, 3)
    assert str(event["known_at"]) == "2023-11-20 00:00:00"
    assert event["known_simulated"]
    assert event["confidence"] == "high"
    assert event["summary"] == (
        "Battle: Government of Pakistan - TTP; Torkham village, Khyber district"
    )


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (CLASH, "border_clash"),
        ({**CLASH, "source_headline": "Mortar shells hit Chaman"}, "shelling"),
        ({**CLASH, "source_headline": "Pakistani air strikes kill six"}, "airstrike"),
        ({**CLASH, "gwnoa": "700.0", "gwnob": "770.0"}, "border_clash"),
        ({"source_headline": "Drone kills six"}, "battle"),
        ({"type_of_violence": "2", "gwnoa": ""}, "nonstate_violence"),
        ({"type_of_violence": "3"}, "onesided_violence"),
        ({**CLASH, "type_of_violence": "3"}, "onesided_violence"),
    ],
)
def test_type_is_told_by_the_sides_and_the_kind_of_violence(row: dict[str, str], kind: str) -> None:
    assert list(read(ged(row)).batch.frame["type"]) == [kind]


ABROAD = {"country_id": "700", "latitude": "32.9", "longitude": "69.4"}
MIRROR = {"gwnoa": "700", "side_a": "Government of Afghanistan", "side_b": "IS"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (ABROAD, ("incursion", "PAK", "AFG")),
        ({**ABROAD, "source_headline": "Jets hit camps"}, ("airstrike", "PAK", "AFG")),
        ({**ABROAD, "source_headline": "Mortars hit camps"}, ("shelling", "PAK", "AFG")),
        ({**ABROAD, "type_of_violence": "3"}, ("incursion", "PAK", "AFG")),
        ({**MIRROR, **on("2021-08-15")}, ("incursion", "AFG", "PAK")),
        ({**MIRROR, **on("2021-08-14")}, ("battle", "AFG", "ISKP")),
        ({**ABROAD, **MIRROR}, ("battle", "AFG", "ISKP")),
        ({**ABROAD, "gwnoa": "2", "source_headline": "Jets"}, ("battle", "USA", "TTP")),
        ({**ABROAD, "gwnoa": "", "type_of_violence": "2"}, ("nonstate_violence", "ARM", "TTP")),
        ({"country_id": "630"}, ("battle", "PAK", "TTP")),
    ],
)
def test_force_of_a_state_on_the_others_soil_is_the_pairs(
    row: dict[str, str], told: tuple[str, str, str]
) -> None:
    event = read(ged(row)).batch.frame.iloc[0]

    assert (event["type"], event["actor"], event["target"]) == told


def test_force_abroad_is_told_by_the_theatres_own_codes(tmp_path: Path) -> None:
    second = load_theatre(str(make_second(tmp_path)))
    row = {"gwnoa": "373", "country_id": "371", "latitude": "40.9", "longitude": "45.2"}
    reader = Reader("ged.csv", border_of(second), second.codes)

    (part,) = reader.read(io.BytesIO(ged(row, ABROAD)))

    assert list(part.batch.frame[["type", "actor", "target"]].iloc[0]) == [
        *("incursion", "AZE", "ARM")
    ]
    assert part.batch.elsewhere == 1


def test_sums_by_month_count_force_abroad_under_ucdps_own_dyad() -> None:
    assert list(read(ged(ABROAD)).rows["dyad"]) == [400]


@pytest.mark.parametrize(
    ("where_prec", "segment", "precision"),
    [
        ("1", "khyber", "point"),
        ("2", "khyber", "near"),
        ("3", "khyber", "district"),
        ("4", "interior-pak", "province"),
        ("5", "interior-pak", "stretch"),
        ("6", "interior-pak", "country"),
        ("7", "interior-pak", "waters"),
    ],
)
def test_a_representative_point_gives_no_segment(
    where_prec: str, segment: str, precision: str
) -> None:
    event = read(ged({"where_prec": where_prec})).batch.frame.iloc[0]

    assert (event["segment"], event["place_precision"]) == (segment, precision)
    assert math.isnan(event["border_km"]) == (segment == "interior-pak")


@pytest.mark.parametrize(
    ("row", "confidence"),
    [({}, "high"), ({"code_status": "Check dyad"}, "low"), ({"event_clarity": "2"}, "low")],
)
def test_what_ucdp_still_checks_is_of_low_confidence(row: dict[str, str], confidence: str) -> None:
    assert list(read(ged(row)).batch.frame["confidence"]) == [confidence]


@pytest.mark.parametrize(
    ("row", "segment"),
    [
        ({"latitude": "24.86", "longitude": "67.0"}, "interior-pak"),
        ({"latitude": "30.954545", "longitude": "66.439391"}, "chaman"),
        ({**CLASH, **ELSEWHERE, "gwnoa": "700", "gwnob": "770"}, "abroad"),
    ],
)
def test_segment_is_told_by_a_point_that_is_one(row: dict[str, str], segment: str) -> None:
    assert list(read(ged(row)).batch.frame["segment"]) == [segment]


def test_a_third_country_s_event_counts_within_the_belt_alone() -> None:
    near = {"country_id": "702", "latitude": "37.0", "longitude": "73.5"}
    far = {"country_id": "702", "latitude": "38.5", "longitude": "68.8"}

    assert list(read(ged(near, far)).batch.frame["event_id"]) == ["1"]


def test_a_span_that_does_not_hold_the_best_figure_is_widened() -> None:
    event = read(ged({"low": "5", "best": "2", "high": "1"})).batch.frame.iloc[0]

    assert (event["deaths_low"], event["deaths_best"], event["deaths_high"]) == (1, 2, 5)


BAD = [
    ("id", "x"),
    ("type_of_violence", "4"),
    ("latitude", "91"),
    ("latitude", "north"),
    ("longitude", "181"),
    ("date_start", "2023-02-30"),
    ("date_end", "4 October"),
    ("date_end", "2023-10-03"),
    ("best", "-1"),
    ("high", "many"),
    ("country_id", ""),
    ("gwnoa", "Pakistan"),
    ("where_prec", "9"),
]


@pytest.mark.parametrize(("column", "found"), BAD)
def test_a_bad_row_is_refused_by_its_line_and_the_others_land(column: str, found: str) -> None:
    content = ged({"source_headline": "two\nlines"}, {column: found}, {})
    with pytest.raises(FaultError):
        parts_of(content, exact=False)

    batch = read(content).batch

    assert list(batch.frame["event_id"]) == ["1", "3"]
    (refusal,) = batch.refusals
    assert (refusal.line, refusal.column, refusal.found) == (4, column, repr(found))
    assert batch.read == 3


def test_of_an_ids_rows_the_last_counts_and_the_others_are_told() -> None:
    content = ged({}, {"id": "2"}, {"id": "1", "best": "3"})
    with pytest.raises(FaultError):
        parts_of(content, exact=False)

    batch = read(content).batch

    assert dict(zip(batch.frame["event_id"], batch.frame["deaths_best"], strict=True)) == {
        "2": 2,
        "1": 3,
    }
    (refusal,) = batch.refusals
    assert (refusal.line, refusal.column, refusal.event_id) == (2, "id", "1")
    assert refusal.expected == "one row an event: line 4 comes later, and counts"


def test_the_very_same_row_twice_is_folded() -> None:
    batch = read(ged({}, {"id": "1"})).batch

    assert (batch.read, len(batch.frame), batch.folded, batch.refusals) == (2, 1, 1, ())


def test_no_earlier_row_stands_for_a_last_one_that_cannot_be_read() -> None:
    batch = read(ged({}, {"id": "1", "best": "x"})).batch

    assert len(batch.frame) == 0
    assert [(each.line, each.column) for each in batch.refusals] == [(3, "best"), (2, "id")]


@pytest.mark.parametrize("broken", [b"1,2,3\n", b'1,"open\n', b"\xff" * 9 + b"," * 48 + b"\n"])
def test_a_broken_record_is_refused_and_the_others_land(broken: bytes) -> None:
    content = ged({}) + broken + ged({"id": "7"}).split(b"\n", 1)[1]
    batch = read(content).batch

    assert list(batch.frame["event_id"]) == ["1", "7"]
    assert [refusal.line for refusal in batch.refusals] == [3]
    assert batch.read == 3


def test_a_row_of_tags_is_no_event() -> None:
    header, row, _ = ged({}).split(b"\n")
    tags = b",".join([b"#tag"] + [b""] * 48)

    assert read(b"\n".join([header, tags, row, b""])).batch.read == 1


def test_columns_are_found_by_name() -> None:
    turned = [*reversed(HEADER), "iso3"]

    assert_frame_equal(read(ged({}, header=turned)).batch.frame, read(ged({})).batch.frame)


def test_a_header_without_a_column_is_refused_with_its_name() -> None:
    with pytest.raises(StreamError, match="no column gwnob"):
        check_header("ged.csv", ged({}, header=HEADER[:-1]))
    with pytest.raises(StreamError, match="an empty file"):
        check_header("ged.csv", b"")
    with pytest.raises(StreamError, match="not a GED file"):
        check_header("ged.csv", b"<!doctype html>\n")


@pytest.mark.parametrize(
    ("name", "gwno", "code"),
    [
        ("Government of Pakistan", "770", "PAK"),
        ("Government of India", "750", "IND"),
        ("Government of Chad", "483", "GOV"),
        ("Civilians", "", "CIV"),
        ("IS", "", "ISKP"),
        ("Some new group", "", "ARM"),
        ("two governments", "700, 2", "AFG"),
    ],
)
def test_a_side_s_code_is_a_state_s_or_a_group_s(name: str, gwno: str, code: str) -> None:
    assert code_of(name, gwno, THEATRE.codes) == code


ROWS = st.fixed_dictionaries(
    {
        "date_start": st.dates().map(str),
        "date_end": st.dates().map(str),
        "latitude": st.floats(-95, 95).map(lambda degrees: f"{degrees:.4f}"),
        "longitude": st.floats(-185, 185).map(lambda degrees: f"{degrees:.4f}"),
        "best": st.integers(-1, 10**9).map(str),
        "where_coordinates": st.text(max_size=30).filter(lambda text: "\x00" not in text),
        "gwnob": st.sampled_from(["", "700", "770", "700;2"]),
        "side_b": st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=9),
    }
)


@settings(max_examples=60)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_every_row_that_lands_is_a_valid_event(rows: list[dict[str, str]]) -> None:
    batch = read(ged(*rows)).batch

    assert batch.read == len(batch.frame) + batch.elsewhere + len(batch.refusals) == len(rows)
    for row in batch.frame.to_dict("records"):
        values: dict[str, Any] = {
            name: None if pd.isna(row[name]) else row[name] for name in COLUMNS
        }
        for name in ("occurred_on", "ended_on"):
            values[name] = row[name].date()
        values["known_at"] = row["known_at"].to_pydatetime()
        Event(**values)


def test_text_beyond_ascii_and_line_ends_are_kept_readable() -> None:
    event = read(ged({"where_coordinates": "Spīn\n Boldak\u2028"})).batch.frame.iloc[0]

    assert event["place"] == "Spīn Boldak"


@pytest.mark.skipif(not SHARED.exists(), reason="the real files are not at hand")
@pytest.mark.parametrize(
    ("name", "rows", "events"),
    [("ged_pakistan_1989_2021_hdx.csv", 6416, 6416), ("GEDEvent_v23_0_10.csv", 2391, 67)],
)
def test_real_files_read_whole(name: str, rows: int, events: int) -> None:
    parts = parts_of((SHARED / name).read_bytes(), exact=False)

    assert sum(part.batch.read for part in parts) == rows
    assert sum(len(part.batch.frame) for part in parts) == events
    assert sum(part.batch.elsewhere for part in parts) == rows - events


def test_plain_days_and_days_with_a_midnight_are_one() -> None:
    plain, timed = read(ged(on("2023-10-04"))), read(ged({}))

    assert_frame_equal(plain.batch.frame, timed.batch.frame)
