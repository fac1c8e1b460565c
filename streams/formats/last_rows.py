"""A file that tells the same thing twice: which of its rows counts.

A file says nowhere when a row was written, and who adds to one adds at its end: of the rows of one
thing the last counts, and the others are told. Where a source stamps its rows, two with other
stamps are two things.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastRows:
    """Of each thing that the file tells the row that stands last: its line and its bytes."""

    rows: dict[Hashable, tuple[int, bytes]]

    @classmethod
    def of(cls, rows: Iterable[tuple[Hashable, int, bytes]]) -> "LastRows":
        """From what each row is of, its line and its bytes; a row of nothing known is left out."""
        return cls({key: (line, raw) for key, line, raw in rows if key})

    def later(self, key: Hashable, line: int) -> int | None:
        """The line that counts instead of this one, or None where this one does."""
        last, _ = self.rows.get(key, (line, b""))
        return None if last == line else last

    def repeats(self, key: Hashable, raw: bytes) -> bool:
        """Whether the row that counts says the very same."""
        return self.rows[key][1] == raw


def one_row(line: int) -> str:
    """What is expected where that line counts instead."""
    return f"one row an event: line {line} comes later, and counts"
