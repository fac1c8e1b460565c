"""State-based dyads by month: one pooled model against every memory, the dyad and all interstate.

python -m benchmarks.dyads --data dyad_month_v26_1_to_2025_09.csv --dyads dyads_v26_1.csv --json

An origin is the last month known; a horizon of h asks for the month h later. Threshold 1 means any
event. Settings were chosen on `--first 2003-01 --until 2014-12`. For the theatre's own dyad the
embedded chronicle is asked too: `with_force`, `with_diplomacy` and `with_both` add its columns
always, `ensemble` only where they have earned it, `without_chronicle` never.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.increment import increment, log_score
from benchmarks.memories import leaning_memories
from benchmarks.month_ends import monthly_columns
from benchmarks.panels import (
    Walked,
    arguments,
    dyads,
    month_names,
    month_of,
    predictions,
    scored,
    show,
    sides_of,
    walked_months,
)
from benchmarks.skill import mean_over_months
from features.arrays import Bools, Floats
from features.history import history_of
from features.monthly.panel import Panel
from models.learners.memories import frequencies
from models.numerics.distribution import falling
from models.recipes.months import Study, dyad_recipe, dyad_study, rungs_of
from streams.sources.chronicle import read
from theatres import load_theatre

PAKISTAN_AFGHANISTAN = "12291"
"""UCDP's number of Government of Afghanistan - Government of Pakistan."""
THRESHOLDS = (1.0, 10.0, 25.0)
HORIZONS = (1, 3, 6)
REFIT_MONTHS = 6
WARM_MONTHS = 120
RIVALS = (
    *("memory_12", "memory_24", "memory_36", "memory_12_house"),
    *("memory_12_bare", "memory_24_bare", "memory_36_bare"),
    "window_12",
    "climatology",
    "persistence",
)
PLAIN = "without_chronicle"


def chronicle_columns(panel: Panel) -> dict[str, Floats]:
    """The embedded chronicle's columns by kind, (month, column), as known at each month's end."""
    theatre = load_theatre("pak_afg")
    versions = read(theatre.chronicle).frame
    versions["known_until"] = np.datetime64("NaT", "s")  # the file has one version of each event
    months = panel.deaths.shape[1]
    force, diplomacy = monthly_columns(history_of(versions, theatre), theatre, panel.first, months)
    both = np.hstack([force, diplomacy])
    return {"with_force": force, "with_diplomacy": diplomacy, "with_both": both}


def with_chronicle(walked: Walked, unit: int, columns: dict[str, Floats]) -> Walked:
    """The record with the chronicle's increments for one unit; the others stay as they are."""
    plain = walked.p["ensemble"]
    y = walked.reached[:, unit]
    p = {**walked.p, PLAIN: plain}
    for name, values in columns.items():
        now = values[walked.origins]
        found = [
            increment(plain[k, unit], y[k], now, walked.horizon) for k in range(len(THRESHOLDS))
        ]
        p[name] = _replaced(plain, unit, [each.corrected for each in found])
        if name == "with_both":
            p["ensemble"] = _replaced(plain, unit, [each.earned for each in found])
    return replace(walked, p=p)


def _replaced(plain: Floats, unit: int, rows: list[Floats]) -> Floats:
    p = plain.copy()
    p[:, unit] = falling(np.stack(rows, axis=1)).T
    return p


def gains(walked: Walked, unit: int, seed: int) -> list[dict[str, Any]]:
    """How far each increment lowers the log score of the unit's forecasts, by month."""
    y = walked.reached[:, unit]
    found = []
    for name in ("with_force", "with_diplomacy", "with_both", "ensemble"):
        for k, threshold in enumerate(THRESHOLDS):
            without, ours = (log_score(walked.p[which][k, unit], y[k]) for which in (PLAIN, name))
            gain = (without - ours)[~np.isnan(without - ours)]
            told = mean_over_months(gain, walked.horizon, seed)
            row = {"horizon": walked.horizon, "threshold": threshold, "model": name}
            found.append({**row, "months": len(gain), **asdict(told)})
    return found


def study_of(data: Path, listed: Path, until: str | None) -> tuple[Study, Bools]:
    """The study of UCDP's dyads, nothing after month `until` read, and which are interstate."""
    panel, interstate = dyads(data, listed)
    if until:
        months = month_of(until) - panel.first + 1
        interstate = interstate[panel.entered < months]
        panel = panel.until(months)
    sides = (sides_of(panel.units, listed), interstate)
    return dyad_study("dyad_deaths", panel, sides, THRESHOLDS, HORIZONS), interstate


def baselines(
    panel: Panel, size: Floats, thresholds: Sequence[float], horizon: int
) -> dict[str, Floats]:
    """The frequencies, the memories among them `bare`, and the memories that lean on a prior."""
    bare = frequencies(panel, size, thresholds, horizon)
    named = {f"{n}_bare" if n.startswith("memory") else n: p for n, p in bare.items()}
    return {**named, **leaning_memories(panel, size, thresholds)}


def main() -> None:
    """Walk the panel, print the scores, write the forecasts."""
    options = arguments(__doc__, "data", "dyads")
    start = time.perf_counter()
    study, interstate = study_of(options.data, options.dyads, options.until)
    panel = study.panel
    first = month_of(options.first) - panel.first
    plan = (WARM_MONTHS, REFIT_MONTHS, options.seed)
    whole = walked_months(study, dyad_recipe(rungs_of(THRESHOLDS)), baselines, first, plan)
    ours = panel.units.index(PAKISTAN_AFGHANISTAN)
    columns = chronicle_columns(panel)
    walked = [with_chronicle(each, ours, columns).since(first) for each in whole]
    if options.predictions:
        frames = [predictions(each, panel.units, month_names(panel)) for each in walked]
        pd.concat(frames).to_parquet(options.predictions, index=False)
    chosen = {"dyad 12291": np.arange(len(panel.units)) == ours, "interstate": interstate}
    rows = [
        row
        for each in walked
        for name, units in chosen.items()
        for row in scored(each, units, RIVALS, name, options.seed)
    ]
    gained = [row for each in walked for row in gains(each, ours, options.seed)]
    show(rows, {"chronicle": gained, "seconds": time.perf_counter() - start}, options.json)


if __name__ == "__main__":
    main()
