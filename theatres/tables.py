"""The text files of a theatre's folder: with or without a byte-order mark, either line ending."""

import csv
import io
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from errors import DyadcastError

Part = TypeVar("Part")


class TheatreError(DyadcastError):
    """A theatre's folder that is missing, torn or breaks the schema."""


def read_text(path: Path) -> str:
    """The file's text. Raises TheatreError where it is missing or no UTF-8."""
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise TheatreError(
            "a part of the theatre is missing", where=str(path), do="see docs/theatre.md"
        ) from None
    except UnicodeDecodeError as error:
        line = 1 + content[: error.start].count(b"\n")
        raise TheatreError("cannot be read as UTF-8 text", where=f"{path}, line {line}") from None
    except OSError as error:
        raise TheatreError(f"cannot be read: {error.strerror}", where=str(path)) from None


def read_toml(path: Path) -> dict[str, Any]:
    """What the file says. Raises TheatreError, which names the line, where it is no TOML."""
    try:
        return tomllib.loads(read_text(path).replace("\r\n", "\n").replace("\r", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise TheatreError(f"not valid TOML: {error}", where=str(path)) from None


def read_rows(
    path: Path, header: Sequence[str], take: Callable[[dict[str, str]], Part]
) -> Iterator[Part]:
    """What `take` makes of each row of a table with that header.

    Raises TheatreError, which names the line, where the header is another, a row has another
    number of fields, or `take` raises ValueError.
    """
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        first = next(lines, [])
        if first != list(header):
            raise ValueError(f"found the header {','.join(first)!r}, expected {','.join(header)}")
        for cells in lines:
            if len(cells) != len(header):
                raise ValueError(f"found {len(cells)} fields, expected {len(header)}")
            yield take(dict(zip(header, cells, strict=True)))
    except (csv.Error, ValueError) as error:
        where = f"{path}, line {max(lines.line_num, 1)}"
        raise TheatreError(f"torn or not as described: {error}", where=where) from None
