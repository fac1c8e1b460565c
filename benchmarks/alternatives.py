"""What else was tried for the chronicle's targets, against the 52-week memory: a table.

python -m benchmarks.alternatives --json [--gdelt daily_edges_2018_2024.csv]

A change-point, switching regimes, self-excitation, other discounts of the past, shrinkage towards
the memory, GDELT's daily edge where it covers. Every setting was fixed before any result was
looked at; each is refitted on what was closed and known at its origin, and calibrated on its
own closed record as the ensemble is.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.base import clone

from benchmarks.regimes import change_point_rates, regime_rates, shrunk, within
from features.arrays import Floats, Ints, to_day
from features.rates import column
from features.targets import WEEK, Labels
from flows.pipeline import knowledge
from flows.pipeline.settings import read_settings
from models.combining.calibration import apply_map, fit_map
from models.judging.gate import paired
from models.learners import members
from models.learners.hawkes import Hawkes
from models.learners.logistic import MemoryLogistic
from models.numerics.distribution import rising
from models.numerics.losses import episodes, log_loss
from models.walks.events import (
    RECENCY_YEARS,
    REFIT_WEEKS,
    Problem,
    first_forecast,
    learning_grid,
    pose,
    recency,
)
from theatres import DYAD

SPANS: Final = {"2012 on": date(2012, 1, 2), "2019 on": date(2019, 1, 1)}
RIVAL: Final = "memory_52"
DISCOUNTS: Final = (1.0, 2.0, 4.0)
"""Half-lives of a training row, in years; the recipes' own is longer."""
SHARE: Final = 0.5
FORCE: Final = tuple(f"dyad.force.decayed_{days}" for days in (7, 30, 90, 365))


def posed_dyad(theatre: str) -> tuple[knowledge.Knowledge, list[Problem]]:
    """What is known, and the dyad's problems on the weekly grid."""
    known = knowledge.gather_embedded(read_settings(), theatre, datetime.now(UTC))
    covered = (known.covered[0], min(known.covered[1], known.as_of))
    history = known.history.as_known(to_day(known.as_of))
    posed = pose(history, known.theatre, covered, learning_grid(*covered))
    return known, [problem for problem in posed if problem.units == (DYAD,)]


def weekly_flags(known: knowledge.Knowledge, problem: Problem) -> Floats:
    """Whether the target came true in the week after each Monday, as first closed: (origin,)."""
    target = known.theatre.targets[problem.target].model_copy(update={"horizons": (WEEK,)})
    history = known.history.as_known(to_day(known.as_of))
    labels = Labels(history, target, (DYAD,), known.theatre, known.covered[1])
    delay = WEEK + known.theatre.reporting_lag_days
    flags = np.zeros(len(problem.grid))
    for i, origin in enumerate(problem.grid):
        came = labels.as_of(int(origin) + delay, problem.grid[i : i + 1])[0, 0, 0]
        flags[i] = 0.0 if np.isnan(came) else came
    return flags


def lagged(rates: Floats, delay_weeks: int) -> Floats:
    """The rates as of each origin, which knows the week that closed `delay_weeks` before."""
    return np.concatenate([np.repeat(rates[:1], delay_weeks, axis=0), rates[:-delay_weeks]])


def refitted(
    problem: Problem,
    begin: int,
    model: MemoryLogistic,
    half_life: float,
    extra: Floats | None = None,
) -> Floats:
    """The model's forecasts from grid place `begin` on, refitted as the engine does:
    (horizon, origin). `extra` are further columns, (origin, column)."""
    X = problem.rows(slice(None))
    if extra is not None:
        X = X.assign(**{f"extra.{i}": extra[:, i] for i in range(extra.shape[1])})
    found = []
    for start in range(begin, len(problem.grid), REFIT_WEEKS):
        day = int(problem.grid[start])
        past = problem.grid[:start]
        Y = problem.labels.as_of(day, past)[0].T
        weight = 0.5 ** ((day - past) / (365.25 * half_life))
        fitted = clone(model).fit(X.iloc[:start], Y, weight)
        found.append(fitted.predict_proba(X.iloc[start : start + REFIT_WEEKS]).T)
    return np.concatenate(found, axis=1)


