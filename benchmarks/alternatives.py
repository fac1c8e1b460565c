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
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.chronicle import embedded, of_dyad
from benchmarks.hawkes import Hawkes
from benchmarks.panels import tell
from benchmarks.regimes import change_point_rates, regime_rates, shrunk, within
from features.arrays import Floats, Ints, to_day
from features.targets import WEEK, Labels
from flows.pipeline.knowledge import Knowledge
from models.combining.combine import combine
from models.combining.rule import Rule
from models.forecasting.training import SEED, Asked
from models.judging.gate import paired
from models.learners import prior
from models.learners.design import Learner
from models.learners.logistic import MemoryLogistic
from models.numerics.losses import episodes, log_loss
from models.problems.problem import Problem, Record
from models.problems.sampling import Sampling
from models.recipes import events
from models.recipes.events import RECENCY_YEARS, REFIT_WEEKS, EventCounts
from models.recipes.recipe import Members, Recipe, block_of
from models.walk import walk
from theatres import DYAD

SPANS: Final = {"2012 on": date(2012, 1, 2), "2019 on": date(2019, 1, 1)}
RIVAL: Final = "memory_52"
DISCOUNTS: Final = (1.0, 2.0, 4.0)
"""Half-lives of a training row, in years; the recipes' own is longer."""
SHARE: Final = 0.5
YEAR_WEEKS: Final = 52


class Flags(EventCounts):
    """Whether each window came true, 1 or 0, in place of how much came."""

    def as_of(self, day: int, origins: Ints) -> Floats:
        """1, 0, or NaN where the window was not closed on `day`: (unit, horizon, origin)."""
        return self.labels.as_of(day, origins)

    def settled(self, origins: Ints) -> Floats:
        """The same by all that is known at present."""
        return self.labels.outcomes(origins)


def labels_of(known: Knowledge, target: str, days: tuple[int, ...]) -> Labels:
    """The dyad's labels of the target, in windows of so many days."""
    asked = known.theatre.targets[target].model_copy(update={"days": days})
    history = known.history.as_known(to_day(known.as_of))
    return Labels(history, asked, (DYAD,), known.theatre, known.watched[target])


def weekly_flags(known: Knowledge, problem: Problem) -> Floats:
    """Whether the target came true in the week after each Monday, as first closed: (origin,)."""
    labels = labels_of(known, problem.target, (WEEK,))
    delay = WEEK + known.theatre.reporting_lag_days
    grid = problem.origins
    came = [labels.as_of(int(o) + delay, grid[i : i + 1])[0, 0, 0] for i, o in enumerate(grid)]
    return np.nan_to_num(np.array(came, np.float64))


def lagged(rates: Floats, delay_weeks: int) -> Floats:
    """The rates as of each origin, which knows the week that closed `delay_weeks` before."""
    return np.concatenate([np.repeat(rates[:1], delay_weeks, axis=0), rates[:-delay_weeks]])


def logistic(
    problem: Problem, seed: int, name: str, extra: tuple[str, ...] = ()
) -> dict[str, Learner]:
    """The recipe's own regression alone, under that name, `extra` columns added."""
    own = events.members(problem, seed, own=False, pooled=False)["logistic"]
    assert isinstance(own, MemoryLogistic)  # noqa: S101 (the recipe's own)
    return {name: MemoryLogistic(own.thresholds, (*own.columns, *extra))}


def excited(
    problem: Problem, _seed: int, name: str, columns: tuple[str, ...]
) -> dict[str, Learner]:
    """The self-exciting process on the dyad's decayed counts of force."""
    return {name: Hawkes(problem.thresholds, columns)}


def _sampled(_horizon: int, years: float) -> Sampling:
    return Sampling(years)


def alone(recipe: Recipe, name: str, members: Members, years: float = RECENCY_YEARS) -> Recipe:
    """The recipe with one member, its rows' weight halving in so many years."""
    sampling = partial(_sampled, years=years)
    return replace(recipe, members=members, sampling=sampling, rates=(), pool=(name,))


def refitted(known: Knowledge, asked: Asked) -> dict[str, Floats]:
    """What is refitted as the engine does, by name: (threshold, unit, horizon, origin)."""
    problem, recipe, starts = asked.problem, asked.recipe, asked.starts
    flagged = replace(
        problem,
        X=np.log1p(problem.X),
        thresholds=(1.0,),
        outcomes=Flags(labels_of(known, problem.target, problem.horizons)),
        share=np.ones(len(problem.horizons)),  # fixed so: its windows are counted whole
    )
    # fixed so: where no member looks at the longer half-lives, neither does this
    columns = prior.COLUMNS if "pooled" in recipe.pool else prior.COLUMNS[:1]
    members = partial(excited, name="self_exciting", columns=columns)
    exciting = alone(recipe, "self_exciting", members)
    walks = {"self_exciting": (flagged, replace(exciting, joint=False), starts)}
    for years in DISCOUNTS:
        name = f"discount_{years:g}y"
        walks[name] = (problem, alone(recipe, name, partial(logistic, name=name), years), starts)
    records = walk(list(walks.values()), SEED, progress=tell)
    return {name: record.of(name) for name, record in zip(walks, records, strict=True)}


