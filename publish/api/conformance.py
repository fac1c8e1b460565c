"""What a consumer may rely on, checked against a running service: for their own tests as for ours.

Each check asks the service over HTTP and holds its answer against the contract.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isclose
from typing import Any, Final

import httpx
import pyarrow.parquet as pq

from publish.archive.chain import digest, link_hash
from publish.contract.forecast import SCORE, ForecastError, from_json

SECONDS: Final = 30.0
NUMBERS: Final = ("probability", "probability_low", "probability_high", "baseline_probability")


@dataclass(frozen=True, slots=True)
class Checked:
    """One promise, and what was found where it is broken; empty where it is kept."""

    promise: str
    fault: str


class Broken(Exception):  # noqa: N818 (what a promise is)
    """A promise that the service does not keep."""


def check(
    url: str, theatre: str, key: str = "", client: httpx.Client | None = None
) -> list[Checked]:
    """Every promise, kept or broken, of the service at that address.

    `client` is asked instead of a new one, as in tests.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    service = client or httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=SECONDS)
    try:
        return [_checked(promise, test, service, theatre) for promise, test in PROMISES.items()]
    finally:
        if client is None:
            service.close()


Test = Callable[[httpx.Client, str], None]


def _checked(promise: str, test: Test, client: httpx.Client, theatre: str) -> Checked:
    try:
        test(client, theatre)
    except Broken as broken:
        return Checked(promise, str(broken))
    except httpx.HTTPError as error:
        return Checked(promise, f"no answer: {type(error).__name__}")
    except (ValueError, KeyError, TypeError, IndexError, ForecastError) as error:
        return Checked(promise, f"not as described: {type(error).__name__}: {error}"[:300])
    return Checked(promise, "")


def _ask(client: httpx.Client, path: str, status: int = 200, **headers: str) -> httpx.Response:
    response = client.get(path, headers=headers)
    if response.status_code != status:
        raise Broken(f"GET {path}: status {response.status_code}, expected {status}")
    return response


def _hold(kept: bool, fault: str) -> None:
    if not kept:
        raise Broken(fault)


def _alive(client: httpx.Client, _theatre: str) -> None:
    _ask(client, "/health/live")


def _described(client: httpx.Client, theatre: str) -> None:
    paths = _ask(client, "/openapi.json").json()["paths"]
    for path in ("/v1/{theatre}/scores", "/v1/{theatre}/history", "/v1/{theatre}/archive"):
        _hold(path in paths, f"{path} is not in the description")
    listed = [each["name"] for each in _ask(client, "/v1/theatres").json()["theatres"]]
    _hold(theatre in listed, f"{theatre} is not among {listed}")


def _aged(client: httpx.Client, theatre: str) -> None:
    response = _ask(client, f"/v1/{theatre}/scores")
    body = response.json()
    _hold(response.headers["x-dyadcast-as-of"] == body["as_of"], "as_of differs in body and header")
    stale = response.headers["x-dyadcast-is-stale"] == "true"
    _hold(stale == body["is_stale"] == bool(body["stale_reason"]), "staleness is contradictory")
    ready = client.get("/health/ready").status_code
    _hold(ready in (200, 503), f"/health/ready: status {ready}")
    _hold(not (stale and ready == 200), "the issue is stale and the service says it is ready")


def _alike(client: httpx.Client, theatre: str) -> None:
    rows = _ask(client, f"/v1/{theatre}/scores").json()["rows"]
    table = list(csv.DictReader(io.StringIO(_ask(client, f"/v1/{theatre}/scores.csv").text)))
    parquet = pq.read_table(io.BytesIO(_ask(client, f"/v1/{theatre}/scores.parquet").content))
    _hold(len(rows) == len(table) == parquet.num_rows, "formats hold different rows")
    names = [column.name for column in SCORE]
    _hold(list(rows[0]) == list(table[0]) == names, "formats hold different columns")
    for row, cells, typed in zip(rows, table, parquet.to_pylist(), strict=True):
        for name in NUMBERS:
            cell = float(cells[name]) if cells[name] else None
            _hold(row[name] == cell == typed[name], f"{_name(row)}: {name} differs by format")