def excited(problem: Problem, begin: int) -> Floats:
    """The self-exciting process on the dyad's decayed counts of force: (horizon, origin)."""
    X = problem.rows(slice(None))
    columns = [name for name in FORCE if name in X.columns]
    rates = np.column_stack([np.ones(len(X)), np.log1p(X[columns].to_numpy())])
    found = []
    for start in range(begin, len(problem.grid), REFIT_WEEKS):
        day = int(problem.grid[start])
        Y = problem.labels.as_of(day, problem.grid[:start])[0]
        span = slice(start, start + REFIT_WEEKS)
        rows = []
        for y in Y:
            closed = ~np.isnan(y)
            age = day - problem.grid[:start][closed]
            weight = recency(age)
            model = Hawkes((1.0,), list(range(1, rates.shape[1])), [0])
            model.fit(rates[:start][closed], y[closed], weight)
            rows.append(model.predict(rates[span])[:, 0])
        found.append(np.stack(rows))
    return np.concatenate(found, axis=1)


def calibrated(problem: Problem, begin: int, p: Floats) -> Floats:
    """The forecasts bent by their own closed record, as the ensemble's are: (horizon, origin)."""
    q = np.clip(p, 1e-6, 1 - 1e-6)
    origins = problem.grid[begin:]
    found = q.copy()
    for start in range(0, len(origins), REFIT_WEEKS):
        y = problem.labels.as_of(int(origins[start]), origins[:start])[0]
        for i, horizon in enumerate(problem.horizons):
            closed = ~np.isnan(y[i])
            weight = np.full(int(closed.sum()), WEEK / horizon)
            fitted = fit_map(q[i, :start][closed], y[i][closed], weight)
            span = slice(start, start + REFIT_WEEKS)
            found[i, span] = apply_map(fitted, q[i, span])
    return rising(found.T).T


