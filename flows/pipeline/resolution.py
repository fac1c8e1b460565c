"""What came of past issues: every window that can be known by now, held against what was said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import gather
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from publish.archive.scoreboard import PastRow, Scoreboard
from streams.store.store import connect


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
    rows = board.passed(known.theatre.name, now.date())
    counted = (count_vintage(settings, known, group) for group in known.theatre.counts)
    closed, revised = 0, 0
    for data in (event_vintage(known), *(each for each in counted if each is not None)):
        new, changed = board.close(outcomes(data, rows), data.fingerprint, now)
        closed, revised = closed + new, revised + changed
    return Closed(closed, revised)


def outcomes(data: Vintage, rows: Iterable[PastRow]) -> Iterator[tuple[PastRow, int]]:
    """Each of the group's rows whose window can be known, and whether it reached its threshold.

    A row of a target that is forecast no more cannot be judged.
    """
    published = data.theatre.published
    for row in rows:
        name, threshold = published.get(row.target, ("", 0))
        if name not in data.targets:
            continue
        start, end = date.fromisoformat(row.as_of), date.fromisoformat(row.target_end_date)
        size = data.size(name, row.unit, start, end)
        if size is not None:
            yield row, int(size >= threshold)
