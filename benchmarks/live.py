"""The daily job run every day of a made world: what is published, and how true it is.

    python -m benchmarks.live --json [--days 120] [--worlds 1] [--lose acled]

Local servers impersonate UCDP, ACLED and GDELT (benchmarks/live_world.py), each with its own delay,
detection and false alarms, outages of up to three weeks and one wrong release that is withdrawn.
The flows `ingest` and `daily` are run as the schedule runs them, at half past four and half past
five of each day, by a clock that is the world's. With --lose each world is run twice, the second
time without that source from the middle on.
"""

import argparse
import json
import logging
import os
import re
import resource
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from benchmarks.live_world import World, serving
from streams.net.download import Downloads
from streams.sources.acled.fetch import Api
from streams.sources.gdelt import gdelt
from streams.sources.ucdp import ucdp
from theatres import Theatre, load_theatre

CHECKOUT: Final = Path(__file__).resolve().parents[1]
START: Final = date(2026, 2, 1)
SOURCES: Final = """[[sources]]
name = "chronicle"

[[sources]]
name = "ucdp"
features = true
labels = true

[[sources]]
name = "acled"
features = true
labels = true

[[sources]]
name = "gdelt"
features = true
apart = true

"""
QUIET_DAYS = 30
CLOCKS: Final = ("daily", "ingest", "resolve")
"""The flows whose clock is the world's."""


@dataclass(frozen=True, slots=True)
class Day:
    """What the job of a day published: empty where it published nothing."""

    day: date
    as_of: date | None
    probability: float | None
    low: float | None
    high: float | None
    failed: str
    seconds: float
    megabytes: float


def made_theatre(folder: Path) -> Path:
    """The built-in theatre without its chronicle and its counts, its labels by UCDP and ACLED."""
    made = folder / "pak_afg"
    shutil.copytree(CHECKOUT / "theatres" / "pak_afg", made)
    text = (made / "theatre.toml").read_text(encoding="utf-8")
    text = re.sub(r"\[\[sources\]\]\n.*?(?=^# A target)", SOURCES, text, flags=re.S | re.M)
    counts = r"^\[targets\.\w+_deaths\]\n.*?(?=^\[)"
    (made / "theatre.toml").write_text(
        re.sub(counts, "", text, flags=re.S | re.M), encoding="utf-8"
    )
    for name in ("chronicle.csv", "coverage.csv"):
        header = (made / name).read_text(encoding="utf-8").split("\n", 1)[0]
        (made / name).write_text(header + "\n", encoding="utf-8")
    return made


