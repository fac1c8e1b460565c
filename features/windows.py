"""Decayed counts, window sums and time since, at every origin and in every cell, as then known.

An event counts at an origin from the day it is known until the day it is superseded. Each kernel
visits each event once, whatever the number of origins: it marks where the event enters and leaves
the (sorted) origins, and one running sum over the origins does the rest.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.arrays import NEVER, Floats, Ints

Counts = npt.NDArray[np.int64]


def _slot_lookup(origins: Ints, low: int, high: int) -> npt.NDArray[np.intp]:
    """For each day of low..high the index of the first origin on or after it."""
    return np.searchsorted(origins, np.arange(low, high + 1))


class Slots:
    """The events of one history, placed in cells and among origins, ready for the kernels.

    `day`, `known`, `until` are days since 1970 with day <= known < until; `cell` is each event's
    cell, 0..n_cells-1; `origins` are sorted days. Raises ValueError where they are not sorted or
    an event is known before it happened.
    """

    def __init__(
        self,
        day: Ints,
        known: Ints,
        until: Ints,
        cell: npt.NDArray[np.intp],
        n_cells: int,
        origins: Ints,
    ) -> None:
        if len(origins) and (np.diff(origins) <= 0).any():
            raise ValueError("origins must rise strictly")
        if (day > known).any():
            raise ValueError("an event is known before it happened")
        self.day, self.cell, self.n_cells, self.origins = day, cell, n_cells, origins
        self.known, self.until = known, until
        self._base = int(min(day.min(), origins[0])) if len(day) else int(origins[0])
        self._lookup = _slot_lookup(origins, self._base, int(origins[-1]) + 1)
        self.enters = self._slot(known)
        self.leaves = None if (until == NEVER).all() else self._slot(until)

    def _slot(self, days: Ints) -> npt.NDArray[np.intp]:
        at = np.minimum(days, self.origins[-1] + 1)
        at -= self._base
        slots: npt.NDArray[np.intp] = self._lookup[at]
        return slots

    def _marks(
        self, slot: npt.NDArray[np.intp], weights: Floats | None = None
    ) -> npt.NDArray[np.float64] | Counts:
        size = self.n_cells * (len(self.origins) + 1)
        key = self.cell * (len(self.origins) + 1) + slot
        return np.bincount(key, weights, minlength=size).reshape(self.n_cells, -1)

    def _exit(self, window: int) -> npt.NDArray[np.intp]:
        """Where an event drops out of a window, or is superseded, but never before it enters."""
        last = np.maximum(self._slot(np.minimum(self.day, NEVER - window) + window), self.enters)
        return (
            last if self.leaves is None else np.minimum(last, np.maximum(self.leaves, self.enters))
        )

    def counts(self, windows: Sequence[int]) -> Counts:
        """Events of the last `window` days, the origin's day included: (window, cell, origin)."""
        entered = self._marks(self.enters)
        found = [entered - self._marks(self._exit(window)) for window in windows]
        return np.cumsum(np.stack(found), axis=2, dtype=np.int64)[:, :, :-1]

    def sums(self, windows: Sequence[int], weights: Floats) -> Floats:
        """The same for a weight an event (deaths, say): (window, cell, origin)."""
        entered = self._marks(self.enters, weights)
        found = [entered - self._marks(self._exit(window), weights) for window in windows]
        totals: Floats = np.cumsum(np.stack(found), axis=2, dtype=np.float64)[:, :, :-1]
        return totals

    def decayed(self, half_lives: Sequence[float], weights: Floats | None = None) -> Floats:
        """Sums of 0.5 ** (age in days / half-life): (half-life, cell, origin)."""
        return np.stack([self._decayed(half_life, weights) for half_life in half_lives])

    def _decayed(self, half_life: float, weights: Floats | None) -> Floats:
        one = np.ones(len(self.day)) if weights is None else weights
        gains = self._aged(self.enters, half_life, one)
        if self.leaves is not None:
            gains -= self._aged(np.maximum(self.leaves, self.enters), half_life, one)
        fade = 0.5 ** (np.diff(self.origins, prepend=self.origins[0]) / half_life)
        total = np.empty_like(gains)
        running = np.zeros(self.n_cells)
        for i, keep in enumerate(fade):
            running = running * keep + gains[:, i]
            total[:, i] = running
        return total

    def _aged(self, slot: npt.NDArray[np.intp], half_life: float, weights: Floats) -> Floats:
        """What the events entering at each origin weigh by then: (cell, origin)."""
        seen = np.append(self.origins, self.origins[-1])[slot]
        faded = weights * 0.5 ** ((seen - self.day) / half_life)
        return np.asarray(self._marks(slot, faded)[:, :-1], np.float64)

    def latest(self) -> Ints:
        """The day of the newest event that counts, or -NEVER for none: (cell, origin)."""
        newest = np.full((self.n_cells, len(self.origins) + 1), -NEVER, dtype=np.int32)
        lasting = slice(None) if self.leaves is None else self.until == NEVER
        np.maximum.at(newest, (self.cell[lasting], self.enters[lasting]), self.day[lasting])
        newest = np.maximum.accumulate(newest, axis=1)
        if self.leaves is not None:
            for i in np.flatnonzero(self.until != NEVER):
                span = newest[self.cell[i], self.enters[i] : self.leaves[i]]
                np.maximum(span, self.day[i], out=span)
        days: Ints = newest[:, :-1]
        return days

    def since(self, cap: int) -> Ints:
        """Days since the newest event, at most `cap`, `cap` where there is none: (cell, origin)."""
        age = self.origins.astype(np.int64) - self.latest()
        return np.asarray(np.minimum(age, cap), np.int32)
