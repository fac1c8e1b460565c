"""The promises are kept by our own service, and each broken one is found."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from serving import Served, serve

from publish.api.conformance import PROMISES, check

Bend = Callable[[str, httpx.Response], httpx.Response]


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str) -> Served:
    """A service with two issues."""
    return serve(tmp_path / "published", sqlite_url)


def asked(served: Served, bend: Bend) -> list[str]:
    """The promises that are found broken where each answer is bent on its way."""
    inner = served.client()

    def pass_on(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        found = inner.request(
            request.method, path, headers=dict(request.headers), content=request.read()
        )
        headers = {k: v for k, v in found.headers.items() if k != "content-encoding"}
        return bend(path, httpx.Response(found.status_code, headers=headers, content=found.content))

    client = httpx.Client(base_url="http://localhost", transport=httpx.MockTransport(pass_on))
    found = check("http://localhost", "pak_afg", client=client)
    assert [each.promise for each in found] == list(PROMISES)
    return [each.promise for each in found if each.fault]


def as_is(_path: str, answer: httpx.Response) -> httpx.Response:
    """The answer, unbent."""
    return answer


def other(answer: httpx.Response, content: bytes) -> httpx.Response:
    """The same answer with another body."""
    headers = {k: v for k, v in answer.headers.items() if k != "content-length"}
    return httpx.Response(answer.status_code, headers=headers, content=content)


def test_our_own_service_keeps_every_promise(served: Served) -> None:
    assert asked(served, as_is) == []


def wrong_number(path: str, answer: httpx.Response) -> httpx.Response:
    """A CSV whose first probability is another."""
    wrong = path.endswith("scores.csv")
    return other(answer, answer.content.replace(b",0.25,", b",0.26,", 1)) if wrong else answer


def plain_success(path: str, answer: httpx.Response) -> httpx.Response:
    """An unknown unit that is an empty success."""
    return httpx.Response(200, json={"rows": []}) if "no_such_unit" in path else answer


def hidden_age(path: str, answer: httpx.Response) -> httpx.Response:
    """Answers without the header of their age."""
    if path.endswith("/pak_afg/scores"):
        del answer.headers["x-dyadcast-is-stale"]
    return answer


def cut_chain(path: str, answer: httpx.Response) -> httpx.Response:
    """A proof whose last hash is another."""
    if "/archive/" not in path:
        return answer
    value = json.loads(answer.content)
    value["links"][-1]["hash"] = "0" * 64
    return other(answer, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("bend", "promise"),
    [
        (wrong_number, "JSON, CSV and Parquet hold the same rows, columns and numbers"),
        (plain_success, "unknown names and bad parameters are refused and named"),
        (hidden_age, "age is told in body and header, and a stale issue is not called ready"),
        (cut_chain, "the archive's chain leads to its head"),
    ],
)
def test_broken_promise_is_found(served: Served, bend: Bend, promise: str) -> None:
    assert asked(served, bend) == [promise]


def test_silent_service_breaks_every_promise() -> None:
    found = check("http://127.0.0.1:9", "pak_afg")
    assert all(each.fault for each in found)
