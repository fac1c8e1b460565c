"""Tab-separated lines cut a block at a time: where fields stand, found for all lines at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from errors import StreamError

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

BLOCK = 8 * 2**20
_TAB, _LINE, _RETURN = 9, 10, 13


def blocks(stream: IO[bytes], where: str, size: int = BLOCK) -> Iterator[bytes]:
    """Some whole lines at a time, which together are all that `stream` holds.

    Each block ends with a line end, which is added to a last line that has none. At most about
    twice `size` bytes are held. Raises StreamError for a line longer than `size`.
    """
    rest = b""
    while chunk := stream.read(size):
        cut = chunk.rfind(b"\n") + 1
        if not cut and len(rest) + len(chunk) > size:
            raise StreamError(f"a line of more than {size:,} bytes", where=where)
        if cut:
            yield rest + chunk[:cut]
            rest = chunk[cut:]
        else:
            rest += chunk
    if rest:
        yield rest + b"\n"


@dataclass(frozen=True, slots=True)
class Lines:
    """A block's lines: where each begins and ends, and its tabs."""

    block: bytes
    start: Ints
    end: Ints
    tabs: Ints
    first_tab: Ints
    """Of each line, the place of its first tab in `tabs`."""

    @property
    def fields(self) -> Ints:
        """How many fields each line has."""
        last = np.searchsorted(self.tabs, self.end)
        return np.asarray(last - self.first_tab + 1, np.int64)

    @property
    def blank(self) -> Mask:
        """Which lines hold nothing at all."""
        return self.end <= self.start

    def raw(self, at: int) -> bytes:
        """A line's bytes, without its end."""
        return self.block[self.start[at] : self.end[at]]

    def matches(self, lines: Ints, column: int, widths: tuple[int, ...], kind: str) -> Mask:
        """Of the lines named, which have in that field digits (or capitals) of one of the widths.

        The field must neither be the first nor the last, and the lines must all have it.
        """
        left, width = self._field(lines, column)
        low, high = (48, 57) if kind == "digits" else (65, 90)
        good: Mask = np.logical_or.reduce([width == some for some in widths])
        letters = self._letters(left, max(widths))
        inside = np.arange(max(widths)) < width[:, None]
        good &= (((letters >= low) & (letters <= high)) | ~inside).all(axis=1)
        return good

    def equals(self, lines: Ints, column: int, text: bytes) -> Mask:
        """Of the lines named, which have that very text in that field."""
        left, width = self._field(lines, column)
        wanted = np.frombuffer(text, np.uint8)
        same = self._letters(left, len(text)) == wanted
        return np.asarray((width == len(text)) & same.all(axis=1))

    def _field(self, lines: Ints, column: int) -> tuple[Ints, Ints]:
        first = self.first_tab[lines]
        left = self.tabs[first + column - 1] + 1
        return left, self.tabs[first + column] - left

    def _letters(self, left: Ints, width: int) -> NDArray[np.uint8]:
        buffer = np.frombuffer(self.block, np.uint8)
        at = left[:, None] + np.arange(width)
        letters: NDArray[np.uint8] = buffer[np.minimum(at, len(buffer) - 1)]
        return letters


def cut_lines(block: bytes) -> Lines:
    """The block's lines; it must end with a line end. A carriage return before one is no text."""
    buffer = np.frombuffer(block, np.uint8)
    end = np.flatnonzero(buffer == _LINE)
    start = np.concatenate([[0], end[:-1] + 1])
    returned = (end > start) & (buffer[np.maximum(end - 1, 0)] == _RETURN)
    tabs = np.flatnonzero(buffer == _TAB)
    return Lines(block, start, end - returned, tabs, np.searchsorted(tabs, start))
