"""Counts that are forecast: how many die, in which units, and the thresholds that are asked."""

from typing import Literal, Self

from pydantic import Field, model_validator

from theatres.strict import Strict


class Count(Strict):
    """A count by unit: whether it reaches each threshold, and its distribution.

    `of` says whose count it is and which model forecasts it: countries and dyads by calendar
    month, segments by window of days. `units` gives the source's number of each unit where it is
    no segment. Past `fresh_days` after the last day that the source tells a forecast is stale,
    past `tolerance_days` there is none.
    """

    meaning: str
    of: Literal["countries", "dyads", "segments"]
    source: str
    units: dict[str, int] = Field(default_factory=dict)
    thresholds: tuple[int, ...] = Field(min_length=1)
    months: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    fresh_days: int = Field(ge=0)
    tolerance_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        monthly = self.of != "segments"
        given, other = (self.months, self.days) if monthly else (self.days, self.months)
        name = "months" if monthly else "days"
        if not given or other:
            raise ValueError(f"a count of {self.of} has {name} ahead and no others")
        if monthly != bool(self.units):
            raise ValueError("countries and dyads need their numbers in units, segments have none")
        for what, values in (("thresholds", self.thresholds), (name, given)):
            if list(values) != sorted(set(values)) or values[0] < 1:
                raise ValueError(f"{what} must rise from 1 or more, found {list(values)}")
        return self

    def target(self, group: str, threshold: int) -> str:
        """The name of the target that asks whether the group's count reaches the threshold."""
        return f"{group}_{threshold}"

    def asks(self, threshold: int) -> str:
        """The target's meaning in words."""
        window = "in the calendar month" if self.months else "in the window"
        return f"{self.meaning} reach {threshold} {window}"
