"""What GDELT's event codes say: each code of the CAMEO code book, and its type of the chronicle.

The meanings are those of the edition that GDELT codes by (1.1b3), where 163 is an embargo, 164
negotiations broken off and 126 a mediator turned down; other editions number these otherwise.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).with_name("cameo.csv")


@dataclass(frozen=True, slots=True)
class Code:
    """A code: its type, or none; and in a few words what it says, or why it has no type."""

    code: str
    type: str
    note: str


@cache
def code_book() -> Mapping[str, Code]:
    """Every code of the book, of the present edition and the ones before it, by its digits."""
    with TABLE.open(encoding="utf-8-sig", newline="") as lines:
        codes = [Code(**row) for row in csv.DictReader(lines)]
    return MappingProxyType({code.code: code for code in codes})


def type_of(code: str) -> str:
    """The chronicle's type of a code; nothing where it has none or is in no edition."""
    known = code_book().get(code)
    return known.type if known else ""
