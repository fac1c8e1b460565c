"""What the interface reads from: published files, the archive, the events; and how stale it is."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from publish.api.problems import Problem
from publish.archive.archive import Archive
from publish.archive.scoreboard import Scoreboard
from publish.contract.context import Context
from publish.contract.forecast import Forecast
from publish.files.files import PublishError, context_of, latest, read_issue
from publish.text.age import why_stale
from streams.sources.desk.desk import Desk
from streams.store.store import Store
from theatres import Theatre

AddEvent = Callable[[str, Mapping[str, str], datetime], tuple[str, str]]
"""Theatre, the event's fields, now -> its id, and `stored`, `revised` or `there already`."""

MoveOf = Callable[[str, str, datetime], Mapping[str, Any]]
"""Theatre, a proposal's id, now -> what the headline would do if it were accepted."""


@dataclass(frozen=True)
class Edition:
    """What a theatre's latest issue was at one moment: all of an answer is made from one."""

    forecast: Forecast
    context: Context
    stale: str
    """Why it must not be taken for the present; empty where it may be."""
    token: tuple[object, ...]
    """Changes whenever the edition does."""


@dataclass
class ServiceState:
    """Everything that requests share. `clock` gives the present moment in UTC."""

    root: Path
    engine: Engine
    theatres: Mapping[str, Theatre]
    clock: Callable[[], datetime]
    add_event: AddEvent
    move_of: MoveOf
    editions: dict[str, Edition] = field(default_factory=dict)

    @cached_property
    def archive(self) -> Archive:
        """The archive of issues."""
        return Archive(self.engine)

    @cached_property
    def scoreboard(self) -> Scoreboard:
        """What past issues said and what came of it."""
        return Scoreboard(self.engine)

    def store(self, theatre: Theatre) -> Store:
        """The theatre's events."""
        return Store(self.engine, theatre.name)

    def desk(self, theatre: Theatre) -> Desk:
        """The theatre's proposals and decisions."""
        return Desk(self.store(theatre), theatre)

    def theatre(self, name: str) -> Theatre:
        """The theatre, or Problem 404 with the known ones."""
        if name not in self.theatres:
            raise Problem.unknown("theatre", name, self.theatres)
        return self.theatres[name]

    def token(self, theatre: str) -> tuple[object, ...]:
        """What the latest issue and its age depend on: one look at the manifest, and the day."""
        try:
            status = os.stat(f"{self.root}/{theatre}/manifest.json")  # noqa: PTH116 (each request)
        except FileNotFoundError:
            return ()
        return status.st_mtime_ns, status.st_ino, status.st_size, self.clock().date()

    def edition(self, theatre: Theatre) -> Edition:
        """The latest issue; Problem 404 where none is published yet, 503 where it is torn."""
        token = self.token(theatre.name)
        held = self.editions.get(theatre.name)
        if held is not None and held.token == token:
            return held
        try:
            forecast = latest(self.root, theatre.name)
            context = context_of(self.root, forecast)
        except PublishError:
            missing = not (self.root / theatre.name / "manifest.json").exists()
            if missing:
                raise Problem(
                    404, "no issue is published yet", do="make one: `dyadcast forecast`"
                ) from None
            raise Problem(
                503, "the published issue is missing or damaged", do="publish it again"
            ) from None
        stale = why_stale(forecast, theatre, self.clock().date())
        self.editions[theatre.name] = Edition(forecast, context, stale, token)
        return self.editions[theatre.name]

    def issue(
        self, theatre: Theatre, as_of: date | None, target: str | None = None
    ) -> tuple[Forecast, str]:
        """The issue that counts for that day (by default the latest), and why it is stale: by the
        headline, or by the target that is asked for."""
        if as_of is None:
            edition = self.edition(theatre)
            if target is None:
                return edition.forecast, edition.stale
            today = self.clock().date()
            return edition.forecast, why_stale(edition.forecast, theatre, today, target)
        try:
            forecast = read_issue(self.root, theatre.name, as_of)
        except PublishError:
            raise Problem(
                404,
                f"no issue as of {as_of}",
                parameter="as_of",
                do=f"see /v1/{theatre.name}/issues for those there are",
            ) from None
        return forecast, why_stale(forecast, theatre, self.clock().date(), target or "")
