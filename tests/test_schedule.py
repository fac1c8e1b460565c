"""Against a standing Prefect server: the job by hand, and a run that the cron line begins."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from jobs import OFFLINE, Job, command, make_theatre

from publish.files.files import latest

CRON = '\ncron = "30 5 * * *"'
pytestmark = pytest.mark.slow


@contextmanager
def running(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """A process that is killed with all its children at the end."""
    with (
        log.open("w") as told,
        subprocess.Popen(
            arguments,
            env=environment,
            cwd=log.parent,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def ask(url: str, body: object = None) -> object:
    """The JSON that an address answers."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"})  # noqa: S310 (loopback)
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(trained: Job, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of a standing server of this module's own."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    url = f"http://127.0.0.1:{port}/api"
    environment = trained.environment(
        PREFECT_HOME=str(folder / "prefect"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="true",
    )
    start = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-ui"]
    with running(start, environment, folder / "log"):
        wait_for(lambda: ask(f"{url}/health") is True, 120, folder / "log")
        yield url


def wait_for(holds: object, seconds: float, log: Path) -> None:
    """Returns once the question is answered with yes; fails with the log after that time."""
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(1)
    pytest.fail(f"not within {seconds} s: {log.read_text()[-2000:]}")


def completed(url: str) -> list[dict[str, object]]:
    """The flow runs that are completed."""
    chosen = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    runs = ask(f"{url}/flow_runs/filter", chosen)
    assert isinstance(runs, list)
    return runs


def test_daily_runs_against_a_standing_server(server: str, trained: Job, tmp_path: Path) -> None:
    job = trained.elsewhere(tmp_path)

    with job.start("forecast", "--json", PREFECT_API_URL=server) as process:
        assert process.wait(300) == 0

    assert latest(job.home / "published", "pak_afg").status == "ok"
    assert [run["name"] for run in completed(server)] == [
        f"pak_afg as of {datetime.now(UTC).date()}"
    ]


def test_schedule_completes_the_runs_that_the_cron_lines_began(
    server: str, trained: Job, tmp_path: Path
) -> None:
    job = trained.elsewhere(tmp_path)
    theatre = make_theatre(tmp_path, CRON, '\ncron = "* * * * *"')
    file = theatre / "theatre.toml"
    text = file.read_text().replace('ingest_cron = "30 4 * * *"', 'ingest_cron = "* * * * *"')
    file.write_text(text)
    log = tmp_path / "log"

    def both_completed() -> bool:
        begun = [run for run in completed(server) if run["auto_scheduled"]]
        return {str(run["name"]).split()[0] for run in begun} >= {"ingest", str(theatre)}

    serve = command("schedule", "--theatre", str(theatre))
    with running(serve, job.environment(PREFECT_API_URL=server, **OFFLINE), log):
        wait_for(both_completed, 240, log)

    assert latest(job.home / "published", "pak_afg").status == "ok"
    health = {row["source"]: row for row in json.loads(job.run("streams", "--json").stdout)}
    assert (health["chronicle"]["status"], health["acled"]["status"]) == ("ok", "skipped")
