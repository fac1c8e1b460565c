"""UCDP's monthly tables as panels, walked; and what a panel benchmark prints and writes."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from benchmarks.skill import Skill, calibration_slope, skill_over_months, skill_over_units
from features.arrays import Bools, Floats, Ints
from features.monthly.panel import MONTHS_A_YEAR, Panel, month_number
from features.monthly.sides import Sides
from models.combining.combine import combine
from models.judging.gate import ENSEMBLE
from models.numerics.distribution import bent, reached
from models.problems.problem import Problem
from models.recipes import months
from models.recipes.recipe import Recipe
from models.walk import walk

FIRST_YEAR = 1989
"""UCDP's events begin in 1989: earlier rows of a table are false zeros."""


def month_of(text: str) -> int:
    """Months since the year 0 of a month written like 2015-01."""
    year, month = text.split("-")
    return month_number(int(year), int(month))


def countries(path: Path, region: Callable[[str], str]) -> Panel:
    """The table of country-months as a panel: deaths, and events and deaths by kind."""
    rows = pd.read_csv(path)
    rows = rows[rows["year_month"] >= f"{FIRST_YEAR}-01"]
    counts = {
        name.removeprefix("ucdp_"): rows.pivot(
            index="country_iso3", columns="year_month", values=name
        )
        for name in rows.columns
        if name.startswith("ucdp_")
    }
    deaths = counts["fatalities_best"]
    kinds = (
        "event_count",
        "civilian_deaths",
        "state_based_events",
        "non_state_events",
        "one_sided_events",
        "peak_event_fatalities",
    )
    units = tuple(str(unit) for unit in deaths.index)
    return Panel(
        units,
        month_of(str(deaths.columns[0])),
        deaths.to_numpy(np.float64),
        {kind: counts[kind].to_numpy(np.float64) for kind in kinds},
        np.zeros(len(units), np.int32),
        tuple(region(unit) for unit in units),
    )


def dyads(table: Path, listed: Path) -> tuple[Panel, Bools]:
    """UCDP's state-based dyads as a panel, and which of them are between states.

    What is counted is deaths, and 1 in a month with an event without any: at least 1 means any
    event. A dyad enters in the month of its first event; its group is its first side.
    """
    rows = pd.read_csv(table)
    rows = rows[rows["type"] == "sb"]
    about = pd.read_csv(listed).set_index("dyad_id")
    month = (rows["year"] * 12 + rows["month"] - 1).to_numpy()
    first = month_number(FIRST_YEAR, 1)
    units = np.unique(rows["dyad_id"])
    at = (np.searchsorted(units, rows["dyad_id"]), month - first)
    events = np.zeros((len(units), int(month.max()) - first + 1))
    deaths = np.zeros_like(events)
    np.add.at(events, at, rows["events"])
    np.add.at(deaths, at, rows["deaths"])
    entered = np.argmax(events > 0, axis=1).astype(np.int32)
    size = np.where(events > 0, np.maximum(deaths, 1), 0)
    sides = tuple(str(side) for side in about.loc[units, "side_a"])
    panel = Panel(tuple(map(str, units)), first, size, {"events": events}, entered, sides)
    return panel, (about.loc[units, "type"] == "interstate").to_numpy()


def sides_of(units: Sequence[str], listed: Path) -> tuple[Sides, ...]:
    """The states (Gleditsch-Ward numbers) on either side of each of UCDP's dyads."""
    about = pd.read_csv(listed, dtype=str, keep_default_na=False).set_index("dyad_id")

    def states(unit: str, column: str) -> frozenset[str]:
        return frozenset(filter(None, str(about.loc[unit, column]).split(";")))

    return tuple((states(unit, "gwno_a"), states(unit, "gwno_b")) for unit in units)


def tell(done: int, total: int) -> None:
    """Progress on standard error."""
    print(f"\rrefits: {done} of {total}", end="", file=sys.stderr, flush=True)
    if done == total:
        print(file=sys.stderr)


