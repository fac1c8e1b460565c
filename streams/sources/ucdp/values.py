"""The cells of GED's rows, a column at a time: what each must be, and its numbers and days."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Bools = npt.NDArray[np.bool_]


def matches(table: pa.Table, column: str, pattern: str) -> Bools:
    found = pc.match_substring_regex(table[column], f"^(?:{pattern})$")
    return np.asarray(found.to_numpy(), bool)


_WHOLE = r"\d{1,8}(?:\.0+)?"
_STATE = rf"(?:{_WHOLE}(?:[;,] ?{_WHOLE})*)?"
_DAY = r"(?:19|20)\d\d-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("id", r"\d{1,12}", "a whole number"),
    ("type_of_violence", "[123]", "1, 2 or 3"),
    ("dyad_new_id", r"\d{1,9}", "a whole number"),
    ("number_of_sources", r"-?\d{1,6}", "a whole number"),
    ("where_prec", "[1-7]", "1 to 7"),
    ("latitude", r"-?\d{1,2}(?:\.\d{1,17})?", "degrees from -90 to 90"),
    ("longitude", r"-?\d{1,3}(?:\.\d{1,17})?", "degrees from -180 to 180"),
    ("country_id", r"\d{1,4}", "a Gleditsch-Ward number"),
    ("event_clarity", "[12]", "1 or 2"),
    ("date_prec", "[0-5]", "0 to 5"),
    ("date_start", _DAY, "a date as YYYY-MM-DD"),
    ("date_end", _DAY, "a date as YYYY-MM-DD"),
    *((name, _WHOLE, "a count") for name in ("deaths_civilians", "best", "high", "low")),
    *((name, _STATE, "Gleditsch-Ward numbers, or nothing") for name in ("gwnoa", "gwnob")),
)


def checks(table: pa.Table) -> list[tuple[str, Bools, str]]:
    """What each row must pass, in order: the column, who passes, and what was expected."""
    judged = [(column, matches(table, column, shape), said) for column, shape, said in _SHAPES]
    start, end = days(table["date_start"]), days(table["date_end"])
    judged += [
        ("date_start", ~np.isnat(start), "a date of the calendar"),
        ("date_end", ~np.isnat(end), "a date of the calendar"),
        ("date_end", ~(end < start), "date_start or later"),
        ("latitude", np.abs(floats(table["latitude"])) <= 90, "degrees from -90 to 90"),
        ("longitude", np.abs(floats(table["longitude"])) <= 180, "degrees from -180 to 180"),
    ]
    return judged


def without_na(table: pa.Table) -> pa.Table:
    """The table in which the word NA, where a cell may be empty, is an empty cell."""
    for name in ("gwnoa", "gwnob", "adm_1", "adm_2"):
        place, is_na = table.column_names.index(name), pc.equal(table[name], "NA")
        if pc.any(is_na).as_py():
            table = table.set_column(place, name, pc.if_else(is_na, "", table[name]))
    return table


def days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    """The days, NaT where the text is none of the calendar."""
    texts = pc.utf8_slice_codeunits(column, 0, 10)
    try:
        days = pc.cast(texts, pa.date32())
    except pa.ArrowInvalid:
        days = pa.array([_day(text) for text in texts.to_pylist()], pa.date32())
    return np.asarray(days.to_numpy(zero_copy_only=False), "datetime64[D]")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(), float)
    except pa.ArrowInvalid:
        return np.asarray(pd.to_numeric(column.to_pandas(), errors="coerce"), float)


def ints(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return floats(column).astype(np.int64)
