"""Where deaths lie: in a segment of the border, or in a block of the country beyond the belt."""

from datetime import date

import numpy as np
import pandas as pd
from sklearn.metrics.pairwise import haversine_distances

from features.arrays import Floats, Ints
from features.weekly.deaths import Deaths
from streams.places.border import EARTH_KM, line_of
from theatres import Theatre

BLOCK_DEGREES = 2.5


def placed(
    day: Ints, known: Ints, segment: Ints, deaths: Floats, point: Floats, theatre: Theatre
) -> Deaths:
    """Dated events with the unit each lies in, and how far it lies from each unit's middle.

    `segment` is each event's place in the theatre's order, -1 where it lies in none; `point` its
    latitude and longitude in degrees, (event, 2). Beyond the belt a unit is a block of
    BLOCK_DEGREES square.
    """
    line = [points.mean(axis=0) for points in line_of(theatre).values()]
    corner = np.floor(point / BLOCK_DEGREES)
    beyond, unit = segment < 0, segment.copy()
    corners, which = np.unique(corner[beyond], axis=0, return_inverse=True)
    unit[beyond] = len(line) + which.ravel()
    middles = np.radians(np.concatenate([line, (corners + 0.5) * BLOCK_DEGREES]))
    away = EARTH_KM * haversine_distances(middles, np.radians(point))
    return Deaths(day, known, unit, deaths, away, len(line))


def deaths_told(versions: pd.DataFrame, theatre: Theatre, since: date) -> Deaths:
    """The events of one source that stand in a store's `versions`, from the day `since` on.

    An event counts from the day on which it was first known, with the deaths that it has now.
    """
    first = versions.groupby("event_id")["known_at"].min()
    kept = versions[versions["known_until"].isna() & ~versions["retracted"]]
    kept = kept[kept["occurred_on"] >= pd.Timestamp(since)].sort_values(["occurred_on", "event_id"])
    at = {name: i for i, name in enumerate(theatre.segment_names)}
    return placed(
        _days(kept["occurred_on"]),
        _days(kept["event_id"].map(first)),
        np.array([at.get(str(name), -1) for name in kept["segment"]], np.int32),
        kept["deaths_best"].fillna(kept["deaths_low"]).fillna(0).to_numpy(np.float64),
        kept[["lat", "lon"]].to_numpy(np.float64),
        theatre,
    )


def _days(times: "pd.Series[pd.Timestamp]") -> Ints:
    return times.to_numpy("datetime64[D]").astype(np.int32)
