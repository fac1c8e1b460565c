"""On which days somebody watched: silence is calm only where a source could have told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from features.arrays import Bools, Ints, to_date, to_day

Span = tuple[date, date]
"""A first and a last day, both included."""


@dataclass(frozen=True)
class Watched:
    """The days on which at least one source could have told, as spans that rise and do not touch.

    Raises ValueError for none at all.
    """

    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("nobody watched on any day")

    @property
    def first(self) -> date:
        """The first day watched."""
        return self.spans[0][0]

    @property
    def until(self) -> date:
        """The settled day: the last whose silence means calm."""
        return self.spans[-1][1]

    def by(self, day: date) -> "Watched | None":
        """The same, of the days up to that one; None where nobody had watched by then."""
        kept = tuple((first, min(last, day)) for first, last in self.spans if first <= day)
        return Watched(kept) if kept else None

    def holds(self, first: Ints, last: Ints) -> Bools:
        """Whether somebody watched on every day from `first` to `last`, in days since 1970."""
        starts = np.array([to_day(start) for start, _ in self.spans])
        ends = np.array([to_day(end) for _, end in self.spans])
        at = np.searchsorted(starts, first, side="right") - 1
        inside: Bools = (at >= 0) & (ends[np.maximum(at, 0)] >= last)
        return inside


def union(spans: Iterable[Span]) -> Watched | None:
    """All the days of the spans, those that meet or overlap joined; None for no span."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and to_day(first) <= to_day(joined[-1][1]) + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return Watched(tuple(joined)) if joined else None


GAPS = (0, 1, 3, 7, 14, 30, 60, 120, 240)
"""The gaps, in days, at which models are trained and judged: a model of the next wider one answers,
so that its record is of forecasts at least as blind, and a day more trains nothing anew."""


def bucket(days: int) -> int | None:
    """The narrowest of GAPS that is no narrower than so many days; None beyond the widest."""
    return next((gap for gap in GAPS if gap >= days), None)


def settled_day(as_of: date, gap: int) -> date:
    """The day whose knowledge a forecast across that gap goes by."""
    return to_date(to_day(as_of) - gap)