def world_of(theatre: Theatre, seed: int, days: int) -> World:
    """A world with its outages: GDELT a week, ACLED three weeks, UCDP ten days."""
    spans = {"gdelt": (0.15, 7), "acled": (0.35, 21), "ucdp": (0.7, 10)}
    outages = {}
    for name, (at, length) in spans.items():
        first = START + timedelta(days=int(at * days))
        outages[name] = (first, first + timedelta(days=min(length, days // 5)))
    return World(theatre, seed, START, days, outages)


def replay(world: World, theatre: Path, home: Path) -> list[Day]:
    """What the job published on each day of the world."""
    environment = {
        "DYADCAST_HOME": str(home),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home / 'mlruns' / 'mlflow.db'}",
        "PREFECT_HOME": str(home.parent / "prefect"),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
        "DYADCAST_ACLED_USER": "made@example.org",
        "DYADCAST_ACLED_PASSWORD": "made",
    }
    (home / "mlruns").mkdir(parents=True)
    with patch.dict(os.environ, environment), serving(world) as host, ExitStack() as patches:
        from flows import daily, ingest

        base, hosts = f"http://{host}", frozenset({host})
        quick = partial(Downloads, sleep=lambda _seconds: None)
        for flow in CLOCKS:
            patches.enter_context(patch(f"flows.{flow}.now", lambda: world.now))
        patches.enter_context(patch("flows.pipeline.knowledge.Downloads", quick))
        for name, faked in (
            ("Api", partial(Api, base=base, hosts=hosts)),
            ("ucdp.fetch", partial(ucdp.fetch, base=f"{base}/ucdp/", hosts=hosts)),
            ("gdelt.fetch", partial(gdelt.fetch, base=f"{base}/gdelt/")),
        ):
            patches.enter_context(patch(f"flows.pipeline.sources.{name}", faked))
        return [_day(world, day, str(theatre), ingest, daily) for day in _days(world)]


def _days(world: World) -> list[date]:
    return [world.start + timedelta(days=i) for i in range(world.days)]


def _day(world: World, day: date, theatre: str, ingest: Any, daily: Any) -> Day:
    """Asks the sources, then runs the job; what fails is a day's outcome like another."""
    from flows.pipeline.sources import Request

    start = time.perf_counter()
    world.now = datetime(day.year, day.month, day.day, 4, 30, tzinfo=UTC)
    failed, issued = "", None
    try:
        ingest.run_ingest(theatre, None, Request())
        world.now += timedelta(hours=1)
        issued, _ = daily.daily(theatre)
    except Exception as error:
        failed = f"{type(error).__name__}: {error}"[:200]
    row = _headline(issued, world.theatre) if issued else None
    return Day(
        day,
        issued.as_of if issued else None,
        row.probability if row else None,
        row.probability_low if row else None,
        row.probability_high if row else None,
        failed,
        time.perf_counter() - start,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _headline(issued: Any, theatre: Theatre) -> Any:
    wanted = (theatre.headline.target, theatre.headline.days, "dyad")
    rows = (row for row in issued.rows if (row.target, row.horizon_days, row.unit) == wanted)
    return next((row for row in rows if row.probability is not None), None)


def figures(runs: list[tuple[World, list[Day]]], trained_above: float) -> dict[str, float]:
    """What the issue asks of the replays, over all their days.

    `trained_above` are the seconds beyond which a day is no warm one: it trained.
    """
    pairs = [(world, day) for world, days in runs for day in days]
    with_row = [(world, day) for world, day in pairs if day.probability is not None]
    horizon = runs[0][0].theatre.headline.days
    warm = [day for _, day in pairs if day.seconds <= trained_above]
    bands = [
        day.low <= world.chance(day.day, horizon) <= day.high
        for world, day in with_row
        if day.low is not None and day.high is not None
    ]
    return {
        "worlds": len(runs),
        "days": len(pairs),
        "days_with_an_issue": sum(day.as_of is not None for _, day in pairs),
        "days_with_an_issue_of_that_day": sum(day.as_of == day.day for _, day in pairs),
        "days_with_the_headline": len(with_row),
        "failed_days": sum(bool(day.failed) for _, day in pairs),
        "reliability_slope": _slope(with_row, horizon),
        "band_holds_the_true_chance": float(np.mean(bands)) if bands else float("nan"),
        "warm_day_seconds_median": float(np.median([day.seconds for day in warm] or [np.nan])),
        "warm_day_seconds_most": max([day.seconds for day in warm], default=float("nan")),
        "megabytes_most": max(day.megabytes for _, day in pairs),
    }


def _slope(rows: list[tuple[World, Day]], horizon: int) -> float:
    """The slope of what came on the forecast's log-odds: 1 where probabilities mean what they say.

    NaN where nothing, or always something, came. Cox 1958, Biometrika 45: 562-565.
    """
    came = [w.happened(d.day, d.day + timedelta(days=horizon)) for w, d in rows]
    if len(set(came)) < 2:
        return float("nan")
    odds = logit(np.clip([float(d.probability or 0) for _, d in rows], 1e-6, 1 - 1e-6))
    fitted = LogisticRegression(C=1e9).fit(odds[:, None], came)
    return float(fitted.coef_[0, 0])


def effect(world: World, whole: list[Day], less: list[Day]) -> float:
    """By how much losing the source moves the headline, in points, on days long after nothing.

    The mean absolute difference on the days after the loss before which nothing happened for
    QUIET_DAYS; NaN where there is none.
    """
    moved = [
        abs(a.probability - b.probability)
        for a, b in zip(whole, less, strict=True)
        if a.probability is not None and b.probability is not None
        if a.day >= _middle(world)
        if not world.happened(a.day - timedelta(days=QUIET_DAYS), a.day)
    ]
    return 100 * float(np.mean(moved)) if moved else float("nan")


def _middle(world: World) -> date:
    return world.start + timedelta(days=world.days // 2)


def measure(folder: Path, days: int, worlds: int, lose: str, warm: float) -> dict[str, Any]:
    """The figures, and every day of every world."""
    path = made_theatre(folder)
    theatre = load_theatre(str(path))
    runs, effects = [], []
    for seed in range(worlds):
        world = world_of(theatre, seed, days)
        runs.append((world, replay(world, path, folder / f"home-{seed}")))
        if lose:
            other = world_of(theatre, seed, days)
            other.lost = (lose, _middle(world))
            effects.append(effect(world, runs[-1][1], replay(other, path, folder / f"less-{seed}")))
    found: dict[str, Any] = figures(runs, warm)
    if lose:
        found[f"points_moved_without_{lose}"] = float(np.nanmean(effects))
    return found | {"by_day": [[asdict(day) for day in each] for _, each in runs]}


def main() -> None:
    """Print the figures as a table, or with every day as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=120, help="days of each world")
    parser.add_argument("--worlds", type=int, default=1, help="how many worlds")
    parser.add_argument("--lose", default="", choices=["", "ucdp", "acled", "gdelt"])
    parser.add_argument("--warm-seconds", type=float, default=60.0, help="a longer day trained")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(
            Path(folder).resolve(), given.days, given.worlds, given.lose, given.warm_seconds
        )
    if given.json:
        print(json.dumps(found, default=str))
        return
    for name, value in found.items():
        if name != "by_day":
            print(f"{name:34} {value:10,.3f}")


if __name__ == "__main__":
    main()
