"""The border's segments by window of days: their forecasts from today on, and the record behind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from features.arrays import Ints
from features.targets import WEEK
from features.weekly.deaths import Deaths
from models.forecasting.counts import Question, Track, without
from models.walks.weeks import LADDER, REFIT_WEEKS, THRESHOLDS, Weekly, walk_weeks

FAMILIES: Final = ("own_history", "neighbours")
BASELINE: Final = "climatology_2y"
RIVALS: Final = ("climatology", "climatology_2y")
RECORD_WEEKS: Final = 65 * REFIT_WEEKS
"""Five years in whole fits, so that today has a fit of its own."""
LEARN_WEEKS: Final = 15 * 52
"""Before the record; what comes before teaches the features alone."""
BLOCK_WEEKS: Final = 26


def segment_family(column: str) -> str:
    """The family of a column: what lies around the segment, or what happened in it."""
    return "neighbours" if column.startswith("around") else "own_history"


def segment_question(units: tuple[str, ...]) -> Question:
    """How the segments' record is judged."""
    return Question(
        units,
        THRESHOLDS,
        LADDER,
        FAMILIES,
        BASELINE,
        RIVALS,
        np.ones(len(units), np.bool_),
        BLOCK_WEEKS,
    )


def weeks_until(day: int) -> Ints:
    """The weekly origins that end on that day, days since 1970."""
    return day - WEEK * np.arange(RECORD_WEEKS + LEARN_WEEKS, -1, -1, dtype=np.int32)


def segment_tracks(
    events: Deaths,
    day: int,
    horizons: tuple[int, ...],
    lag: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Track]:
    """The record of the last RECORD_WEEKS and the forecast of `day`, a Track a horizon.

    A window closes `lag` days after its end. Uses no event known after `day`: there must be none.
    """
    origins = weeks_until(day)
    first, since = int(origins[LEARN_WEEKS]), int(origins[0])
    beside = without(FAMILIES, segment_family)
    walked = walk_weeks(
        events, origins, first, since, horizons, lag, progress=progress, beside=beside
    )
    return nested([_track(each, day, lag) for each in walked])


def nested(tracks: Sequence[Track]) -> list[Track]:
    """The tracks with probabilities that never fall as the horizon grows, by rearrangement: each
    window holds the shorter ones (Chernozhukov, Fernández-Val and Galichon, Econometrica 2010)."""
    p = {name: np.sort([each.p[name] for each in tracks], axis=0) for name in tracks[0].p}
    ladder = np.sort([each.ladder for each in tracks], axis=0)
    beside = np.sort([each.beside for each in tracks], axis=0)
    return [
        replace(
            each,
            p={name: values[i] for name, values in p.items()},
            ladder=ladder[i],
            beside=beside[i],
        )
        for i, each in enumerate(tracks)
    ]


def _track(walked: Weekly, day: int, lag: int) -> Track:
    closed = walked.origins + walked.horizon + lag <= day
    count = np.where(closed, walked.deaths, np.nan)
    return Track(walked.horizon, walked.p, walked.ladder, count, walked.beside)
