"""What is forecast: a count by unit, the thresholds that it may reach, and how far ahead."""

from typing import Literal, Self

from pydantic import Field, model_validator

from theatres.strict import Strict

DYAD = "dyad"


class Target(Strict):
    """A count by unit in a window: whether it reaches each threshold.

    `of` says whose count it is: the dyad's; the dyad's and every segment's (`border`), or only
    those segments' with a crossing (`crossings`); of events of the `types` between the two sides,
    or of their deaths. Or, where a `source` is named that tells deaths by itself: those of its
    `countries` or `dyads` by calendar month, with their distribution, `codes` giving its number of
    each unit; or of the `segments`. Past `fresh_days` after the last day that such a source tells a
    forecast is stale, past `tolerance_days` there is none. `prior` names what is learnt from
    elsewhere: `interstate`, how force follows force between other states.
    """

    meaning: str
    measure: Literal["events", "deaths"]
    of: Literal["dyad", "border", "crossings", "countries", "dyads", "segments"]
    types: tuple[str, ...] = ()
    source: str = ""
    codes: dict[str, int] = Field(default_factory=dict)
    thresholds: tuple[int, ...] = Field(min_length=1)
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    fresh_days: int = Field(default=0, ge=0)
    tolerance_days: int = Field(default=0, ge=0)
    prior: Literal["", "interstate"] = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.types) == bool(self.source):
            raise ValueError("a target counts events of `types`, or what a `source` tells: one")
        if self.types and (self.of in ("countries", "dyads", "segments") or self.months):
            raise ValueError("events are counted by days, of the dyad, the border or crossings")
        if self.types and len(self.thresholds) != 1:
            raise ValueError(f"a target of events has one threshold, found {self.thresholds}")
        if self.source and (self.of not in ("countries", "dyads", "segments")):
            raise ValueError("a source tells deaths of countries, dyads or segments")
        monthly = self.of in ("countries", "dyads")
        ahead, other = (self.months, self.days) if monthly else (self.days, self.months)
        name = "months" if monthly else "days"
        if not ahead or other:
            raise ValueError(f"a count of {self.of} has {name} ahead and no others")
        if monthly != bool(self.codes):
            raise ValueError("countries and dyads need their numbers in codes, others have none")
        for what, values in (("thresholds", self.thresholds), (name, ahead)):
            if list(values) != sorted(set(values)) or values[0] < 1:
                raise ValueError(f"{what} must rise from 1 or more, found {list(values)}")
        return self

    def published(self, name: str) -> dict[str, int]:
        """The names under which the thresholds are published, with each threshold: the target's
        own where it counts events, else `country_deaths_25`."""
        if self.types:
            return {name: self.thresholds[0]}
        return {f"{name}_{k}": k for k in self.thresholds}

    def asks(self, threshold: int) -> str:
        """What a threshold asks, in words."""
        if self.types:
            return self.meaning
        window = "in the calendar month" if self.months else "in the window"
        return f"{self.meaning} reach {threshold} {window}"
