"""Countries and dyads by month: the panels as studies, and their forecasts from today on."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from features.arrays import Floats
from features.monthly.panel import FAMILIES, Panel, panel_family
from features.monthly.sides import Sides, side_features
from models.forecasting.counts import Question, Track, without
from models.learners.memories import frequencies
from models.walks.months import Study, Walked, walk

LADDER: Final = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0, 5000.0)
COUNTRY_MEMBERS: Final = ("ridge", "trees", "forest")
INTERSTATE_WEIGHT: Final = 10.0
"""Dyads between states are few: each of their rows weighs so many of the others'."""
BASELINE: Final = "memory_12"
RIVALS: Final = ("memory_12", "memory_24", "memory_36", "window_12", "climatology", "persistence")
RECORD_MONTHS: Final = 96
WARM_MONTHS: Final = 24
REFIT_MONTHS: Final = 24
"""Seldom, since the record only judges, bands and calibrates; today has a fit of its own."""
BLOCK_MONTHS: Final = 12

Bools = npt.NDArray[np.bool_]


def country_study(
    panel: Panel,
    thresholds: Sequence[float],
    horizons: Sequence[int],
    ladder: Sequence[float] = LADDER,
) -> Study:
    """What is asked of countries: every one weighs alike, members are stacked."""
    units = len(panel.units)
    return Study(
        panel,
        panel.deaths,
        tuple(thresholds),
        tuple(sorted({*ladder, *thresholds})),
        tuple(horizons),
        np.ones(units),
        np.empty((units, 0)),
        members=COUNTRY_MEMBERS,
        stacked=True,
    )


def dyad_study(
    panel: Panel,
    sides: Sequence[Sides],
    interstate: Bools,
    thresholds: Sequence[float],
    horizons: Sequence[int],
) -> Study:
    """What is asked of dyads: those between states weigh more and are told apart, and what either
    side is at elsewhere is seen; members are mixed in log-odds."""
    return Study(
        panel,
        panel.deaths,
        tuple(thresholds),
        tuple(sorted({*LADDER, *thresholds})),
        tuple(horizons),
        np.where(interstate, INTERSTATE_WEIGHT, 1.0),
        interstate[:, None].astype(np.float64),
        side_features(panel, sides, interstate),
    )


def monthly_question(study: Study, judged: Bools) -> Question:
    """How the study's record is judged, over the units of `judged`."""
    return Question(
        study.panel.units,
        study.thresholds,
        study.ladder,
        FAMILIES,
        BASELINE,
        RIVALS,
        judged,
        BLOCK_MONTHS,
    )


def monthly_tracks(
    study: Study, seed: int, progress: Callable[[int, int], None] | None = None
) -> list[Track]:
    """The record of the last RECORD_MONTHS and the forecast from the panel's last month, a Track
    a horizon. Raises ValueError where the panel is too short for a record."""
    months = study.size.shape[1]
    first = months - 1 - RECORD_MONTHS
    if first - WARM_MONTHS < max(WARM_MONTHS, BLOCK_MONTHS):
        raise ValueError(f"{months} months are too few for a record of {RECORD_MONTHS}")
    beside = without(FAMILIES, panel_family)

    def others(horizon: int) -> dict[str, Floats]:
        return frequencies(study.panel, study.size, study.thresholds, horizon)

    walked = walk(study, first, WARM_MONTHS, REFIT_MONTHS, seed, others, progress, beside)
    return [_track(each, months) for each in walked]


def _track(walked: Walked, months: int) -> Track:
    past = walked.origins < months
    return Track(
        walked.horizon,
        {name: p[:, :, past] for name, p in walked.p.items()},
        walked.ladder[:, :, past],
        walked.y[:, past],
        walked.p["ensemble"][:, :, ~past],
    )
