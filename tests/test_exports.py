"""Rows of export files: the pair's become events, others are counted, bad ones cost themselves."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from exports import elsewhere, row, write_export
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from errors import StreamError
from streams.places.border import border_of
from streams.sources.gdelt.gdelt import read
from streams.sources.gdelt.rows import COLUMNS
from streams.store.landing import Batch
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
RELAXED = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Plain:
    """A border that is one point, a kilometre off for every hundredth of a degree."""

    def locate(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], country: Sequence[str]
    ) -> tuple[list[str], NDArray[np.float64]]:
        km: NDArray[np.float64] = np.hypot(lat - 34.0, lon - 70.0) * 100.0
        # as the real border: a code that is no country's lies abroad
        known = [code.isascii() and code.isalnum() for code in country]
        inland = [
            f"interior-{code.lower()}" if ok else "abroad" if code else ""
            for code, ok in zip(country, known, strict=True)
        ]
        names = ["khyber" if near else name for near, name in zip(km <= 200, inland, strict=True)]
        return names, km


def read_rows(folder: Path, *rows: bytes) -> Batch:
    """The one batch of a file of these rows."""
    (batch,) = read(write_export(folder, rows), THEATRE, Plain())
    return batch


def accounted(batch: Batch) -> int:
    unmapped = sum(batch.unmapped.values())
    return len(batch.frame) + batch.elsewhere + batch.folded + unmapped + len(batch.refusals)


def test_a_row_of_the_pair_becomes_an_event_known_when_gdelt_added_it(tmp_path: Path) -> None:
    batch = read_rows(tmp_path, row(), elsewhere())
    (event,) = batch.frame.to_dict("records")
    assert (batch.read, batch.elsewhere) == (2, 1)
    assert event["event_id"].startswith("gdelt-")
    assert event["occurred_on"] == event["ended_on"] == pd.Timestamp("2025-10-11")
    assert event["known_at"] == pd.Timestamp("2025-10-12 00:00:00")
    assert (event["type"], event["actor"], event["target"]) == ("border_clash", "PAK", "AFG")
    assert (event["place"], event["lat"], event["lon"]) == (
        "Torkham, Nangarhar, Afghanistan",
        34.1283,
        71.0961,
    )
    assert (event["segment"], round(event["border_km"], 2)) == ("khyber", 110.36)
    assert (event["mentions"], event["confidence"]) == (12, "low")
    assert event["url"] == "https://news.example/clash-at-torkham"
    assert event["summary"] == "PAK towards AFG: uses military force, no more said (CAMEO 190)"
    assert not event["known_simulated"]


def test_only_rows_between_the_two_countries_are_of_the_theatre(tmp_path: Path) -> None:
    batch = read_rows(
        tmp_path,
        row(Actor1CountryCode="AFG", Actor2CountryCode="PAK"),
        row(Actor2CountryCode="PAK"),
        row(Actor2CountryCode=""),
        row(Actor1CountryCode="QAT", EventCode="045"),
        row(Actor1CountryCode="", Actor1Code="PAK", Actor1Name="PAK"),
    )
    assert batch.frame[["actor", "target"]].to_numpy().tolist() == [["AFG", "PAK"]]
    assert batch.elsewhere == 4


def test_a_place_that_is_no_town_has_neither_point_nor_segment(tmp_path: Path) -> None:
    batch = read_rows(
        tmp_path,
        *(
            row(GLOBALEVENTID=str(n), ActionGeo_Type=kind, ActionGeo_FullName=f"Place {n}")
            for n, kind in enumerate("01235", start=1)
        ),
        row(ActionGeo_Type="", ActionGeo_FullName=""),
    )
    points = batch.frame.set_index("place")["lat"].notna()
    assert points.to_dict() == {
        "Place 1": False,
        "Place 2": False,
        "Place 3": False,
        "Place 4": True,
        "Place 5": False,
        "": False,
    }
    assert set(batch.frame.loc[batch.frame["lat"].isna(), "segment"]) == {""}
    assert batch.frame.loc[batch.frame["lat"].isna(), "border_km"].isna().all()


@pytest.mark.parametrize(
    ("lat", "lon", "place", "segment"),
    [
        ("34.1283", "71.0961", "AF", "khyber"),
        ("30.92", "66.45", "PK", "chaman"),
        ("33.7", "73.1", "PK", "interior-pak"),
        ("34.52", "65.3", "AF", "interior-afg"),
        ("25.28", "51.53", "QA", "abroad"),
        ("-34", "-109", "CI", "abroad"),
        ("-90", "180", "AY", "abroad"),
    ],
)
def test_a_town_has_the_segment_of_the_borders_nearest_stretch(
    tmp_path: Path, lat: str, lon: str, place: str, segment: str
) -> None:
    cells = {"ActionGeo_Lat": lat, "ActionGeo_Long": lon, "ActionGeo_CountryCode": place}
    path = write_export(tmp_path, [row(**cells)])
    (batch,) = read(path, THEATRE, border_of(THEATRE))
    assert batch.frame["segment"].tolist() == [segment]
    assert (batch.frame["border_km"] <= 20_100).all()


def test_codes_without_a_type_are_counted_by_code_and_not_stored(tmp_path: Path) -> None:
    rows = [row(EventCode=code) for code in ("010", "010", "1724", "9999")]
    batch = read_rows(tmp_path, *rows)
    assert (len(batch.frame), batch.unmapped) == (0, {"010": 2, "1724": 1, "9999": 1})


def test_near_duplicates_fold_and_their_mentions_add_up(tmp_path: Path) -> None:
    batch = read_rows(
        tmp_path,
        row(GLOBALEVENTID="1", NumMentions="3", SOURCEURL="https://a.example/1"),
        # Another code of the same type, a point some hundred metres off, told more often.
        row(
            GLOBALEVENTID="2",
            NumMentions="9",
            EventCode="193",
            ActionGeo_Lat="34.1299",
            SOURCEURL="https://b.example/2",
        ),
        row(GLOBALEVENTID="2", NumMentions="9"),
    )
    (event,) = batch.frame.to_dict("records")
    assert batch.folded == 2
    assert event["url"] == "https://b.example/2"
    assert event["mentions"] == 12


@pytest.mark.parametrize(
    "change",
    [
        {"SQLDATE": "20251010"},
        {"Actor1CountryCode": "AFG", "Actor2CountryCode": "PAK"},
        {"EventCode": "194"},
        {"ActionGeo_Lat": "34.5"},
        {"ActionGeo_Type": "1"},
        {"DATEADDED": "20251013000000"},
    ],
)
def test_another_day_direction_type_or_place_is_another_story(
    tmp_path: Path, change: dict[str, str]
) -> None:
    batch = read_rows(tmp_path, row(GLOBALEVENTID="1"), row(GLOBALEVENTID="2", **change))
    assert batch.frame["event_id"].nunique() == 2


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("SQLDATE", "20251301"),
        ("SQLDATE", "20251013"),
        ("SQLDATE", "2025-10-11"),
        ("SQLDATE", ""),
        ("DATEADDED", "20251012250000"),
        ("DATEADDED", "20251012"),
        ("Actor1CountryCode", "pak"),
        ("Actor2CountryCode", "AFGHAN"),
        ("GLOBALEVENTID", "12a"),
        ("EventCode", "---"),
        ("NumMentions", "-3"),
        ("NumMentions", "1e3"),
        ("ActionGeo_Lat", "north"),
        ("ActionGeo_Lat", "91"),
        ("ActionGeo_Long", ""),
        ("ActionGeo_FullName", "Tor\x00kham"),
        ("SOURCEURL", "javascript:alert(1)"),
        ("SOURCEURL", "ftp://news.example/a"),
        ("SOURCEURL", "https://news.example/" + "a" * 5_000),
    ],
)
def test_a_bad_cell_is_refused_with_its_line_and_column_and_costs_its_row_alone(
    tmp_path: Path, column: str, found: str
) -> None:
    bad = row(GLOBALEVENTID="7") if column == "GLOBALEVENTID" else row()
    batch = read_rows(tmp_path, elsewhere(), row(**{column: found}), row(GLOBALEVENTID="8"), bad)
    (refusal,) = batch.refusals
    assert (refusal.line, refusal.column) == (2, column)
    assert refusal.raw == row(**{column: found})[:10_000]
    assert refusal.expected
    assert len(batch.frame) == 1
    assert accounted(batch) == batch.read == 4


def test_a_row_of_another_width_is_refused_wherever_it_happened(tmp_path: Path) -> None:
    short, long = elsewhere().rsplit(b"\t", 3)[0], elsewhere() + b"\tmore"
    batch = read_rows(tmp_path, short, row(), long, b"<html>")
    assert [(one.line, one.column, one.found) for one in batch.refusals] == [
        (1, "ActionGeo_FeatureID", "'58 fields'"),
        (3, "number 62", "'62 fields'"),
        (4, "SQLDATE", "'1 fields'"),
    ]
    assert (len(batch.frame), accounted(batch)) == (1, batch.read)


def test_stray_bytes_lose_a_letter_and_not_the_row(tmp_path: Path) -> None:
    stray = row(ActionGeo_FullName="Torkh?m").replace(b"?", b"\xe4")
    batch = read_rows(tmp_path, stray, elsewhere(Actor1Name="?").replace(b"?", b"\xff\xfe"))
    assert batch.frame["place"].tolist() == ["Torkh�m"]
    assert batch.elsewhere == 1


def test_carriage_returns_and_blank_lines_and_a_last_line_without_end_are_no_matter(
    tmp_path: Path,
) -> None:
    path = tmp_path / "windows.export.CSV"
    path.write_bytes(elsewhere() + b"\r\n\r\n\n" + row() + b"\r\n" + elsewhere())
    batches = list(read(path, THEATRE, Plain()))
    assert sum(batch.read for batch in batches) == 3
    assert sum(batch.elsewhere for batch in batches) == 2
    assert pd.concat(batch.frame for batch in batches)["url"].tolist() == [
        "https://news.example/clash-at-torkham"
    ]


_FILE = b"".join(line + b"\n" for line in (elsewhere(), row(), row(EventCode="046"), elsewhere()))


@RELAXED
@given(
    st.lists(
        st.tuples(st.integers(0, len(_FILE) - 1), st.binary(min_size=0, max_size=3)), max_size=12
    )
)
def test_a_file_with_mutated_bytes_is_read_or_refused_and_every_line_accounted_for(
    tmp_path: Path, changes: list[tuple[int, bytes]]
) -> None:
    content = bytearray(_FILE)
    for at, replaced in changes:
        content[at : at + 1] = replaced
    path = tmp_path / "mutated.export.CSV"
    path.write_bytes(content)
    try:
        batches = list(read(path, THEATRE, Plain()))
    except StreamError:
        return
    written = [line for line in bytes(content).split(b"\n") if line.removesuffix(b"\r")]
    assert sum(batch.read for batch in batches) == len(written)
    assert all(accounted(batch) == batch.read for batch in batches)


CELLS = st.dictionaries(
    st.sampled_from(COLUMNS),
    st.text(st.characters(blacklist_characters="\t\n\r", blacklist_categories=["Cs"]), max_size=12)
    | st.from_regex(r"-?[0-9]{1,15}(\.[0-9]+)?", fullmatch=True),
    max_size=4,
)


@RELAXED
@given(st.lists(CELLS, min_size=1, max_size=4))
def test_rows_of_any_cells_are_read_or_refused(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    batch = read_rows(tmp_path, elsewhere(), *(row(**cells) for cells in rows))
    assert batch.read == accounted(batch) == len(rows) + 1
