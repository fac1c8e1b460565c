"""UCDP's monthly tables as panels, and what a panel benchmark prints and writes."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from benchmarks.skill import Skill, calibration_slope, skill_over_months, skill_over_units
from features.arrays import Floats
from features.monthly.panel import Panel, month_name, month_number
from features.monthly.sides import Sides
from models.numerics.distribution import reached
from models.walks.months import Walked

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


def dyads(table: Path, listed: Path) -> tuple[Panel, npt.NDArray[np.bool_]]:
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


def predictions(panel: Panel, walked: Walked, thresholds: Sequence[float]) -> pd.DataFrame:
    """A row a unit, origin, threshold and model; the origin is the last month known."""
    y = reached(walked.y, thresholds).transpose(2, 0, 1)
    origins = [month_name(panel.first + int(o)) for o in walked.origins]
    index = pd.MultiIndex.from_product(
        [list(thresholds), panel.units, origins], names=["threshold", "unit", "origin"]
    )
    parts = []
    for name, p in walked.p.items():
        frame = index.to_frame(index=False)
        frame["horizon"], frame["model"] = walked.horizon, name
        frame["probability"], frame["outcome"] = p.ravel(), y.ravel()
        parts.append(frame.dropna(subset=["probability", "outcome"]))
    columns = ["unit", "origin", "horizon", "threshold", "probability", "outcome", "model"]
    return pd.concat(parts, ignore_index=True)[columns]


def scored(
    walked: Walked,
    thresholds: Sequence[float],
    chosen: npt.NDArray[np.bool_],
    rivals: Iterable[str],
    group: str,
    seed: int,
) -> list[dict[str, Any]]:
    """Scores of every model over the chosen units, and the ensemble's skill against each rival."""
    y = reached(walked.y, thresholds).transpose(2, 0, 1)[:, chosen]
    found = []
    for k, threshold in enumerate(thresholds):
        known = ~np.isnan(walked.p["ensemble"][:, chosen][k]) & ~np.isnan(y[k])
        loss = {
            name: np.where(known, (p[k, chosen] - y[k]) ** 2, 0.0) for name, p in walked.p.items()
        }
        for name, p in walked.p.items():
            row: dict[str, Any] = {
                "units": group,
                "horizon": walked.horizon,
                "threshold": threshold,
                "model": name,
                **_scores(p[k, chosen][known], y[k][known]),
            }
            found.append(row)
            if name == "ensemble":
                row["skill"] = {
                    rival: asdict(_skill(loss[name], loss[rival], known, walked.horizon, seed))
                    for rival in rivals
                }
    return found


def _skill(
    loss: Floats, rival: Floats, known: npt.NDArray[np.bool_], horizon: int, seed: int
) -> Skill:
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
