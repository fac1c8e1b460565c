"""The same folds with the same estimator: this engine, and skforecast's backtesting.

python -m benchmarks.folds --rival /path/to/a/python/that/has/skforecast --json

skforecast wants an older pandas than this project, so it runs in an interpreter of its own
(`python -m venv rival && rival/bin/pip install skforecast pyarrow`); it times itself, after its
imports. Both refit a ridge regression on the dyad's features every few weeks, on windows closed by
then, and forecast the weeks to the next refit.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from benchmarks.chronicle import embedded, of_dyad
from features.arrays import Floats, Ints
from features.targets import WEEK
from models.forecasting.training import SEED, Asked
from models.learners.design import Learner, one_window
from models.problems.problem import Problem, Rows, Sample
from models.recipes.events import REFIT_WEEKS
from models.walk import walk

HORIZON: Final = 30
REPEATS: Final = 3
RIVAL: Final = '''
import json, sys, time
import numpy as np, pandas as pd
from sklearn.linear_model import Ridge
from skforecast.recursive import ForecasterRecursive
from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster

class NoLag(Ridge):
    """The ridge without the lag that the forecaster insists on."""
    def fit(self, X, y, **more):
        return super().fit(np.asarray(X, float)[:, 1:], y, **more)
    def predict(self, X):
        return super().predict(np.asarray(X, float)[:, 1:])

folder, steps, begin, gap, repeats = sys.argv[1], *map(int, sys.argv[2:])
table = pd.read_parquet(folder + "/table.parquet")
table.index = pd.RangeIndex(len(table))
y, X = table.pop("y"), table
cv = TimeSeriesFold(steps=steps, initial_train_size=begin - gap, refit=True,
                    fixed_train_size=False, gap=gap, verbose=False)
times = []
for _ in range(repeats):
    start = time.perf_counter()
    _, found = backtesting_forecaster(
        ForecasterRecursive(NoLag(alpha=1.0), lags=1), y, cv, "mean_squared_error", exog=X,
        n_jobs=1, show_progress=False, suppress_warnings=True)
    times.append(time.perf_counter() - start)
found[["pred"]].to_parquet(folder + "/rival.parquet")
print(json.dumps(min(times)))
'''


class Line(BaseEstimator):  # type: ignore[misc]
    """The ridge as the engine takes a learner."""

    thresholds: Sequence[float] = (1.0,)

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; windows that are not closed are left out."""
        X, came, _ = one_window(sample)
        self.model_ = Ridge(alpha=1.0).fit(X, came)
        return self

    def predict(self, rows: Rows) -> Floats:
        """The line's values: (row, 1, 1)."""
        values: Floats = self.model_.predict(rows.X)[:, None, None]
        return values


def members(_problem: Problem, _seed: int) -> dict[str, Learner]:
    """The line alone."""
    return {"line": Line()}


@dataclass(frozen=True)
class Settled:
    """Outcomes that never were another, 1 or 0: what skforecast takes for granted.

    A window closes `gap` weeks after its origin.
    """

    came: Floats
    grid: Ints
    gap: int

    def as_of(self, day: int, origins: Ints) -> Floats:
        """The outcomes whose window has closed: (1, 1, origin)."""
        at = np.searchsorted(self.grid, origins)
        closed = (at + self.gap < np.searchsorted(self.grid, day)) & (at > 0)
        return np.where(closed, self.came[at], np.nan)[None, None]

    def settled(self, origins: Ints) -> Floats:
        """All outcomes: (1, 1, origin)."""
        return self.came[np.searchsorted(self.grid, origins)][None, None]


def posed(theatre: str) -> tuple[Asked, Floats, int]:
    """The dyad's first target at one horizon, learnt by the line alone; its outcomes, as far as
    they are known; and how many weeks a window takes to close."""
    known = embedded(theatre)
    asked = of_dyad(known)[0]
    problem = asked.problem.only(asked.problem.horizons.index(HORIZON))
    size = problem.outcomes.settled(problem.origins)[0, 0]
    closed = int(np.isnan(size).argmax()) if np.isnan(size).any() else len(size)
    came = (size >= problem.thresholds[0]).astype(np.float64)
    gap = -(-(HORIZON + known.theatre.reporting_lag_days) // WEEK) - 1
    outcomes = Settled(came, problem.origins, gap)
    problem = replace(problem, thresholds=(1.0,), outcomes=outcomes)
    recipe = replace(asked.recipe, members=members, rates=(), pool=("line",))
    starts = asked.starts[asked.starts < closed]
    return Asked(problem, recipe, starts), came[:closed], gap


def compare(theatre: str, rival: Path) -> dict[str, Any]:
    """Seconds of both, their ratio, and the largest difference of the forecasts."""
    asked, came, gap = posed(theatre)
    problem, recipe, starts, n = asked.problem, asked.recipe, asked.starts, len(came)
    until = int(problem.origins[n - 1]) + 1
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        (record,) = walk([(problem, recipe, starts)], SEED, jobs=1, until=until)
        times.append(time.perf_counter() - start)
    ours, begin = record.of("line").ravel(), int(starts[0])
    with tempfile.TemporaryDirectory() as name:
        table = pd.DataFrame(problem.X[0, :n], columns=problem.names).assign(y=came)
        table.to_parquet(f"{name}/table.parquet", index=False)
        told = [name, *map(str, (REFIT_WEEKS, begin, gap, REPEATS))]
        command = [str(rival), "-W", "ignore", "-c", RIVAL, *told]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(done.stderr[-1500:])
        theirs = pd.read_parquet(f"{name}/rival.parquet")["pred"].to_numpy(float)
    seconds = float(json.loads(done.stdout))
    return {
        "origins": len(ours),
        "refits": len(starts),
        "columns": len(problem.names),
        "engine_seconds": min(times),
        "skforecast_seconds": seconds,
        "times_faster": seconds / min(times),
        "largest_difference": float(np.abs(ours - theirs).max()),
    }


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rival", type=Path, required=True, help="a python that has skforecast")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--theatre", default="pak_afg")
    options = parser.parse_args()
    found = compare(options.theatre, options.rival)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:22} {value:g}")


if __name__ == "__main__":
    main()
