"""How a theatre speaks of its states and targets, and which number heads its page and brief."""

from collections.abc import Iterable
from typing import Protocol

from pydantic import Field

from theatres.strict import Strict
from theatres.target import DYAD


class Stated(Protocol):
    """A row that states a number, or does not."""

    @property
    def key(self) -> tuple[str, str, int]:
        """Its unit, target and horizon in days."""

    @property
    def probability(self) -> float | None:
        """The number; None where there is none."""


class Words(Strict):
    """A target in words: as a heading, and within a sentence, as in `the risk of a raid`."""

    heading: str = Field(min_length=1)
    event: str = Field(min_length=1)


class Side(Strict):
    """One of the two states: its name, and where on the map that stands (degrees, WGS 84)."""

    name: str = Field(min_length=1)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Headline(Strict):
    """The number that stands first: its unit, target, the window in days, and in words. An issue
    without it is no success.

    The brief tells the targets `also` after it, and of those `watched` the likeliest segments.
    """

    unit: str = DYAD
    target: str
    days: int = Field(ge=1)
    event: str = Field(min_length=1)
    also: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, int]:
        """Its unit, target and horizon in days."""
        return self.unit, self.target, self.days

    def given(self, rows: Iterable[Stated]) -> bool:
        """Whether one of the rows gives the number."""
        return any(row.key == self.key and row.probability is not None for row in rows)

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target that it names."""
        return (self.target, *self.also, *self.watched)
