"""A theatre's events as arrays: what happened, and from when until when each version was known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.arrays import NEVER, Bools, Floats, Ints, Masks
from streams.events.event import TYPES
from streams.incidents.reports import Reports, reports_of
from theatres import Theatre


@dataclass(frozen=True)
class History:
    """Event versions in order of (known, day, event_id): what comes to be known later stands later.

    A version counts at an origin when known <= origin < until. `segments` and `mediators` are bit
    sets in the theatre's order; `between` says that both parties are the theatre's actors;
    `deaths` is the best figure, else the low one, else 0; `source` is the source's place in the
    theatre's list; `reports` is what of each says which thing it tells.
    """

    day: Ints
    known: Ints
    until: Ints
    kind: Ints
    segments: Masks
    mediators: Masks
    between: Bools
    deaths: Floats
    source: Ints
    reports: Reports

    def __len__(self) -> int:
        return len(self.day)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "History":
        """The chosen versions, in the same order."""
        return History(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def alive(self, origin: int) -> Bools:
        """Which versions counted on that day."""
        return (self.known <= origin) & (origin < self.until)

    def as_of(self, origin: int) -> "History":
        """The versions that counted on that day: nothing known later is in it."""
        return self.take(self.alive(origin))

    def as_known(self, day: int) -> "History":
        """The history that stood in the books on that day: later versions and ends are unknown."""
        kept = self.take(self.known <= day)
        return replace(kept, until=np.where(kept.until > day, NEVER, kept.until).astype(np.int32))

    def settled_by(self, day: int, as_of: int, later: bool = False) -> "History":
        """What happened until `day`, as told by `as_of`: as if all of it had been known on `day`.

        With `later` what was told of the days since then stands on `day`, too. Only the origin
        `day` may be asked; nothing known after `as_of` is in it.
        """
        kept = self.as_of(as_of)
        kept = kept if later else kept.take(kept.day <= day)
        return replace(
            kept,
            day=np.minimum(kept.day, day).astype(np.int32),
            known=np.minimum(kept.known, day).astype(np.int32),
            until=np.full(len(kept), NEVER, np.int32),
        )

    def of_types(self, types: Sequence[str]) -> "History":
        """The versions of these event types."""
        return self.take(np.isin(self.kind, [TYPES.index(name) for name in types]))

    def of_sources(self, wanted: Iterable[bool]) -> "History":
        """The versions of the sources wanted: one answer for each, in the theatre's order."""
        return self.take(np.isin(self.source, np.flatnonzero(list(wanted))))


def _mediator_bits(frame: pd.DataFrame, theatre: Theatre) -> Masks:
    """Who mediates: the named mediators, and a third party that itself acts."""
    bit = {code: 1 << i for i, code in enumerate(theatre.mediators)}
    third = frame["type"].isin(("mediation_offer", "mediation_accepted")).to_numpy()
    named = frame["mediators"].to_numpy()
    named = np.where(third, named + ";" + frame["actor"].to_numpy(), named)
    return np.array(
        [sum({bit.get(code, 0) for code in str(codes).split(";")}) for codes in named],
        dtype=np.int64,
    )


def history_of(versions: pd.DataFrame, theatre: Theatre) -> History:
    """The history in a store's `versions` frame: any row order gives the same arrays.

    Only the theatre's sources that feed features or labels count.
    """
    used = [source.name for source in theatre.sources if source.features or source.labels]
    frame = versions[~versions["retracted"] & versions["source"].isin(used)]
    known = _days(frame["known_at"])
    until = np.where(frame["known_until"].isna(), NEVER, _days(frame["known_until"]))
    frame = frame.assign(known_day=known, until_day=until)[known < until]
    order = ["known_day", "occurred_on", "source", "event_id", "version"]
    frame = frame.sort_values(order, ignore_index=True)
    reports = reports_of(frame, theatre)
    deaths = frame["deaths_best"].fillna(frame["deaths_low"]).fillna(0)
    return History(
        day=_days(frame["occurred_on"]),
        known=frame["known_day"].to_numpy(np.int32),
        until=frame["until_day"].to_numpy(np.int32),
        kind=np.array([TYPES.index(name) for name in frame["type"]], np.int32),
        segments=reports.segments,
        mediators=_mediator_bits(frame, theatre),
        between=(
            frame["actor"].isin(theatre.actors)
            & frame["target"].isin(theatre.actors)
            & (frame["actor"] != frame["target"])
        ).to_numpy(),
        deaths=deaths.to_numpy(np.float64),
        source=reports.source,
        reports=reports,
    )


def _days(times: pd.Series) -> Ints:
    return times.to_numpy("datetime64[D]").astype(np.int64).clip(-NEVER, NEVER).astype(np.int32)
