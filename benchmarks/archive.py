"""What a long archive costs: the day's work and the scoreboard with 1,000 issues against ten.

    python -m benchmarks.archive --json

The archives are made of copies of the latest issue in the home that the settings name, moved in
time and put in through the archive's own ways; their windows are closed by the events of the home.
The day's work is what the daily flow does for its own issue, without Prefect: closing, gathering,
forecasting by the champion, checking the archive, archiving, its page and its files.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.pipeline import champions, issue, knowledge, resolution
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.settings import Settings, read_settings
from publish.archive.archive import Archive
from publish.archive.scoreboard import Scoreboard
from publish.contract.forecast import Forecast
from publish.files.files import latest, publish
from streams.store.store import connect

THEATRE = "pak_afg"
SHORT, LONG = 10, 1000


def moved(forecast: Forecast, days: int) -> Forecast:
    """The same forecast, made and meant so many days earlier."""
    back = timedelta(days)
    rows = [
        replace(
            row,
            target_end_date=row.target_end_date - back,
            target_start_date=row.target_start_date and row.target_start_date - back,
            change=None,
            change_split=None,
        )
        for row in forecast.rows
    ]
    names = ("theatre", "data_fingerprint", "method_version", "mlflow_run_id", "status", "levels")
    return Forecast(
        **{name: getattr(forecast, name) for name in names},
        as_of=forecast.as_of - back,
        issued_at=forecast.issued_at - back,
        data_as_of=forecast.data_as_of - back,
        rows=tuple(rows),
    )


def fill(settings: Settings, first: Forecast, count: int, now: datetime) -> None:
    """None; the home holds the events and `count` issues of the days before the first one's."""
    knowledge.ingest(settings, THEATRE, now)
    archive = Archive(connect(settings.database_url))
    for days in range(count, 0, -1):
        past = moved(first, days)
        archive.append(past)
        publish(past, settings.published, archive.head(THEATRE))
    resolution.close(settings, THEATRE, now)


def day(settings: Settings, now: datetime) -> None:
    """None; the day's issue is made and published, by the champion."""
    resolution.close(settings, THEATRE, now)
    known = knowledge.gather(settings, THEATRE, None, now.date())
    part = champions.ready(settings, next(event_vintages(known)), register=False)
    issue.check_archive(settings, THEATRE)
    issue.issue(settings, THEATRE, issue.make_forecast(settings, known, [part], now))


def _linked(source: str, target: str) -> None:
    """Published files are put in place whole: a link is as good as a copy; a database is not."""
    if source.endswith(".json") or "/published/" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def board(settings: Settings) -> int:
    """How many lines the scoreboard has."""
    return len(Scoreboard(connect(settings.database_url)).summary(THEATRE))


def measure(rounds: int, counts: tuple[int, int] = (SHORT, LONG)) -> dict[str, float]:
    """Seconds of the day's work (median of the rounds, in turn) and of the scoreboard by the
    archive's length, and the ratio of both."""
    here, now = read_settings(), datetime.now(UTC)
    first = latest(here.published, THEATRE)
    times: dict[int, list[float]] = {count: [] for count in counts}
    result: dict[str, float] = {"rows_an_issue": len(first.rows)}
    with tempfile.TemporaryDirectory() as folder:
        homes = {count: Path(folder) / str(count) for count in counts}
        for count, home in homes.items():
            filled = replace(here, home=home, database_url=f"sqlite:///{home / 'dyadcast.db'}")
            result[f"fill_{count}"] = seconds(lambda: fill(filled, first, count, now))  # noqa: B023
        for turn in range(rounds + 1):  # the first fills the caches
            for count, home in homes.items():
                copy = Path(folder) / "copy"
                shutil.copytree(home, copy, copy_function=_linked)
                url = f"sqlite:///{copy / 'dyadcast.db'}"
                settings = replace(here, home=copy, database_url=url)
                spent = seconds(lambda: day(settings, now))  # noqa: B023
                if turn:
                    times[count].append(spent)
                result[f"scoreboard_{count}"] = seconds(lambda: board(settings))  # noqa: B023
                shutil.rmtree(copy)
    few, many = counts
    result |= {f"day_{count}": statistics.median(spent) for count, spent in times.items()}
    result["day_ratio"] = result[f"day_{many}"] / result[f"day_{few}"]
    result["scoreboard_ratio"] = result[f"scoreboard_{many}"] / result[f"scoreboard_{few}"]
    return result


def main() -> None:
    """Print the comparison as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--issues", type=int, default=LONG, help="of the long archive")
    options = parser.parse_args()
    result = measure(options.rounds, (SHORT, options.issues))
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:18} {value:8.2f}")


if __name__ == "__main__":
    main()
