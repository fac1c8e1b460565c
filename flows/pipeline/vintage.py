"""What a group of problems has to go by as of a day: data, questions, windows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from features.watching import GAPS
from models.forecasting.training import Asked
from models.problems.problem import Rows
from models.recipes.contract import EVENTS
from theatres import Target, Theatre

Span = tuple[date | None, date]
"""A window's first day, None for the day after as_of, and its last."""
Units = tuple[str, ...]


@dataclass(frozen=True)
class Vintage:
    """A group's data as of a day.

    `targets` are those that it answers, by their name in the theatre's file. `until` is the settled
    day, the last that its data tell whole, `earliest` the first day that can be forecast; `day` is
    as_of in the problems' origins. `learn` poses the problems with all their past, `now` gives for
    each of them its target, its units and their rows as of that day. `spans` are the windows by
    horizon; `names` gives the problems' name of each of the theatre's units; `size` says by target,
    unit, as_of and last day how much of a window came, None where it cannot be known yet;
    `fingerprint` is a hash of all that a forecast rests on. Models are trained and judged across
    `gap`, so many days of which nothing was told. `silent` is the reason why no source can tell of
    the targets, empty where one can; `reports` are the same targets with what was told of the gap,
    the most trusted first, each believed as far as the number beside it goes.
    """

    theatre: Theatre
    group: str
    targets: Mapping[str, Target]
    as_of: date
    until: date
    earliest: date
    day: int
    fingerprint: str
    learn: Callable[[], list[Asked]]
    now: Callable[[], list[tuple[str, Units, Rows]]]
    spans: Mapping[int, Span]
    names: Mapping[str, str]
    size: Callable[[str, str, date, date], float | None]
    gap: int = 0
    silent: str = ""
    reports: tuple[tuple["Vintage", float], ...] = ()

    @property
    def days_late(self) -> int:
        """How many days as_of lies past the settled day."""
        return (self.as_of - self.until).days

    @property
    def beyond(self) -> bool:
        """Whether as_of lies so late that nothing is left to tell but the base rate."""
        return self.group == EVENTS and self.days_late > GAPS[-1]

    @property
    def stale(self) -> bool:
        """Whether the data are older than a forecast of the day should rest on."""
        if self.group == EVENTS:
            return self.beyond
        return self.days_late > max(target.fresh_days for target in self.targets.values())

    @property
    def tolerance_days(self) -> int | None:
        """How late a forecast may be at all; None where the gap is part of it."""
        if self.group == EVENTS:
            return None
        return self.targets[self.group].tolerance_days

    @property
    def late(self) -> str:
        """How late the data are, in words."""
        by = f"{self.days_late} days before as_of"
        if self.beyond:
            told = "" if not self.reports else ", and what single reports tell"
            return (
                f"events are covered until {self.until}, {by}: of days so long after nothing can be"
                f" said but how often it has come in all{told}"
            )
        return f"{self.targets[self.group].source} tells until {self.until} only, {by}"