def arguments(description: str | None, *files: str) -> argparse.Namespace:
    """The options that every panel benchmark takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in files:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--first", default="2015-01", help="the first origin")
    parser.add_argument("--until", default=None, help="read nothing after this month")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--predictions", type=Path, help="write every forecast (Parquet)")
    return parser.parse_args()


@dataclass(frozen=True)
class Walked:
    """Out-of-sample forecasts of one horizon, NaN where there is no outcome.

    `p` is by model, (threshold, unit, origin), the ensemble last; `ladder` the ensemble's
    distribution, P(size >= rung), (rung, unit, origin); `size` what came, (unit, origin).
    """

    horizon: int
    thresholds: tuple[float, ...]
    rungs: tuple[float, ...]
    origins: Ints
    p: dict[str, Floats]
    ladder: Floats
    size: Floats

    @property
    def reached(self) -> Floats:
        """Whether what came reached each threshold: (threshold, unit, origin)."""
        return reached(self.size, self.thresholds).transpose(2, 0, 1)

    def rows(self) -> tuple[Floats, Floats]:
        """The ladder, (row, rung), and what came, (row,): a row a unit and origin."""
        return self.ladder.transpose(1, 2, 0).reshape(-1, len(self.rungs)), self.size.ravel()

    def since(self, first: int) -> "Walked":
        """The same record from the origin `first` on."""
        shown = self.origins >= first
        return replace(
            self,
            origins=self.origins[shown],
            p={name: values[:, :, shown] for name, values in self.p.items()},
            ladder=self.ladder[:, :, shown],
            size=self.size[:, shown],
        )


def walked(
    problem: Problem, recipe: Recipe, starts: Ints, seed: int, size: Floats | None = None
) -> list[Walked]:
    """The problem's record, refitted at the places of `starts`, a Walked a horizon.

    Members whom the recipe names in `members` alone stand in it beside the ensemble. `size` is what
    came by origin of the problem, (unit, horizon, origin), where not only closed windows count.
    """
    whole = replace(recipe, pool=tuple(recipe.members(problem.only(0), seed)))
    (record,) = walk([(problem, whole, starts)], seed, progress=tell)
    last, names = int(problem.origins[-1]), (*whole.pool, *recipe.rates)
    p = {name: record.of(name) for name in names}
    p[ENSEMBLE] = combine(record, recipe.rule, recipe.pool, last, recipe.nests).p
    came = record.sizes(last) if size is None else size[:, :, -len(record.origins) :]
    assert record.ladder is not None  # noqa: S101 - these recipes have a distribution
    found = []
    for h, horizon in enumerate(problem.horizons):
        kept = ~np.isnan(came[:, h]).all(axis=0)
        mine = came[:, h][:, kept]
        blank = np.where(np.isnan(mine), np.nan, 1.0)
        at = {name: values[:, :, h][:, :, kept] for name, values in p.items()}
        ladder = bent(
            record.ladder[:, :, h][:, :, kept].transpose(1, 2, 0),
            recipe.rungs,
            problem.thresholds,
            at[ENSEMBLE].transpose(1, 2, 0),
        ).transpose(2, 0, 1)
        found.append(
            Walked(
                horizon,
                problem.thresholds,
                recipe.rungs,
                record.origins[kept],
                {name: values * blank for name, values in at.items()},
                ladder * blank,
                mine,
            )
        )
    return found


def walked_months(
    study: months.Study, recipe: Recipe, rates: months.Rates, first: int, plan: tuple[int, int, int]
) -> list[Walked]:
    """The study's record, a Walked a horizon, with `rates` as its baselines.

    Members are refitted every so many months from month `first` on, and once a year in the months
    before it that only teach how they are combined; `plan` is how many of either, and the seed.
    """
    warm, refit, seed = plan
    problem = months.pose(study, rates)
    starts = months.walk_starts(first, len(problem.origins) - min(study.horizons), warm, refit)
    return walked(problem, replace(recipe, rates=tuple(problem.rates)), starts, seed)


def month_name(number: int) -> str:
    """Like 2015-01."""
    year, month = divmod(number, MONTHS_A_YEAR)
    return f"{year:04d}-{month + 1:02d}"


def month_names(panel: Panel) -> Callable[[int], str]:
    """The name of a month by its place in the panel."""
    return lambda month: month_name(panel.first + month)


def predictions(
    record: Walked, units: Sequence[str], name: Callable[[int], object]
) -> pd.DataFrame:
    """A row a unit, origin, threshold and model; `name` is what an origin is called."""
    origins = [name(int(origin)) for origin in record.origins]
    index = pd.MultiIndex.from_product(
        [record.thresholds, units, origins], names=["threshold", "unit", "origin"]
    )
    parts = []
    for model, p in record.p.items():
        frame = index.to_frame(index=False)
        frame["horizon"], frame["model"] = record.horizon, model
        frame["probability"], frame["outcome"] = p.ravel(), record.reached.ravel()
        parts.append(frame.dropna(subset=["probability", "outcome"]))
    columns = ["unit", "origin", "horizon", "threshold", "probability", "outcome", "model"]
    return pd.concat(parts, ignore_index=True)[columns]


def scored(
    record: Walked, chosen: Bools, rivals: Iterable[str], group: str, seed: int
) -> list[dict[str, Any]]:
    """Scores of every model over the chosen units, and the ensemble's skill against each rival."""
    y = record.reached[:, chosen]
    found = []
    for k, threshold in enumerate(record.thresholds):
        known = ~np.isnan(y[k])
        loss = {
            name: np.where(known, (p[k, chosen] - y[k]) ** 2, 0.0) for name, p in record.p.items()
        }
        for name, p in record.p.items():
            row: dict[str, Any] = {
                "units": group,
                "horizon": record.horizon,
                "threshold": threshold,
                "model": name,
                **_scores(p[k, chosen][known], y[k][known]),
            }
            found.append(row)
            if name == ENSEMBLE:
                row["skill"] = {
                    rival: asdict(_skill(loss[name], loss[rival], known, record.horizon, seed))
                    for rival in rivals
                }
    return found


