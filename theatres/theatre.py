"""A theatre: the actors, border segments, targets, levels and schedule of one conflict."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from errors import DyadcastError
from theatres.counts import Count
from theatres.rules import Notify, Rule, check_rules
from theatres.strict import Strict

FOLDER = Path(__file__).parent
DYAD = "dyad"


class TheatreError(DyadcastError):
    """A theatre file that is missing, unreadable or breaks the schema."""


class Crossing(Strict):
    """A border crossing: its name and its place in decimal degrees (WGS 84)."""

    name: str = Field(min_length=1)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Segment(Strict):
    """A stretch of the border, named; segments stand in order, so that neighbours adjoin."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    pakistan: str
    afghanistan: str
    crossings: tuple[Crossing, ...] = ()


class Target(Strict):
    """What is forecast: which event types, from how many deaths on, for which units, how far."""

    meaning: str
    types: tuple[str, ...] = Field(min_length=1)
    units: Literal["dyad", "all"]
    horizons: tuple[int, ...] = Field(min_length=1)
    min_deaths: int = Field(default=0, ge=0)
    by_crossing: bool = False

    @model_validator(mode="after")
    def _horizons_rise(self) -> Self:
        if list(self.horizons) != sorted(set(self.horizons)) or self.horizons[0] < 1:
            raise ValueError(f"horizons must rise from 1 day or more, found {list(self.horizons)}")
        return self


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


class Source(Strict):
    """A stream, and whether its events feed features, form labels, or both.

    `apart` counts its events in columns of their own. Of two sources that tell the same event
    for a label the first named counts. One that is not `shown` may not be passed on: its events
    are on no page and in no answer.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    features: bool = False
    labels: bool = False
    apart: bool = False
    shown: bool = True

    @model_validator(mode="after")
    def _apart_forms_no_label(self) -> Self:
        if self.apart and self.labels:
            raise ValueError(f"a source counted apart cannot form labels, found {self.name}")
        return self


class Schedule(Strict):
    """When `ingest` and `daily` run: five-field cron lines in a time zone."""

    ingest_cron: str = Field(pattern=r"^\S+( \S+){4}$")
    cron: str = Field(pattern=r"^\S+( \S+){4}$")
    timezone: str


class Theatre(Strict):
    """One conflict's configuration; see theatres/pak_afg.toml for what each field means."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    actors: tuple[str, str]
    mediators: tuple[str, ...]
    baseline: str
    reporting_lag_days: int = Field(ge=0)
    coverage_tolerance_days: int = Field(ge=0)
    belt_km: float = Field(gt=0, le=1000)
    retrain_after_days: int = Field(ge=1)
    stale_after_days: int = Field(ge=0)
    schedule: Schedule
    sources: tuple[Source, ...] = Field(min_length=1)
    targets: dict[str, Target] = Field(min_length=1)
    counts: dict[str, Count] = Field(default_factory=dict)
    levels: tuple[Level, ...] = Field(min_length=1)
    segments: tuple[Segment, ...] = Field(min_length=1)
    notify: Notify = Notify()
    alerts: tuple[Rule, ...] = ()

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
    def _alerts_can_hold(self) -> Self:
        known = {
            "unit": self.all_units,
            "target": tuple(self.meanings),
            "horizon": sorted(self.horizons()),
            "level": [level.name for level in self.levels],
            "source": [source.name for source in self.sources],
        }
        keys = [
            (unit, name, horizon)
            for name, target in self.targets.items()
            for unit in self.units(name)
            for horizon in target.horizons
        ]
        keys += [
            (unit, count.target(group, k), days)
            for group, count in self.counts.items()
            for k in count.thresholds
            for unit in (count.units or self.segment_names)
            for days in count.days
        ]
        check_rules(self.alerts, known, keys)
        return self

    @model_validator(mode="after")
    def _counts_fit(self) -> Self:
        sources = {source.name for source in self.sources}
        for group, count in self.counts.items():
            if count.source not in sources:
                raise ValueError(f"counts.{group} names no source of the theatre: {count.source}")
        if doubled := set(self.targets) & (set(self.meanings) - set(self.targets)):
            raise ValueError(f"targets must have different names, found {sorted(doubled)}")
        return self

    @property
    def segment_names(self) -> tuple[str, ...]:
        """The segments' names, in their order along the border."""
        return tuple(segment.name for segment in self.segments)

    def units(self, target: str) -> tuple[str, ...]:
        """The units a target is forecast for: the dyad, then the segments that it applies to."""
        wanted = self.targets[target]
        if wanted.units == DYAD:
            return (DYAD,)
        kept = [s.name for s in self.segments if s.crossings or not wanted.by_crossing]
        return (DYAD, *kept)

    @property
    def all_units(self) -> tuple[str, ...]:
        """Every unit of any target: the dyad, the segments, then those of counts."""
        counted = (unit for count in self.counts.values() for unit in count.units)
        return tuple(dict.fromkeys((DYAD, *self.segment_names, *counted)))

    @property
    def meanings(self) -> dict[str, str]:
        """What each target asks: target -> meaning, counts' targets too."""
        asked = {name: target.meaning for name, target in self.targets.items()}
        return asked | {
            count.target(group, k): count.asks(k)
            for group, count in self.counts.items()
            for k in count.thresholds
        }

    def horizons(self, target: str | None = None) -> set[int]:
        """The horizons in days of the target, or of every one; empty for one that is asked by
        calendar month, where they change from day to day."""
        found = set()
        for name, each in self.targets.items():
            found |= set(each.horizons) if target in (None, name) else set()
        asked = self.counted(target) if target else None
        for group, count in self.counts.items():
            found |= set(count.days) if target is None or (asked and asked[0] == group) else set()
        return found

    def counted(self, target: str) -> tuple[str, int] | None:
        """The group and the threshold of a count's target, None for one of events."""
        for group, count in self.counts.items():
            for k in count.thresholds:
                if count.target(group, k) == target:
                    return group, k
        return None

    def level(self, probability: float, baseline: float) -> str:
        """The name of the highest level that the probability reaches against its baseline."""
        return [lv.name for lv in self.levels if lv.reached(probability, baseline)][-1]


def known_theatres(folder: Path = FOLDER) -> Sequence[str]:
    """The names of the theatres that have a file, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def load_theatre(name: str, folder: Path = FOLDER) -> Theatre:
    """The theatre of that name, or of that path where the name ends in `.toml`.

    Raises TheatreError, in one line, where the file is missing, is not TOML or breaks the schema.
    """
    path = Path(name) if name.endswith(".toml") else folder / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(known_theatres(folder)) or "none"
        raise TheatreError(
            "no such theatre file", where=str(path), expected=f"one of: {known}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise TheatreError(f"cannot be read as UTF-8 text: {error}", where=str(path)) from None
    try:
        return Theatre.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TheatreError(f"not valid TOML: {error}", where=str(path)) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise TheatreError(
            fault["msg"], where=f"{path}, field {field}", found=fault["input"]
        ) from None
