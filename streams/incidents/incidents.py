"""Incidents: what the reports of all sources tell, each thing once, and why reports are one."""

from collections import defaultdict

import numpy as np
import pandas as pd

from streams.incidents.grouping import first_reports, grouped
from streams.incidents.links import RULES, links_of
from streams.incidents.reports import reports_of
from streams.incidents.totals import beyond_parts, sums_over, tolls
from theatres import Theatre

LINKED = ("incident", "rule", "days", "km", "beside", "within")


def link(events: pd.DataFrame, theatre: Theatre) -> pd.DataFrame:
    """The events, and for each its `incident`: `source:event_id` of the report that counts for it.

    `rule` is the text of the rule by which it joined that other report, `beside`, `days` and `km`
    how far apart the two are; empty, -1 and NaN for a report that nothing joined. `within` is a
    tuple of the incidents that tell it again in a sum. In the order of rows.

    `events` is what the store's `events` gives for a day: nothing known later is used, and
    neither the order of rows nor that of landing changes an answer.
    """
    reports = reports_of(events, theatre)
    links = links_of(reports, theatre)
    alive = np.ones(len(events), bool)
    root, joined = grouped(reports, links, alive)
    head = first_reports(reports, links, alive)
    names = (events["source"] + ":" + events["event_id"]).to_numpy(object)
    head_of = dict(zip(root[head].tolist(), np.flatnonzero(head).tolist(), strict=True))
    heads = np.array([head_of[each] for each in root.tolist()], np.intp)
    sums = sums_over(reports, head, events, theatre)
    is_joined = joined >= 0
    by = joined[is_joined]
    rows = np.flatnonzero(is_joined)
    other = np.where(links.one[by] == rows, links.other[by], links.one[by])
    within = pd.Series(
        [tuple(names[sums.get(each, [])]) for each in heads.tolist()], events.index, dtype=object
    )
    return events.assign(
        incident=names[heads],
        rule=_filled(len(events), rows, [RULES[each] for each in links.rule[by]], ""),
        days=_filled(len(events), rows, links.days[by], -1),
        km=_filled(len(events), rows, links.km[by], np.nan),
        beside=_filled(len(events), rows, names[other], ""),
        within=within,
    )


def _filled(length: int, rows: np.ndarray, values: object, empty: object) -> np.ndarray:
    filled = np.full(length, empty, dtype=object if isinstance(empty, str) else None)
    filled[rows] = values
    return filled


def incidents(linked: pd.DataFrame, theatre: Theatre) -> pd.DataFrame:
    """The incidents of what `link` gives, a row each, by the report that counts for it.

    Columns beside those of `link`: `reports`, how many; `sources`, their names joined by ;
    `sums`, whether it tells others again in a sum; and `low`, `best`, `high`, its deaths by the
    rule of totals.tolls: of a sum only what goes beyond its parts, so that all rows may be added
    up. In the order of rows.
    """
    reports = reports_of(linked, theatre)
    groups: dict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(linked["incident"]):
        groups[name].append(at)
    names = (linked["source"] + ":" + linked["event_id"]).tolist()
    place = {name: at for at, name in enumerate(names)}
    heads = {place[name]: group for name, group in groups.items()}
    figures = tolls(reports, heads)
    parts = defaultdict(list)
    for head in heads:
        for whole in linked["within"].iloc[head]:
            parts[place[whole]].append(figures[head])
    for whole, each in parts.items():
        figures[whole] = beyond_parts(figures[whole], np.array(each))
    rows = sorted(heads)
    low, best, high = np.array([figures[row] for row in rows]).reshape(-1, 3).T
    source = linked["source"].to_numpy(object)
    one_each: pd.DataFrame = linked.iloc[rows].assign(
        reports=[len(heads[row]) for row in rows],
        sources=[";".join(sorted(set(source[heads[row]]))) for row in rows],
        sums=[row in parts for row in rows],
        low=low,
        best=best,
        high=high,
    )
    return one_each
