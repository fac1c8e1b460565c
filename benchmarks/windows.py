"""The as-of window kernel against DuckDB's and polars' joins: the same integers, timed in one run.

python -m benchmarks.windows --json
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from features.arrays import NEVER, Ints
from features.windows import Slots

DAYS = 5117
CELLS = 96
ORIGINS = 731
WINDOWS = (7, 30, 90, 365)

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """Made events: their day, the day they are known, their cell; and weekly origins."""

    day: Ints
    known: Ints
    cell: npt.NDArray[np.intp]
    origins: Ints


def make_world(events: int, seed: int) -> World:
    """A world of so many events on 96 cells over 14 years, most known within days."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, DAYS, events, dtype=np.int32)
    known = day + rng.geometric(0.3, events).astype(np.int32) - 1
    origins = np.arange(ORIGINS, dtype=np.int32) * 7 + 3
    return World(day, known, rng.integers(0, CELLS, events).astype(np.intp), origins)


def with_kernel(world: World) -> Counts:
    """Counts by the kernel: (window, cell, origin)."""
    until = np.full(len(world.day), NEVER, np.int32)
    slots = Slots(world.day, world.known, until, world.cell, CELLS, world.origins)
    return slots.counts(WINDOWS)


def _dense(cell: Counts, origin: Counts, counts: list[Counts]) -> Counts:
    table = np.zeros((len(WINDOWS), CELLS, ORIGINS), np.int64)
    for i, values in enumerate(counts):
        table[i, cell, origin] = values
    return table


def with_duckdb(world: World) -> Counts:
    """The same in DuckDB: each event against its own span of origins, and conditional counts.

    Unnesting the span took less time here than the range join of the same meaning.
    """
    link = duckdb.connect()
    first, last = _spans(world)
    events = {"day": world.day, "cell": world.cell, "first": first, "last": last}
    link.register("e", pl.DataFrame(events).to_arrow())
    link.register("o", pl.DataFrame({"at": world.origins, "i": np.arange(ORIGINS)}).to_arrow())
    sums = ", ".join(f"count(*) FILTER (e.day > o.at - {w}) AS c{w}" for w in WINDOWS)
    found = link.execute(
        f"SELECT e.cell, o.i, {sums} FROM"  # noqa: S608 (numbers of our own)
        " (SELECT cell, day, unnest(range(first, last)) AS i FROM e) e JOIN o USING (i)"
        " GROUP BY 1, 2"
    ).fetchnumpy()
    rows = {name: np.asarray(values, np.int64) for name, values in found.items()}
    return _dense(rows["cell"], rows["i"], [rows[f"c{w}"] for w in WINDOWS])


def _spans(world: World) -> tuple[Counts, Counts]:
    """The first origin at which each event is known, and the first beyond the longest window."""
    first = np.searchsorted(world.origins, world.known)
    last = np.searchsorted(world.origins, world.day + max(WINDOWS))
    return first, np.maximum(first, last)


def with_polars(world: World) -> Counts:
    """The same by polars: one lazy filter and grouping an origin, all collected at once.

    It took less time here than an inequality join, or than exploding each event's span.
    """
    events = pl.DataFrame({"day": world.day, "known": world.known, "cell": world.cell}).lazy()
    day = pl.col("day")
    frames = [
        events.filter(pl.col("known") <= at, day > at - max(WINDOWS))
        .group_by("cell")
        .agg([(day > at - w).sum().alias(f"c{w}") for w in WINDOWS])
        .with_columns(i=pl.lit(i, pl.Int64))
        for i, at in enumerate(world.origins.tolist())
    ]
    rows = pl.concat(pl.collect_all(frames))
    counts = [rows[f"c{w}"].to_numpy() for w in WINDOWS]
    return _dense(rows["cell"].to_numpy(), rows["i"].to_numpy(), counts)


CONTENDERS: dict[str, Callable[[World], Counts]] = {
    "kernel": with_kernel,
    "duckdb": with_duckdb,
    "polars": with_polars,
}


def measure(events: int, rounds: int, seed: int) -> dict[str, object]:
    """Median seconds of each contender, the ratios to the kernel, and whether all agree."""
    world = make_world(events, seed)
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    agree = True
    for _ in range(rounds):
        found = {}
        for name, count in CONTENDERS.items():
            start = time.perf_counter()
            found[name] = count(world)
            seconds[name].append(time.perf_counter() - start)
        agree = agree and all(np.array_equal(found["kernel"], other) for other in found.values())
    median = {name: statistics.median(times) for name, times in seconds.items()}
    ratios = {f"{n}_over_kernel": median[n] / median["kernel"] for n in CONTENDERS if n != "kernel"}
    return {
        "events": events,
        "origins": ORIGINS,
        "cells": CELLS,
        "windows": WINDOWS,
        "rounds": rounds,
        "same_integers": agree,
        "seconds": median,
        **ratios,
    }


def main() -> None:
    """Print the comparison as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    result = measure(options.events, options.rounds, options.seed)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
