"""The fields of a contract, read off its dataclass once: every format and table comes from them.

A field is annotated with its Meaning; its kind and whether it may lack come from its type. From
`columns` come the JSON (`written`, `read`), the tables of files, SQL and API, and their meanings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from publish.contract.values import ForecastError, Kind, Named, checked, decoded, encoded, hold

_KINDS: Final[dict[Any, Kind]] = {
    str: "text",
    int: "whole",
    float: "number",
    date: "day",
    datetime: "moment",
    bool: "truth",
    Named: "named",
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a field means, an example of it, and what its type does not tell.

    `later` is a field that came after the first format: where it is None it is not written.
    """

    text: str
    example: Any
    kind: Kind | None = None
    later: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a contract, or one column of a table."""

    name: str
    kind: Kind = "text"
    meaning: str = ""
    example: Any = ""
    nullable: bool = False
    later: bool = False
    choices: tuple[str, ...] = ()

    def checked(self, value: Any, where: object) -> Any:
        """The value as a plain one of the column's kind; ForecastError for another."""
        if value is None and self.nullable:
            return None
        if self.choices:
            expected = f"one of {', '.join(self.choices)}"
            hold(value in self.choices, f"unknown {self.name}", where, value, expected)
        return checked(self.kind, value, self.name, where)


def columns(contract: type) -> tuple[Column, ...]:
    """The columns of a dataclass, in its fields' order; those that bear no type of a value are
    left out."""
    hints = get_type_hints(contract, include_extras=True)
    made = (_column(name, hint) for name, hint in hints.items())
    return tuple(column for column in made if column is not None)


def _column(name: str, hint: Any) -> Column | None:
    meaning = Meaning("", "")
    if get_origin(hint) is Annotated:
        hint, meaning = get_args(hint)
    nullable = NoneType in get_args(hint)
    if nullable:
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind = meaning.kind or ("text" if choices else _KINDS.get(hint))
    if kind is None:
        return None
    return Column(name, kind, meaning.text, meaning.example, nullable, meaning.later, choices)


def written(contract: object, fields: Sequence[Column]) -> dict[str, Any]:
    """The fields as a JSON object, in their order; a later one only where it is there."""
    values = ((column, getattr(contract, column.name)) for column in fields)
    return {
        column.name: encoded(column.kind, value)
        for column, value in values
        if value is not None or not column.later
    }


def read(value: object, fields: Sequence[Column], where: str) -> dict[str, Any]:
    """The fields of one JSON object, strictly: what `written` gives reads back equal.

    Raises ForecastError, naming the object and the field, where one is missing, unknown or of
    another type.
    """
    if not isinstance(value, dict):
        raise ForecastError("not an object", where=where, found=value, expected="a JSON object")
    made = {
        each.name: _read(value[each.name], each, where) for each in fields if each.name in value
    }
    missing = [each.name for each in fields if each.name not in made and not each.later]
    unknown = [name for name in value if name not in made]
    hold(
        not missing and not unknown,
        "fields differ from a forecast's",
        *(where, f"missing: {missing}, unknown: {unknown}", f"exactly {len(fields)} fields"),
    )
    return made


def _read(value: object, column: Column, where: str) -> Any:
    # A later field is not there where it is None: null would be written otherwise than it was read.
    if value is None and column.nullable and not column.later:
        return None
    return decoded(column.kind, value, column.name, where)
