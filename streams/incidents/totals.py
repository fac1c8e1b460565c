"""Sums of several nights or places beside reports of each; and deaths that count none twice."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from streams.incidents.reports import ARMED, FORCE, Bools, Floats, Reports, types_of
from streams.places.gazetteer import names_in
from theatres import Theatre

DISJOINT = ("ucdp", "acled")
"""Their coders divide a toll among their rows, and write a summary of the rest alone (codebooks of
UCDP GED and ACLED): no row of theirs sums another of theirs."""

MANY_DAYS = 3
"""Fighting overnight is told of two days; what is told of three or more is a sum of nights."""


def sums_over(
    reports: Reports, heads: Bools, events: pd.DataFrame, theatre: Theatre
) -> dict[int, list[int]]:
    """For each report of one place or night the reports that tell it again in a sum.

    A sum says a toll, of no single stretch of the border or of MANY_DAYS days or more; what it
    sums lies within its days and the places that it names, is of its kind and sides, and has no
    higher toll in all. `heads` are the reports that count for their incident, `events` the frame
    that the reports are of.
    """
    violent = np.isin(reports.kind, types_of((FORCE[0], ARMED[0])))
    length = reports.last - reports.first
    wide = heads & violent & np.isfinite(reports.toll)
    wide &= ((reports.segments == 0) & np.isnan(reports.lat)) | (length >= MANY_DAYS - 1)
    disjoint = events["source"].isin(DISJOINT).to_numpy()
    sums: dict[int, list[int]] = {}
    for whole in np.flatnonzero(wide).tolist():
        narrow = heads & reports.placed & (length < max(length[whole], MANY_DAYS - 1))
        narrow[whole] = False
        if disjoint[whole]:
            narrow &= reports.source != reports.source[whole]
        parts = np.flatnonzero(narrow & _within(reports, whole))
        parts = parts[_covered(reports, whole, parts, events["place"], theatre)]
        if np.nansum(reports.toll[parts]) <= np.fmax(reports.high[whole], reports.toll[whole]):
            for part in parts.tolist():
                sums.setdefault(part, []).append(whole)
    return sums


def _within(reports: Reports, whole: int) -> Bools:
    sides = {reports.actor[whole], reports.target[whole]}
    return np.asarray(
        (reports.kind == reports.kind[whole])
        & (reports.first >= reports.first[whole])
        & (reports.last <= reports.last[whole])
        & np.isin(reports.actor, list(sides))
        & np.isin(reports.target, list(sides)),
        bool,
    )


def _covered(
    reports: Reports, whole: int, parts: np.ndarray, places: pd.Series, theatre: Theatre
) -> Bools:
    """Which parts lie where the sum says: on its stretch, in a place that it names, or, where it
    names none, anywhere on the border."""
    if reports.segments[whole]:
        return np.asarray((reports.segments[parts] & reports.segments[whole]) != 0, bool)
    named = {name for name, _, _ in names_in(places.iloc[whole], theatre)}
    if not named:
        return np.asarray(reports.segments[parts] != 0, bool)
    own = {segment for _, segment, _ in names_in(places.iloc[whole], theatre)}
    bits = sum(1 << i for i, name in enumerate(theatre.segment_names) if name in own)
    shared = [
        bool(named & {name for name, _, _ in names_in(places.iloc[part], theatre)})
        for part in parts
    ]
    return np.asarray(np.array(shared, bool) | ((reports.segments[parts] & bits) != 0), bool)


def tolls(reports: Reports, groups: Mapping[int, list[int]]) -> dict[int, Floats]:
    """Of each incident the deaths: low, best, high; NaN where no report says.

    The lowest of its reports' lows and the highest of their highs: each may be right. The best
    figure is that of the source named first in the theatre of those that give one, for it is
    what labels lean on: a mean is a count that nobody made, and the highest is the loudest claim.
    A source's several reports of one incident are its parts, and are added first.
    """
    return {head: _toll(reports[np.array(group)]) for head, group in groups.items()}


def _toll(reports: Reports) -> Floats:
    figures = []
    for source in np.unique(reports.source):
        own = reports[reports.source == source]
        columns = [np.fmin(own.low, own.toll), own.toll, np.fmax(own.high, own.toll)]
        figures.append([added(column) for column in columns])
    low, best, high = np.array(figures).T
    known = best[np.isfinite(best)]
    if not len(known):
        return np.full(3, np.nan)
    return np.array([np.nanmin(low), known[0], np.nanmax(high)])


def added(figures: Floats) -> float:
    """Their sum; NaN where none is known."""
    known = figures[np.isfinite(figures)]
    return float(known.sum()) if len(known) else np.nan


def beyond_parts(whole: Floats, parts: Floats) -> Floats:
    """What a sum tells beyond its parts: sum and parts together come to the greater of what the
    sum says and what the parts add up to, in low, best and high alike.

    `parts` has a row for each part; an unknown toll adds nothing.
    """
    return np.asarray(np.maximum(whole - np.nansum(parts, axis=0), 0), np.float64)
