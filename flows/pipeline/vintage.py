"""What a group of problems has to go by as of a day: data, questions, windows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

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

    `until` is the last day that they tell, `earliest` the first that can be forecast; `day` is
    as_of in the problems' origins. `learn` poses the problems with all their past, `now` gives for
    each of them its units and their rows as of that day. `spans` are the windows by horizon;
    `names` gives the problems' name of each of the theatre's units; `size` says by target, unit,
    as_of and last day how much of a window came, None where it cannot be known yet; `fingerprint`
    is a hash of all that a forecast rests on.
    """

    theatre: Theatre
    group: str
    as_of: date
    until: date
    earliest: date
    day: int
    fingerprint: str
    learn: Callable[[], list[Asked]]
    now: Callable[[], list[tuple[Units, Rows]]]
    spans: Mapping[int, Span]
    names: Mapping[str, str]
    size: Callable[[str, str, date, date], float | None]

    @property
    def targets(self) -> Mapping[str, Target]:
        """The targets of the theatre's file that the group answers, by name."""
        if self.group == EVENTS:
            return self.theatre.events
        return {self.group: self.theatre.targets[self.group]}

    @property
    def days_late(self) -> int:
        """How many days as_of lies past the last day told."""
        return (self.as_of - self.until).days

    @property
    def fresh_days(self) -> int:
        """How late a forecast may be without being stale."""
        return max(target.fresh_days for target in self.targets.values())

    @property
    def tolerance_days(self) -> int:
        """How late a forecast may be at all."""
        if self.group == EVENTS:
            return self.theatre.coverage_tolerance_days
        return self.theatre.targets[self.group].tolerance_days

    @property
    def late(self) -> str:
        """How late the data are, in words."""
        by = f"{self.days_late} days before as_of"
        if self.group == EVENTS:
            return f"events are covered until {self.until}, {by}"
        return f"{self.targets[self.group].source} tells until {self.until} only, {by}"
