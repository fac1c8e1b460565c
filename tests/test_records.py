"""A file is cut into records so that a broken one costs itself alone."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.formats.csv_records import Record, RecordError, cut_records, fields_of


def cut(content: bytes) -> list[tuple[int, bytes]]:
    """The records as pairs of line and bytes."""
    return [(record.line, record.raw) for record in cut_records(content)]


def test_cut_records_counts_physical_lines() -> None:
    content = b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z\n3,w'

    assert cut(content) == [(1, b"a,b"), (2, b'1,"x\r\ny"'), (5, b"2,z"), (6, b"3,w")]


def test_cut_records_takes_away_a_byte_order_mark() -> None:
    assert cut(b"\xef\xbb\xbfa,b\n1,2\n") == [(1, b"a,b"), (2, b"1,2")]


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n \r\n", b"\xef\xbb\xbf"])
def test_cut_records_of_nothing_is_nothing(content: bytes) -> None:
    assert cut(content) == []


@pytest.mark.parametrize(
    "content",
    [
        b'a,b\n1,"x\n2,y\n3,z\n',
        b'a,b\n1,"x\n2,y\n3,"z\n',
        b'a,b\n1,"x\n2,"y, z"\n3,z\n',
        b'a,b\n1,"x\n' + b"2,y\n" * 60 + b'3,"z\n',
    ],
)
def test_cut_records_lets_an_open_quote_cost_its_own_line(content: bytes) -> None:
    records = cut(content)

    assert records[1] == (2, b'1,"x')
    assert [line for line, _ in records] == list(range(1, content.count(b"\n") + 1))


def test_fields_of_a_record_are_unquoted() -> None:
    assert fields_of(b'1,"x, ""y""",,"two\r\nlines"') == ["1", 'x, "y"', "", "two\r\nlines"]


@pytest.mark.parametrize(
    ("raw", "field", "found"),
    [
        (b"1,Caf\xe9,3", 1, b"Caf\xe9"),
        (b'1,"x', 1, "x"),
        (b'1,2,"x"y', 2, "xy"),
        (b"1,x\ry", 1, "x\ry"),
    ],
)
def test_fields_of_a_broken_record_names_the_field(
    raw: bytes, field: int, found: str | bytes
) -> None:
    with pytest.raises(RecordError) as caught:
        fields_of(raw)

    assert (caught.value.field, caught.value.found) == (field, found)


@given(st.lists(st.lists(st.text("ab,\"\r\n é'", max_size=6), min_size=2, max_size=2), max_size=6))
def test_cut_records_reads_what_the_csv_module_writes(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["h1", "h2"], *rows])
    read = [fields_of(record.raw) for record in cut_records(text.getvalue().encode())]

    assert read == [["h1", "h2"], *rows]


@given(st.binary(max_size=200))
def test_cut_records_loses_no_line_of_any_bytes(content: bytes) -> None:
    records: list[Record] = list(cut_records(content))
    kept = b"".join(record.raw for record in records)

    assert [record.line for record in records] == sorted({record.line for record in records})
    assert sum(not byte.isspace() for byte in map(chr, kept)) == sum(
        not byte.isspace() for byte in map(chr, content.removeprefix(b"\xef\xbb\xbf"))
    )
