"""What a theatre asks of its desk: when a coder may pass proposals by itself."""

from pydantic import Field

from theatres.strict import Strict


class DeskRules(Strict):
    """A coder passes proposals of a type by itself where so many `decisions` of persons say that
    its precision is `bar` or better (the lower end of Wilson's 95% interval)."""

    bar: float = Field(default=0.9, gt=0, lt=1)
    decisions: int = Field(default=30, ge=1)
