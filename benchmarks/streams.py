"""What landing a file costs against a bare read of it, and what a view of a million events costs.

`python -m benchmarks.streams --json`. Rows are repeated, with new ids, from real files: a GED
file, and a GDELT export file cut into the 96 of a day, in $DYADCAST_SHARED or as told. Each
measure has a process of its own, so that its peak memory is its own; the best of the rounds
counts, and each round does the two sides one after the other.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from streams.sources.gdelt.rows import COLUMNS

AT = datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
GED_ROWS = 420_000
VIEW_EVENTS = 1_000_000
GDELT_FILES = 96
TOLD = 6
DAY = datetime(2025, 10, 12)  # noqa: DTZ001 (UTC)
SHARED = Path(os.environ.get("DYADCAST_SHARED", "../shared/data"))


def make_ged(path: Path, rows: int, like: Path) -> None:
    """A file of so many rows: those of `like` over and over, each with an id of its own."""
    with like.open(encoding="utf-8", newline="") as given:
        header, *real = csv.reader(given)
    real = [row for row in real if row[header.index("id")].isdigit()]
    with path.open("w", encoding="utf-8", newline="") as made:
        writer = csv.writer(made, lineterminator="\n")
        writer.writerow(header)
        for number in range(rows):
            row = real[number % len(real)]
            row[header.index("id")] = str(1_000_000 + number)
            writer.writerow(row)


def measured(command: str, *arguments: str) -> dict[str, float]:
    """What the command, run as a process of its own, printed as JSON."""
    told = subprocess.run(  # noqa: S603 (this very module)
        [sys.executable, "-m", "benchmarks.streams", f"--{command}", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, float] = json.loads(told.stdout)
    return answer


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Seconds and peak memory in MB of the work, imports apart."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def read_bare(path: str) -> dict[str, float]:
    """A bare pandas.read_csv of the file."""
    return timed(lambda: pd.read_csv(path, low_memory=False))


def land_ged(path: str, database: str) -> dict[str, float]:
    """The file parsed and landed."""
    from streams.sources.ucdp import ucdp
    from streams.store.store import Store, connect
    from theatres import load_theatre

    store, theatre = Store(connect(database), "pak_afg"), load_theatre("pak_afg")
    return timed(lambda: ucdp.ingest(store, theatre, Path(path), AT))


def make_gdelt(folder: Path, like: Path) -> list[Path]:
    """The 96 files of a day, each with the rows of `like` under ids and a time of their own.

    Of each file six rows are made to tell of Pakistan and Afghanistan.
    """
    lines = [line.split("\t") for line in like.read_text("utf-8", "replace").splitlines()]
    paths = []
    for quarter in range(GDELT_FILES):
        at = DAY + timedelta(minutes=15 * quarter)
        path = folder / f"{at:%Y%m%d%H%M%S}.export.CSV"
        for number, cells in enumerate(lines):
            cells[0] = str(1_270_000_000 + quarter * len(lines) + number)
            cells[COLUMNS.index("DATEADDED")] = f"{at:%Y%m%d%H%M%S}"
            if number < TOLD:
                cells[COLUMNS.index("Actor1CountryCode")] = "PAK"
                cells[COLUMNS.index("Actor2CountryCode")] = "AFG"
        path.write_text("".join("\t".join(cells) + "\n" for cells in lines), "utf-8")
        paths.append(path)
    return paths


def read_bare_day(folder: str) -> dict[str, float]:
    """A bare pandas.read_csv of each of a day's files."""

    def read() -> None:
        for path in sorted(Path(folder).glob("*.export.CSV")):
            pd.read_csv(path, sep="\t", header=None, low_memory=False, quoting=csv.QUOTE_NONE)

    return timed(read)


def land_day(folder: str, database: str) -> dict[str, float]:
    """A day's files parsed and landed."""
    from streams.sources.gdelt import gdelt
    from streams.store.store import Store, connect
    from theatres import load_theatre

    store, theatre = Store(connect(database), "pak_afg"), load_theatre("pak_afg")
    paths = sorted(Path(folder).glob("*.export.CSV"))
    return timed(lambda: gdelt.ingest_many(store, theatre, paths, AT))


def view(database: str) -> dict[str, float]:
    """The events as of a day at the end."""
    from streams.store.store import Store, connect

    store = Store(connect(database), "pak_afg")
    return timed(lambda: store.events(date(2026, 11, 1)))


