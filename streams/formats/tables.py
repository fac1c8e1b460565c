"""A table of text wherever it stands: a CSV file, a zip's member, a sheet of a workbook."""

import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from errors import StreamError
from streams.formats.csv_records import (
    BOM,
    Record,
    RecordError,
    cut_records,
    fields_of,
    loose_fields,
)
from streams.formats.workbooks import IsHeader, sheet_as_csv
from streams.formats.zips import is_zip, open_member

_START = 1 << 16
_WORKBOOK = (".xlsx", ".xlsm")
_TABLES = ("*.csv", *(f"*{suffix}" for suffix in _WORKBOOK))


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table, on which line, and its bytes; its cells by column, or why it is none."""

    line: int
    raw: bytes
    cells: Mapping[str, str] | RecordError


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of table: what it is called, what is wrong with a header, and what to do then.

    `fault` is told the columns' names without spaces around them, in small letters where case is
    no matter; it tells nothing where nothing is wrong.
    """

    what: str
    fault: Callable[[Sequence[str]], str]
    do: str
    any_case: bool = False

    def names(self, cells: Sequence[str]) -> list[str]:
        """The columns' names as they count."""
        return [cell.strip().casefold() if self.any_case else cell.strip() for cell in cells]


def read_rows(path: Path, form: Form) -> Iterator[TableRow]:
    """The table's rows, wherever it stands. Raises StreamError where its header is another's."""
    with open_table(path, lambda cells: not form.fault(form.names(cells))) as stream:
        records = cut_records(stream.read())
    head = next(records, None)
    if head is None:
        raise StreamError("an empty file", where=str(path), expected="a header")
    where = f"{path}, line {head.line}"
    try:
        header = form.names(fields_of(head.raw))
    except RecordError as error:
        raise StreamError("no header", where=where, found=error.found) from None
    if fault := form.fault(header):
        raise StreamError(
            f"not {form.what}, {fault}",
            where=where,
            found=", ".join(header),
            expected="its columns, separated by commas",
            do=form.do,
        )
    for record in records:
        try:
            cells = fields_of(record.raw)
            if len(cells) != len(header):
                expected = f"{len(header)} fields"
                raise RecordError(min(len(cells), len(header)), len(cells), expected)
            yield TableRow(record.line, record.raw, dict(zip(header, cells, strict=True)))
        except RecordError as error:
            yield TableRow(record.line, record.raw, error)


@contextmanager
def open_table(path: Path, is_header: IsHeader) -> Iterator[IO[bytes]]:
    """The table's text as CSV: the file's own, that of the zip's member, or of a workbook's sheet.

    Of several members, and of several sheets, it is the one with the header. Raises StreamError
    where none or several have it, and as `open_member` and `sheet_as_csv` do.
    """
    try:
        workbook = _is_workbook(path)
    except OSError as error:
        raise StreamError(f"cannot be read: {error.strerror}", where=str(path)) from None

    def is_wanted(name: str, content: IO[bytes]) -> bool:
        if name.lower().endswith(_WORKBOOK):
            return True
        return is_header(loose_fields(first_record(content.read(_START)).raw))

    if workbook:
        with path.open("rb") as content, sheet_as_csv(content, str(path), is_header) as sheet:
            yield sheet
        return
    with open_member(path, _TABLES, is_wanted=is_wanted) as member:
        if not str(member.name).lower().endswith(_WORKBOOK) or member.name == str(path):
            yield member
            return
        with TemporaryFile() as whole:
            shutil.copyfileobj(member, whole)
            whole.seek(0)
            with sheet_as_csv(whole, f"{path}, {member.name}", is_header) as sheet:
                yield sheet


def first_record(start: bytes) -> Record:
    """A file's first record that is not blank, in its beginning; an empty one where none is."""
    return next(cut_records(start.removeprefix(BOM)), Record(1, b""))


def _is_workbook(path: Path) -> bool:
    if not is_zip(path) or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()
