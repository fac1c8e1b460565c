"""Requests a second of the service, of a bare route with the same bytes, of `mlflow models serve`.

python -m benchmarks.api --json [--seconds 10] [--requests 100000]

All on loopback, one after the other on one machine in one run, asked by `wrk` where it is
installed and else by a small asyncio client. In between, issues are published under load, and
every answer is looked at: none may fail, none may hold rows of two issues. Needs a home in which
a forecast has been made (DYADCAST_HOME).
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from features.arrays import Floats
from flows.pipeline import knowledge
from flows.pipeline.champions import standing
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.settings import Settings, read_settings
from models.forecasting.ensemble import Ensemble
from models.problems.problem import Rows
from publish.contract.context import Context
from publish.contract.forecast import Forecast
from publish.files.files import keep_context, latest, publish

PATH: Final = "/v1/pak_afg/scores"
CONNECTIONS: Final = 8
BARE: Final = """
import sys
from pathlib import Path
import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response

body = Path(sys.argv[1]).read_bytes()
app = FastAPI()

@app.get("/bare")
async def bare() -> Response:
    return Response(body, media_type="application/json")

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), access_log=False, log_level="warning")
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: Sequence[str], url: str, env: dict[str, str]) -> Iterator[int]:
    """The process id of a server that answers at the address; it is stopped at the end."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the server)
    server = subprocess.Popen(  # noqa: S603 (our own command)
        command, env=env, stdout=log, stderr=log, start_new_session=True
    )
    try:
        for _ in range(600):
            if server.poll() is not None:
                log.seek(0)
                raise SystemExit(log.read().decode()[-2000:])
            try:
                httpx.get(url, timeout=2)
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def load(url: str, seconds: int, body: bytes | None = None) -> dict[str, float]:
    """Requests a second, and the median and 99th percentile of the time to answer in ms."""
    if shutil.which("wrk") and body is None:
        return _wrk(url, seconds)
    return asyncio.run(_asked(url, seconds, body))


def _wrk(url: str, seconds: int) -> dict[str, float]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603

    def milliseconds(share: str) -> float:
        found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", text)
        unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}
        return float(found[1]) * unit[found[2]] if found else float("nan")

    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {
        "per_second": float(rate[1]) if rate else 0.0,
        "p50_ms": milliseconds("50"),
        "p99_ms": milliseconds("99"),
        "failed": float(failed[1]) if failed else 0.0,
    }


async def _asked(url: str, seconds: int, body: bytes | None) -> dict[str, float]:
    """The same by connections of our own, kept open."""
    parts = httpx.URL(url)
    head = f"{'POST' if body else 'GET'} {parts.raw_path.decode()} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    request = head.encode() + b"\r\n" + (body or b"")
    end, times, failed = time.perf_counter() + seconds, [], 0

    async def one() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        while (start := time.perf_counter()) < end:
            writer.write(request)
            status, _ = await _answer(reader)
            times.append(time.perf_counter() - start)
            failed += status != 200
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS if not body else 2)))
    times.sort()
    return {
        "per_second": len(times) / seconds,
        "p50_ms": 1000 * times[len(times) // 2],
        "p99_ms": 1000 * times[int(len(times) * 0.99)],
        "failed": float(failed),
    }


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return int(head[9:12]), await reader.readexactly(int(length[1]) if length else 0)


def memory_kb(process: int) -> int:
    """The resident memory of the process."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0])


def moved(forecast: Forecast, days: int) -> Forecast:
    """The same forecast as of so many days later."""
    as_of = forecast.as_of + timedelta(days)
    rows = [
        replace(row, target_end_date=row.target_end_date + timedelta(days)) for row in forecast.rows
    ]
    names = ("theatre", "data_fingerprint", "method_version", "mlflow_run_id", "status", "levels")
    kept = {name: getattr(forecast, name) for name in names}
    now = datetime.now(UTC)
    return Forecast(as_of=as_of, issued_at=now, data_as_of=as_of, rows=tuple(rows), **kept)


def published_under_load(url: str, root: Path, first: Forecast, issues: int) -> dict[str, int]:
    """How many answers there were while issues came out, how many failed, how many were mixed."""
    stop = threading.Event()
    found = {"answers": 0, "failed": 0, "mixed": 0, "editions": 0}
    editions: set[str] = set()

    def ask() -> None:
        with httpx.Client(timeout=20) as client:
            while not stop.is_set():
                answer = client.get(url)
                found["answers"] += 1
                if answer.status_code != 200:
                    found["failed"] += 1
                    continue
                value = answer.json()
                days = {row["as_of"] for row in value["rows"]} | {value["as_of"]}
                found["mixed"] += len(days) != 1
                editions.update(days)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for each in asking:
        each.start()
    for days in range(1, issues + 1):
        issue = moved(first, days)
        keep_context(issue, Context(), root)
        publish(issue, root)
        time.sleep(0.05)
    stop.set()
    for each in asking:
        each.join()
    return found | {"editions": len(editions)}


