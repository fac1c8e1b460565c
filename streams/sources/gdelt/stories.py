"""Stories: the reports of one happening folded into one event, with their mentions added up.

What a story says at an instant is a function of the reports known by then and of nothing else,
so that the order in which files come, and how often, is no matter.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.event import DEATHS_MAX, Event
from streams.store.schema import COUNT, TEXT, metadata

SOURCE = "gdelt"
MENTIONS_MAX = DEATHS_MAX
"""What an event can hold at most."""
FRESH = timedelta(days=1)
_IDS_A_QUERY = 10_000
_Key = TypeVar("_Key", int, str)

# Each report that was folded, once, whichever files hold it.
reports = sa.Table(
    "gdelt_reports",
    metadata,
    sa.Column("theatre", TEXT, primary_key=True),
    sa.Column("report", COUNT, primary_key=True, autoincrement=False),
    sa.Column("event_id", TEXT, nullable=False, index=True),
    sa.Column("occurred_on", TEXT, nullable=False),
    sa.Column("known_at", TEXT, nullable=False),
    sa.Column("type", TEXT, nullable=False),
    sa.Column("actor", TEXT, nullable=False),
    sa.Column("target", TEXT, nullable=False),
    sa.Column("place", TEXT, nullable=False),
    sa.Column("segment", TEXT, nullable=False),
    sa.Column("lat", sa.Double),
    sa.Column("lon", sa.Double),
    sa.Column("border_km", sa.Double),
    sa.Column("mentions", COUNT, nullable=False),
    sa.Column("summary", TEXT, nullable=False),
    sa.Column("url", TEXT, nullable=False),
)
_SAID = [name for name in reports.columns.keys() if name not in ("theatre", "report")]  # noqa: SIM118


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a story: its number in the source, and the event that it alone would make."""

    number: int
    event: Event


def story_of(event: Event) -> str:
    """The id of the story that an event tells.

    One day, one actor towards one target, one type and one place (a tenth of a degree, or the
    region's name where there is no point) are one story while it is fresh: known on its day or
    the next. Told again later, it is one story a day of telling.
    """
    known_on = event.known_at.date()
    retold = "" if known_on - event.occurred_on <= FRESH else known_on.isoformat()
    place = event.place if event.lat is None else f"{_tenth(event.lat)} {_tenth(event.lon)}"
    parts = (event.occurred_on.isoformat(), event.actor, event.target, event.type, place, retold)
    return f"{event.source}-{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:16]}"


def _tenth(degrees: float | None) -> str:
    return f"{round(degrees or 0.0, 1) + 0.0:.1f}"


def fold(told: Iterable[Report]) -> list[Event]:
    """Of each story a version for every instant at which a report of it became known.

    A version carries the mentions of all its reports known by then, and the place and address
    of the first: the one known first, then of most mentions, then of the lowest number.
    """
    order = sorted(once(told), key=_rank)
    return [version for _, story in groupby(order, _story) for version in _versions(list(story))]


def once(told: Iterable[Report]) -> list[Report]:
    """The reports, of those with the same number the first alone."""
    kept: dict[int, Report] = {}
    for report in told:
        kept.setdefault(report.number, report)
    return list(kept.values())


def _story(report: Report) -> str:
    return report.event.event_id


def _rank(report: Report) -> tuple[str, datetime, int, int]:
    event = report.event
    return event.event_id, event.known_at, -(event.mentions or 0), report.number


def _versions(story: Sequence[Report]) -> list[Event]:
    first, mentions, versions = story[0].event, 0, []
    for known_at, together in groupby(story, lambda report: report.event.known_at):
        mentions += sum(report.event.mentions or 0 for report in together)
        versions.append(replace(first, known_at=known_at, mentions=min(mentions, MENTIONS_MAX)))
    return versions


def keep(connection: Connection, theatre: str, told: Sequence[Report]) -> None:
    """None; the reports are in the table, those that the theatre had by number left out."""
    fresh = {report.number: report for report in once(told)}
    for some in _parts(sorted(fresh)):
        query = sa.select(reports.c.report).filter_by(theatre=theatre)
        query = query.where(reports.c.report.in_(some))
        for number in connection.execute(query).scalars():
            del fresh[number]
    if fresh:
        rows = [{"theatre": theatre, **_row(report)} for report in fresh.values()]
        connection.execute(sa.insert(reports), rows)


def stories(connection: Connection, theatre: str, since: dict[str, datetime]) -> list[Event]:
    """The versions of the theatre's stories named, known from the instant given or later on."""
    told: list[Report] = []
    for ids in _parts(sorted(since)):
        query = sa.select(reports).filter_by(theatre=theatre)
        query = query.where(reports.c.event_id.in_(ids))
        told += [_report(row) for row in connection.execute(query).mappings()]
    return [version for version in fold(told) if version.known_at >= since[version.event_id]]


def _parts(several: Sequence[_Key]) -> Iterable[Sequence[_Key]]:
    """The values, as many at a time as a query takes."""
    for start in range(0, len(several), _IDS_A_QUERY):
        yield several[start : start + _IDS_A_QUERY]


def _row(report: Report) -> dict[str, object]:
    said = {name: getattr(report.event, name) for name in _SAID}
    said["occurred_on"] = report.event.occurred_on.isoformat()
    said["known_at"] = report.event.known_at.isoformat()
    return {"report": report.number, **said}


def _report(row: sa.RowMapping) -> Report:
    said = {name: row[name] for name in _SAID}
    said["occurred_on"] = said["ended_on"] = date.fromisoformat(row["occurred_on"])
    said["known_at"] = datetime.fromisoformat(row["known_at"])
    return Report(row["report"], Event(source=SOURCE, confidence="low", **said))
