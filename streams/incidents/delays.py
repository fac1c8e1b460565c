"""How long after it happened a source tells a thing: the share told after so many days."""

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

AFTER: Final = (1, 3, 7, 20, 50)
"""Days for which the share is shown: the next day, the weekend, the week, UCDP's calendar, and
that of its slowest month."""

LONGEST: Final = 365
"""What is told later than a year after is no report but a revision of history: it is left out, and
a share is one of what is told within the year."""

FEWEST: Final = 20
"""Of fewer events no share is given: one late report would move it by more than five points."""

_Z = 1.6448536269514722
"""The normal distribution's 95% point: 90% lie between it and its mirror."""


class Curve(NamedTuple):
    """The share told within 0, 1, ... LONGEST days, and its 90% interval; `events` were told."""

    share: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    events: int


def delays_of(versions: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Of each event told by the end of `as_of` and not taken back by then, when it became known.

    A row an event: `source`, `event_id`, `occurred_on`, `delay` in days from its first day to its
    first version's known_at, `age` in days from its first day to `as_of`, and `simulated`, whether
    that known_at comes from a calendar. `versions` is what the store's `versions` gives; rows known
    later are left out here too.
    """
    until = np.datetime64(as_of, "D") + 1
    known = versions[versions["known_at"] < until].sort_values(["known_at", "version"])
    by_event = known.groupby(["source", "event_id"])
    first, last = by_event.first(), by_event["retracted"].last()
    # Of revised days the newest says when it happened.
    occurred = by_event["occurred_on"].last().to_numpy("datetime64[D]")
    first_known = first["known_at"].to_numpy("datetime64[D]")
    delay = (first_known - occurred).astype(np.int64)
    frame = pd.DataFrame(
        {
            "occurred_on": occurred,
            "delay": np.maximum(delay, 0),
            "age": (np.datetime64(as_of, "D") - occurred).astype(np.int64),
            "simulated": first["known_simulated"].to_numpy(bool),
        },
        index=first.index,
    )
    return frame[~last.to_numpy(bool)].reset_index()


def curve_of(delays: pd.DataFrame) -> Curve:
    """The share told within so many days, right truncation taken into account.

    What happened lately is known only where it was told soon, so that the mean of what is known is
    too fast. Each delay is therefore held against the events old enough to have been seen with it:
    the product limit in reverse time (Lagakos, Barraj and De Gruttola 1988, Biometrika 75(3);
    Kalbfleisch and Lawless 1989, JASA 84(406)), which for whole days is the chain ladder. The
    interval is Greenwood's, on the logarithm. `delays` is what `delays_of` gives, or some rows.
    """
    kept = delays[delays["delay"] <= LONGEST]
    delay = kept["delay"].to_numpy(np.int64)
    age = np.minimum(kept["age"].to_numpy(np.int64), LONGEST)
    at = np.bincount(delay, minlength=LONGEST + 1)
    # At risk at u: told within u days, and old enough to have been told at u.
    old_enough = np.bincount(delay, minlength=LONGEST + 2) - np.bincount(
        age + 1, minlength=LONGEST + 2
    )
    risk = np.cumsum(old_enough)[: LONGEST + 1]
    hazard = np.divide(at, risk, out=np.zeros(LONGEST + 1), where=risk > 0)
    spread = np.divide(at, risk * (risk - at), out=np.zeros(LONGEST + 1), where=risk > at)
    share = np.append(np.cumprod((1 - hazard)[:0:-1])[::-1], 1.0)
    deviation = np.sqrt(np.append(np.cumsum(spread[:0:-1])[::-1], 0.0))
    low, high = share * np.exp(-_Z * deviation), share * np.exp(_Z * deviation)
    return Curve(share, low, np.minimum(high, 1), len(kept))


def reporting(versions: pd.DataFrame, as_of: date, since: date = date.min) -> pd.DataFrame:
    """Per source how fast it tells what happened from `since` on, as known on `as_of`.

    A row a source: `events` told with a day of their own, `simulated` those whose day comes from a
    calendar and says nothing of the source, and for each of AFTER `share_N`, `low_N`, `high_N`; NaN
    where fewer than FEWEST events have a day of their own. Uses nothing known after `as_of`.
    """
    delays = delays_of(versions, as_of)
    delays = delays[delays["occurred_on"] >= np.datetime64(since, "s")]
    table = []
    for source, rows in delays.groupby("source"):
        recorded = rows[~rows["simulated"]]
        curve = curve_of(recorded)
        enough = curve.events >= FEWEST
        row = {"source": source, "events": len(recorded), "simulated": int(rows["simulated"].sum())}
        for days in AFTER:
            for name, values in (("share", curve.share), ("low", curve.low), ("high", curve.high)):
                row[f"{name}_{days}"] = values[days] if enough else np.nan
        table.append(row)
    columns = [f"{name}_{days}" for days in AFTER for name in ("share", "low", "high")]
    return pd.DataFrame(table, columns=["source", "events", "simulated", *columns])
