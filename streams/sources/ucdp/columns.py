"""The columns of UCDP's event file (GED): its header, and the row of tags that may follow it."""

import csv
from collections.abc import Sequence

import pyarrow as pa

from errors import StreamError
from streams.formats.csv_records import BOM, Record, RecordError, fields_of

NEEDED = (
    *("id", "type_of_violence", "code_status", "dyad_new_id", "dyad_name", "side_a", "side_b"),
    *("number_of_sources", "source_headline", "where_prec", "where_coordinates", "adm_1", "adm_2"),
    *("latitude", "longitude", "country_id", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_civilians", "best", "high", "low", "gwnoa", "gwnob"),
)


def header_of(file: str, record: Record) -> list[str]:
    try:
        header = [name.strip() for name in fields_of(record.raw)]
    except RecordError as error:
        raise StreamError("no header", where=f"{file}, line 1", found=error.found) from None
    absent = [name for name in NEEDED if name not in header]
    twice = [name for name in NEEDED if header.count(name) > 1]
    if absent or twice:
        problem = f"no column {absent[0]}" if absent else f"column {twice[0]} stands twice"
        raise StreamError(
            f"not a GED file, {problem}",
            where=f"{file}, line {record.line}",
            expected="GED's columns",
        )
    return header


def check_header(file: str, start: bytes) -> None:
    """None where the file's first line names GED's columns; raises StreamError where not."""
    line = start.removeprefix(BOM).split(b"\n", 1)[0].removesuffix(b"\r")
    if not line.strip():
        raise StreamError("an empty file", where=file, expected="a GED header")
    header_of(file, Record(1, line))


def is_tags(table: pa.Table) -> bool:
    """Whether the first row is one of HXL tags (hxlstandard.org): every cell empty or with a #."""
    return _all_tags([str(table[name][0]) for name in NEEDED])


def tagged(record: Record) -> bool:
    try:
        return _all_tags(next(csv.reader([record.raw.decode("utf-8", "replace")])))
    except (csv.Error, StopIteration):
        return False


def _all_tags(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell]
    return bool(told) and all(cell.startswith("#") for cell in told)
