"""What a theatre asks of its desk: when a coder may pass proposals by itself, how long texts
stay."""

from pydantic import Field

from theatres.strict import Strict


class DeskRules(Strict):
    """A coder passes proposals of a type by itself where so many `decisions` of persons say that
    its precision is `bar` or better (the lower end of Wilson's 95% interval). The passages around
    the evidence are kept for `keep_days` after they were filed."""

    bar: float = Field(default=0.9, gt=0, lt=1)
    decisions: int = Field(default=30, ge=1)
    keep_days: int = Field(default=30, ge=0)
