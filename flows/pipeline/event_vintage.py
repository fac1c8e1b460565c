"""Events between the two sides as a vintage: windows of days from as_of on."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from features.arrays import Floats, to_day
from features.history import History
from features.targets import Labels
from flows.pipeline.knowledge import Knowledge
from flows.pipeline.vintage import Units, Vintage
from models.forecasting.training import Asked
from models.problems.problem import Rows
from models.recipes import events
from models.recipes.contract import EVENTS


def event_vintage(known: Knowledge) -> Vintage:
    """Events between the two sides: windows of days from as_of on."""
    theatre, as_of, day = known.theatre, known.as_of, to_day(known.as_of)
    history = known.history.as_known(day)
    covered = (known.covered[0], min(known.covered[1], as_of))
    days = sorted({d for target in theatre.events.values() for d in target.days})
    shown_from = to_day(events.SINCE["2012 on"])

    def learn() -> list[Asked]:
        posed = events.pose(history, theatre, covered, events.learning_grid(*covered))
        return [
            Asked(
                problem,
                events.event_recipe(theatre, name, units),
                events.walk_starts(problem, covered[0]),
                shown_from=shown_from,
            )
            for (name, units), problem in posed.items()
        ]

    def now() -> list[tuple[Units, Rows]]:
        posed = events.pose(history, theatre, covered, np.array([day], np.int32))
        return [(units, problem.rows(slice(0, 1))) for (_, units), problem in posed.items()]

    return Vintage(
        theatre,
        EVENTS,
        as_of,
        covered[1],
        events.earliest_as_of(covered[0]),
        day,
        known.fingerprint,
        learn,
        now,
        {d: (None, as_of + timedelta(days=d)) for d in days},
        {unit: unit for name in theatre.events for unit in theatre.units(name)},
        _event_sizes(history, known),
    )


def _event_sizes(
    history: History, known: Knowledge
) -> Callable[[str, str, date, date], float | None]:
    """How much of a window came, as known on `known`'s day: by target, unit, as_of, last day.

    A window that begins before coverage does is never closed: its silence means nothing.
    """
    theatre, day = known.theatre, to_day(known.as_of)
    labels = {
        name: Labels(history, target, theatre.units(name), theatre, known.covered[1])
        for name, target in theatre.events.items()
    }
    days = np.arange(to_day(known.covered[0]) - 1, day + 1, dtype=np.int32)
    kept: dict[str, Floats] = {}

    def size(name: str, unit: str, as_of: date, end: date) -> float | None:
        horizon, units = (end - as_of).days, theatre.units(name)
        target = theatre.events[name]
        early = as_of < known.covered[0] - timedelta(days=1)
        if early or unit not in units or horizon not in target.days:
            return None
        if name not in kept:  # of all days at once: an archive holds many
            kept[name] = labels[name].sizes(day, days)
        at = to_day(as_of) - int(days[0])
        value = kept[name][units.index(unit), target.days.index(horizon), at]
        return None if np.isnan(value) else float(value)

    return size