def tried(known: Knowledge, asked: Asked) -> tuple[Record, dict[str, Floats]]:
    """The alternatives' record; and their forecasts, calibrated by their own closed record as the
    ensemble's are, and the memory's: (horizon, origin)."""
    problem, begin = asked.problem, int(asked.starts[0])
    flags = weekly_flags(known, problem)
    delay = -(-(WEEK + known.theatre.reporting_lag_days) // WEEK)
    ahead = -(-max(problem.horizons) // WEEK)
    change = np.repeat(lagged(change_point_rates(flags), delay)[:, None], ahead, axis=1)
    regime = lagged(regime_rates(flags, ahead, REFIT_WEEKS), delay)
    memory = problem.rates[RIVAL][0, 0, :, begin:]
    p = {
        "change_point": within(change, problem.horizons)[None, None, :, begin:],
        "regimes": within(regime, problem.horizons)[None, None, :, begin:],
        **refitted(known, asked),
    }
    refits = asked.starts - asked.starts[0]
    record = Record(problem, tuple(p), problem.origins[begin:], refits, np.stack(list(p.values())))
    calibrated = {name: _calibrated(record, name) for name in p}
    calibrated |= {
        f"{name}_shrunk": shrunk(np.clip(calibrated[name], 1e-6, 1 - 1e-6), memory, SHARE)
        for name in ("change_point", "regimes", "self_exciting", "discount_2y")
    }
    return record, {RIVAL: memory, **calibrated}


def _calibrated(record: Record, name: str) -> Floats:
    rule = Rule("tempered", calibration=events.RULE.calibration, prior={name: 1.0})
    last = int(record.origins[-1])
    p: Floats = combine(record, rule, (name,), last, nests=True).p[0, 0]
    return p


def scored(
    record: Record, recipe: Recipe, forecasts: dict[str, Floats], spans: dict[str, date]
) -> Iterator[dict[str, Any]]:
    """Log score, Brier and skill on the memory with its 90% interval, a row a model."""
    y, problem = record.settled()[0, 0], record.problem
    for i, horizon in enumerate(problem.horizons):
        for span, since in spans.items():
            kept = ~np.isnan(y[i]) & (record.origins >= to_day(since))
            rival = log_loss(forecasts[RIVAL][i, kept], y[i, kept])
            for name, p in forecasts.items():
                loss = log_loss(p[i, kept], y[i, kept])
                skill, low, high = paired(loss, rival, block_of(problem, recipe, i), 0)
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


def with_edge(asked: Asked, path: Path) -> Iterator[dict[str, Any]]:
    """The logistic with and without GDELT's edge, both fitted where it covers, after a year."""
    problem, more = asked.problem, ("extra.0", "extra.1")
    extra, first, last = edge(path, problem.origins)
    span = slice(first, last + 1)
    cut = replace(
        problem,
        origins=problem.origins[span],
        names=(*problem.names, *more),
        X=np.concatenate([problem.X[:, span], extra[None, span]], axis=2),
        rates={name: rate[..., span] for name, rate in problem.rates.items()},
        present=problem.present[:, span],
        thin=problem.thin[:, span],
    )
    starts = np.arange(YEAR_WEEKS, len(cut.origins), REFIT_WEEKS, dtype=np.int32)
    rivals = {"logistic_here": (), "with_gdelt": more}
    recipes = [
        alone(asked.recipe, name, partial(logistic, name=name, extra=columns))
        for name, columns in rivals.items()
    ]
    records = walk([(cut, recipe, starts) for recipe in recipes], SEED, progress=tell)
    forecasts = {RIVAL: cut.rates[RIVAL][0, 0, :, YEAR_WEEKS:]}
    forecasts |= {n: record.of(n)[0, 0] for n, record in zip(rivals, records, strict=True)}
    spans = {"2020 to 2024": date(2020, 1, 1)}
    yield from scored(records[0], asked.recipe, forecasts, spans)


def study(theatre: str, gdelt: Path | None) -> list[dict[str, Any]]:
    """Every row of the table."""
    known = embedded(theatre)
    rows = []
    for asked in of_dyad(known):
        print(asked.problem.target, file=sys.stderr)
        record, forecasts = tried(known, asked)
        rows += list(scored(record, asked.recipe, forecasts, SPANS))
        if gdelt:
            rows += list(with_edge(asked, gdelt))
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
