"""As known and as revised: what later revision of the data is worth to a forecast.

python -m benchmarks.vintages --data country_month_v26_1.csv --vintages vintages.csv --json

Monthly origins 2024-01 to 2025-06, Pakistan and Afghanistan, h = 1, 3, 6 months. At each origin the
two states' (and their neighbours') recent months stand as the newest vintage of that day told them,
or as they stand now; the same models, fitted on countries' data before 2024, answer both. Outcomes
are those of today. A month is known by the 28th of the next.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.panels import month_of
from features.history import Floats
from features.panel import Panel, month_name, month_number
from models.panel import Study, fit, table
from models.pooling import falling, reached
from streams.regions import iso3_of, region

THRESHOLDS: Final = (1.0, 25.0, 100.0)
HORIZONS: Final = (1, 3, 6)
FIRST, LAST = "2024-01", "2025-06"
TRAINED: Final = "2023-12"
SHOWN: Final = ("PAK", "AFG")
CODES: Final = {
    "Afghanistan": "AFG",
    "India": "IND",
    "Iran": "IRN",
    "Pakistan": "PAK",
    "Tajikistan": "TJK",
}
KNOWN_DAY: Final = 28
"""The candidate releases come out about the 20th of the next month; none of the vintages later."""


def revised(path: Path) -> Panel:
    """Deaths of all kinds by country and month as the table has them, from 1989 on."""
    rows = pd.read_csv(path)
    rows["deaths"] = rows[["sb_deaths", "ns_deaths", "os_deaths"]].sum(axis=1)
    rows["events"] = rows[["sb_events", "ns_events", "os_events"]].sum(axis=1)
    rows["iso3"] = [iso3_of(number) for number in rows["gwno"]]
    rows = rows[rows["iso3"] != ""]
    first = month_number(1989, 1)
    at = rows["year"] * 12 + rows["month"] - 1 - first
    units = sorted(set(rows["iso3"]))
    counts = {name: np.zeros((len(units), int(at.max()) + 1)) for name in ("deaths", "events")}
    where = (np.searchsorted(units, rows["iso3"]), at.to_numpy())
    for name, values in counts.items():
        np.add.at(values, where, rows[name])
    return Panel(
        tuple(units),
        first,
        counts["deaths"],
        {},
        np.zeros(len(units), np.int32),
        tuple(region(unit) for unit in units),
    )


def as_known(panel: Panel, vintages: pd.DataFrame, origin: int) -> Panel:
    """The panel with the vintage months as the newest vintage known then told them.

    Known then: dated no later than the KNOWN_DAY of the month after the origin.
    """
    year, month = divmod(panel.first + origin + 1, 12)
    day = f"{year:04d}-{month + 1:02d}-{KNOWN_DAY:02d}"
    told = vintages[vintages["vintage_date"] <= day]
    newest = told[told["vintage_date"] == told["vintage_date"].max()]
    if month_of(str(newest["month_end"].max())[:7]) - panel.first < origin:
        raise ValueError(f"no vintage known by {day} tells of {month_name(panel.first + origin)}")
    deaths = panel.deaths.copy()
    for row in newest.itertuples():
        at = month_of(str(row.month_end)[:7]) - panel.first
        unit = CODES[str(row.country)]
        if at <= origin and unit in panel.units:
            deaths[panel.units.index(unit), at] = float(str(row.deaths))
    return Panel(panel.units, panel.first, deaths, {}, panel.entered, panel.groups)


def _study(panel: Panel) -> Study:
    units = len(panel.units)
    ladder = (1.0, 5.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
    nothing = np.empty((units, 0))
    return Study(panel, panel.deaths, THRESHOLDS, ladder, HORIZONS, np.ones(units), nothing)


def forecasts(panel: Panel, vintages: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A row a unit, origin, horizon and threshold: both probabilities and the outcome."""
    study = _study(panel)
    names, now = table(study)
    trained = month_of(TRAINED) - panel.first
    shown = [panel.units.index(unit) for unit in SHOWN]
    origins = range(month_of(FIRST) - panel.first, month_of(LAST) - panel.first + 1)
    then = {o: table(_study(as_known(panel, vintages, o)))[1][shown, o] for o in origins}
    rows = []
    for horizon in HORIZONS:
        members = fit(study, names, now, horizon, trained, seed)
        for o in origins:
            if o + horizon >= panel.deaths.shape[1]:
                continue
            known, later = (_mean(members, study, X) for X in (then[o], now[shown, o]))
            came = reached(panel.deaths[shown, o + horizon], THRESHOLDS)
            rows += [
                {
                    "unit": unit,
                    "origin": month_name(panel.first + o),
                    "horizon": horizon,
                    "threshold": k,
                    "as_known": known[i, j],
                    "as_revised": later[i, j],
                    "outcome": came[i, j],
                }
                for i, unit in enumerate(SHOWN)
                for j, k in enumerate(THRESHOLDS)
            ]
    return pd.DataFrame(rows)


def _mean(members: dict[str, Any], study: Study, X: npt.NDArray[np.float64]) -> Floats:
    judged = [study.ladder.index(k) for k in study.thresholds]
    found = [model.predict(X) for model in members.values()]
    same = [p if p.shape[1] == len(judged) else p[:, judged] for p in found]
    return falling(np.mean(same, axis=0))


def costs(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Brier scores both ways by unit, horizon and threshold, and the vintage cost."""
    loss = rows.assign(
        as_known=(rows["as_known"] - rows["outcome"]) ** 2,
        as_revised=(rows["as_revised"] - rows["outcome"]) ** 2,
        moved=(rows["as_known"] - rows["as_revised"]).abs(),
    )
    mean = loss.groupby(["unit", "horizon", "threshold"], as_index=False)[
        ["as_known", "as_revised", "moved", "outcome"]
    ].mean()
    mean["vintage_cost"] = mean["as_known"] - mean["as_revised"]
    found: list[dict[str, Any]] = json.loads(mean.to_json(orient="records"))
    return found


def main() -> None:
    """Print both scores and their difference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--vintages", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--predictions", type=Path, help="write every forecast (Parquet)")
    options = parser.parse_args()
    start = time.perf_counter()
    rows = forecasts(revised(options.data), pd.read_csv(options.vintages), options.seed)
    if options.predictions:
        rows.to_parquet(options.predictions, index=False)
    found = costs(rows)
    if options.json:
        print(json.dumps({"costs": found, "seconds": time.perf_counter() - start}))
        return
    for row in found:
        print(
            f"{row['unit']} h {row['horizon']} >= {row['threshold']:3g}: Brier as known"
            f" {row['as_known']:.4f}, as revised {row['as_revised']:.4f}, cost"
            f" {row['vintage_cost']:+.4f}, forecasts {row['moved']:.3f} apart"
        )


if __name__ == "__main__":
    main()
