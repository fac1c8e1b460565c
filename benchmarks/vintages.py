"""As known and as revised: what later revision of the data is worth to a forecast.

python -m benchmarks.vintages --data country_month_v26_1.csv --vintages vintages.csv --json

Monthly origins 2024-01 to 2025-06, Pakistan and Afghanistan, h = 1, 3, 6 months. The whole history
of the two states and of three neighbours, what models learn from and what they look at, stands
three ways: `known`, as the newest vintage of the day told it; `newest`, as the newest vintage of
all tells it; `revised`, as the final table has it. The other countries are always as revised.
Outcomes are those that were first told, and those of the final table. A month is known by the 28th
of the next.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import scoringrules as sr
from scipy.special import expit

from benchmarks.panels import month_name, month_of
from benchmarks.peer import peer_features, peer_forecast
from features.arrays import Floats
from features.monthly.panel import Panel, decayed, month_number
from models.numerics.distribution import bent, falling, quantiles, reached
from models.numerics.losses import log_loss
from models.numerics.odds import log_odds
from models.problems.problem import Rows
from models.recipes.months import country_recipe, country_study, pose
from models.walk import Fits, answers, fit_at
from streams.places.regions import iso3_of, region

THRESHOLDS: Final = (1.0, 25.0, 100.0)
LADDER: Final = (1.0, 5.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
LEVELS: Final = np.arange(1, 100) / 100
HORIZONS: Final = (1, 3, 6)
FIRST, LAST = "2024-01", "2025-06"
SHOWN: Final = ("PAK", "AFG")
BOTH: Final = "PAK, AFG"
MODELS: Final = ("ensemble", "peer", "memory_12")
WAYS: Final = ("known", "newest", "revised")
MEMORY_MONTHS: Final = 12
REFIT_MONTHS: Final = 6
CODES: Final = {
    "Afghanistan": "AFG",
    "India": "IND",
    "Iran": "IRN",
    "Pakistan": "PAK",
    "Tajikistan": "TJK",
}
KNOWN_DAY: Final = 28
"""The candidate releases come out about the 20th of the next month; none of the vintages later."""
LEAST_BLOCK: Final = 3
DRAWS: Final = 1000
INTERVAL: Final = (0.05, 0.95)


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

    Known then: dated no later than the KNOWN_DAY of the month after the origin. Raises ValueError
    where no such vintage tells of the origin.
    """
    year, month = divmod(panel.first + origin + 1, 12)
    day = f"{year:04d}-{month + 1:02d}-{KNOWN_DAY:02d}"
    told = vintages[vintages["vintage_date"] <= day]
    newest = told[told["vintage_date"] == told["vintage_date"].max()]
    if month_of(str(newest["month_end"].max())[:7]) - panel.first < origin:
        raise ValueError(f"no vintage known by {day} tells of {month_name(panel.first + origin)}")
    return _replaced(panel, newest, origin)


def _replaced(panel: Panel, vintage: pd.DataFrame, origin: int) -> Panel:
    deaths = panel.deaths.copy()
    for row in vintage.itertuples():
        at = month_of(str(row.month_end)[:7]) - panel.first
        unit = CODES[str(row.country)]
        if at <= origin and unit in panel.units:
            deaths[panel.units.index(unit), at] = float(str(row.deaths))
    return Panel(panel.units, panel.first, deaths, {}, panel.entered, panel.groups)


def stood(panel: Panel, vintages: pd.DataFrame, way: str, origin: int) -> Panel:
    """The panel up to the origin, as it stands in one of the WAYS."""
    if way == "known":
        panel = as_known(panel, vintages, origin)
    elif way == "newest":
        last = vintages["vintage_date"].max()
        panel = _replaced(panel, vintages[vintages["vintage_date"] == last], origin)
    return panel.until(origin + 1)


def first_told(panel: Panel, vintages: pd.DataFrame, unit: str) -> Floats:
    """A unit's deaths by month as the first vintage that tells of each had them; else NaN.

    The oldest vintage tells of every month before it: those are no first news, and are NaN too.
    """
    found = np.full(panel.deaths.shape[1], np.nan)
    fresh = vintages.sort_values("vintage_date").drop_duplicates(["country", "month_end"])
    fresh = fresh[fresh["vintage_date"] > vintages["vintage_date"].min()]
    for row in fresh.itertuples():
        at = month_of(str(row.month_end)[:7]) - panel.first
        if CODES[str(row.country)] == unit and at < len(found):
            found[at] = float(str(row.deaths))
    return found


