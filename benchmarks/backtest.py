"""Features of every weekly origin: all at once, against rebuilding them from events at each origin.

python -m benchmarks.backtest --json --rival /path/to/a/python/that/has/skforecast

Both ways give the same numbers, which is checked. With `--rival` the same folds go through
skforecast in the same run (benchmarks/folds.py says how to make such a python).
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks import folds
from benchmarks.chronicle import embedded
from features.arrays import to_day
from features.table import event_features
from models.recipes.events import learning_grid


def compare(theatre: str) -> dict[str, float]:
    """Seconds of both ways over the embedded chronicle, their ratio, and the largest difference."""
    known = embedded(theatre)
    grid = learning_grid(known.covered[0], known.covered[1])
    history = known.history.as_known(to_day(known.as_of))
    start = time.perf_counter()
    at_once = event_features(history, known.theatre, grid, segments=True)
    middle = time.perf_counter()
    parts = [
        event_features(history.as_of(int(day)), known.theatre, grid[i : i + 1], segments=True)
        for i, day in enumerate(grid)
    ]
    end = time.perf_counter()
    shape = (len(known.theatre.segment_names), len(grid), -1)
    each = np.stack([part.to_numpy() for part in parts], axis=1)
    return {
        "origins": len(grid),
        "columns": at_once.shape[1],
        "at_once_seconds": middle - start,
        "each_origin_seconds": end - middle,
        "times_faster": (end - middle) / (middle - start),
        "largest_difference": float(np.abs(at_once.to_numpy().reshape(shape) - each).max()),
    }


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--theatre", default="pak_afg")
    parser.add_argument("--rival", type=Path, help="a python that has skforecast")
    options = parser.parse_args()
    found = compare(options.theatre)
    if options.rival:
        against = folds.compare(options.theatre, options.rival)
        found |= {f"folds_{name}": value for name, value in against.items()}
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:22} {value:g}")


if __name__ == "__main__":
    main()
