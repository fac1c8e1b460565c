"""Files of rows that are no CSV: JSON lines and Parquet."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from errors import StreamError
from streams.formats.csv_records import RecordError
from streams.formats.tables import TableRow

LINE_MAX = 1 << 20
_ROWS = 5_000


def json_lines(path: Path) -> Iterator[TableRow]:
    """A row a line, each a JSON object. Raises StreamError where the file cannot be read."""
    try:
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                line = raw.rstrip(b"\r\n")
                if line.strip():
                    yield TableRow(number, line[:LINE_MAX], _object(line))
    except OSError as error:
        raise StreamError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _object(line: bytes) -> Mapping[str, str] | RecordError:
    try:
        if len(line) > LINE_MAX:
            raise ValueError
        value = json.loads(
            line.decode("utf-8"),
            object_pairs_hook=_once,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
        )
        if not isinstance(value, dict):
            raise TypeError
        return {name: _flat(cell) for name, cell in value.items()}
    except (ValueError, TypeError, RecursionError):
        return RecordError(0, line[:200], "one JSON object with plain values, no name twice")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _no_number(_text: str) -> None:
    raise ValueError


def _flat(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    raise TypeError


def parquet_rows(path: Path) -> Iterator[TableRow]:
    """The rows of a Parquet file, numbered from 1. Raises StreamError where it is none."""
    try:
        file = pyarrow.parquet.ParquetFile(path)
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS):
            for row in batch.to_pylist():
                number += 1
                cells = {name: _text(cell) for name, cell in row.items()}
                yield TableRow(number, json.dumps(cells).encode(), cells)
    except (OSError, pa.ArrowException) as error:
        raise StreamError(f"not a Parquet file: {error}", where=str(path)) from None


def _text(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