def tried(known: knowledge.Knowledge, problem: Problem, begin: int) -> dict[str, Floats]:
    """Every alternative's forecasts, calibrated, and the memory's: (horizon, origin)."""
    flags = weekly_flags(known, problem)
    delay = -(-(WEEK + known.theatre.reporting_lag_days) // WEEK)
    ahead = -(-max(problem.horizons) // WEEK)
    change = np.repeat(lagged(change_point_rates(flags), delay)[:, None], ahead, axis=1)
    regime = lagged(regime_rates(flags, ahead, REFIT_WEEKS), delay)
    model = members.learners(problem.target, problem.units, problem.horizons, 0)["logistic"]
    assert isinstance(model, MemoryLogistic)  # noqa: S101 (the recipe's own)
    X = problem.rows(slice(begin, None))
    memory = np.stack([X[column(RIVAL, h)] for h in problem.horizons])
    found = {
        "change_point": within(change, problem.horizons)[:, begin:],
        "regimes": within(regime, problem.horizons)[:, begin:],
        "self_exciting": excited(problem, begin),
        **{f"discount_{years:g}y": refitted(problem, begin, model, years) for years in DISCOUNTS},
    }
    found = {name: calibrated(problem, begin, p) for name, p in found.items()}
    found |= {
        f"{name}_shrunk": shrunk(np.clip(found[name], 1e-6, 1 - 1e-6), memory, SHARE)
        for name in ("change_point", "regimes", "self_exciting", "discount_2y")
    }
    return {RIVAL: memory, **found}


def scored(
    problem: Problem, origins: Ints, found: dict[str, Floats], spans: dict[str, date]
) -> Iterator[dict[str, Any]]:
    """Log score, Brier and skill on the memory with its 90% interval, a row a model."""
    y = problem.labels.outcomes(origins)[0]
    for i, horizon in enumerate(problem.horizons):
        for span, since in spans.items():
            kept = ~np.isnan(y[i]) & (origins >= to_day(since))
            rival = log_loss(found[RIVAL][i, kept], y[i, kept])
            for name, p in found.items():
                loss = log_loss(p[i, kept], y[i, kept])
                skill, low, high = paired(loss, rival, horizon, 0)
                yield {
                    "target": problem.target,
                    "horizon": horizon,
                    "span": span,
                    "model": name,
                    "log_score": float(loss.mean()),
                    "brier": float(((p[i, kept] - y[i, kept]) ** 2).mean()),
                    "skill": skill,
                    "low": low,
                    "high": high,
                    "episodes": episodes(y[i : i + 1, kept]),
                }


def edge(path: Path, grid: Ints) -> tuple[Floats, int, int]:
    """GDELT's edge of the dyad as of each Monday: the last week's and four weeks' mean against the
    last year's, in its deviations; and the first and last grid place that it covers."""
    table = pd.read_csv(path, parse_dates=["date"])
    day = table["date"].to_numpy("datetime64[D]").astype(np.int64)
    series = pd.Series(table["AFG_PAK"].to_numpy(float), index=day)
    year, spread = series.rolling(365).mean(), series.rolling(365).std()
    means = [(series.rolling(n).mean() - year) / spread for n in (7, 28)]
    found = np.column_stack([mean.reindex(grid).to_numpy() for mean in means])
    covered = np.flatnonzero(~np.isnan(found).any(axis=1))
    # the learners look at log(1 + x): so they see the deviation itself
    return np.expm1(np.nan_to_num(found).clip(-5, 5)), int(covered[0]), int(covered[-1])


def with_edge(problem: Problem, path: Path) -> Iterator[dict[str, Any]]:
    """The logistic with and without GDELT's edge, both fitted where it covers, after a year."""
    extra, first, last = edge(path, problem.grid)
    cut = replace(
        problem,
        grid=problem.grid[first : last + 1],
        values=problem.values[:, first : last + 1],
    )
    model = members.learners(problem.target, problem.units, problem.horizons, 0)["logistic"]
    assert isinstance(model, MemoryLogistic)  # noqa: S101 (the recipe's own)
    more = MemoryLogistic(problem.horizons, (*model.columns, "extra.0", "extra.1"))
    begin = 52
    found = {
        RIVAL: np.stack([cut.rows(slice(begin, None))[column(RIVAL, h)] for h in problem.horizons]),
        "logistic_here": refitted(cut, begin, model, RECENCY_YEARS),
        "with_gdelt": refitted(cut, begin, more, RECENCY_YEARS, extra[first : last + 1]),
    }
    yield from scored(cut, cut.grid[begin:], found, {"2020 to 2024": date(2020, 1, 1)})


def study(theatre: str, gdelt: Path | None) -> list[dict[str, Any]]:
    """Every row of the table."""
    known, problems = posed_dyad(theatre)
    rows = []
    for problem in problems:
        print(problem.target, file=sys.stderr)
        begin = int(np.searchsorted(problem.grid, to_day(first_forecast(known.covered[0]))))
        found = tried(known, problem, begin)
        rows += list(scored(problem, problem.grid[begin:], found, SPANS))
        if gdelt:
            rows += list(with_edge(problem, gdelt))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--gdelt", type=Path, help="GDELT's daily edges by pair of countries")
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    start = time.perf_counter()
    rows = study(options.theatre, options.gdelt)
    if options.json:
        print(json.dumps({"scores": rows, "seconds": time.perf_counter() - start}))
        return
    for row in rows:
        print(
            f"{row['target']:8} {row['horizon']:3} days {row['span']:12} {row['model']:22}"
            f" log {row['log_score']:.4f}  skill {row['skill']:+.3f}"
            f" (90% {row['low']:+.3f} to {row['high']:+.3f})"
        )


if __name__ == "__main__":
    main()