def fill(database: str, events: int) -> None:
    """A store of so many made events."""
    from streams.events.frame import typed
    from streams.store.store import Store, connect

    store, rng, part = Store(connect(database), "pak_afg"), np.random.default_rng(1), 50_000
    for first in range(0, events, part):
        days = np.datetime64("1989-01-01") + rng.integers(0, 13_000, part)
        words = {"source": "ucdp", "date_precision": "day", "type": "battle", "actor": "PAK"}
        words |= {"target": "TTP", "mediators": "", "place": "Miran Shah town", "url": ""}
        words |= {"segment": "north-waziristan", "confidence": "medium"}
        words |= {"summary": "Battle: Government of Pakistan - TTP; Miran Shah town"}
        columns: dict[str, Any] = {name: [word] * part for name, word in words.items()}
        columns |= {
            "event_id": [str(first + number) for number in range(part)],
            "version": [1] * part,
            "occurred_on": days,
            "ended_on": days,
            "known_at": days.astype("datetime64[s]") + np.timedelta64(20, "D"),
            "lat": rng.uniform(29, 37, part),
            "lon": rng.uniform(61, 74, part),
            "deaths_low": rng.integers(0, 3, part),
            "deaths_best": rng.integers(3, 5, part),
            "deaths_high": rng.integers(5, 9, part),
            "retracted": [False] * part,
        }
        store.append(typed(columns), AT)


def ged_cost(folder: Path, like: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Landing against a bare read: the ratios of time and memory, and of a second ingest."""
    path = folder / "GEDEvent_v26_1.csv"
    make_ged(path, rows, like)
    found: dict[str, list[dict[str, float]]] = {"bare": [], "land": [], "again": []}
    for number in range(rounds):
        database = f"sqlite:///{folder}/ged{number}.db"
        found["bare"].append(measured("bare", str(path)))
        found["land"].append(measured("land", str(path), database))
        found["again"].append(measured("land", str(path), database))
    best = {name: min(each["seconds"] for each in runs) for name, runs in found.items()}
    peak = {name: min(each["mb"] for each in runs) for name, runs in found.items()}
    return {
        "rows": rows,
        "file_mb": round(path.stat().st_size / 1e6),
        "bare_seconds": best["bare"],
        "land_seconds": best["land"],
        "times": best["land"] / best["bare"],
        "memory_times": peak["land"] / peak["bare"],
        "bare_mb": peak["bare"],
        "land_mb": peak["land"],
        "again_share": best["again"] / best["land"],
    }


def gdelt_cost(folder: Path, like: Path, rounds: int) -> dict[str, Any]:
    """Landing a day's files against a bare read of them, and a second ingest."""
    day = folder / "gdelt"
    day.mkdir()
    make_gdelt(day, like)
    found: dict[str, list[float]] = {"bare": [], "land": [], "again": []}
    for number in range(rounds):
        database = f"sqlite:///{folder}/gdelt{number}.db"
        found["bare"].append(measured("bare-day", str(day))["seconds"])
        found["land"].append(measured("land-day", str(day), database)["seconds"])
        found["again"].append(measured("land-day", str(day), database)["seconds"])
    best = {name: min(seconds) for name, seconds in found.items()}
    return {
        "files": GDELT_FILES,
        "bare_seconds": best["bare"],
        "land_seconds": best["land"],
        "times": best["land"] / best["bare"],
        "again_share": best["again"] / best["land"],
    }


def view_cost(folder: Path, events: int, rounds: int) -> dict[str, Any]:
    """An as-of view of a store of so many events, each time in a new process."""
    database = f"sqlite:///{folder}/view.db"
    fill(database, events)
    seconds = [measured("view", database)["seconds"] for _ in range(rounds)]
    return {"events": events, "seconds": min(seconds), "slowest": max(seconds)}


def main() -> None:
    """Print the costs as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--like", type=Path, default=SHARED / "ucdp" / "GEDEvent_v23_0_10.csv")
    parser.add_argument(
        "--gdelt-like", type=Path, default=SHARED / "gdelt" / "20180101000000.export.CSV"
    )
    parser.add_argument("--rows", type=int, default=GED_ROWS)
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    parser.add_argument("--land", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--bare-day", help=argparse.SUPPRESS)
    parser.add_argument("--land-day", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--view", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        print(json.dumps(read_bare(given.bare)))
    elif given.land:
        print(json.dumps(land_ged(*given.land)))
    elif given.bare_day:
        print(json.dumps(read_bare_day(given.bare_day)))
    elif given.land_day:
        print(json.dumps(land_day(*given.land_day)))
    elif given.view:
        print(json.dumps(view(given.view)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = {
                "ged": ged_cost(Path(folder), given.like, given.rows, given.rounds),
                "gdelt": gdelt_cost(Path(folder), given.gdelt_like, given.rounds),
                "view": view_cost(Path(folder), VIEW_EVENTS, given.rounds),
            }
        print(json.dumps(found) if given.json else _table(found))


def _table(found: dict[str, dict[str, Any]]) -> str:
    return "\n".join(
        f"{part:6} {name:14} {value:12,.3f}"
        for part, figures in found.items()
        for name, value in figures.items()
    )


if __name__ == "__main__":
    main()