def forecasts(panel: Panel, vintages: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A row a way, model, unit, origin and horizon: `ladder` is P(deaths >= k) over LADDER.

    Models are refitted every REFIT_MONTHS (the peer at every origin) on what the way held then.
    """
    from joblib import Parallel, delayed

    first, last = (month_of(name) - panel.first for name in (FIRST, LAST))
    spans = [
        range(start, min(start + REFIT_MONTHS, last + 1))
        for start in range(first, last + 1, REFIT_MONTHS)
    ]
    work = Parallel(n_jobs=2)(
        delayed(_span)(panel, vintages, way, span, seed) for way in WAYS for span in spans
    )
    return pd.DataFrame([row for rows in work for row in rows])


def _span(
    panel: Panel, vintages: pd.DataFrame, way: str, span: Sequence[int], seed: int
) -> list[dict[str, Any]]:
    stands = {o: stood(panel, vintages, way, o) for o in span}
    problems = {
        o: pose(country_study("country_deaths", each, THRESHOLDS, HORIZONS))
        for o, each in stands.items()
    }
    continents = [region(unit, "continent") for unit in panel.units]
    theirs = {o: peer_features(each, continents) for o, each in stands.items()}
    shown = np.array([panel.units.index(unit) for unit in SHOWN], np.int32)
    rows = []
    for h, horizon in enumerate(HORIZONS):
        fits = fit_at(problems[span[0]].only(h), country_recipe(LADDER), span[0], seed)
        for o in span:
            deaths = stands[o].deaths
            p = {
                "ensemble": _ensemble(fits, problems[o].only(h).rows(slice(o, o + 1), shown)),
                "peer": _laddered(
                    [peer_forecast(theirs[o], deaths, k, horizon, o)[shown] for k in LADDER]
                ),
                "memory_12": _laddered(
                    [
                        decayed((deaths[shown] >= k).astype(np.float64), MEMORY_MONTHS)[:, -1]
                        for k in LADDER
                    ]
                ),
            }
            rows += [
                {
                    "way": way,
                    "model": model,
                    "unit": unit,
                    "origin": month_name(panel.first + o),
                    "horizon": horizon,
                    "ladder": p[model][i].tolist(),
                }
                for model in MODELS
                for i, unit in enumerate(SHOWN)
            ]
    return rows


def _laddered(p: Sequence[Floats]) -> Floats:
    return falling(np.clip(np.stack(p, axis=1), 1e-4, 1 - 1e-4))


def _ensemble(fits: Fits, rows: Rows) -> Floats:
    """The mean of the members' log-odds at the thresholds, and the forest's ladder bent to it."""
    p, ladder = answers(fits, rows, "forest")
    assert ladder is not None  # noqa: S101 - the forest is a member
    mean = expit(log_odds(p[:, :, 0]).mean(axis=0))
    return bent(ladder[:, 0], LADDER, THRESHOLDS, falling(mean))


def losses(rows: pd.DataFrame, panel: Panel, vintages: pd.DataFrame) -> pd.DataFrame:
    """Every forecast's scores on both labels: Brier and log score by threshold, CRPS of log1p.

    Only where the outcome is known both ways, so that the two are about the same months.
    """
    came = {
        unit: {
            "first": first_told(panel, vintages, unit),
            "revised": panel.deaths[panel.units.index(unit)],
        }
        for unit in SHOWN
    }
    found = []
    for row in rows.to_dict("records"):
        at = month_of(row["origin"]) - panel.first + row["horizon"]
        if at >= panel.deaths.shape[1] or np.isnan(came[row["unit"]]["first"][at]):
            continue
        head = {name: row[name] for name in ("way", "model", "unit", "origin", "horizon")}
        for labels, deaths in came[row["unit"]].items():
            found += [
                {**head, "labels": labels, **each}
                for each in _scores(np.array(row["ladder"]), deaths[at])
            ]
    return pd.DataFrame(found)


def _scores(ladder: Floats, deaths: float) -> Iterator[dict[str, Any]]:
    q = quantiles(ladder[None], LADDER, LEVELS)
    y = reached(np.array([deaths]), THRESHOLDS)[0]
    p = ladder[[LADDER.index(k) for k in THRESHOLDS]]
    crps = float(sr.crps_quantile(np.log1p(deaths), q[0], LEVELS))
    yield {"score": "crps", "threshold": 0.0, "loss": crps}
    for name, loss in (("brier", (p - y) ** 2), ("log_score", log_loss(p, y))):
        for k, value in zip(THRESHOLDS, loss, strict=True):
            yield {"score": name, "threshold": k, "loss": float(value)}


def costs(loss: pd.DataFrame, seed: int) -> list[dict[str, Any]]:
    """Mean scores each way, by unit and both together, and the vintage cost: known - revised.

    Its 90% interval redraws origins in blocks (stationary bootstrap, blocks of three months or
    the horizon on average).
    """
    both = loss.assign(unit=BOTH)
    keys = ["unit", "horizon", "score", "threshold", "model", "labels"]
    found = []
    for key, part in pd.concat([loss, both]).groupby(keys, sort=False):
        ways = part.pivot_table(index="origin", columns="way", values="loss").sort_index()
        cost = (ways["known"] - ways["revised"]).to_numpy()
        low, high = _interval(cost, max(LEAST_BLOCK, int(part["horizon"].iloc[0])), seed)
        found.append(
            {
                **dict(zip(keys, key, strict=True)),
                "origins": len(ways),
                **{way: float(ways[way].mean()) for way in WAYS},
                "vintage_cost": float(cost.mean()),
                "low": low,
                "high": high,
            }
        )
    return found


def _interval(cost: Floats, block: int, seed: int) -> tuple[float, float]:
    from arch.bootstrap import StationaryBootstrap

    sampler = StationaryBootstrap(block, cost, seed=seed)
    low, high = np.quantile(sampler.apply(np.mean, DRAWS), INTERVAL)
    return float(low), float(high)


def main() -> None:
    """Print the scores each way and the vintage cost."""
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
    panel, vintages = revised(options.data), pd.read_csv(options.vintages)
    rows = forecasts(panel, vintages, options.seed)
    if options.predictions:
        rows.to_parquet(options.predictions, index=False)
    found = costs(losses(rows, panel, vintages), options.seed)
    if options.json:
        print(json.dumps({"costs": found, "seconds": time.perf_counter() - start}))
        return
    print(pd.DataFrame(found).to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
