"""Of what happens, the share that a source tells: from what others tell as well."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from streams.incidents.reports import KINDS

Span = tuple[date, date]


def detection(
    incidents: pd.DataFrame, spans: Mapping[str, Span], periods: Sequence[Span]
) -> pd.DataFrame:
    """The share of incidents that each source tells, by kind and period, with its 90% interval.

    Of the incidents that at least one other source tells on days that both watch, those that the
    source tells as well: capture and recapture (Lincoln-Petersen), after Hendrix and Salehyan
    (2015), No News Is Good News, International Interactions 41(2). The interval is Jeffreys'. The
    number that happened is Chapman's (1951). It holds where sources tell independently of each
    other, each incident of a kind is as likely as any other to be told, links are right, and both
    watch the same ground. What is large is told by all, so that the true share of the small is
    lower: read it as an upper figure.

    `incidents` is what incidents.incidents gives; sums are left out. `spans` says from when to when
    each source watches. A row for each source, kind and period in which it and another tell:
    `source`, `kind`, `start`, `end`, `others` (told by another), `both`, `own` (told by it while
    another watches), `share`, `low`, `high`, `happened`; the last four NaN where no incident is
    told by both, for then nothing is known. Uses `incidents` and no more.
    """
    rows = []
    single = incidents[~incidents["sums"]]
    kind = single["type"].map(lambda name: KINDS.get(name, name)).to_numpy(object)
    day = single["occurred_on"].to_numpy("datetime64[D]")
    watched = {name: _within(day, span) for name, span in spans.items()}
    tells = {
        name: watching & np.array([name in each.split(";") for each in single["sources"]], bool)
        for name, watching in watched.items()
    }
    for source in spans:
        rest = [name for name in spans if name != source]
        if not rest:
            continue
        shared = watched[source] & np.logical_or.reduce([watched[name] for name in rest])
        others = shared & np.logical_or.reduce([tells[name] for name in rest])
        for each in sorted(set(kind[others]) & set(kind[shared & tells[source]])):
            for period in periods:
                inside = _within(day, period) & (kind == each)
                marks = (others, others & tells[source], shared & tells[source])
                counts = [int((mark & inside).sum()) for mark in marks]
                if counts[0] and counts[2]:
                    rows.append((source, each, *period, *_shared(*counts)))
    columns = ["source", "kind", "start", "end", "others", "both", "own"]
    return pd.DataFrame(rows, columns=[*columns, "share", "low", "high", "happened"])


def _within(day: np.ndarray, span: Span) -> np.ndarray:
    return np.asarray((day >= np.datetime64(span[0])) & (day <= np.datetime64(span[1])), bool)


def _shared(others: int, both: int, own: int) -> tuple[float, ...]:
    if not both:
        return others, both, own, np.nan, np.nan, np.nan, np.nan
    low, high = share_interval(both, others)
    happened = (own + 1) * (others + 1) / (both + 1) - 1
    return others, both, own, both / others, low, high, happened


def share_interval(some: int, of: int) -> tuple[float, float]:
    """Jeffreys' 90% interval of a share (Brown, Cai and DasGupta 2001, Statistical Science 16(2)):
    the middle 90% of Beta(some + 1/2, of - some + 1/2), open at 0 and at 1."""
    a, b = some + 0.5, of - some + 0.5
    low = 0.0 if some == 0 else float(betaincinv(a, b, 0.05))
    high = 1.0 if some == of else float(betaincinv(a, b, 0.95))
    return low, high