def _skill(loss: Floats, rival: Floats, known: Bools, horizon: int, seed: int) -> Skill:
    """Skill of losses by (unit, origin): over units, or over months where there is one unit."""
    if len(loss) > 1:
        return skill_over_units(loss.sum(axis=1), rival.sum(axis=1), seed)
    return skill_over_months(loss[known], rival[known], horizon, seed)


def _scores(p: Floats, y: Floats) -> dict[str, float | None]:
    both = 0 < y.sum() < len(y)
    return {
        "forecasts": len(y),
        "rate": float(y.mean()),
        "brier": float(brier_score_loss(y, p)),
        "log_score": float(log_loss(y, p, labels=[0, 1])),
        "auc": float(roc_auc_score(y, p)) if both else None,
        "slope": calibration_slope(p, y) if both else None,
    }


def show(rows: list[dict[str, Any]], extra: dict[str, Any], as_json: bool) -> None:
    """The rows as a table, or all of it as JSON."""
    if as_json:
        print(json.dumps({"scores": rows, **extra}))
        return
    last = None
    for row in rows:
        head = (row["units"], row["horizon"], row["threshold"])
        if head != last:
            print(f"{head[0]}, h = {head[1]} months, >= {head[2]:g}: rate {row['rate']:.3f}")
            last = head
        slope = f"  slope {row['slope']:.2f}" if row["slope"] is not None else ""
        print(f"    {row['model']:12} Brier {row['brier']:.4f}  log {row['log_score']:.4f}{slope}")
        for rival, s in row.get("skill", {}).items():
            span = "" if s["low"] is None else f" (95% {s['low']:+.3f} to {s['high']:+.3f})"
            skill = "–" if s["skill"] is None else f"{s['skill']:+.3f}"
            print(f"        skill against {rival:12} {skill}{span}")
    print(json.dumps(extra, indent=1))
