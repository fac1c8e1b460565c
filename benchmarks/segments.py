"""Deaths by border segment, weekly origins: skill against two climatologies, by delay of the data.

python -m benchmarks.segments --data ged_pakistan_1989_2021_hdx.csv --json --predictions out.parquet
"""

import argparse
import json
import time
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scoringrules as sr

from benchmarks.hawkes import Hawkes
from benchmarks.panels import Walked, predictions, walked
from benchmarks.skill import calibration_slope
from features.arrays import Floats, Ints, to_date, to_day
from features.weekly.deaths import Deaths, death_labels
from features.weekly.places import placed
from models.learners.design import Learner
from models.numerics.bootstrap import redrawn
from models.numerics.distribution import quantiles
from models.problems.problem import Problem
from models.recipes.recipe import Recipe, block_of
from models.recipes.segments import REFIT_WEEKS, YEARLY, members, pose, segment_recipe
from streams.places.border import border_of
from theatres import load_theatre

FIRST, LAST = date(2008, 1, 7), date(2021, 9, 27)
BEGIN = date(1993, 1, 4)
"""The first week learnt from; every feature has some years before it."""
SINCE = date(2003, 1, 6)
"""The first week of the climatologies."""
HORIZONS = (7, 30, 90)
DELAYS = (20, 1, 7, 50)
"""Days from an event's end until it is known; the candidate releases' first, the others beside."""
RIVALS = ("climatology", "climatology_2y")
DRAWS = 500
LEVELS = np.arange(1, 100) / 100


def read(path: Path) -> tuple[Deaths, Ints, tuple[str, ...]]:
    """UCDP's events as dated deaths, the days they ended, and the segments' names."""
    rows = pd.read_csv(path, low_memory=False)
    rows = rows[~rows["latitude"].astype(str).str.startswith("#")]  # HDX adds a row of tags
    theatre = load_theatre("pak_afg")
    names = theatre.segment_names
    lat, lon, deaths = (
        np.asarray(rows[c].to_numpy(), np.float64) for c in ("latitude", "longitude", "best")
    )
    place, _ = border_of(theatre).locate(lat, lon, ["PAK"] * len(rows))
    at = {name: i for i, name in enumerate(names)}
    unit = np.array([at.get(str(p), -1) for p in place], np.int32)
    start, end = (_days(rows[c]) for c in ("date_start", "date_end"))
    point = np.column_stack([lat, lon])
    return placed(start, end, unit, deaths, point, theatre), end, names


def _days(texts: "pd.Series[str]") -> Ints:
    since = pd.to_datetime(texts) - pd.Timestamp(0)
    return np.asarray((since // pd.Timedelta(days=1)).to_numpy(), np.int32)


def beside(problem: Problem, seed: int, lag: int) -> dict[str, Learner]:
    """The members, and the self-exciting process, which is not combined: it did worse where
    settings were chosen."""
    excited = [name for name in problem.names if ".events_" in name or ".log_" in name]
    return members(problem, seed, lag) | {"hawkes": Hawkes(problem.thresholds, excited)}


def recipe_of(delay: int) -> Recipe:
    """The segments' recipe with the self-exciting process beside the ensemble."""
    recipe = segment_recipe(delay)
    slow = {**recipe.slow, "hawkes": YEARLY}
    return replace(recipe, members=partial(beside, lag=delay), slow=slow)


def skill_rows(record: Walked, delay: int, block: int, seed: int) -> list[dict[str, Any]]:
    """Brier, slope and skill of every model, with a 90% block-bootstrap interval over origins."""
    y = record.reached
    times = redrawn(len(record.origins), block, seed, DRAWS)
    found = []
    for k, threshold in enumerate(record.thresholds):
        loss = {name: ((p[k] - y[k]) ** 2).mean(axis=0) for name, p in record.p.items()}
        for name, p in record.p.items():
            row: dict[str, Any] = {
                "delay": delay,
                "horizon": record.horizon,
                "threshold": threshold,
                "model": name,
                "rate": float(y[k].mean()),
                "brier": float(loss[name].mean()),
                "slope": calibration_slope(p[k].ravel(), y[k].ravel()),
            }
            for rival in RIVALS:
                drawn = 1 - (times @ loss[name]) / (times @ loss[rival])
                row[f"skill_{rival}"] = 1 - float(loss[name].mean() / loss[rival].mean())
                row[f"interval_{rival}"] = np.quantile(drawn, (0.05, 0.95)).tolist()
            found.append(row)
    return found


def crps(record: Walked) -> float:
    """Mean CRPS of log1p deaths of the ensemble's distribution."""
    ladder, size = record.rows()
    q: Floats = quantiles(ladder, record.rungs, LEVELS)
    return float(np.mean(sr.crps_quantile(np.log1p(size), q, LEVELS)))


def main() -> None:
    """Walk the weeks at every delay, print the skill, write the forecasts of the usual delay."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--first", type=date.fromisoformat, default=FIRST)
    parser.add_argument("--last", type=date.fromisoformat, default=LAST)
    parser.add_argument("--delays", type=int, nargs="+", default=DELAYS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--predictions", type=Path, help="write every forecast (Parquet)")
    options = parser.parse_args()
    start = time.perf_counter()
    events, ends, names = read(options.data)
    origins = np.arange(to_day(BEGIN), to_day(options.last) + 1, 7, dtype=np.int32)
    rows: list[dict[str, Any]] = []
    counts: dict[str, float] = {}
    # what came of the last windows is known too, though none was closed by then
    came = death_labels(events, origins, HORIZONS).transpose(1, 0, 2)[: len(names)]
    begin = int(np.searchsorted(origins, to_day(options.first)))
    starts = np.arange(begin, len(origins), REFIT_WEEKS, dtype=np.int32)
    for delay in options.delays:
        late, recipe = events.late(ends, delay), recipe_of(delay)
        problem = pose("segments", names, late, origins, to_day(SINCE), HORIZONS, delay)
        records = walked(problem, recipe, starts, options.seed, came)
        for h, each in enumerate(records):
            rows += skill_rows(each, delay, block_of(problem, recipe, h), options.seed)
        if delay == options.delays[0]:
            counts = {str(each.horizon): crps(each) for each in records}
            if options.predictions:
                frames = [predictions(each, names, to_date) for each in records]
                pd.concat(frames).to_parquet(options.predictions, index=False)
    seconds = time.perf_counter() - start
    if options.json:
        print(json.dumps({"scores": rows, "crps": counts, "seconds": seconds}))
        return
    for row in rows:
        print(
            f"known after {row['delay']:2} days, h {row['horizon']:2}, >= {row['threshold']:2g}:"
            f" {row['model']:14} Brier {row['brier']:.4f} slope {row['slope']:.2f}"
            f" skill {row['skill_climatology']:+.3f} / {row['skill_climatology_2y']:+.3f}"
        )
    print(json.dumps({"crps": counts, "seconds": seconds}))


if __name__ == "__main__":
    main()
