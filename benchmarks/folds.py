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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self, cast

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from features.arrays import Floats, Ints, to_day
from features.targets import WEEK, Labels
from flows.pipeline import knowledge
from flows.pipeline.settings import read_settings
from models.learners.members import Learner
from models.walks.events import (
    REFIT_WEEKS,
    Problem,
    first_forecast,
    fit_at,
    learning_grid,
    pose,
)
from theatres import DYAD

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

    columns: tuple[str, ...] = ()

    def fit(self, X: pd.DataFrame, Y: Floats, _weight: Floats) -> Self:
        """The fitted estimator; windows that are not closed are left out."""
        closed = ~np.isnan(Y[:, 0])
        self.model_ = Ridge(alpha=1.0).fit(X.to_numpy()[closed], Y[closed, 0])
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """The line's values, (row, 1)."""
        found: Floats = self.model_.predict(X.to_numpy())[:, None]
        return found


class Settled:
    """Labels that never were another: what skforecast takes for granted."""

    def __init__(self, came: Floats, grid: Ints, gap: int) -> None:
        self.came = came
        self.grid = grid
        self.gap = gap

    def as_of(self, day: int, origins: Ints) -> Floats:
        """The outcomes whose window has closed, `gap` weeks after its origin: (1, 1, origin)."""
        at = np.searchsorted(self.grid, origins)
        closed = (at + self.gap < np.searchsorted(self.grid, day)) & (at > 0)
        return np.where(closed, self.came[at], np.nan)[None, None]


def posed(theatre: str) -> tuple[Problem, Floats, int, int]:
    """The dyad's first target at one horizon, its outcomes, where forecasts begin, and how many
    weeks a window takes to close."""
    known = knowledge.gather_embedded(read_settings(), theatre, datetime.now(UTC))
    covered = (known.covered[0], min(known.covered[1], known.as_of))
    history = known.history.as_known(to_day(known.as_of))
    problem = next(
        p
        for p in pose(history, known.theatre, covered, learning_grid(*covered))
        if p.units == (DYAD,)
    )
    came = problem.labels.outcomes(problem.grid)[0, problem.horizons.index(HORIZON)]
    n = int(np.isnan(came).argmax()) if np.isnan(came).any() else len(came)
    gap = -(-(HORIZON + known.theatre.reporting_lag_days) // WEEK) - 1
    grid = problem.grid[:n]
    cut = replace(
        problem,
        horizons=(HORIZON,),
        grid=grid,
        values=problem.values[:, :n],
        labels=cast("Labels", Settled(came[:n], grid, gap)),
    )
    begin = int(np.searchsorted(grid, to_day(first_forecast(known.covered[0]))))
    return cut, came[:n], begin, gap


def by_engine(problem: Problem, begin: int) -> Floats:
    """The engine's forecasts from `begin` on, refitted every REFIT_WEEKS."""
    models = cast("dict[str, Learner]", {"line": Line()})
    found = []
    for start in range(begin, len(problem.grid), REFIT_WEEKS):
        fitted = fit_at(problem, int(problem.grid[start]), models)["line"]
        found.append(fitted.predict_proba(problem.rows(slice(start, start + REFIT_WEEKS)))[:, 0])
    return np.concatenate(found)


def compare(theatre: str, rival: Path) -> dict[str, Any]:
    """Seconds of both, their ratio, and the largest difference of the forecasts."""
    problem, came, begin, gap = posed(theatre)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        ours = by_engine(problem, begin)
        times.append(time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as name:
        table = problem.rows(slice(None)).assign(y=came)
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
        "refits": -(-len(ours) // REFIT_WEEKS),
        "columns": problem.values.shape[2],
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
