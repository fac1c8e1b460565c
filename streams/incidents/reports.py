"""Reports as arrays: what of each says which thing it tells, and nothing else of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd

from streams.events.event import FAMILIES, TYPES
from streams.places.gazetteer import crossings_named, folded, names_in
from theatres import Theatre

Ints = npt.NDArray[np.int32]
Masks = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Words = npt.NDArray[np.uint64]

FORCE = ("border_clash", "shelling", "airstrike", "incursion")
ARMED = ("militant_attack", "military_operation", "battle", "onesided_violence")
CLOSED = ("crossing_closed", "trade_suspended")
CROSSINGS = (*CLOSED, "crossing_reopened")
KINDS: dict[str, str] = {each: group[0] for group in (FORCE, ARMED, CLOSED) for each in group} | {
    "crossing_reopened": "crossing_reopened"
}
"""Types that can be one thing bear one kind; any other type is a kind of its own.

One night is a clash to one source and shelling to another, one raid a militants' attack to one and
a battle to UCDP. What states say or agree is told by its own type alone.
"""
COARSE = ("province", "stretch", "country", "waters")
"""What is known no better has a point that stands for all of it, and is no place."""
VAGUE_DAYS = {"day": 0, "week": 3, "month": 15}
"""How far the true day may lie from the one told: half of what the precision names."""


@dataclass(frozen=True)
class Reports:
    """Reports in any order; one that stands later is not known later.

    `source` is the source's place in the theatre's list, `rank` a hash of its name and id, by which
    reports stand in an order of their own, `first` and `last` the days since 1970, `vague` how many
    days they may be off, `kind` the index in TYPES of what names its kind, `segments` a bit set in
    the theatre's order, `towns` the towns, passes and districts that the place names, a bit each of
    so many words as the theatre's list takes, `silent` whether nothing at all is said of where,
    `low`, `best`, `high` the deaths, NaN where not told, `toll` the best figure, else the middle of
    the others, or the one there is.
    """

    source: Ints
    rank: Masks
    first: Ints
    last: Ints
    vague: Ints
    type: Ints
    kind: Ints
    actor: Texts
    target: Texts
    segments: Masks
    lat: Floats
    lon: Floats
    towns: Words
    silent: Bools
    low: Floats
    best: Floats
    high: Floats
    toll: Floats

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, chosen: npt.NDArray[np.bool_ | np.intp]) -> "Reports":
        """The chosen reports."""
        return Reports(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def placed(self) -> Bools:
        """Which of them say where: by a point, a town, or a stretch of the border."""
        says_where = np.isfinite(self.lat) | (self.segments != 0) | self.towns.any(axis=1)
        return np.asarray(says_where, bool)


def reports_of(frame: pd.DataFrame, theatre: Theatre) -> Reports:
    """The reports in a store's frame of events or versions, row by row.

    Sources that the theatre does not name come after those that it does, by name.
    """
    names = [source.name for source in theatre.sources]
    names += sorted(set(frame["source"]) - set(names))
    first, last = (
        frame[day].to_numpy("datetime64[D]").astype(np.int64).astype(np.int32)
        for day in ("occurred_on", "ended_on")
    )
    vague = frame["date_precision"].map(VAGUE_DAYS).to_numpy(np.int32)
    segments = segment_bits(frame, theatre)
    pointed = ~frame["place_precision"].isin(COARSE).to_numpy()
    lat, lon = (np.where(pointed, frame[name].to_numpy(np.float64), np.nan) for name in _POINT)
    low, best, high = (_deaths(frame[f"deaths_{name}"]) for name in ("low", "best", "high"))
    kinds = {name: TYPES.index(KINDS.get(name, name)) for name in TYPES}
    return Reports(
        source=np.array([names.index(name) for name in frame["source"]], np.int32),
        rank=_ranks(frame),
        first=first,
        last=last,
        # A span that is told is its own uncertainty.
        vague=np.where(last > first, 0, vague).astype(np.int32),
        type=np.array([TYPES.index(name) for name in frame["type"]], np.int32),
        kind=np.array([kinds[name] for name in frame["type"]], np.int32),
        actor=frame["actor"].to_numpy("U6"),
        target=frame["target"].to_numpy("U6"),
        segments=segments,
        lat=lat,
        lon=lon,
        towns=_towns(frame["place"], theatre),
        silent=(frame["place"] == "").to_numpy(bool) & np.isnan(lat) & (segments == 0),
        low=low,
        best=best,
        high=high,
        toll=np.where(np.isfinite(best), best, (np.fmin(low, high) + np.fmax(low, high)) / 2),
    )


_POINT = ("lat", "lon")


def _ranks(frame: pd.DataFrame) -> Masks:
    keys = (f"{key[0]}:{key[1]}" for key in zip(frame["source"], frame["event_id"], strict=True))
    digests = b"".join(blake2b(key.encode(), digest_size=8).digest() for key in keys)
    return np.frombuffer(digests, np.int64)


def _deaths(column: "pd.Series[int]") -> Floats:
    return np.asarray(column.to_numpy(np.float64, na_value=np.nan), np.float64)


def _towns(places: "pd.Series[str]", theatre: Theatre) -> Words:
    towns = [place.name for place in theatre.places if place.area == "place"]
    bit = {name: at for at, name in enumerate(sorted({folded(name) for name in towns}))}
    codes, distinct = pd.factorize(places)
    words = np.zeros((len(distinct), len(bit) // 64 + 1), np.uint64)
    for row, place in enumerate(distinct):
        for name, _, _ in names_in(place, theatre):
            if name in bit:
                words[row, bit[name] // 64] |= np.uint64(1 << bit[name] % 64)
    return words[codes]


def segment_bits(frame: pd.DataFrame, theatre: Theatre) -> Masks:
    """The stretches that each row touches, as a bit set in the theatre's order: its own, or for a
    crossing that closes or opens those of all the crossings it names."""
    bit = {name: 1 << i for i, name in enumerate(theatre.segment_names)}
    own: Masks = np.array([bit.get(name, 0) for name in frame["segment"]], np.int64)
    for row in np.flatnonzero(frame["type"].isin(CROSSINGS).to_numpy()):
        event = frame.iloc[row]
        named = crossings_named(event["place"], event["segment"], theatre)
        own[row] = sum(bit[name] for name in named)
    return own


def types_of(names: Sequence[str]) -> list[int]:
    """The indexes of these types in TYPES."""
    return [TYPES.index(name) for name in names]


def in_family(family: str) -> Bools:
    """For every type of TYPES whether it is of that family."""
    return np.array([FAMILIES[name] == family for name in TYPES])