def _sound(client: httpx.Client, theatre: str) -> None:
    text = _ask(client, f"/v1/{theatre}/issues/latest/forecast.json").text
    forecast = from_json(text)  # holds every rule of the contract
    rows = _ask(client, f"/v1/{theatre}/scores").json()["rows"]
    probabilities = {row.key: row.probability for row in forecast.rows}
    for row in rows:
        key = (row["unit"], row["target"], row["horizon_days"])
        _hold(probabilities[key] == row["probability"], f"{_name(row)}: not the issue's number")
        if row["probability"] is not None:
            moved = 100 * (row["probability"] - row["baseline_probability"])
            total = sum(row["drivers"].values())
            _hold(isclose(total, moved, abs_tol=1e-6), f"{_name(row)}: drivers do not add up")
        else:
            _hold(bool(row["reason"]), f"{_name(row)}: no forecast and no reason")


def _refused(client: httpx.Client, theatre: str) -> None:
    unknown = _ask(client, f"/v1/{theatre}/scores?unit=no_such_unit", 404).json()
    _hold("dyad" in unknown["known"], "an unknown unit is not told the known ones")
    bad = _ask(client, f"/v1/{theatre}/scores?horizon=soon", 422).json()
    _hold(bad["parameter"] == "horizon", "a bad parameter is not named")
    _ask(client, f"/v1/{theatre}/scores?no_such_parameter=1", 422)
    _ask(client, f"/v1/{theatre}/scores?as_of=1900-01-01", 404)
    _ask(client, "/v1/no_such_theatre/scores", 404)


def _validated(client: httpx.Client, theatre: str) -> None:
    path = f"/v1/{theatre}/scores"
    tag = _ask(client, path).headers["etag"]
    again = _ask(client, path, 304, **{"If-None-Match": tag})
    _hold(not again.content, "304 with a body")


def _paged(client: httpx.Client, theatre: str) -> None:
    first = _ask(client, f"/v1/{theatre}/scores").json()["rows"][0]
    path = f"/v1/{theatre}/history?unit={first['unit']}&target={first['target']}&limit=2"
    seen: list[tuple[Any, ...]] = []
    cursor = ""
    for _ in range(50):
        part = _ask(client, path + cursor).json()
        seen += [(row["as_of"], row["horizon_days"]) for row in part["rows"]]
        if part["next"] is None:
            break
        cursor = f"&cursor={part['next']}"
    _hold(len(seen) == len(set(seen)), "history gives a row twice")
    _hold([day for day, _ in seen] == sorted(day for day, _ in seen), "history is out of order")


def _chained(client: httpx.Client, theatre: str) -> None:
    issue = _ask(client, f"/v1/{theatre}/issues?limit=1").json()["rows"][0]
    proof = _ask(client, f"/v1/{theatre}/archive/{issue['issue_id']}").json()
    for link in _linked(proof["links"], theatre):
        last = link
    _hold(last == proof["head"]["hash"] or proof["next"] is not None, "the head is another")
    counts = _ask(client, f"/v1/{theatre}/issues/{issue['as_of']}/forecast.json")
    if json.loads(counts.text)["issue_id"] == issue["issue_id"]:
        body = counts.content.rstrip(b"\n")
        _hold(digest(body) == proof["links"][0]["body_sha256"], "the text is not the one archived")


def _linked(links: list[dict[str, Any]], theatre: str) -> Iterator[str]:
    last = links[0]["previous_hash"]
    for link in links:
        _hold(link["previous_hash"] == last, f"position {link['position']} does not follow")
        place = (theatre, link["position"], link["issue_id"], link["body_sha256"])
        last = link_hash(last, *place)
        _hold(link["hash"] == last, f"position {link['position']}: not the hash of its contents")
        yield last


def _guarded(client: httpx.Client, theatre: str) -> None:
    response = client.post(
        f"/v1/{theatre}/events", json={}, headers={"Authorization": "Bearer none"}
    )
    _hold(
        response.status_code in (401, 429),
        f"writing with a wrong key: status {response.status_code}",
    )
    headers = _ask(client, f"/v1/{theatre}/scores").headers
    _hold(headers.get("x-content-type-options") == "nosniff", "no nosniff header")


def _name(row: dict[str, Any]) -> str:
    return f"{row['unit']}/{row['target']}/{row['horizon_days']}"


PROMISES: Final[dict[str, Test]] = {
    "the service is alive": _alive,
    "it describes itself and knows the theatre": _described,
    "age is told in body and header, and a stale issue is not called ready": _aged,
    "JSON, CSV and Parquet hold the same rows, columns and numbers": _alike,
    "the latest issue keeps the contract, and the scores are its numbers": _sound,
    "unknown names and bad parameters are refused and named": _refused,
    "an answer that is held is not sent again": _validated,
    "history goes through every row once, in order": _paged,
    "the archive's chain leads to its head": _chained,
    "writing needs a key; answers bear security headers": _guarded,
}
