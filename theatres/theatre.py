"""A theatre: the actors, border segments, targets, levels and schedule of one conflict."""

from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from theatres.codes import CODE, Codes
from theatres.desk import DeskRules
from theatres.rules import Notify, Rule, check_rules
from theatres.source import Source
from theatres.strict import Strict
from theatres.target import DYAD, Target
from theatres.words import Headline, Side, Words

ABROAD = "abroad"
Point = tuple[float, float]
"""Latitude and longitude in decimal degrees (WGS 84)."""


class Place(NamedTuple):
    """A name of a town, pass or district (`place`) or of a `province`, and its segment."""

    name: str
    segment: str
    area: str


class Span(NamedTuple):
    """From when to when, both days included, the silence of a source means calm."""

    source: str
    start: date
    end: date


class Crossing(Strict):
    """A border crossing: its name and its place in decimal degrees (WGS 84).

    `aliases` are other names under which reports give it.
    """

    name: str = Field(min_length=1)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    aliases: tuple[str, ...] = ()


class Segment(Strict):
    """A stretch of the border, named; segments stand in order, so that neighbours adjoin.

    `sides` names what lies along it, by actor.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    sides: dict[str, str]
    crossings: tuple[Crossing, ...] = ()


class Level(Strict):
    """A level of risk; `reached` says when it holds."""

    name: str
    probability: float = Field(ge=0, le=1)
    lift: float = Field(ge=0)
    floor: float = Field(ge=0, le=1)

    def reached(self, probability: float, baseline: float) -> bool:
        """True at `probability` or above, or at `floor` and `lift` times the baseline or above."""
        lifted = probability >= self.floor and probability >= self.lift * baseline
        return probability >= self.probability or lifted


class Schedule(Strict):
    """When `ingest` and `daily` run: five-field cron lines in a time zone."""

    ingest_cron: str = Field(pattern=r"^\S+( \S+){4}$")
    cron: str = Field(pattern=r"^\S+( \S+){4}$")
    timezone: str


class Theatre(Strict):
    """One conflict: its configuration, and the other parts of its folder; see docs/theatre.md.

    `border` has of each segment, in order, the line's points; `chronicle` is where its file is.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    actors: tuple[Annotated[str, Field(pattern=CODE)], Annotated[str, Field(pattern=CODE)]]
    mediators: tuple[str, ...]
    baseline: str
    reporting_lag_days: int = Field(ge=0)
    belt_km: float = Field(gt=0, le=1000)
    meridian: float = Field(ge=-180, le=180)
    retrain_after_days: int = Field(ge=1)
    stale_after_days: int = Field(ge=0)
    schedule: Schedule
    sources: tuple[Source, ...] = Field(min_length=1)
    targets: dict[str, Target] = Field(min_length=1)
    levels: tuple[Level, ...] = Field(min_length=1)
    sides: dict[str, Side]
    segments: tuple[Segment, ...] = Field(min_length=1)
    notify: Notify = Notify()
    alerts: tuple[Rule, ...] = ()
    desk: DeskRules = DeskRules()
    headline: Headline
    words: dict[str, Words] = Field(default_factory=dict)
    codes: Codes
    border: dict[str, tuple[Point, ...]] = Field(default_factory=dict, repr=False)
    places: tuple[Place, ...] = Field(default=(), repr=False)
    coverage: tuple[Span, ...] = ()
    chronicle: Path = Path()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [segment.name for segment in self.segments]
        if len(set(names)) != len(names):
            raise ValueError(f"segments must have different names, found {names}")
        if (first := self.levels[0]).probability > 0:
            raise ValueError(f"the first level must start at probability 0, found {first}")
        thresholds = [level.probability for level in self.levels]
        if thresholds != sorted(thresholds):
            raise ValueError(f"levels must rise in probability, found {thresholds}")
        return self

    @model_validator(mode="after")
    def _actors_agree(self) -> Self:
        for what, named in (("codes.toml: states", self.codes.states), ("sides", self.sides)):
            if set(named) != set(self.actors):
                raise ValueError(f"{what} are {list(named)}, expected {list(self.actors)}")
        for segment in self.segments:
            if set(segment.sides) != set(self.actors):
                raise ValueError(f"{segment.name} needs a side of each of {self.actors}")
        return self

    @model_validator(mode="after")
    def _headline_is_forecast(self) -> Self:
        for name in self.headline.targets:
            if name not in self.targets:
                raise ValueError(f"headline: no such target: {name}")
        target, days = self.headline.target, self.headline.days
        if days not in self.targets[target].days:
            raise ValueError(f"headline: {target} is not forecast at {days} days")
        if (unit := self.headline.unit) not in self.units(target):
            raise ValueError(f"headline: {target} is not forecast for {unit}")
        if unknown := set(self.words) - set(self.meanings):
            raise ValueError(f"words: no such target: {min(unknown)}")
        return self

    @model_validator(mode="after")
    def _alerts_can_hold(self) -> Self:
        known = {
            "unit": self.all_units,
            "target": tuple(self.meanings),
            "horizon": sorted(self.horizons()),
            "level": [level.name for level in self.levels],
            "source": [source.name for source in self.sources],
        }
        keys = [
            (unit, published, days)
            for name, target in self.targets.items()
            for published in target.published(name)
            for unit in self.units(name)
            for days in target.days
        ]
        check_rules(self.alerts, known, keys)
        return self

    @model_validator(mode="after")
    def _targets_fit(self) -> Self:
        sources = {source.name for source in self.sources}
        for name, target in self.targets.items():
            if target.source and target.source not in sources:
                raise ValueError(f"targets.{name} names no source of the theatre: {target.source}")
        names = [n for name, target in self.targets.items() for n in target.published(name)]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"targets must have different names, found {sorted(doubled)}")
        return self

    @property
    def segment_names(self) -> tuple[str, ...]:
        """The segments' names, in their order along the border."""
        return tuple(segment.name for segment in self.segments)

    @property
    def events(self) -> dict[str, Target]:
        """The targets that count events between the two sides, by name."""
        return {name: target for name, target in self.targets.items() if target.types}

    @property
    def counts(self) -> dict[str, Target]:
        """The targets that count what one source tells by itself, by name."""
        return {name: target for name, target in self.targets.items() if target.source}

    def units(self, target: str) -> tuple[str, ...]:
        """The units a target is forecast for; the dyad before the segments that it applies to."""
        counted = self.targets[target]
        if counted.of == "segments":
            return self.segment_names
        if counted.codes:
            return tuple(counted.codes)
        if counted.of == "dyad":
            return (DYAD,)
        kept = [s.name for s in self.segments if s.crossings or counted.of == "border"]
        return (DYAD, *kept)

    @property
    def all_units(self) -> tuple[str, ...]:
        """Every unit of any target: the dyad, the segments, then those of counts."""
        counted = (unit for target in self.targets.values() for unit in target.codes)
        return tuple(dict.fromkeys((DYAD, *self.segment_names, *counted)))

    @property
    def published(self) -> dict[str, tuple[str, int]]:
        """Every published target's name, with the target in this file and its threshold."""
        return {
            published: (name, threshold)
            for name, target in self.targets.items()
            for published, threshold in target.published(name).items()
        }

    @property
    def meanings(self) -> dict[str, str]:
        """What each published target asks: its name -> meaning."""
        return {
            published: self.targets[name].asks(threshold)
            for published, (name, threshold) in self.published.items()
        }

    def horizons(self, target: str | None = None) -> set[int]:
        """The horizons in days of the published target, or of every one; empty for one that is
        asked by calendar month, where they change from day to day."""
        return {
            days
            for published, (name, _) in self.published.items()
            if target in (None, published)
            for days in self.targets[name].days
        }

    def counted(self, target: str) -> tuple[str, int] | None:
        """The target in this file and the threshold of a published one that a source tells by
        itself; None for one of events."""
        name, threshold = self.published.get(target, ("", 0))
        return (name, threshold) if name in self.counts else None

    def label(self, target: str) -> str:
        """The target's name as a heading."""
        known = self.words.get(target)
        return known.heading if known else target.replace("_", " ").capitalize()

    def event(self, target: str) -> str:
        """What the target asks about, within a sentence: `a closed crossing`."""
        known = self.words.get(target)
        return known.event if known else self.label(target).lower()

    @property
    def inland(self) -> dict[str, str]:
        """What stands for a segment beyond the belt, by the actor in whose country that is."""
        return {actor: f"interior-{actor.lower()}" for actor in self.actors}

    @property
    def segments_told(self) -> tuple[str, ...]:
        """Every segment that an event may bear: the border's, each country's inland, abroad."""
        return (*self.segment_names, *self.inland.values(), ABROAD)

    def level(self, probability: float, baseline: float) -> str:
        """The name of the highest level that the probability reaches against its baseline."""
        return [lv.name for lv in self.levels if lv.reached(probability, baseline)][-1]
