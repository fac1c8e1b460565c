"""Which two reports of different sources may tell one thing, by which rule, the likeliest first.

After Donnay, Dunford, McGrath, Backer and Cunningham (2019), Integrating Conflict Event Data,
Journal of Conflict Resolution 63(5): near in time and place, then alike in kind and actors.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.events.event import TYPES
from streams.incidents.reports import (
    ARMED,
    CROSSINGS,
    FORCE,
    KINDS,
    Bools,
    Floats,
    Ints,
    Reports,
    Texts,
    in_family,
    types_of,
)
from streams.places.border import EARTH_KM
from theatres import Theatre

RULES: Final = (
    "same days, same place",
    "same days, same stretch of the border",
    "same place, same toll, up to three days apart",
    "same toll, no place told, up to three days apart",
    "same day, both states, no place told",
    "same days, same act",
)
PLACE, STRETCH, PLACE_TOLL, TOLL, STATES, ACT = range(len(RULES))

DAYS: Final = 1
"""A night's fighting is told by the day it began or ended, and by local time or UTC."""

DAYS_TOLL: Final = 3
"""An army tells a raid, and a digest of news the day before yesterday's, up to three days on;
then only the toll says that it is the same."""

LONGEST_DAYS: Final = 7
"""What is told of more days than a week is a sum of many things."""

NEAR_KM: Final = 40.0
"""A point is that of a village or of its district's middle, and districts of the border are about
so wide."""

TOLL_LEAST: Final = 5
TOLL_LEAST_ALONE: Final = 20
"""Smaller tolls are too common to say anything; without a place only a rare one does."""

TOLL_APART: Final = 0.15
TOLL_AGAINST: Final = 3.0
"""Tolls within 15% (or one death) are one count; a lowest more than three times another's highest
(and one) is a count of something else. Sources' claims differ by less in the pairs read by hand."""


class Links(NamedTuple):
    """Pairs of reports that may be one, the likeliest first: places in the arrays, the number of
    the rule in RULES, days apart, kilometres apart (NaN where one has no point)."""

    one: npt.NDArray[np.intp]
    other: npt.NDArray[np.intp]
    rule: Ints
    days: Ints
    km: Floats

    def take(self, chosen: npt.NDArray[np.bool_ | np.intp]) -> "Links":
        """The chosen pairs."""
        return Links(
            self.one[chosen],
            self.other[chosen],
            self.rule[chosen],
            self.days[chosen],
            self.km[chosen],
        )


def links_of(reports: Reports, theatre: Theatre) -> Links:
    """Every pair of reports of two sources that a rule lets be one.

    Each pair depends on its two reports alone, so what is known later changes no pair of before.
    """
    if len(np.unique(reports.source)) < 2:
        nobody = np.zeros(0, np.intp)
        return Links(nobody, nobody, nobody.astype(np.int32), nobody.astype(np.int32), np.zeros(0))
    one, other, days = _close_in_time(reports)
    alike = _alike(reports, one, other, theatre)
    one, other, days = one[alike], other[alike], days[alike]
    a, b = reports[one], reports[other]
    km = _apart_km(a, b)
    rule = _rule(a, b, days, km)
    order = _likeliest(a, b, rule, days, km)
    links = Links(one, other, rule, days, km).take(order)
    return links.take(links.rule >= 0)


def _close_in_time(reports: Reports) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Ints]:
    """Pairs of one kind, of two sources, at most DAYS_TOLL apart, and how many days apart."""
    start, end = reports.first - reports.vague, reports.last + reports.vague
    short = reports.last - reports.first < LONGEST_DAYS
    ones, others = [], []
    for kind in np.unique(reports.kind[short]):
        at = np.flatnonzero(short & (reports.kind == kind))
        if len(np.unique(reports.source[at])) < 2:
            continue
        at = at[np.argsort(start[at], kind="stable")]
        until = np.searchsorted(start[at], end[at] + DAYS_TOLL, side="right")
        many = until - np.arange(len(at)) - 1
        one = np.repeat(np.arange(len(at)), many)
        step = np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)
        ones.append(at[one])
        others.append(at[one + 1 + step])
    if not ones:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.int32)
    one, other = np.concatenate(ones), np.concatenate(others)
    two = reports.source[one] != reports.source[other]
    one, other = one[two], other[two]
    return one, other, np.maximum(start[other] - end[one], 0)


