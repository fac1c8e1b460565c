"""The kinds of value that a forecast's fields hold: checked, written as JSON, read strictly."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import isfinite
from numbers import Integral, Real
from typing import Any, Final, Literal

from errors import DyadcastError

Text = Literal["text", "name", "id", "hash"]
Kind = Text | Literal["whole", "number", "day", "moment", "truth", "named", "list", "object"]
Named = tuple[tuple[str, float], ...]
"""Names with a number each, the largest first; an object in JSON."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Control characters, line separators and lone surrogates: no database or CSV holds them safely.
UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
PATTERNS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "name": (NAME, "letters, digits, _ . - beginning with a letter or digit"),
    "id": (re.compile("[0-9a-f]{16}"), "16 hex digits"),
    "hash": (re.compile("[0-9a-f]{64}"), "64 hex digits"),
}


class ForecastError(DyadcastError):
    """A forecast that contradicts itself, or a text that is not one; names the row."""


def hold(kept: bool, problem: str, where: object, value: object = None, expected: str = "") -> None:
    """Raises ForecastError, with the problem and the value, where it is not kept."""
    if not kept:
        raise ForecastError(problem, where=str(where), found=value, expected=expected)


def checked(kind: Kind, value: Any, what: str, where: object) -> Any:
    """The value, its numbers as plain ones, so that equal numbers are written alike.

    Raises ForecastError, naming `where` and `what`, for a value of another kind.
    """
    if kind == "number":
        real = type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))
        hold(real and isfinite(value), f"{what} is no finite number", where, value)
        return float(value) + 0.0  # -0.0 becomes 0.0
    if kind == "named":
        return tuple((key, checked("number", v, f"a value of {what}", where)) for key, v in value)
    if kind in PATTERNS:
        pattern, expected = PATTERNS[kind]
        named = isinstance(value, str) and pattern.fullmatch(value) is not None
        hold(named, f"{what} is not a {kind}", where, value, expected)
    elif kind == "text":
        plain = isinstance(value, str) and not UNSAFE.search(value)
        hold(plain, f"{what} is not plain text", where, value, "one line of text")
    elif kind == "day":
        hold(type(value) is date, f"{what} is not a date", where, value, "a date")
    elif kind == "whole" and type(value) is not int:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        hold(whole, f"{what} is no whole number", where, value)
        return int(value)
    return value


def encoded(kind: Kind, value: Any) -> Any:
    """The value as JSON holds it."""
    if value is None:
        return None
    if kind == "day":
        return value.isoformat()
    if kind == "moment":
        return moment_text(value)
    return dict(value) if kind == "named" else value


def decoded(kind: Kind, value: Any, what: str, where: str) -> Any:
    """The value of what JSON holds; ForecastError for anything that `encoded` would not give."""
    if kind in ("text", *PATTERNS):
        return checked(kind, value, what, where)
    if kind in ("day", "moment"):
        checked("text", value, what, where)
    at = f"{where}, field {what}"
    expected, types, read = _READERS[kind]
    try:
        if isinstance(value, bool) or not isinstance(value, types):
            raise ValueError
        made = read(value)
    except (ValueError, OverflowError):
        raise ForecastError("wrong value", where=at, found=value, expected=expected) from None
    if kind == "named":
        return tuple((key, decoded("number", number, key, at)) for key, number in made.items())
    return made


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError
    return day


def _same(value: Any) -> Any:
    return value


_READERS: Final[Mapping[str, tuple[str, tuple[type, ...], Callable[[Any], Any]]]] = {
    "whole": ("a whole number", (int,), int),
    "number": ("a number in a double's range", (int, float), float),
    "day": ("a date YYYY-MM-DD", (str,), _day),
    "moment": ("a moment YYYY-MM-DDTHH:MM:SSZ", (str,), datetime.fromisoformat),
    "named": ("an object", (dict,), _same),
    "object": ("an object", (dict,), _same),
    "list": ("a list", (list,), _same),
}


def moment_text(moment: datetime) -> str:
    """A UTC moment in ISO 8601, ending in Z."""
    return moment.isoformat().replace("+00:00", "Z")


def parse(text: str, where: str) -> object:
    """The JSON value of a text; doubled names, NaN and Infinity are refused with ForecastError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise ForecastError(
            f"not valid JSON: {error}", where=where, found=text, expected="a forecast's JSON text"
        ) from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(f"a name stands twice in {[name for name, _ in pairs][:20]}")
    return value
