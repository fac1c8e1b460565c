"""Deaths along the border: what was known of each segment and of the country around it.

The blocks are pieces of the country beyond the belt: nothing is forecast of them, but how deaths
follow deaths can be learnt from them too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from features.arrays import NEVER, Floats, Ints
from features.targets import WEEK
from features.windows import Slots

HALF_LIVES = (7, 21, 60, 180, 730)
"""Days."""
REACHES = (50, 150, 400)
"""Kilometres over which an event elsewhere falls to 1 / e of its weight."""
FAINT = 0.01
"""A weight below is none."""
LARGE = 10.0
MEMORIES = (13, 26, 52, 104, 260)
"""Half-lives of the memories of past windows, in weeks."""
LEAN_WEEKS = 4.0
"""What the segments' mean weighs in each one's memory."""
SEASONED = 10
"""Deadly events before a block is learnt from."""

Cells = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Deaths:
    """Dated events with deaths: a row an event, and the unit each lies in (-1: none).

    `day` and `known` are days since 1970; an event counts from `known` on. The first `segments`
    units are the border's, the others are blocks. `away` is how far each event lies from each
    unit's middle, (unit, event), in kilometres.
    """

    day: Ints
    known: Ints
    unit: Ints
    deaths: Floats
    away: Floats
    segments: int

    def late(self, ends: Ints, days: int) -> "Deaths":
        """The same events, known so many days after they ended."""
        return replace(self, known=(ends + days).astype(np.int32))


def death_features(events: Deaths, origins: Ints) -> tuple[tuple[str, ...], Floats]:
    """Column names and values, (unit, origin, column), as known at the end of each origin.

    Decayed counts of the unit's deadly events, of those with at least LARGE deaths and of log
    deaths; and of the log deaths of all other events, each weighed by exp(-distance / reach). Uses
    nothing known after the origin.
    """
    size = events.deaths
    weights = {
        "events": (size >= 1).astype(np.float64),
        "large": (size >= LARGE).astype(np.float64),
        "log": np.log1p(size),
    }
    inside = np.flatnonzero(events.unit >= 0)
    own = _slots(events, inside, events.unit[inside].astype(np.intp), origins)
    found: dict[str, Floats] = {}
    for name, weight in weights.items():
        found |= _rates(f"own.{name}", own, weight[inside])
    foreign = events.unit != np.arange(len(events.away))[:, None]
    for reach in REACHES:
        near = np.exp(-events.away / reach)
        unit, event = np.nonzero(foreign & (near > FAINT))
        around = _slots(events, event, unit, origins)
        found |= _rates(f"around_{reach}.log", around, weights["log"][event] * near[unit, event])
    return tuple(found), np.stack(list(found.values()), axis=2)


def _slots(events: Deaths, event: Cells, unit: Cells, origins: Ints) -> Slots:
    never = np.full(len(event), NEVER, np.int32)
    return Slots(events.day[event], events.known[event], never, unit, len(events.away), origins)


def _rates(name: str, slots: Slots, weight: Floats) -> dict[str, Floats]:
    decayed = slots.decayed(HALF_LIVES, weight)
    # as a rate a month, so that half-lives are alike in size
    return {
        f"{name}_{half_life}": np.log1p(values * 30 * np.log(2) / half_life)
        for half_life, values in zip(HALF_LIVES, decayed, strict=True)
    }


def death_labels(
    events: Deaths, origins: Ints, horizons: Sequence[int], lag: int | None = None
) -> Floats:
    """Deaths in the unit in (origin, origin + h]: (horizon, unit, origin).

    With a `lag`, only of the events known by the day the window closes, origin + h + lag: what a
    forecaster has to learn from, for an event of many days may become known later than that.
    """
    inside = events.unit >= 0
    day, known = events.day[inside], events.known[inside]
    unit, deaths = events.unit[inside], events.deaths[inside]
    settled = day if lag is None else np.maximum(day, known - lag)
    stop = np.searchsorted(origins, day)
    change = np.zeros((len(horizons), len(events.away), len(origins) + 1))
    for row, horizon in zip(change, horizons, strict=True):
        start = np.minimum(np.searchsorted(origins, settled - horizon), stop)
        np.add.at(row, (unit, start), deaths)
        np.add.at(row, (unit, stop), -deaths)
    # the running sum of whole numbers is exact
    totals: Floats = np.cumsum(change, axis=2)[:, :, :-1]
    return totals


def memories(reached: Floats, wait: int, segments: int) -> Floats:
    """The shares of past windows that came true, remembered with each of MEMORIES' half-lives:
    (half-life, ..., unit, origin).

    `reached` is (..., unit, origin), the origins weekly; a window is known `wait` days after its
    origin, and counts from then on. Each share leans on that of the first `segments` units.
    """
    gap, weeks = -(-wait // WEEK), reached.shape[-1]
    closed = np.zeros_like(reached)
    closed[..., gap:] = reached[..., : max(weeks - gap, 0)]
    there = (np.arange(weeks) >= gap).astype(np.float64)
    found = []
    for half_life in MEMORIES:
        keep = [1.0, -(0.5 ** (1 / half_life))]
        came, told = lfilter([1.0], keep, closed), lfilter([1.0], keep, there)
        every = came[..., :segments, :].sum(axis=-2, keepdims=True)
        lean = LEAN_WEEKS * (every + 0.5) / (told * segments + 5)
        found.append((came + lean) / (told + LEAN_WEEKS))
    return np.stack(found)


def seasons(events: Deaths) -> Ints:
    """The day from which on each unit is learnt from: (unit,).

    Segments always; a block once SEASONED of its deadly events are known, NEVER where fewer are.
    """
    days = np.full(len(events.away), NEVER, np.int32)
    deadly = (events.deaths >= 1) & (events.unit >= 0)
    for unit in range(events.segments, len(days)):
        known = np.sort(events.known[deadly & (events.unit == unit)])
        if len(known) >= SEASONED:
            days[unit] = known[SEASONED - 1]
    days[: events.segments] = np.iinfo(np.int32).min
    return days
