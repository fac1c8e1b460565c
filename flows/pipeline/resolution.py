"""What came of past issues: every window that can be known by now, held against what was said."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flows.pipeline.issue import vintages
from flows.pipeline.knowledge import Knowledge, gather, open_store
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.recipes.contract import METHOD_VERSION
from publish.archive import closing
from publish.archive.archive import Archive
from publish.archive.closing import ClosingMark, PastRow
from streams.store.store import Store, connect
from theatres import load_theatre


@dataclass(frozen=True)
class Closed:
    """How many published rows were closed, and how many closed before came out otherwise."""

    closed: int
    revised: int


def close(settings: Settings, theatre_name: str, now: datetime) -> Closed:
    """Closes what can be known: the window has passed, its reporting lag too, inside coverage.

    A second time changes nothing; an outcome that later news has changed is added as a revision.
    Rows closed before are judged anew from the first day on of which the sources tell else.
    """
    today, engine = now.date(), connect(settings.database_url)
    store = open_store(settings, load_theatre(theatre_name))
    # Taken before the events are read: what lands meanwhile is looked at the next time.
    landing = store.last_landing()
    known = gather(settings, theatre_name, today, today)
    theatre, closed, revised = known.theatre.name, 0, 0
    for data in vintages(settings, known):
        group = " ".join(sorted(data.targets))
        last, basis = closing.read_mark(engine, theatre, group), _basis(known, data)
        if last is not None and last.basis != basis:
            last = None
        changed = None if last is None else _first_change(store, data, last)
        position = Archive(engine).head(theatre).position
        targets = [
            name for name, each in known.theatre.published.items() if each[0] in data.targets
        ]
        rows = closing.passed(engine, theatre, targets, today, last, changed)
        judged, open_from = judge(data, rows)
        mark = ClosingMark(theatre, group, position, landing, today.isoformat(), open_from, basis)
        new, other = closing.close(engine, judged, data.fingerprint, now, mark)
        closed, revised = closed + new, revised + other
    return Closed(closed, revised)


def judge(data: Vintage, rows: Iterable[PastRow]) -> tuple[list[tuple[PastRow, int]], str]:
    """Each row whose window can be known with whether it reached its threshold, 1 or 0; and the
    first end of a window among the others, or of one that has not passed yet."""
    judged, open_from = [], (data.as_of + timedelta(1)).isoformat()
    published = data.theatre.published
    for row in rows:
        name, threshold = published[row.target]
        start, end = date.fromisoformat(row.as_of), date.fromisoformat(row.target_end_date)
        size = data.size(name, row.unit, start, end)
        if size is None:
            open_from = min(open_from, row.target_end_date)
        else:
            judged.append((row, int(size >= threshold)))
    return judged, open_from


def _basis(known: Knowledge, data: Vintage) -> str:
    """A hash of all but the events by which an outcome is judged. Months have no events of the
    store, so that their data count as a whole."""
    whole = data.fingerprint if _by_months(data) else ""
    # The last day of the last span moves on by itself: what it opens is looked at as it ends.
    spans = [known.watched[name].spans for name in sorted(data.targets) if name in known.watched]
    watched = [(*each[:-1], each[-1][0]) for each in spans]
    promise = (METHOD_VERSION, known.theatre.model_dump_json(), str(watched), whole)
    return hashlib.sha256("\n".join(promise).encode()).hexdigest()


def _by_months(data: Vintage) -> bool:
    return any(target.months for target in data.targets.values())


def _first_change(store: Store, data: Vintage, last: ClosingMark) -> date | None:
    """The first day of which the group's sources tell else than when rows were last judged."""
    if _by_months(data):
        return None
    labels = [source.name for source in data.theatre.sources if source.labels]
    sources = [target.source for target in data.targets.values() if target.source] or labels
    return store.first_change(sources, last.landing, date.fromisoformat(last.known_on), data.as_of)
