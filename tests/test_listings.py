"""GDELT's lists: export files of the allowed host in the order of time, other lines counted."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import StreamError
from streams.sources.gdelt.file_list import Listed, fault_of, read_listing

MD5 = hashlib.md5(b"content", usedforsecurity=False).hexdigest()
BASE = "http://data.gdeltproject.org/gdeltv2"
LATEST = f"""\
64305 {MD5} {BASE}/20251012001500.export.CSV.zip
90211 {MD5} {BASE}/20251012001500.mentions.CSV.zip
3512345 {MD5} {BASE}/20251012001500.gkg.csv.zip
"""


def lines(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


def test_the_latest_list_names_one_export_file_of_three() -> None:
    listing = read_listing(lines(LATEST), "lastupdate.txt")
    time = datetime(2025, 10, 12, 0, 15)  # noqa: DTZ001 (UTC)
    assert listing.files == (Listed(time, "20251012001500.export.CSV.zip", 64305, MD5),)
    assert listing.malformed == 0


def test_files_come_in_the_order_of_time_and_from_the_day_asked_for() -> None:
    stamps = ("20251013000000", "20251011234500", "20251012000000")
    text = "".join(f"7 {MD5} {BASE}/{stamp}.export.CSV.zip\n" for stamp in stamps)
    listing = read_listing(lines(text), "masterfilelist.txt")
    assert [file.name[:8] for file in listing.files] == ["20251011", "20251012", "20251013"]
    later = read_listing(lines(text), "masterfilelist.txt", since=date(2025, 10, 12))
    assert [file.name[:8] for file in later.files] == ["20251012", "20251013"]
    assert read_listing(lines(text), "masterfilelist.txt", since=date(2026, 1, 1)).files == ()


@pytest.mark.parametrize(
    "line",
    [
        f"7 {MD5}",
        f"{MD5} {BASE}/20251012000000.export.CSV.zip",
        f"-7 {MD5} {BASE}/20251012000000.export.CSV.zip",
        f"7 {MD5[1:]} {BASE}/20251012000000.export.CSV.zip",
        f"7 {MD5} {BASE}/20251312000000.export.CSV.zip",
        f"7 {MD5} {BASE}/../20251012000000.export.CSV.zip?x",
        f"7 {MD5} https://elsewhere.example/gdeltv2/20251012000000.export.CSV.zip",
        f"7 {MD5} https://data.gdeltproject.org@elsewhere.example/20251012000000.export.CSV.zip",
        f"7 {MD5} file:///etc/20251012000000.export.CSV.zip",
        "<html>",
        "\x00",
    ],
)
def test_a_line_that_is_no_file_of_the_host_is_counted_and_left_out(line: str) -> None:
    listing = read_listing([*lines(LATEST), line.encode() + b"\n"], "masterfilelist.txt")
    assert (len(listing.files), listing.malformed) == (1, 1)


def test_a_page_in_place_of_a_list_is_an_error() -> None:
    with pytest.raises(StreamError, match="not a list of GDELT's files"):
        read_listing([b"<html>\n", b"<body>404</body>\n"], "lastupdate.txt")
    with pytest.raises(StreamError, match="0 other lines"):
        read_listing([], "lastupdate.txt")


@given(st.lists(st.binary(max_size=120), max_size=5))
def test_lines_of_any_bytes_never_crash(junk: list[bytes]) -> None:
    listing = read_listing([*junk, *lines(LATEST)], "masterfilelist.txt")
    assert len(listing.files) >= 1


def test_a_file_is_held_against_the_size_and_md5_listed(tmp_path: Path) -> None:
    path = tmp_path / "20251012001500.export.CSV.zip"
    time = datetime(2025, 10, 12, 0, 15)  # noqa: DTZ001 (UTC)
    listed = Listed(time, path.name, 7, MD5)
    path.write_bytes(b"content")
    assert fault_of(path, listed) == ""
    path.write_bytes(b"conten")
    assert fault_of(path, listed) == "6 bytes instead of 7"
    path.write_bytes(b"contend")
    assert fault_of(path, listed).startswith("md5 ")
