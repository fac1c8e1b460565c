"""How a theatre speaks of its states and targets, and which number heads its page and brief."""

from pydantic import Field

from theatres.strict import Strict


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
    """The dyad's number that stands first: its target, the window in days, and in words.

    The brief tells the targets `also` after it, and of those `watched` the likeliest segments.
    """

    target: str
    days: int = Field(ge=1)
    event: str = Field(min_length=1)
    also: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Every target that it names."""
        return (self.target, *self.also, *self.watched)
