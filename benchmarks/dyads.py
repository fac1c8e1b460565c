"""State-based dyads by month: one pooled model against every memory, the dyad and all interstate.

python -m benchmarks.dyads --data dyad_month_v26_1_to_2025_09.csv --dyads dyads_v26_1.csv --json

An origin is the last month known; a horizon of h asks for the month h later. Threshold 1 means any
event. Settings were chosen on `--first 2003-01 --until 2014-12`.
"""

import time

import numpy as np
import pandas as pd

from benchmarks.panels import arguments, dyads, month_of, predictions, scored, show, tell
from features.history import Floats
from models.frequency import frequencies
from models.panel import Study, walk

PAKISTAN_AFGHANISTAN = "12291"
"""UCDP's number of Government of Afghanistan - Government of Pakistan."""
THRESHOLDS = (1.0, 10.0, 25.0)
LADDER = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
HORIZONS = (1, 3, 6)
REFIT_MONTHS = 6
WARM_MONTHS = 60
INTERSTATE_WEIGHT = 10.0
"""Dyads between states are few: each of their rows weighs so many of the others'."""
RIVALS = ("memory_12", "memory_24", "memory_36", "window_12", "climatology", "persistence")


def main() -> None:
    """Walk the panel, print the scores, write the forecasts."""
    options = arguments(__doc__, "data", "dyads")
    start = time.perf_counter()
    panel, interstate = dyads(options.data, options.dyads)
    if options.until:
        months = month_of(options.until) - panel.first + 1
        interstate = interstate[panel.entered < months]
        panel = panel.until(months)
    study = Study(
        panel,
        panel.deaths,
        THRESHOLDS,
        LADDER,
        HORIZONS,
        np.where(interstate, INTERSTATE_WEIGHT, 1.0),
        interstate[:, None].astype(np.float64),
    )

    def others(horizon: int) -> dict[str, Floats]:
        return frequencies(panel, panel.deaths, THRESHOLDS, horizon)

    first = month_of(options.first) - panel.first
    walked = walk(study, first, WARM_MONTHS, REFIT_MONTHS, options.seed, others, tell)
    if options.predictions:
        frames = [predictions(panel, each, THRESHOLDS) for each in walked]
        pd.concat(frames).to_parquet(options.predictions, index=False)
    ours = np.array([unit == PAKISTAN_AFGHANISTAN for unit in panel.units])
    rows = [
        row
        for each in walked
        for chosen, name in ((ours, "dyad 12291"), (interstate, "interstate"))
        if chosen.any()
        for row in scored(each, THRESHOLDS, chosen, RIVALS, name, options.seed)
    ]
    show(rows, {"seconds": time.perf_counter() - start}, options.json)


if __name__ == "__main__":
    main()
