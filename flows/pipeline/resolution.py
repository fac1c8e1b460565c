"""What came of past issues: every window that can be known by now, held against what was said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from features.arrays import Ints, to_day
from features.targets import Labels
from flows.pipeline.knowledge import Knowledge, gather
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Told, told
from publish.archive.scoreboard import Said, Scoreboard
from streams.store.store import connect
from theatres import Theatre


@dataclass(frozen=True)
class Closed:
    """How many published rows were closed, and how many closed before came out otherwise."""

    closed: int
    revised: int


def close(settings: Settings, theatre_name: str, now: datetime) -> Closed:
    """Closes what can be known: the window has passed, its reporting lag too, inside coverage.

    A second time changes nothing; an outcome that later news has changed is added as a revision.
    """
    known = gather(settings, theatre_name, now.date(), now.date())
    board = Scoreboard(connect(settings.database_url))
    said = board.said(known.theatre.name, now.date())
    found = board.close(judged(known, said), known.fingerprint, now)
    for group in known.theatre.counts:
        data = told(settings, known.theatre, group, now.date())
        if data is not None:
            vintage = data.fingerprint
            more = board.close(counted(known.theatre, group, data, said), vintage, now)
            found = found[0] + more[0], found[1] + more[1]
    return Closed(*found)


def counted(
    theatre: Theatre, group: str, data: Told, said: Iterable[Said]
) -> Iterator[tuple[Said, int]]:
    """Each row of the group's count whose window the source has told to its end, and whether the
    count reached the row's threshold, as told now."""
    for row in said:
        asked, end = theatre.counted(row.target), date.fromisoformat(row.target_end_date)
        if asked and asked[0] == group and row.unit in data.units and end <= data.until:
            size = data.came(row.unit, date.fromisoformat(row.as_of), end)
            yield row, int(size >= asked[1])


def judged(known: Knowledge, said: Iterable[Said]) -> Iterator[tuple[Said, int]]:
    """Each row whose window is closed as of `known.as_of`, with its outcome by the events then
    known. A window that begins before coverage does is never closed: its silence means nothing.
    """
    by_target: dict[str, list[Said]] = {}
    earliest = (known.covered[0] - timedelta(days=1)).isoformat()
    for row in said:
        if row.as_of < earliest:
            continue
        by_target.setdefault(row.target, []).append(row)
    for name, rows in by_target.items():
        if name in known.theatre.targets:  # one that is forecast no more cannot be judged
            yield from _judged(known, name, rows)


def _judged(known: Knowledge, name: str, rows: list[Said]) -> Iterator[tuple[Said, int]]:
    theatre, day = known.theatre, to_day(known.as_of)
    target, units = theatre.targets[name], theatre.units(name)
    labels = Labels(
        history=known.history.as_known(day),
        target=target,
        units=units,
        theatre=theatre,
        covered_until=known.covered[1],
    )
    days = {row.as_of for row in rows}
    origins: Ints = np.array(sorted(to_day(date.fromisoformat(d)) for d in days), np.int32)
    came = labels.as_of(day, origins)
    at = {int(origin): i for i, origin in enumerate(origins)}
    for row in rows:
        if row.unit not in units or row.horizon_days not in target.horizons:
            continue
        origin = at[to_day(date.fromisoformat(row.as_of))]
        found = came[units.index(row.unit), target.horizons.index(row.horizon_days), origin]
        if not np.isnan(found):
            yield row, int(found)
