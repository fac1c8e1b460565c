"""What happened within a horizon: the labels, as known on a day, closed windows only."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from features.arrays import Floats, Ints, to_day
from features.history import History
from features.watching import Watched
from streams.incidents.grouping import first_reports, incident_deaths
from streams.incidents.links import links_of
from theatres import DYAD, Target, Theatre

WEEK = 7
MONDAY = 4
"""1970-01-01 was a Thursday, so the first Monday is day 4."""


def weekly_origins(first: date, last: date) -> Ints:
    """The Mondays from first to last, both included, as days since 1970."""
    start = to_day(first) + (MONDAY - to_day(first)) % WEEK
    return np.arange(start, to_day(last) + 1, WEEK, dtype=np.int32)


def target_events(history: History, target: Target) -> History:
    """The versions that can make the target come true: its types, between the two actors."""
    return history.take(history.between).of_types(target.types)


def unit_masks(units: Sequence[str], theatre: Theatre) -> list[int]:
    """For each unit the segments it takes in, as a bit set; -1 (every bit) for the dyad."""
    bit = {name: 1 << i for i, name in enumerate(theatre.segment_names)}
    return [-1 if unit == DYAD else bit[unit] for unit in units]


class Labels:
    """The labels of one target: what happened in (origin, origin + horizon], by unit.

    What several reports tell of one incident counts once. An event belongs to its first day;
    silence means calm on the days `watched`, and on no other.
    """

    def __init__(
        self,
        history: History,
        target: Target,
        units: Sequence[str],
        theatre: Theatre,
        watched: Watched,
    ) -> None:
        labelling = history.of_sources(source.labels for source in theatre.sources)
        self.events = target_events(labelling, target)
        self.links = links_of(self.events.reports, theatre)
        self.horizons = np.array(target.days)
        self.threshold = target.thresholds[0]
        self.weigh_deaths = target.measure == "deaths"
        self.lag = theatre.reporting_lag_days
        self.watched = watched
        self.members = [
            np.ones(len(self.events), bool) if mask == -1 else (self.events.segments & mask) != 0
            for mask in unit_masks(units, theatre)
        ]

    def totals(self, origins: Ints, alive: np.ndarray) -> Floats:
        """Events (or deaths) of each window, from the versions alive: (unit, horizon, origin)."""
        reports = self.events.reports
        first = first_reports(reports, self.links, alive)
        weight = np.ones(len(self.events))
        if self.weigh_deaths:
            weight = incident_deaths(reports, self.links, alive, self.events.deaths)
        alive = alive & first
        leaves = np.searchsorted(origins, self.events.day)
        enters = np.searchsorted(origins, self.events.day[None, :] - self.horizons[:, None])
        width = len(origins) + 1
        shape = (len(self.members), len(self.horizons), width)
        marks = np.zeros(shape)
        rows = np.arange(len(self.horizons))[:, None] * width
        for marked, member in zip(marks, self.members, strict=True):
            chosen = alive & member
            gain = np.broadcast_to(weight[chosen], (len(self.horizons), int(chosen.sum()))).ravel()
            size = len(self.horizons) * width
            start = np.bincount((rows + enters[:, chosen]).ravel(), gain, size)
            stop = np.bincount((rows + leaves[chosen]).ravel(), gain, size)
            marked += (start - stop).reshape(marked.shape)
        return np.cumsum(marks, axis=2)[:, :, :-1]

    def sizes(self, day: int, origins: Ints) -> Floats:
        """Events (or deaths) of each window that was closed on `day`, else NaN: (unit, horizon,
        origin).

        A window closes when it has passed, its reporting lag too, and somebody watched on each of
        its days; nothing known after `day` touches it.
        """
        alive = (self.events.known <= day) & (day < self.events.until)
        ends = origins[None, :] + self.horizons[:, None]
        seen = self.watched.holds(np.broadcast_to(origins + 1, ends.shape).astype(np.int32), ends)
        closed = (ends + self.lag <= day) & seen
        return np.where(closed, self.totals(origins, alive), np.nan)

    def as_of(self, day: int, origins: Ints) -> Floats:
        """1, 0, or NaN where the window was not closed on `day`: (unit, horizon, origin)."""
        size = self.sizes(day, origins)
        return np.where(np.isnan(size), np.nan, size >= self.threshold)

    def outcomes(self, origins: Ints) -> Floats:
        """The labels by all that is known at present, wherever somebody watched."""
        return self.as_of(2**30, origins)
