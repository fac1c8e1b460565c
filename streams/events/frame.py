"""Events as a table: its columns, their types, and a fingerprint of what it says."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from errors import DyadcastError

DTYPES: dict[str, str] = {
    "event_id": "str",
    "source": "str",
    "version": "int64",
    "occurred_on": "datetime64[s]",
    "ended_on": "datetime64[s]",
    "date_precision": "str",
    "known_at": "datetime64[s]",
    "type": "str",
    "actor": "str",
    "target": "str",
    "mediators": "str",
    "place": "str",
    "segment": "str",
    "lat": "float64",
    "lon": "float64",
    "deaths_low": "Int64",
    "deaths_best": "Int64",
    "deaths_high": "Int64",
    "summary": "str",
    "url": "str",
    "confidence": "str",
    "retracted": "bool",
    "border_km": "float64",
    "mentions": "Int64",
    "known_simulated": "bool",
    "place_precision": "str",
}
COLUMNS: tuple[str, ...] = tuple(DTYPES)
DAYS = ("occurred_on", "ended_on")
# The store numbers versions in the order they arrive, so a number says nothing of what happened.
CONTENT: tuple[str, ...] = tuple(column for column in COLUMNS if column != "version")
TEXTS: tuple[str, ...] = tuple(column for column, dtype in DTYPES.items() if dtype == "str")
# What most sources do not say: left out of a frame it is empty, and empty it adds nothing to a
# row's hash, so that a row said before these columns were still says the same.
OPTIONAL: dict[str, object] = {
    "border_km": None,
    "mentions": None,
    "known_simulated": False,
    "place_precision": "",
}


class FrameError(DyadcastError):
    """A table that is not one of events: a column missing, of another type, or with holes."""


def typed(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A frame of COLUMNS from plain values: days and times as dates or ISO text, None for none.

    The columns in OPTIONAL may be left out.
    """
    rows = len(columns["event_id"])
    filled = {name: [empty] * rows for name, empty in OPTIONAL.items() if name not in columns}
    given = {**columns, **filled}
    return pd.DataFrame({column: _series(given[column], DTYPES[column]) for column in COLUMNS})


def _series(values: Sequence[Any], dtype: str) -> "pd.Series[Any]":
    if dtype == "datetime64[s]":
        return pd.Series(np.array(values, dtype=dtype))
    return pd.Series(values, dtype=dtype)


def check_frame(frame: pd.DataFrame) -> None:
    """Holds `frame` to COLUMNS with the types in DTYPES, holes in point and deaths alone.

    Raises FrameError, naming the column. Values are not judged: that is Event's part.
    """
    absent = [column for column in COLUMNS if column not in frame.columns]
    if absent:
        raise FrameError(
            "no table of events", found=f"no column {absent[0]}", expected=str(COLUMNS)
        )
    for column, dtype in DTYPES.items():
        if str(frame[column].dtype) != dtype:
            kind = str(frame[column].dtype)
            raise FrameError("wrong type", where=f"column {column}", found=kind, expected=dtype)
        if dtype not in ("float64", "Int64") and frame[column].isna().any():
            raise FrameError("a hole", where=f"column {column}", expected="a value in every row")
    for column in TEXTS:
        if frame[column].str.contains("[\x00-\x1f\x7f]", regex=True).any():
            raise FrameError("a control character", where=f"column {column}", expected="plain text")


def arrow(frame: pd.DataFrame) -> dict[str, pa.Array]:
    """The columns as the store keeps them: days and times as ISO text, null where there is none."""
    return {column: _arrow(frame[column], DTYPES[column]) for column in COLUMNS}


def _arrow(series: "pd.Series[Any]", dtype: str) -> pa.Array:
    if dtype == "datetime64[s]":
        moments = pa.array(series.to_numpy(dtype="datetime64[s]"))
        if series.name in DAYS:
            return pc.cast(pc.cast(moments, pa.date32()), pa.string())
        # Arrow writes a space where ISO 8601 has a T.
        return pc.utf8_replace_slice(pc.cast(moments, pa.string()), 10, 11, "T")
    if dtype == "float64":
        # Adding zero makes one number of the two zeros.
        return pa.array(series.to_numpy() + 0.0, from_pandas=True)
    return _whole(pa.array(series, from_pandas=True))


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def content_hashes(columns: Mapping[str, pa.Array]) -> list[bytes]:
    """The SHA-256 of each row of `arrow` columns, over CONTENT; rows that say the same agree."""
    texts = [_as_text(columns[column]) for column in CONTENT if column not in OPTIONAL]
    # No field can hold the separator: control characters are refused on the way in.
    rows = pc.binary_join_element_wise(*texts, "\x1f").to_pylist()
    for at, more in _extras(columns):
        rows[at] += more
    return [hashlib.sha256(row.encode()).digest() for row in rows]


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_boolean(column.type):
        return pc.cast(pc.cast(column, pa.int8()), pa.string())
    if pa.types.is_floating(column.type):
        # Arrow writes some numbers in another form than Python.
        texts = ["" if value is None else repr(value) for value in column.to_pylist()]
        return pa.array(texts, pa.string())
    return pc.fill_null(pc.cast(column, pa.string()), "")


def _extras(columns: Mapping[str, pa.Array]) -> Iterator[tuple[int, str]]:
    """What the optional columns add, for the rows where one of them says something."""
    for name, empty in OPTIONAL.items():
        column = columns[name]
        says = pc.is_valid(column) if empty is None else pc.not_equal(column, empty)
        at = np.flatnonzero(says.to_numpy(zero_copy_only=False))
        texts = _as_text(column.take(pa.array(at))).to_pylist()
        yield from ((int(row), f"\x1f{name}={text}") for row, text in zip(at, texts, strict=True))


def fingerprint(frame: pd.DataFrame) -> str:
    """The SHA-256, in hexadecimal, of what the rows of `frame` say.

    The same for any order of rows and any numbering of versions, and whichever database they
    were read from; columns beyond COLUMNS do not enter.
    """
    hashes = sorted(hashed.hex() for hashed in content_hashes(arrow(frame)))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
