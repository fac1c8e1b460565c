"""Deaths along the border: what was known of each segment, its neighbours and the country."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.history import NEVER, Floats, Ints
from features.windows import Slots

HALF_LIVES = (7, 21, 60, 180, 730)
"""Days."""
SINCE_CAP = 1500
LARGE = 10.0
YEAR = 365.2425


@dataclass(frozen=True)
class Deaths:
    """Dated events with deaths: a row an event, and the segment each lies in (-1: elsewhere).

    `day` and `known` are days since 1970; an event counts from `known` on.
    """

    day: Ints
    known: Ints
    segment: Ints
    deaths: Floats
    segments: int

    def late(self, ends: Ints, days: int) -> "Deaths":
        """The same events, known so many days after they ended."""
        return Deaths(
            self.day, (ends + days).astype(np.int32), self.segment, self.deaths, self.segments
        )


def _places(events: Deaths) -> tuple[Ints, Ints]:
    """Event numbers and cells: own segment, its neighbours', the belt, elsewhere."""
    n = events.segments
    inside = np.flatnonzero(events.segment >= 0)
    seg = events.segment[inside]
    outside = np.flatnonzero(events.segment < 0)
    parts = [(inside, seg)]
    for step in (-1, 1):
        ok = (seg + step >= 0) & (seg + step < n)
        parts.append((inside[ok], n + seg[ok] + step))
    parts.append((inside, np.full(len(inside), 2 * n)))
    parts.append((outside, np.full(len(outside), 2 * n + 1)))
    event = np.concatenate([e for e, _ in parts]).astype(np.int32)
    return event, np.concatenate([c for _, c in parts]).astype(np.int32)


def death_features(events: Deaths, origins: Ints) -> tuple[tuple[str, ...], Floats]:
    """Column names and values, (segment, origin, column), as known at the end of each origin.

    Decayed counts of deadly events, of those with at least LARGE deaths and of log deaths, of the
    segment, its neighbours, the belt and the rest of the country; days since the last; the season.
    Uses nothing known after the origin.
    """
    event, cell = _places(events)
    n = events.segments
    slots = Slots(
        events.day[event],
        events.known[event],
        np.full(len(event), NEVER, np.int32),
        cell.astype(np.intp),
        2 * n + 2,
        origins,
    )
    size = events.deaths[event]
    weights = {
        "events": (size >= 1).astype(np.float64),
        "large": (size >= LARGE).astype(np.float64),
        "log": np.log1p(size),
    }
    found: dict[str, Floats] = {}
    for name, weight in weights.items():
        for half_life, values in zip(HALF_LIVES, slots.decayed(HALF_LIVES, weight), strict=True):
            # as a rate a month, so that half-lives are alike in size
            rate = np.log1p(values * 30 * np.log(2) / half_life)
            for scope, part in _scopes(rate, n).items():
                found[f"{scope}.{name}_{half_life}"] = part
    since = np.log1p(slots.since(SINCE_CAP).astype(np.float64))
    found |= {f"{scope}.since": part for scope, part in list(_scopes(since, n).items())[:2]}
    turn = 2 * np.pi * origins / YEAR
    for name, wave in {"sin": np.sin(turn), "cos": np.cos(turn)}.items():
        found[f"season.{name}"] = np.broadcast_to(wave, (n, len(origins)))
    for i in range(n):
        mine = (np.arange(n) == i).astype(np.float64)[:, None]
        found[f"segment.{i}"] = np.broadcast_to(mine, (n, len(origins)))
    return tuple(found), np.stack(list(found.values()), axis=2)


def _scopes(values: Floats, n: int) -> dict[str, Floats]:
    shape = (n, values.shape[1])
    return {
        "own": values[:n],
        "near": values[n : 2 * n],
        "belt": np.broadcast_to(values[2 * n], shape),
        "elsewhere": np.broadcast_to(values[2 * n + 1], shape),
    }


def death_labels(events: Deaths, origins: Ints, horizons: Sequence[int]) -> Floats:
    """Deaths in the segment in (origin, origin + h]: (horizon, segment, origin)."""
    inside = events.segment >= 0
    order = np.argsort(events.day[inside], kind="stable")
    day, segment = events.day[inside][order], events.segment[inside][order]
    total = np.zeros((events.segments, len(day) + 1))
    total[segment, np.arange(1, len(day) + 1)] = events.deaths[inside][order]
    total = np.cumsum(total, axis=1)
    start = np.searchsorted(day, origins, side="right")
    return np.stack(
        [
            total[:, np.searchsorted(day, origins + h, side="right")] - total[:, start]
            for h in horizons
        ]
    )
