"""The fields of one JSON object, read strictly: a forecast read back is the one written."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from publish.contract.row import ForecastError, check_text


class Fields:
    """One JSON object with exactly the named fields, and maybe the optional ones.

    Each reader checks the type of one.

    Raises ForecastError, naming the object and the field, where anything else is found.
    """

    def __init__(
        self, value: object, names: Sequence[str], where: str, optional: Sequence[str] = ()
    ) -> None:
        if not isinstance(value, dict):
            raise ForecastError("not an object", where=where, found=value, expected="a JSON object")
        missing = [name for name in names if name not in value]
        unknown = [name for name in value if name not in (*names, *optional)]
        if missing or unknown:
            raise ForecastError(
                "fields differ from a forecast's",
                where=where,
                found=f"missing: {missing}, unknown: {unknown}",
                expected=f"exactly {len(names)} fields",
            )
        self._values = value
        self._where = where

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names, in the text's order."""
        return tuple(self._values)

    def value(self, name: str) -> object:
        """The field as it stands."""
        return self._values[name]

    def text(self, name: str) -> str:
        """The field as one line of text."""
        return check_text(self._values[name], name, self._where)

    def text_or_none(self, name: str) -> str | None:
        """The field as one line of text, None where it is null."""
        return None if self._values[name] is None else self.text(name)

    def whole(self, name: str) -> int:
        """The field as a whole number."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """The field as a number."""
        value = self._values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number")
        try:
            return float(value)
        except OverflowError:
            raise self._wrong(name, "a number in a double's range") from None

    def number_or_none(self, name: str) -> float | None:
        """The field as a number, None where it is null."""
        return None if self._values[name] is None else self.number(name)

    def day(self, name: str) -> date:
        """The field as a date written YYYY-MM-DD."""
        text = self.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise self._wrong(name, "a date YYYY-MM-DD") from None
        if day.isoformat() != text:
            raise self._wrong(name, "a date YYYY-MM-DD")
        return day

    def moment(self, name: str) -> datetime:
        """The field as a moment with its zone, ISO 8601."""
        try:
            return datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._wrong(name, "a moment YYYY-MM-DDTHH:MM:SSZ") from None

    def array(self, name: str) -> list[object]:
        """The field as a list."""
        value = self._values[name]
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def inner(self, name: str) -> "Fields":
        """The field, itself an object, whatever its names."""
        value = self._values[name]
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return Fields(value, tuple(value), f"{self._where}, field {name}")

    def _wrong(self, name: str, expected: str) -> ForecastError:
        where = f"{self._where}, field {name}"
        return ForecastError(
            "wrong value", where=where, found=self._values[name], expected=expected
        )


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
