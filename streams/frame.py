"""Events as a table: its columns, their types, and a fingerprint of what it says."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

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
}
COLUMNS: tuple[str, ...] = tuple(DTYPES)
DAYS = ("occurred_on", "ended_on")
# The store numbers versions in the order they arrive, so a number says nothing of what happened.
CONTENT: tuple[str, ...] = tuple(column for column in COLUMNS if column != "version")
TEXTS: tuple[str, ...] = tuple(column for column, dtype in DTYPES.items() if dtype == "str")


class FrameError(DyadcastError):
    """A table that is not one of events: a column missing, of another type, or with holes."""


def typed(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A frame of COLUMNS from plain values: days and times as dates or ISO text, None for none."""
    return pd.DataFrame({column: _series(columns[column], DTYPES[column]) for column in COLUMNS})


def _series(values: Sequence[Any], dtype: str) -> "pd.Series[Any]":
    if dtype == "datetime64[s]":
        return pd.Series(np.array(values, dtype=dtype))
    return pd.Series(values, dtype=dtype)


def check_frame(frame: pd.DataFrame) -> None:
    """None, where `frame` has COLUMNS with the types in DTYPES and holes in point and deaths alone.

    Raises FrameError, naming the column. Values are not judged: that is Event's part.
    """
    absent = [column for column in COLUMNS if column not in frame.columns]
    if absent:
        raise FrameError(
            "no table of events", found=f"no column {absent[0]}", expected=str(COLUMNS)
        )
    for column, dtype in DTYPES.items():
        if str(frame[column].dtype) != dtype:
            found = str(frame[column].dtype)
            raise FrameError("wrong type", where=f"column {column}", found=found, expected=dtype)
        if dtype not in ("float64", "Int64") and frame[column].isna().any():
            raise FrameError("a hole", where=f"column {column}", expected="a value in every row")
    for column in TEXTS:
        if frame[column].str.contains("[\x00-\x1f\x7f]", regex=True).any():
            raise FrameError("a control character", where=f"column {column}", expected="plain text")


def plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The columns as the store keeps them: days and times as ISO text, None where there is none."""
    return {column: _plain(frame[column], DTYPES[column]) for column in COLUMNS}


def _plain(series: "pd.Series[Any]", dtype: str) -> list[Any]:
    if dtype == "datetime64[s]":
        unit = "D" if series.name in DAYS else "s"
        moments = series.to_numpy(dtype=f"datetime64[{unit}]")
        return list(np.datetime_as_string(moments).tolist())
    if dtype == "float64":
        # Adding zero makes one number of the two zeros.
        return [None if value != value else value + 0.0 for value in series.tolist()]
    if dtype == "Int64":
        return [None if value is pd.NA else value for value in series.tolist()]
    return list(series.tolist())


_AS_TEXT: dict[str, Callable[[object], str]] = {
    "float64": lambda value: "" if value is None else repr(value),
    "Int64": lambda value: "" if value is None else str(value),
    "bool": lambda value: "1" if value else "0",
}


def content_hashes(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """The SHA-256 of each row of `plain` columns, over CONTENT; rows that say the same agree."""
    texts = [
        map(_AS_TEXT[DTYPES[column]], columns[column])
        if DTYPES[column] in _AS_TEXT
        else columns[column]
        for column in CONTENT
    ]
    # No field can hold the separator: control characters are refused on the way in.
    joined = map("\x1f".join, zip(*texts, strict=True))
    return [hashlib.sha256(row.encode()).hexdigest() for row in joined]


def fingerprint(frame: pd.DataFrame) -> str:
    """The SHA-256, in hexadecimal, of what the rows of `frame` say.

    The same for any order of rows and any numbering of versions, and whichever database they
    were read from; columns beyond COLUMNS do not enter.
    """
    hashes = sorted(content_hashes(plain(frame)))
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
