"""What is worth an alert, whom it goes to, and when a person may be told: all of it data."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from theatres.strict import Strict

Channel = Literal["webhook", "email", "atom"]
Key = tuple[str, str, int]
"""Unit, target, horizon in days: what a row is about."""


class _Rule(Strict):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    channels: tuple[Channel, ...] = Field(min_length=1)

    def named(self) -> Iterator[tuple[str, object]]:
        """What the rule names that must be there: (unit, target, horizon, level or source; it)."""
        return iter(())


class _Rows(_Rule):
    """A rule about rows: those of the named units, targets and horizons, of all where none is."""

    units: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    horizons: tuple[int, ...] = ()

    def covers(self, key: Key) -> bool:
        """True if the rule is about that row."""
        lists: tuple[Collection[object], ...] = (self.units, self.targets, self.horizons)
        return all(not kept or part in kept for kept, part in zip(lists, key, strict=True))

    def named(self) -> Iterator[tuple[str, object]]:
        """The units, targets and horizons."""
        yield from (("unit", unit) for unit in self.units)
        yield from (("target", target) for target in self.targets)
        yield from (("horizon", horizon) for horizon in self.horizons)


class LevelRises(_Rows):
    """A row's level is higher than in the issue before, and is `to` or higher."""

    kind: Literal["level_rises"]
    to: str = ""

    def named(self) -> Iterator[tuple[str, object]]:
        """The rows', and the level."""
        yield from super().named()
        if self.to:
            yield "level", self.to


class ProbabilityJumps(_Rows):
    """A row's probability is higher than in the issue before by `by` (0.1: ten points) or more."""

    kind: Literal["probability_jumps"]
    by: float = Field(gt=0, le=1)


class Crosses(_Rule):
    """One row's probability was below `at` in the issue before, and is not any more."""

    kind: Literal["crosses"]
    unit: str
    target: str
    horizon: int
    at: float = Field(gt=0, le=1)

    def covers(self, key: Key) -> bool:
        """True if the rule is about that row."""
        return key == (self.unit, self.target, self.horizon)

    def named(self) -> Iterator[tuple[str, object]]:
        """The unit, the target and the horizon."""
        yield from (("unit", self.unit), ("target", self.target), ("horizon", self.horizon))


class NoForecast(_Rows):
    """A row that had a forecast in the issue before has none."""

    kind: Literal["no_forecast"]


class StreamSilent(_Rule):
    """Nothing has been heard of a source for that many days."""

    kind: Literal["stream_silent"]
    source: str
    after_days: int = Field(ge=1)

    def named(self) -> Iterator[tuple[str, object]]:
        """The source."""
        yield "source", self.source


class VerificationFails(_Rule):
    """The archive's chain does not hold."""

    kind: Literal["verification_fails"]


RowRule = LevelRises | ProbabilityJumps | Crosses | NoForecast
Rule = Annotated[RowRule | StreamSilent | VerificationFails, Field(discriminator="kind")]


class Notify(Strict):
    """When people may be told: quiet hours in a time zone, and the least time between two messages.

    `gap_hours` holds for one rule, unit and channel; `cron` is when waiting alerts are looked at.
    """

    cron: str = Field(default="*/15 * * * *", pattern=r"^\S+( \S+){4}$")
    timezone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    gap_hours: float = Field(default=0, ge=0, le=168)

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return name

    @model_validator(mode="after")
    def _quiet_hours_are_a_span(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours need both quiet_from and quiet_until")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValueError(f"quiet hours must end at another time, found {self.quiet_from}")
        return self

    @property
    def gap(self) -> timedelta:
        """The least time between two messages of one rule and unit."""
        return timedelta(hours=self.gap_hours)

    def quiet_end(self, now: datetime) -> datetime | None:
        """When the quiet hours end (UTC) that hold at `now`; None where none do."""
        if self.quiet_from is None or self.quiet_until is None:
            return None
        local = now.astimezone(ZoneInfo(self.timezone))
        clock, overnight = local.time(), self.quiet_from > self.quiet_until
        late, early = clock >= self.quiet_from, clock < self.quiet_until
        if not ((late or early) if overnight else (late and early)):
            return None
        day = local.date() + timedelta(days=overnight and late)
        end = datetime.combine(day, self.quiet_until, local.tzinfo).replace(fold=local.fold)
        return end.astimezone(UTC)


def check_rules(
    rules: Collection[Any], known: Mapping[str, Collection[object]], keys: Collection[Key]
) -> None:
    """Raises ValueError for two rules of a name, an unknown name, a rule about no row.

    A rule that can never hold would be a silence that looks like calm.
    """
    names = [rule.name for rule in rules]
    if len(set(names)) != len(names):
        raise ValueError(f"alerts must have different names, found {names}")
    for rule in rules:
        for what, name in rule.named():
            if name not in known[what]:
                expected = ", ".join(map(str, known[what]))
                raise ValueError(f"alert {rule.name}: no such {what}: {name} (known: {expected})")
        if isinstance(rule, RowRule) and not any(rule.covers(key) for key in keys):
            raise ValueError(f"alert {rule.name}: no row of this theatre is meant by it")
