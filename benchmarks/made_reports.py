"""A second source made up from the chronicle's own force, of which the truth is known.

Of every clash of which the chronicle gives a place the made source tells some, with another day now
and then, another type, a point that is off, a toll of its own, or no point; and clashes of its own
on the same days along the same border. So linking is tried where it is hardest: night upon night of
2025 and 2026.
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from streams.incidents.incidents import incidents, link
from streams.incidents.reports import FORCE
from theatres import Theatre

SOURCE: Final = "ucdp"
TELLS: Final = 0.7
OWN: Final = 0.4
"""The share of the chronicle's clashes that it tells, and how many of its own beside them."""
NEXT_DAY: Final = 0.15
OTHER_TYPE: Final = 0.4
NO_POINT: Final = 0.3
NO_TOLL: Final = 0.3
OFF_KM: Final = 8.0
TOLL_SPREAD: Final = 0.3
DEGREE_KM: Final = 111.2
WORLDS: Final = 20


def second(force: pd.DataFrame, chance: np.random.Generator, theatre: Theatre) -> pd.DataFrame:
    """The made source's reports; `truth` is the event_id of what each tells again, else empty."""
    points = {s.name: (s.crossings[0].lat, s.crossings[0].lon) for s in theatre.segments}
    told = force[chance.random(len(force)) < TELLS].assign(truth=lambda rows: rows["event_id"])
    other = force.sample(frac=OWN, random_state=int(chance.integers(2**31))).assign(truth="")
    # Elsewhere, on the same days: at the crossing of any stretch.
    crossing_of = {s.name: s.crossings[0].name for s in theatre.segments}
    other["segment"] = chance.choice(list(points), len(other))
    other["lat"], other["lon"] = np.transpose([points[name] for name in other["segment"]])
    other["place"] = [crossing_of[name] for name in other["segment"]]
    other["deaths_best"] = pd.array(chance.integers(0, 30, len(other)), "Int64")
    rows = pd.concat([told, other], ignore_index=True)
    count = len(rows)
    missing = rows["lat"].isna()
    crossing = np.transpose([points.get(name, (np.nan, np.nan)) for name in rows["segment"]])
    late = np.where(chance.random(count) < NEXT_DAY, chance.choice([-1, 1], count), 0)
    spread = np.exp(chance.normal(0, TOLL_SPREAD, count))
    toll: pd.Series[float] = rows["deaths_best"].astype("float64") * spread
    silent = chance.random(count) < NO_TOLL
    off = chance.normal(0, OFF_KM / DEGREE_KM, (2, count))
    keep = ~missing & (chance.random(count) >= NO_POINT)
    day = (rows["occurred_on"] + pd.to_timedelta(late, "D")).astype("datetime64[s]")
    kind = np.where(chance.random(count) < OTHER_TYPE, chance.choice(FORCE, count), rows["type"])
    return rows.assign(
        source=SOURCE,
        event_id=[f"made{n}" for n in range(count)],
        occurred_on=day,
        ended_on=day,
        type=kind,
        place=np.where(chance.random(count) < 0.5, "", rows["place"]),
        lat=np.where(keep, np.where(missing, crossing[0], rows["lat"]) + off[0], np.nan),
        lon=np.where(keep, np.where(missing, crossing[1], rows["lon"]) + off[1], np.nan),
        deaths_low=pd.array([None] * count, "Int64"),
        deaths_high=pd.array([None] * count, "Int64"),
        deaths_best=toll.round().where(~silent).astype("Int64"),
    )


def tried(events: pd.DataFrame, theatre: Theatre, seed: int) -> dict[str, float]:
    """Precision and recall of the links of one made world, and the share of incidents there are
    that are counted: below 1 real ones are lost, above 1 some count twice."""
    force = events[
        (events["source"] == "chronicle")
        & events["type"].isin(FORCE)
        & events["segment"].isin(theatre.segment_names)
    ]
    made = second(force, np.random.default_rng(seed), theatre)
    both = pd.concat([force.assign(truth=force["event_id"]), made], ignore_index=True)
    linked = link(both, theatre)
    again = linked[linked["source"] == SOURCE]
    incident_of = dict(zip(force["event_id"], linked["incident"][: len(force)], strict=True))
    right = [
        truth != "" and incident_of[truth] == incident
        for truth, incident in zip(again["truth"], again["incident"], strict=True)
    ]
    joined = again["incident"].str.startswith("chronicle:")
    there = len(force) + int((again["truth"] == "").sum())
    return {
        "precision": sum(right) / max(int(joined.sum()), 1),
        "recall": sum(right) / int((again["truth"] != "").sum()),
        "counted": len(incidents(linked, theatre)) / there,
        "before": _before(both) / there,
    }


def _before(both: pd.DataFrame) -> int:
    """How many events there were by the rule of before: day, stretch and type."""
    same = ["occurred_on", "segment", "type"]
    mine = both["source"] == SOURCE
    first = set(map(tuple, both.loc[~mine, same].to_numpy().tolist()))
    again = [tuple(row) in first for row in both.loc[mine, same].to_numpy().tolist()]
    return len(both) - sum(again)


def made(events: pd.DataFrame, theatre: Theatre) -> pd.DataFrame:
    """The mean and the range over WORLDS made worlds."""
    worlds: list[dict[str, Any]] = [tried(events, theatre, seed) for seed in range(WORLDS)]
    return pd.DataFrame(worlds).agg(["mean", "min", "max"]).rename_axis("over").reset_index()
