"""Links made into groups of reports that tell one thing, as of any day.

An incident holds at most one report of a source, and every two of its reports may be one: no chain
of small steps joins what lies apart. A source that tells one thing in parts (its soldiers here,
its civilians there) joins with further reports where another source's toll holds them all.
"""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from streams.incidents.links import PLACE, Links
from streams.incidents.reports import Bools, Floats, Reports

Places = npt.NDArray[np.intp]


def grouped(reports: Reports, links: Links, alive: Bools) -> tuple[Places, Places]:
    """For every report alive its incident, named by the place of one of its reports, and the link
    by which it joined; -1 where it is not alive, or joined none.

    Uses the reports alive and no other.
    """
    incident = np.where(alive, np.arange(len(reports)), -1)
    joined = np.full(len(reports), -1)
    usable = np.flatnonzero(alive[links.one] & alive[links.other])
    ones, others = links.one[usable].tolist(), links.other[usable].tolist()
    pairs = set(zip(ones, others, strict=True))
    members: dict[int, list[int]] = defaultdict(list)
    source = reports.source.tolist()
    left = []
    for at, one, other in zip(usable.tolist(), ones, others, strict=True):
        own, its = members[one] or [one], members[other] or [other]
        if own is its:
            continue
        if {source[each] for each in own} & {source[each] for each in its}:
            left.append((at, one, other))
        elif all((x, y) in pairs or (y, x) in pairs for x in own for y in its):
            _join(members, joined, own, its, at)
    for at, one, other in left:
        if links.rule[at] == PLACE:
            _join_part(reports, members, joined, (at, one, other))
    for report, group in members.items():
        if group:
            incident[report] = min(group)
    return incident, joined


def _join(
    members: dict[int, list[int]], joined: Places, own: list[int], its: list[int], link: int
) -> None:
    for each in (own, its):
        if len(each) == 1:
            joined[each[0]] = link
    both = own + its
    for report in both:
        members[report] = both


def _join_part(
    reports: Reports, members: dict[int, list[int]], joined: Places, link: tuple[int, int, int]
) -> None:
    """Joins a report that is alone to the incident of one whose toll holds it beside its like."""
    at, one, other = link
    alone, whole = (one, other) if not members[one] else (other, one)
    group, source = members[whole], reports.source
    if members[alone] or not group:
        return
    like = [each for each in group if source[each] == source[alone]]
    if source[whole] == source[alone] or not like:
        return
    most = np.fmax(reports.high[whole], reports.toll[whole])
    # An unknown toll holds nothing: NaN compares as no.
    if reports.toll[[alone, *like]].sum() <= PARTS_OVER * most:
        _join(members, joined, group, [alone], at)


PARTS_OVER = 1.1
"""Parts may add up to a tenth more than the whole: the last of the wounded die in one alone."""


def first_reports(reports: Reports, links: Links, alive: Bools) -> Bools:
    """Which reports count for their incident: the one by the source named first in the theatre,
    those that say where before those that do not. True for every report that tells alone.

    Where one source alone tells, all of them: its reports are never one. `links` are
    `links_of(reports, theatre)`, made once; the answer for any day costs the links alive.
    """
    first = np.ones(len(reports), bool)
    for group in _groups(reports, links, alive):
        first[group[1:]] = False
    return first


def incident_deaths(reports: Reports, links: Links, alive: Bools, deaths: Floats) -> Floats:
    """The deaths of each report with those of an incident put upon the report that counts for it,
    and 0 upon its others; `deaths` as they are for every report that tells alone.

    Those of the source that comes first among those that give a figure, its parts added: the rule
    of totals.tolls, for the best figure.
    """
    placed = deaths.copy()
    known = np.isfinite(reports.low) | np.isfinite(reports.best)
    for group in _groups(reports, links, alive):
        placed[group] = 0
        tell = group[known[group]]
        if len(tell):
            own = reports.source[tell] == reports.source[tell].min()
            placed[group[0]] = deaths[tell[own]].sum()
    return placed


def _groups(reports: Reports, links: Links, alive: Bools) -> list[Places]:
    """The reports of each incident of several, the one that counts for it first."""
    if not len(links.one):
        return []
    incident, joined = grouped(reports, links, alive)
    at = np.flatnonzero(np.isin(incident, incident[joined >= 0]))
    keys = (reports.rank[at], reports.source[at], ~reports.placed[at], incident[at])
    order = at[np.lexsort(keys)]
    return np.split(order, np.flatnonzero(np.diff(incident[order])) + 1) if len(order) else []
