"""A killed ingest leaves nothing half done: run again, the store says what one undisturbed says.

Three random moments by default; DYADCAST_KILLS=50 tries fifty.
"""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from geds import CLASH, ELSEWHERE, on, write_ged

from streams.events.frame import fingerprint
from streams.store.store import Store, connect

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("DYADCAST_KILLS", "3"))
END = date(2100, 1, 1)
JOB = """
import sys
from datetime import datetime
from pathlib import Path
from streams import ucdp
from streams.store.store import Store, connect
from theatres import load_theatre
store, theatre = Store(connect(sys.argv[1])), load_theatre("pak_afg")
for path in sys.argv[2:]:
    ucdp.ingest(store, theatre, Path(path), datetime(2026, 11, 1))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three releases that add, revise and retract, with a few rows that are refused."""
    folder = tmp_path_factory.mktemp("releases")
    rows = [
        on(f"2023-{10 + number % 2}-{number % 28 + 1:02}", id=str(number), **extra)
        for number in range(4000)
        for extra in ([CLASH, {}, ELSEWHERE][number % 3],)
    ]
    october = [row for row in rows if row["date_end"].startswith("2023-10")]
    final = [{**row, "best": "3"} for row in rows if int(row["id"]) % 5]
    return [
        write_ged(folder, "GEDEvent_v23_0_10.csv", *october, {"id": "9001", "best": "x"}),
        write_ged(folder, "GEDEvent_v23_01_23_12.csv", *rows),
        write_ged(folder, "GEDEvent_v24_1.csv", *final, {"id": "9002", "latitude": "95"}),
    ]


def start(database: Path, files: list[Path]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", JOB, f"sqlite:///{database}", *map(str, files)],
        cwd=Path(__file__).parent.parent,
    )


def told(database: Path) -> tuple[str, int, list[str], object]:
    """All that the store says: events, months, refusals, coverage."""
    store = Store(connect(f"sqlite:///{database}"))
    with store.engine.connect() as connection:
        query = "SELECT count(*), sum(events) FROM release_months"
        months = connection.exec_driver_sql(query).one()
    refusals = sorted(store.quarantined()["refusal_id"])
    said = fingerprint(store.versions(END)), int(months[1]), refusals, store.coverage("ucdp")
    store.engine.dispose()
    return said


@pytest.fixture(scope="module")
def undisturbed(
    files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[str, int, list[str], object], float]:
    """What an ingest that nothing disturbs says, and the seconds that it takes."""
    database, begun = tmp_path_factory.mktemp("whole") / "whole.db", time.monotonic()
    assert start(database, files).wait(120) == 0
    return told(database), time.monotonic() - begun


@pytest.mark.parametrize("seed", range(KILLS))
def test_ingest_killed_and_run_again_says_the_same(
    seed: int,
    files: list[Path],
    undisturbed: tuple[tuple[str, int, list[str], object], float],
    tmp_path: Path,
) -> None:
    whole, seconds = undisturbed
    job = start(tmp_path / "killed.db", files)
    time.sleep(random.Random(seed).uniform(0.3, 1.0) * seconds)  # noqa: S311 (no secret)
    job.send_signal(signal.SIGKILL)
    job.wait(60)

    assert start(tmp_path / "killed.db", files).wait(120) == 0
    assert told(tmp_path / "killed.db") == whole


def test_two_ingests_at_once_say_the_same(
    files: list[Path],
    undisturbed: tuple[tuple[str, int, list[str], object], float],
    tmp_path: Path,
) -> None:
    jobs = [start(tmp_path / "both.db", files) for _ in range(2)]

    assert [job.wait(120) for job in jobs] == [0, 0]
    assert told(tmp_path / "both.db") == undisturbed[0]
