"""The columns of UCDP's event file (GED): its header, and the row of tags that may follow it."""

import csv
from collections.abc import Sequence

import pyarrow as pa

from errors import StreamError
from streams.formats.csv_records import Record, RecordError, fields_of, loose_fields
from streams.formats.tables import first_record

NEEDED = (
    *("id", "type_of_violence", "code_status", "dyad_new_id", "dyad_name", "side_a", "side_b"),
    *("number_of_sources", "source_headline", "where_prec", "where_coordinates", "adm_1", "adm_2"),
    *("latitude", "longitude", "country_id", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_civilians", "best", "high", "low", "gwnoa", "gwnob"),
)

ABSENT = {"code_status": "Clear"}
"""What stands for a column that older releases lack (19.1 and before)."""

PUBLISHED = (
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence"),
    *("conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id"),
    *("dyad_name", "side_a_dset_id", "side_a_new_id", "side_a", "side_b_dset_id"),
    *("side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office"),
    *("source_date", "source_headline", "source_original", "where_prec", "where_coordinates"),
    *("where_description", "adm_1", "adm_2", "latitude", "longitude", "geom_wkt"),
    *("priogrid_gid", "country", "country_id", "region", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"),
    *("best", "high", "low", "gwnoa", "gwnob"),
)
"""All columns in their order, for a release without a header row, as Candidate 24.0.1 was."""


def is_headless(cells: Sequence[str]) -> bool:
    """Whether a file's first row is an event already, of as many fields as are published."""
    return len(cells) == len(PUBLISHED) and cells[0].strip().isdigit()


def is_header(cells: Sequence[str]) -> bool:
    """Whether the cells name GED's columns, in any order and among others, or are an event's."""
    return is_headless(cells) or not _fault(list(map(str.strip, cells)))


def _fault(header: Sequence[str]) -> str:
    """What keeps the header from being GED's; nothing where nothing does."""
    absent = [name for name in NEEDED if name not in header and name not in ABSENT]
    twice = [name for name in NEEDED if header.count(name) > 1]
    if absent:
        return f"no column {absent[0]}"
    return f"column {twice[0]} stands twice" if twice else ""


def header_of(file: str, record: Record) -> list[str]:
    """The names of the columns. Raises StreamError where they are not GED's."""
    if is_headless(loose_fields(record.raw)):
        return list(PUBLISHED)
    try:
        header = [name.strip() for name in fields_of(record.raw)]
    except RecordError as error:
        raise StreamError("no header", where=f"{file}, line 1", found=error.found) from None
    if fault := _fault(header):
        raise StreamError(
            f"not a GED file, {fault}",
            where=f"{file}, line {record.line}",
            found=", ".join(header)[:300],
            expected="GED's columns, separated by commas",
            do="fetch the release's csv again from https://ucdp.uu.se/downloads/",
        )
    return header


def check_header(file: str, start: bytes) -> None:
    """Raises StreamError where the file's first line does not name GED's columns."""
    record = first_record(start)
    if not record.raw.strip():
        raise StreamError("an empty file", where=file, expected="a GED header")
    header_of(file, record)


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
