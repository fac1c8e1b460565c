"""An ingest that dies leaves nothing half done: run again, the store says what it would have."""

import contextlib
import os
import random
import signal
import time
from datetime import date, datetime
from pathlib import Path

import pytest
from faults import PROCESSES, Killed, dying_at
from geds import CLASH, ELSEWHERE, on, write_ged

from streams.events.frame import fingerprint
from streams.sources.ucdp import ucdp
from streams.store.database import connected
from streams.store.store import Store
from theatres import load_theatre

KILLS = int(os.environ.get("DYADCAST_KILLS", "3"))
END, NOW = date(2100, 1, 1), datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
State = tuple[str, int, list[str], object]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three releases that add, revise and retract, with a few rows that are refused."""
    folder = tmp_path_factory.mktemp("releases")
    rows = [
        on(f"2023-{10 + number % 2}-{number % 28 + 1:02}", id=str(number), **extra)
        for number in range(1500)
        for extra in ([CLASH, {}, ELSEWHERE][number % 3],)
    ]
    october = [row for row in rows if row["date_end"].startswith("2023-10")]
    final = [{**row, "best": "3"} for row in rows if int(row["id"]) % 5]
    return [
        write_ged(folder, "GEDEvent_v23_0_10.csv", *october, {"id": "9001", "best": "x"}),
        write_ged(folder, "GEDEvent_v23_01_23_12.csv", *rows),
        write_ged(folder, "GEDEvent_v24_1.csv", *final, {"id": "9002", "latitude": "95"}),
    ]


def land(database: Path, files: list[Path]) -> None:
    """Takes the files in, one after the other."""
    with connected(f"sqlite:///{database}") as engine:
        for path in files:
            ucdp.ingest(Store(engine, "pak_afg"), load_theatre("pak_afg"), path, NOW)


def state_of(database: Path) -> State:
    """All that the store says: events, months, refusals, coverage."""
    with connected(f"sqlite:///{database}") as engine:
        store = Store(engine, "pak_afg")
        with engine.connect() as connection:
            query = "SELECT sum(events) FROM release_months"
            months = int(connection.exec_driver_sql(query).scalar_one())
        refusals = sorted(store.quarantined()["refusal_id"])
        return fingerprint(store.versions(END)), months, refusals, store.coverage("ucdp")


@pytest.fixture(scope="module")
def undisturbed(
    files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[State, list[str], float]:
    """What an ingest that nothing disturbs says, the points it passes, its seconds."""
    database, begun = tmp_path_factory.mktemp("whole") / "whole.db", time.monotonic()
    with dying_at(None) as points:
        land(database, files)
    return state_of(database), points, time.monotonic() - begun


def test_ingest_that_dies_at_any_point_and_runs_again_says_the_same(
    files: list[Path], undisturbed: tuple[State, list[str], float], tmp_path: Path
) -> None:
    whole, points, _ = undisturbed
    assert points.count("commit") > len(files)

    for number in range(len(points)):
        database = tmp_path / f"{number}.db"
        with dying_at(number), pytest.raises(Killed):
            land(database, files)

        land(database, files)
        assert state_of(database) == whole, f"died at point {number}"


def killed_and_run_again(database: Path, files: list[Path], seconds: float) -> State:
    """What the store says after a process that was killed so late, and one that was not."""
    job = PROCESSES.Process(target=land, args=(database, files))
    job.start()
    time.sleep(seconds)
    assert job.pid
    # On a fast machine it may be over by then, and its process gone.
    with contextlib.suppress(ProcessLookupError):
        os.kill(job.pid, signal.SIGKILL)
    job.join()
    land(database, files)
    return state_of(database)


def test_ingest_killed_by_the_system_and_run_again_says_the_same(
    files: list[Path], undisturbed: tuple[State, list[str], float], tmp_path: Path
) -> None:
    whole, _, seconds = undisturbed

    assert killed_and_run_again(tmp_path / "killed.db", files, seconds / 2) == whole


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS))
def test_ingest_killed_at_a_random_moment_and_run_again_says_the_same(
    seed: int, files: list[Path], undisturbed: tuple[State, list[str], float], tmp_path: Path
) -> None:
    whole, _, seconds = undisturbed
    moment = random.Random(seed).uniform(0.0, 1.2) * seconds  # noqa: S311 (no secret)

    assert killed_and_run_again(tmp_path / "killed.db", files, moment) == whole


def test_two_ingests_at_once_say_the_same(
    files: list[Path], undisturbed: tuple[State, list[str], float], tmp_path: Path
) -> None:
    both = [PROCESSES.Process(target=land, args=(tmp_path / "both.db", files)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)

    assert [process.exitcode for process in both] == [0, 0]
    assert state_of(tmp_path / "both.db") == undisturbed[0]
