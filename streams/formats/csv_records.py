"""A CSV file cut into its records, so that a broken one costs itself alone."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

_LINES_MAX = 50  # a quote left open would otherwise take the rest of the file with it
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    """One record's bytes, without its line end, and the physical line on which it starts."""

    line: int
    raw: bytes


class RecordError(Exception):
    """A record that is no RFC 4180 text: the fields read until then, found and expected."""

    def __init__(self, field: int, found: object, expected: str) -> None:
        super().__init__(f"field {field}: found {found!r}, expected {expected}")
        self.field = field
        self.found = found
        self.expected = expected


def cut_records(content: bytes) -> Iterator[Record]:
    """The file's records in order, the header first, blank lines left out.

    A line end within quotes does not cut, where what it joins has as many fields as the header
    and closes its quotes within 50 lines; else the line with the open quote stands alone.
    """
    lines = content.removeprefix(BOM).split(b"\n")
    width, at = 0, 0
    while at < len(lines):
        raw = _joined(lines, at, width)
        if raw.strip():
            yield Record(at + 1, raw.removesuffix(b"\r"))
            width = width or raw.count(b",") + 1
        at += 1 + raw.count(b"\n")


def _joined(lines: list[bytes], at: int, width: int) -> bytes:
    quotes = 0
    for end, line in enumerate(lines[at : at + _LINES_MAX], start=at + 1):
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            whole = b"\n".join(lines[at:end])
            return whole if end == at + 1 or _has_fields(whole, width) else lines[at]
    return lines[at]


def _has_fields(raw: bytes, width: int) -> bool:
    try:
        return len(next(csv.reader([raw.decode("utf-8", "replace")], strict=True))) == width
    except csv.Error:
        return False


def fields_of(raw: bytes) -> list[str]:
    """The record's fields; raises RecordError for bytes that are not UTF-8 and for bad quotes."""
    # Undecodable bytes become lone surrogates, which show in which field they stand.
    text = raw.decode("utf-8", "surrogateescape")
    loose = loose_fields(raw)
    for number, field in enumerate(loose):
        if any("\ud800" <= letter <= "\udfff" for letter in field):
            raise RecordError(number, field.encode("utf-8", "surrogateescape"), "UTF-8 text")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise RecordError(len(loose) - 1, loose[-1], "quotes that close") from None


def loose_fields(raw: bytes) -> list[str]:
    """The record's fields as far as they can be told apart; never an error."""
    text = raw.decode("utf-8", "surrogateescape")
    try:
        return next(csv.reader([text]))
    except csv.Error:
        return text.split(",")
