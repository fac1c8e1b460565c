"""A sheet of an Excel workbook as CSV text: a line a row, so that lines are the sheet's rows."""

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, time
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

import openpyxl

from errors import StreamError
from streams.formats.zips import DAMAGE, check_member

HEADER_ROWS = 20
"""A header stands among a sheet's first rows, below a title or two."""
_DAMAGED = (*DAMAGE, KeyError, TypeError, AttributeError, SyntaxError, IndexError)
"""What the library raises on a workbook that is damaged; SyntaxError is the XML parser's."""
_EXACT = 1e15

IsHeader = Callable[[Sequence[str]], bool]
Row = Sequence[str]


def sheet_as_csv(content: IO[bytes], where: str, is_header: IsHeader) -> IO[bytes]:
    """The text of the one sheet that has a header, whichever it is and whatever stands above it.

    A cell's line ends become spaces, its date is written YYYY-MM-DD. What the sheet declares of
    its own size is not believed. Raises StreamError where no sheet or several have a header,
    and for a damaged workbook.
    """
    try:
        _check_members(content, where)
        with warnings.catch_warnings(
            action="ignore"
        ):  # of styles and extensions, which are no text
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
            with closing(book):
                return _written(_rows(_sheet_of(book, where, is_header), is_header))
    except _DAMAGED as error:
        problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise StreamError("a damaged workbook", where=where, found=problem) from None


def _check_members(content: IO[bytes], where: str) -> None:
    with zipfile.ZipFile(content) as archive:
        for info in archive.infolist():
            check_member(info, where)
    content.seek(0)


def _sheet_of(book: Any, where: str, is_header: IsHeader) -> Any:
    fitting = [sheet for sheet in book.worksheets if _header_row(sheet, is_header) is not None]
    if len(fitting) != 1:
        raise StreamError(
            "no sheet with the columns" if not fitting else "several sheets with the columns",
            where=where,
            found=[sheet.title for sheet in fitting or book.worksheets],
            expected="one sheet with a row of the columns' names",
            do="fetch the csv file instead, or save the sheet as CSV",
        )
    return fitting[0]


def _header_row(sheet: Any, is_header: IsHeader) -> int | None:
    """At which of the first rows the header stands."""
    sheet.reset_dimensions()
    rows = islice(sheet.iter_rows(values_only=True), HEADER_ROWS)
    return next((at for at, row in enumerate(rows) if is_header(_trimmed(row))), None)


def _rows(sheet: Any, is_header: IsHeader) -> Iterator[Row]:
    """The sheet's rows, those above the header empty; each as long as the header or longer."""
    start, width = _header_row(sheet, is_header), 0
    for at, values in enumerate(sheet.iter_rows(values_only=True)):
        row = _trimmed(values) if start is None or at >= start else []
        width = width or len(row)
        yield row + [""] * (width - len(row)) if row else row


def _trimmed(values: Sequence[object]) -> list[str]:
    row = [_text(value) for value in values]
    while row and not row[-1]:
        row.pop()
    return row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() else value.replace(microsecond=0))
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        text = repr(value)
        return f"{value:.17f}".rstrip("0") if "e" in text else text
    return " ".join(str(value).splitlines())


def _written(rows: Iterator[Row]) -> IO[bytes]:
    file = TemporaryFile()  # noqa: SIM115 (the caller reads it and closes it)
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
    text.detach()
    file.seek(0)
    return file
