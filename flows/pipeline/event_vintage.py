"""Events between the two sides as vintages: windows of days from as_of on, across the gap."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from features.arrays import Floats, to_date, to_day
from features.history import History
from features.targets import Labels
from features.watching import GAPS, Watched, bucket
from flows.pipeline.knowledge import Knowledge
from flows.pipeline.vintage import Units, Vintage
from models.forecasting.training import Asked
from models.problems.problem import Rows
from models.recipes import events
from models.recipes.contract import EVENTS
from theatres import Target


def event_vintages(known: Knowledge) -> Iterator[Vintage]:
    """The theatre's targets of events, those together that lie as far behind as_of.

    A target that no source can tell stands in one that says so.
    """
    by_gap: dict[int, dict[str, Target]] = {}
    for name, target in known.theatre.events.items():
        if name in known.watched:
            by_gap.setdefault(gap_of(known, known.watched[name]), {})[name] = target
    for gap, targets in sorted(by_gap.items()):
        yield event_vintage(known, targets, gap)
    unwatched = {n: t for n, t in known.theatre.events.items() if n not in known.watched}
    if unwatched:
        yield _unwatched(known, unwatched)


def gap_of(known: Knowledge, watched: Watched) -> int:
    """The gap at which a model answers for a target: the next wider one, or the widest."""
    gap = bucket((known.as_of - watched.until).days)
    return GAPS[-1] if gap is None else gap


def event_vintage(known: Knowledge, targets: Mapping[str, Target], gap: int) -> Vintage:
    """Events between the two sides across that gap, with what was told of the gap itself beside."""
    data = _event_vintage(known, targets, gap, later=False)
    return replace(data, reports=tuple(_reports(known, targets, gap)))


def _reports(
    known: Knowledge, targets: Mapping[str, Target], gap: int
) -> Iterator[tuple[Vintage, float]]:
    """The same targets with what the most trusted sources told of the gap, then with what less
    trusted ones told besides, each with how far the last of them are trusted."""
    day, history = to_day(known.as_of), known.history
    trust, inside = np.array(known.trust)[history.source], history.day > day - gap
    features = [source.features and not source.apart for source in known.theatre.sources]
    told = inside & history.alive(day) & np.array(features)[history.source]
    for least in sorted(set(trust[told].tolist()), reverse=True):
        latest = int(history.day[told & (trust >= least)].max())
        narrower = bucket(day - latest)
        assert narrower is not None  # noqa: S101 - it is no wider than the gap
        believed = replace(known, history=history.take(~inside | (trust >= least)))
        reports = _event_vintage(believed, targets, narrower, later=True)
        # Believed, they settle all until the latest of them: they are never too late to be asked.
        yield replace(reports, until=to_date(latest)), least


def _event_vintage(
    known: Knowledge, targets: Mapping[str, Target], gap: int, later: bool
) -> Vintage:
    theatre, as_of, day = known.theatre, known.as_of, to_day(known.as_of)
    watched = {name: known.watched[name] for name in targets}
    first = min(each.first for each in watched.values())
    until = min(each.until for each in watched.values())
    history = known.history.as_known(day)
    settled = known.history.settled_by(day - gap, day, later) if gap else history
    days = sorted({d for target in targets.values() for d in target.days})
    shown_from = to_day(events.SINCE["2012 on"])

    def learn() -> list[Asked]:
        grid = events.learning_grid(first, max(each.until for each in watched.values()), gap)
        return [
            Asked(
                problem,
                events.event_recipe(theatre, name, units, gap),
                events.walk_starts(problem, first, gap),
                shown_from=shown_from,
            )
            for (name, units), problem in events.pose(history, theatre, watched, grid, gap).items()
        ]

    def now() -> list[tuple[str, Units, Rows]]:
        posed = events.pose(settled, theatre, watched, np.array([day], np.int32), gap)
        return [
            (name, units, problem.rows(slice(0, 1))) for (name, units), problem in posed.items()
        ]

    return Vintage(
        theatre,
        EVENTS,
        targets,
        as_of,
        until,
        events.earliest_as_of(first, gap),
        day,
        known.fingerprint,
        learn,
        now,
        {d: (None, as_of + timedelta(days=d)) for d in days},
        {unit: unit for name in targets for unit in theatre.units(name)},
        _event_sizes(history, known, watched),
        gap,
    )


def _unwatched(known: Knowledge, targets: Mapping[str, Target]) -> Vintage:
    """The targets of which nothing can be said: no source that forms labels could tell."""
    days = sorted({d for target in targets.values() for d in target.days})
    names = ", ".join(source.name for source in known.theatre.sources if source.labels)
    return Vintage(
        known.theatre,
        EVENTS,
        targets,
        known.as_of,
        known.as_of,
        known.as_of,
        to_day(known.as_of),
        known.fingerprint,
        list,
        list,
        {d: (None, known.as_of + timedelta(days=d)) for d in days},
        {},
        lambda *_: None,
        silent=f"of the sources that form labels ({names}) none that covers a day can tell of it",
    )


def _event_sizes(
    history: History, known: Knowledge, watched: Mapping[str, Watched]
) -> Callable[[str, str, date, date], float | None]:
    """How much of a window came, as known on `known`'s day: by target, unit, as_of, last day.

    A window is never closed where on one of its days nobody watched: its silence means nothing.
    """
    theatre, day = known.theatre, to_day(known.as_of)
    labels = {
        name: Labels(history, theatre.events[name], theatre.units(name), theatre, each)
        for name, each in watched.items()
    }
    first = min(to_day(each.first) for each in watched.values())
    days = np.arange(first - 1, day + 1, dtype=np.int32)
    kept: dict[str, Floats] = {}

    def size(name: str, unit: str, as_of: date, end: date) -> float | None:
        horizon, units = (end - as_of).days, theatre.units(name)
        target = theatre.events[name]
        if as_of < to_date(int(days[0])) or unit not in units or horizon not in target.days:
            return None
        if name not in kept:  # of all days at once: an archive holds many
            kept[name] = labels[name].sizes(day, days)
        at = to_day(as_of) - int(days[0])
        value = kept[name][units.index(unit), target.days.index(horizon), at]
        return None if np.isnan(value) else float(value)

    return size
