"""The chronicle's good rows are read, and its bad ones refused one by one."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from chronicles import GOOD, ids, make_csv, make_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from errors import StreamError
from streams.sources.chronicle import HEADER, read
from theatres import load_theatre

EMBEDDED = load_theatre("pak_afg").chronicle


def test_read_gives_each_column_its_value(tmp_path: Path) -> None:
    reading = read(make_file(tmp_path, make_csv({}, {"ended_on": "2025-10-14", "lat": "-0.5"})))

    first, second = reading.frame.to_dict(orient="records")
    assert reading.refusals == ()
    assert reading.lines == (2, 3)
    assert first["source"] == "chronicle"
    assert first["url"] == GOOD["source"]
    assert first["known_at"] == pd.Timestamp("2025-10-13")
    assert first["ended_on"] == first["occurred_on"] == pd.Timestamp("2025-10-12")
    assert (first["lat"], first["deaths_low"], first["deaths_high"]) == (34.12, 1, 3)
    assert pd.isna(first["deaths_best"])
    assert (second["ended_on"], second["lat"]) == (pd.Timestamp("2025-10-14"), -0.5)


def test_read_takes_the_embedded_chronicle_whole() -> None:
    reading = read(EMBEDDED)

    assert reading.refusals == ()
    assert len(reading.frame) == 735
    assert reading.frame["occurred_on"].agg(["min", "max"]).dt.date.tolist() == [
        date(2001, 9, 17),
        date(2026, 10, 1),
    ]
    digest = hashlib.sha256(EMBEDDED.read_bytes()).hexdigest()
    assert digest == EMBEDDED_DIGEST, "the file is embedded byte for byte, line ends and all"


EMBEDDED_DIGEST = "bcada4a96c089f9f49c9dbd66f9215edaad00ef0ed8bfd2a2bac38e193f5f7b4"


def test_read_takes_columns_in_any_order_and_a_byte_order_mark(tmp_path: Path) -> None:
    straight = read(make_file(tmp_path, make_csv({}, {}), "a.csv"))
    turned = make_csv({}, {}, header=tuple(reversed(HEADER)))

    reading = read(make_file(tmp_path, b"\xef\xbb\xbf" + turned, "b.csv"))

    assert_frame_equal(reading.frame, straight.frame)


BAD: list[tuple[str, str, str]] = [
    ("type", "picnic", "expected a type"),
    ("type", "", "expected a type"),
    ("occurred_on", "2025-02-30", "YYYY-MM-DD"),
    ("occurred_on", "20251012", "YYYY-MM-DD"),
    ("occurred_on", "２０２５-10-12", "YYYY-MM-DD"),
    ("occurred_on", "", "YYYY-MM-DD"),
    ("occurred_on", "0001-01-01", "1900"),
    ("known_on", "2025-10-11", "2025-10-12"),
    ("known_on", "2025-10-12T10:00", "YYYY-MM-DD"),
    ("ended_on", "2025-10-11", "2025-10-12"),
    ("date_precision", "year", "day, week, month"),
    ("actor", "Pakistan", "capitals"),
    ("mediators", "QAT,TUR", "capitals"),
    ("segment", "Khyber Pass", "small letters"),
    ("lat", "91", "-90 to 90"),
    ("lat", "34,12", "decimal degrees"),
    ("lat", "nan", "decimal degrees"),
    ("lon", "1e2", "decimal degrees"),
    ("deaths_low", "-1", "from 0"),
    ("deaths_low", "4", "at most deaths_high, 3"),
    ("deaths_best", "9", "at most deaths_high, 3"),
    ("deaths_best", "2.5", "whole number"),
    ("deaths_high", "several", "whole number"),
    ("deaths_high", "9" * 30, "whole number"),
    ("summary", "nul \x00 byte", "control characters"),
    ("event_id", "", "not empty"),
    ("event_id", "a\x00b", "control characters"),
    ("confidence", "sure", "high, medium, low"),
    ("summary", "Caf\udce9", "UTF-8"),
]


@pytest.mark.parametrize(("column", "value", "expected"), BAD)
def test_read_refuses_a_bad_row_alone(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    path = make_file(tmp_path, make_csv({}, {column: value}, {}))

    reading = read(path)

    assert ids(reading.frame) == ["c:1", "c:3"]
    [refusal] = reading.refusals
    assert refusal.message.startswith(f"{path}, line 3, column {column}: found ")
    assert expected in refusal.message
    assert refusal.message.isprintable()
    assert refusal.raw == make_csv({}, {column: value}, {}).split(b"\r\n")[2]


@pytest.mark.parametrize(
    ("change", "column", "said"),
    [
        (lambda row: row + b",more", "number 20", "found 20, expected 19 fields"),
        (lambda row: row.rpartition(b",")[0], "confidence", "found 18, expected 19 fields"),
        (lambda row: row.replace(b'"Torkham', b"Torkham"), "number 20", "expected 19 fields"),
        (lambda row: row.replace(b'night."', b"night."), "summary", "expected quotes that close"),
        (lambda row: row[:3], "occurred_on", "found 1, expected 19 fields"),
    ],
)
def test_read_refuses_a_row_of_another_shape_alone(
    tmp_path: Path, change: Callable[[bytes], bytes], column: str, said: str
) -> None:
    lines = make_csv({}, {}, {}).split(b"\r\n")
    lines[2] = change(lines[2])

    reading = read(make_file(tmp_path, b"\r\n".join(lines)))

    assert ids(reading.frame) == ["c:1", "c:3"]
    assert f"line 3, column {column}: " in reading.refusals[0].message
    assert said in reading.refusals[0].message


def test_read_refuses_a_second_row_of_one_event(tmp_path: Path) -> None:
    second_of_it, bad_one = (
        {"event_id": "c:1", "type": "shelling"},
        {"event_id": "c:4", "type": "?"},
    )

    reading = read(make_file(tmp_path, make_csv({}, second_of_it, bad_one, {})))

    assert ids(reading.frame) == ["c:1", "c:4"]
    assert reading.frame["type"].tolist() == ["crossing_closed", "crossing_closed"]
    second, bad = reading.refusals
    assert "line 3, column event_id: found 'c:1', expected another id than that of line 2" in (
        second.message
    )
    assert bad.column == "type"


def test_read_counts_physical_lines_and_joins_a_text_on_two(tmp_path: Path) -> None:
    rows = {"summary": "first\r\n  second"}, {"summary": "first\nsecond"}, {"type": "?"}

    reading = read(make_file(tmp_path, make_csv(*rows)))

    assert reading.frame["summary"].tolist() == ["first second", "first second"]
    assert reading.lines == (2, 4)
    assert reading.refusals[0].line == 6


def header_with(old: str, new: str) -> bytes:
    """A file of one good row under a header with one thing changed."""
    first, _, rest = make_csv({}).partition(b"\r\n")
    return first.replace(old.encode(), new.encode("latin-1")) + b"\r\n" + rest


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"\r\n\r\n", "an empty file"),
        (header_with("known_on", "known_at"), "missing known_on; unexpected known_at"),
        (header_with(",confidence", ""), "missing confidence"),
        (header_with("lat,lon", "lat,lat"), "missing lon; twice lat"),
        (header_with("summary", "r\xe9sum\xe9"), "column header"),
        ("event_id,type\n".encode("utf-16"), "column header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "column header"),
        (b"a" * 500_000, "column header"),
    ],
)
def test_read_refuses_a_file_of_which_nothing_can_be_read(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = make_file(tmp_path, content)

    with pytest.raises(StreamError) as caught:
        read(path)

    message = str(caught.value)
    assert message.startswith(f"{path}, line 1")
    assert said in message
    assert f"expected {','.join(HEADER)}" in message
    assert message.isprintable()
    assert len(message) < 800


def test_read_refuses_a_folder_and_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="a folder, expected a CSV file"):
        read(tmp_path)
    with pytest.raises(StreamError, match="no such file, expected a CSV file"):
        read(tmp_path / "none.csv")
    with pytest.raises(StreamError, match="cannot be read"):
        read(Path("nul\0.csv"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=120), at=st.integers(0, 700))
def test_read_takes_any_bytes_in_a_row_without_losing_the_rows_around(
    tmp_path: Path, junk: bytes, at: int
) -> None:
    whole = make_csv({}, {}, {})
    rows = whole.split(b"\r\n")
    rows[2] = rows[2][:at] + junk + rows[2][at:]

    reading = read(make_file(tmp_path, b"\r\n".join(rows)))

    assert {"c:1", "c:3"} <= set(ids(reading.frame))
    assert all(refusal.message.isprintable() for refusal in reading.refusals)