def flat(rows: Rows) -> pd.DataFrame:
    """The rows with what every base rate says of them beside their columns."""
    parts = [rows.X, *(rate.reshape(len(rows), -1) for rate in rows.rates.values())]
    values = np.hstack(parts)
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(values.shape[1])])


class Served(BaseEstimator):  # type: ignore[misc]
    """An ensemble as MLflow serves a model: flat rows in, probabilities out."""

    def __init__(self, ensemble: Ensemble, like: Rows) -> None:
        self.ensemble = ensemble
        self.like = like

    def predict(self, X: pd.DataFrame) -> Floats:
        """The probabilities: (row, horizon)."""
        like = self.like
        shape = (len(X), len(like.horizons), len(like.thresholds))
        width = shape[1] * shape[2]
        edges = [len(like.names) + width * i for i in range(len(like.rates))]
        values, *rates = np.split(X.to_numpy(np.float64), edges, axis=1)
        named = {n: rate.reshape(shape) for n, rate in zip(like.rates, rates, strict=True)}
        return self.ensemble.predict(replace(like, X=values, rates=named))[:, :, 0]


def serve_model(settings: Settings, folder: Path) -> tuple[Path, bytes]:
    """The dyad's first ensemble as an MLflow model, and the request for one row of it."""
    from mlflow.sklearn import save_model

    known = knowledge.gather(settings, "pak_afg", None, date.today())  # noqa: DTZ011
    vintage = next(event_vintages(known))
    champion = standing(settings, vintage, lenient=True).champion
    if champion is None:
        raise SystemExit("no champion: make a forecast first")
    _, _, rows = vintage.now()[0]
    served = Served(champion.model.ensembles[0], rows)
    save_model(served, folder / "model", serialization_format="cloudpickle")
    split = json.loads(flat(rows).to_json(orient="split"))
    return folder / "model", json.dumps({"dataframe_split": split}).encode()


def measure(seconds: int, requests: int, issues: int) -> dict[str, Any]:
    """Everything, as one value."""
    settings = read_settings()
    first = latest(settings.published, "pak_afg")
    here, env = sys.executable, dict(os.environ)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "home"
        shutil.copytree(settings.home, root, ignore=shutil.ignore_patterns("prefect", "downloads"))
        ours = {**env, "DYADCAST_HOME": str(root)}
        ours.pop("DYADCAST_DATABASE_URL", None)
        port, bare_port, model_port = free_port(), free_port(), free_port()
        url = f"http://127.0.0.1:{port}{PATH}"
        serve = ["-m", "dyadcast", "api", "--port", str(port), "--rate", "100000000/minute"]
        found: dict[str, Any] = {"client": "wrk" if shutil.which("wrk") else "asyncio"}
        with running([here, *serve], url, ours) as process:
            body = httpx.get(url).content
            (folder / "body.json").write_bytes(body)
            bare_url = f"http://127.0.0.1:{bare_port}/bare"
            bare = [here, "-c", BARE, str(folder / "body.json"), str(bare_port)]
            with running(bare, bare_url, env):
                pairs = [
                    (
                        load(url, seconds),
                        load(bare_url, seconds),
                        load(bare_url, seconds),
                        load(url, seconds),
                    )
                ]
            a, b, c, d = pairs[0]
            found["service"], found["bare"] = _mean(a, d), _mean(b, c)
            found["bytes"] = len(body)
            before, sent = memory_kb(process), 0.0
            start = time.perf_counter()
            while sent < requests:
                sent += load(url, seconds)["per_second"] * seconds
            found["memory"] = {
                "requests": int(sent),
                "before_kb": before,
                "after_kb": memory_kb(process),
                "seconds": time.perf_counter() - start,
            }
            found["published"] = published_under_load(url, root / "published", first, issues)
        model, row = serve_model(settings, folder)
        command = [str(Path(here).parent / "mlflow"), "models", "serve", "-m", str(model)]
        command += ["-p", str(model_port), "--env-manager", "local"]
        ping = f"http://127.0.0.1:{model_port}/ping"
        with running(command, ping, env | {"PATH": f"{Path(here).parent}:{env['PATH']}"}):
            asked = f"http://127.0.0.1:{model_port}/invocations"
            httpx.post(
                asked, content=row, headers={"Content-Type": "application/json"}
            ).raise_for_status()
            found["mlflow"] = load(asked, seconds, row)
    found["of_bare"] = found["service"]["per_second"] / found["bare"]["per_second"]
    found["of_mlflow"] = found["service"]["per_second"] / found["mlflow"]["per_second"]
    found["p99_of_bare"] = found["service"]["p99_ms"] / found["bare"]["p99_ms"]
    return found


def _mean(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: (one[name] + other[name]) / 2 for name in one}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--requests", type=int, default=100_000, help="for the memory")
    parser.add_argument("--issues", type=int, default=20, help="published under load")
    options = parser.parse_args()
    found = measure(options.seconds, options.requests, options.issues)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:12} {value}")


if __name__ == "__main__":
    main()