def _alike(
    reports: Reports,
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    theatre: Theatre,
) -> Bools:
    """Whether both sides are alike, and at least one of them is named the same.

    Who does which to whom counts where only one side acts: an accusation, a threat.
    """
    codes, back = np.unique(np.concatenate([reports.actor, reports.target]), return_inverse=True)
    actor, target = np.split(back, 2)
    loose = _likeness(codes, theatre)
    straight = [loose[actor[one], actor[other]], loose[target[one], target[other]]]
    crossed = [loose[actor[one], target[other]], loose[target[one], actor[other]]]
    directed = in_family("breakdown") & ~np.isin(np.arange(len(TYPES)), types_of(CROSSINGS))
    fits, fits_crossed = (
        (np.minimum(*sides) >= 1) & (np.maximum(*sides) == _NAMED) for sides in (straight, crossed)
    )
    return np.asarray(fits | (fits_crossed & ~directed[reports.type[one]]), bool)


_NAMED = 2


def _likeness(codes: Texts, theatre: Theatre) -> npt.NDArray[np.int64]:
    """For any two codes 2 where they name one party, 1 where they may, 0 where they cannot.

    A faction may be told by its parent's name; an armed group that a source does not name may be
    any; civilians stand for the state whose they are.
    """
    known = theatre.codes
    groups = {"ARM", *known.ucdp_groups.values(), *(each.code for each in known.acled_groups)}
    family = np.array([known.factions.get(code, code) for code in codes.tolist()])
    group = np.isin(codes, list(groups))
    state, people = np.isin(codes, theatre.actors), codes == "CIV"
    unnamed = codes == "ARM"
    may = (unnamed[:, None] & group) | (people[:, None] & state)
    same = family[:, None] == family
    # Two groups without a name are no known party.
    same &= ~(unnamed[:, None] & unnamed)
    return np.where(same, _NAMED, (may | may.T).astype(int))


def _apart_km(a: Reports, b: Reports) -> Floats:
    """Kilometres between the points (haversine)."""
    lat, lon, far_lat, far_lon = map(np.radians, (a.lat, a.lon, b.lat, b.lon))
    half = np.sin((far_lat - lat) / 2) ** 2
    half += np.cos(lat) * np.cos(far_lat) * np.sin((far_lon - lon) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1))), np.float64)


def _rule(a: Reports, b: Reports, days: Ints, km: Floats) -> Ints:
    """The first of RULES that fits each pair, -1 where none does."""
    agree, against = _tolls(a, b)
    named = ((a.towns & b.towns) != 0).any(axis=1) & ~against
    here = (km <= NEAR_KM) | named
    pointed = np.isfinite(km)
    stretch = ~here & ~pointed & ((a.segments & b.segments) != 0)
    nowhere = a.silent | b.silent
    states = np.isin(a.kind, types_of(FORCE[:1]))
    violent = states | np.isin(a.kind, types_of(ARMED[:1]))
    crossing = np.isin(a.kind, types_of(tuple(KINDS[each] for each in CROSSINGS)))
    soon = days <= DAYS
    known = np.fmin(a.toll, b.toll)
    fits = np.empty((len(RULES), len(days)), bool)
    fits[PLACE] = (violent | crossing) & soon & here
    fits[STRETCH] = (violent | crossing) & soon & stretch & ~against
    fits[PLACE_TOLL] = violent & (here | stretch) & agree & (known >= TOLL_LEAST)
    fits[TOLL] = violent & nowhere & agree & (known >= TOLL_LEAST_ALONE)
    fits[STATES] = states & nowhere & (days == 0) & ~against
    fits[ACT] = ~violent & ~crossing & soon
    return np.where(fits.any(axis=0), fits.argmax(axis=0), -1).astype(np.int32)


def _tolls(a: Reports, b: Reports) -> tuple[Bools, Bools]:
    """Whether both tolls are one count, and whether they speak against each other."""
    apart = np.abs(a.toll - b.toll)
    agree = apart <= np.maximum(1, TOLL_APART * np.fmax(a.toll, b.toll))
    low, high = (
        [bound([each.low, each.toll, each.high]) for each in (a, b)] for bound in (_least, _most)
    )
    against = (low[0] > TOLL_AGAINST * (high[1] + 1)) | (low[1] > TOLL_AGAINST * (high[0] + 1))
    return agree, against


def _least(figures: list[Floats]) -> Floats:
    return np.asarray(np.fmin.reduce(figures), np.float64)


def _most(figures: list[Floats]) -> Floats:
    return np.asarray(np.fmax.reduce(figures), np.float64)


def _likeliest(a: Reports, b: Reports, rule: Ints, days: Ints, km: Floats) -> npt.NDArray[np.intp]:
    """The order of pairs: by days, rule, type, toll, distance, and last by name, so that the order
    of rows is no matter."""
    toll = np.abs(a.toll - b.toll)
    names = np.sort(np.column_stack([a.rank, b.rank]), axis=1)
    versions = np.sort(np.column_stack([a.first, b.first]), axis=1)
    keys = (
        *(*versions.T, *names.T, np.nan_to_num(km, nan=np.inf), np.nan_to_num(toll, nan=np.inf)),
        *(a.type != b.type, rule, days),
    )
    return np.lexsort(keys)
