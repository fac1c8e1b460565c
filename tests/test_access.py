"""The gate: who may read and write, how often, and what a refused one learns."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from serving import NOW, Served, serve

from commands.serving import api
from publish.api.access import BODY_LIMIT, Rules
from publish.archive.keys import ApiKeyError, Keys
from streams.store.store import connect

SCORES = "/v1/pak_afg/scores"
EVENTS = "/v1/pak_afg/events"
FAR = "192.0.2.7"
EVENT = {
    "type": "mediation_offer",
    "occurred_on": "2025-11-14",
    "actor": "RUS",
    "target": "AFG",
    "summary": "Russia offers to mediate.",
}


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str) -> Served:
    """A service with the rules as they are by default."""
    return serve(tmp_path / "published", sqlite_url)


def test_key_is_shown_once_and_kept_as_a_hash(database_url: str) -> None:
    engine = connect(database_url)
    keys = Keys(engine)
    text = keys.make("desk", "read", NOW)

    found = keys.check(text)

    assert found is not None
    assert (found.name, found.scope) == ("desk", "read")
    assert keys.check(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
    assert keys.check(text.replace("dyk_", "dyk_x")) is None
    assert text.split("_", 2)[2] not in str(keys.listed())
    with engine.connect() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM api_keys").all())
    engine.dispose()
    assert text.split("_", 2)[2] not in stored


def test_key_needs_a_name_and_a_scope_there_is(sqlite_url: str) -> None:
    keys = Keys(connect(sqlite_url))
    with pytest.raises(ApiKeyError, match="no such scope"):
        keys.make("desk", "root", NOW)  # type: ignore[arg-type]
    with pytest.raises(ApiKeyError, match="needs a name"):
        keys.make(" ", "read", NOW)
    with pytest.raises(ApiKeyError, match="no such key"):
        keys.revoke("0123456789ab", NOW)


def test_reading_is_open_on_loopback_and_nowhere_else(served: Served) -> None:
    assert served.client().get(SCORES).status_code == 200
    refused = served.client(FAR).get(SCORES)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert served.client(FAR).get("/health/live").status_code == 200


def test_proxy_on_loopback_is_not_taken_for_its_clients(served: Served) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert served.client().get(SCORES, headers={header: FAR}).status_code == 401


@pytest.mark.parametrize(
    ("host", "names", "status"),
    [
        ("127.0.0.1", [], 200),
        ("localhost", [], 200),
        ("127.0.0.1", ["scores.example.org"], 401),
        ("127.0.0.1", ["*"], 401),
        ("0.0.0.0", [], 401),  # noqa: S104 (nothing listens)
        ("192.0.2.7", [], 401),
    ],
)
def test_loopback_needs_a_key_where_a_proxy_may_stand(
    tmp_path: Path, sqlite_url: str, host: str, names: list[str], status: int
) -> None:
    rules = Rules.of(host, names, open_reading=False, rate="600/minute")
    served = serve(tmp_path / "published", sqlite_url, rules)
    key = served.keys.make("desk", "read", NOW)

    # No header tells a proxy from its client: `proxy_pass` alone sends none.
    assert served.client().get(SCORES).status_code == status
    assert served.client("127.0.0.1", key).get(SCORES).status_code == 200
    assert served.client().get("/health/live").status_code == 200


def test_command_prints_what_a_proxy_must_pass_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path))
    monkeypatch.setattr("uvicorn.Server.run", lambda _server: None)

    api(name=["scores.example.org"])
    told = capsys.readouterr().err
    assert "proxy_pass http://127.0.0.1:8400;" in told
    assert "proxy_set_header Host $host;" in told
    api()
    assert "proxy_pass" not in capsys.readouterr().err


def test_operator_may_open_reading_but_not_writing(tmp_path: Path, sqlite_url: str) -> None:
    served = serve(tmp_path / "published", sqlite_url, Rules(open_reading=True))
    assert served.client(FAR).get(SCORES).status_code == 200
    assert served.client(FAR).post(EVENTS, json=EVENT).status_code == 401
    assert served.client(FAR).get("/metrics").status_code == 401


def test_key_opens_what_its_scope_grants(served: Served) -> None:
    read, write, admin = (
        served.keys.make(scope, scope, NOW) for scope in ("read", "events", "admin")
    )

    def statuses(key: str) -> list[int]:
        client = served.client(FAR, key)
        asked = (client.get(SCORES), client.post(EVENTS, json=EVENT), client.get("/metrics"))
        return [found.status_code for found in asked]

    assert statuses(read) == [200, 403, 403]
    assert statuses(write) == [200, 201, 403]
    assert statuses(admin) == [200, 201, 200]
    by_header = served.client(FAR).get(SCORES, headers={"X-API-Key": read})
    assert by_header.status_code == 200


def test_revoked_key_fails_at_the_next_request(served: Served) -> None:
    key = served.keys.make("desk", "read", NOW)
    client = served.client(FAR, key)
    assert client.get(SCORES).status_code == 200

    assert served.keys.revoke(key.split("_")[1], NOW) is True

    assert client.get(SCORES).status_code == 401
    assert served.keys.revoke(key.split("_")[1], NOW) is False
    assert served.client("127.0.0.1", key).get(SCORES).status_code == 401  # not even on loopback


def test_key_in_the_address_is_refused_and_not_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    key = served.keys.make("desk", "read", NOW)
    with caplog.at_level(logging.DEBUG):
        assert served.client().get(f"{SCORES}?api_key={key}").status_code == 422
        assert served.client(FAR).get(f"{SCORES}?api_key={key}").status_code == 401
    told = [r.getMessage() for r in caplog.records if r.name == "dyadcast.audit"]
    assert told
    assert not any(key in line for line in told)


def test_hundred_keys_tried_are_refused_logged_and_slowed(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    good = served.keys.make("desk", "read", NOW)
    with caplog.at_level(logging.WARNING, "dyadcast.audit"):
        tried = [
            served.client(FAR, f"dyk_{n:012x}_{'x' * 43}").get(SCORES).status_code
            for n in range(100)
        ]

    assert tried[:20] == [401] * 20
    assert set(tried[20:]) == {429}
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "dyadcast.audit"]
    assert len(lines) == 100
    assert {line["client"] for line in lines} == {FAR}
    assert served.client("192.0.2.8", good).get(SCORES).status_code == 200


def test_too_many_requests_are_put_off(tmp_path: Path, sqlite_url: str) -> None:
    served = serve(tmp_path / "published", sqlite_url, Rules(rate="3/minute"))
    client = served.client()

    found = [client.get(SCORES) for _ in range(4)]

    assert [each.status_code for each in found] == [200, 200, 200, 429]
    assert found[3].headers["retry-after"] == "60"


def test_foreign_name_for_this_machine_is_refused(served: Served) -> None:
    client = served.client()
    assert client.get(SCORES, headers={"Host": "evil.example"}).status_code == 421
    assert client.get(SCORES, headers={"Host": "localhost:8400"}).status_code == 200
    assert client.get(SCORES, headers={"Host": "[::1]:8400"}).status_code == 200


def test_every_answer_bears_the_security_headers(served: Served) -> None:
    for path in (SCORES, "/", "/nope", "/v1/pak_afg/scores?unit=x"):
        found = served.client().get(path)
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in found.headers["content-security-policy"]
    refused = served.client(FAR).get(SCORES)
    assert refused.headers["x-content-type-options"] == "nosniff"
    crossed = served.client().get(SCORES, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in crossed.headers


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../../etc/passwd",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
        "/v1/pak_afg/issues/latest/..%2f..%2fmanifest.json",
        "/v1/pak_afg/issues/..%2f..%2f/forecast.json",
        "/v1/pak_afg%00/scores",
        "/v1/pak_afg/scores.%2e%2e%2fcsv",
    ],
)
def test_path_leads_nowhere_else(served: Served, path: str) -> None:
    found = served.client().get(path)
    assert found.status_code in (404, 422)
    assert "root:" not in found.text
    assert str(served.state.root) not in found.text


def test_line_break_in_a_parameter_reaches_no_header(served: Served) -> None:
    found = served.client().get(f"{SCORES}?unit=a%0d%0aSet-Cookie:%20x=1")
    assert found.status_code == 422
    assert "set-cookie" not in found.headers


def test_body_too_long_is_refused_unread(served: Served) -> None:
    key = served.keys.make("desk", "events", NOW)
    long = EVENT | {"summary": "x" * BODY_LIMIT}
    assert served.client(FAR, key).post(EVENTS, json=long).status_code == 413

    def drip() -> Iterator[bytes]:
        yield b'{"type": "'
        for _ in range(80):
            yield b"x" * 1024

    found = served.client(FAR, key).post(EVENTS, content=drip())
    assert found.status_code == 413


def test_event_is_written_once_and_then_there_already(served: Served) -> None:
    client = served.client(FAR, served.keys.make("desk", "events", NOW))

    first, again = (client.post(EVENTS, json=EVENT) for _ in range(2))

    assert (first.status_code, first.json()["state"]) == (201, "stored")
    assert again.json() == {"event_id": first.json()["event_id"], "state": "there already"}
    shown = client.get(f"{EVENTS}?type=mediation_offer&limit=1000").json()["rows"]
    assert first.json()["event_id"] in {row["event_id"] for row in shown}


def test_bad_event_is_refused_with_its_field(served: Served) -> None:
    client = served.client(FAR, served.keys.make("desk", "events", NOW))
    no_type = client.post(EVENTS, json=EVENT | {"type": "war"})
    extra = client.post(EVENTS, json=EVENT | {"colour": "red"})
    torn = client.post(EVENTS, content=b"{", headers={"Content-Type": "application/json"})

    assert [found.status_code for found in (no_type, extra, torn)] == [422, 422, 422]
    assert "type" in no_type.json()["detail"]
    assert extra.json()["parameter"] == "colour"


def test_failure_inside_tells_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is hunter2 at /home/secret")

    monkeypatch.setattr("publish.api.lists.issues_before", fail)
    found = served.client().get("/v1/pak_afg/issues")

    assert found.status_code == 500
    assert "hunter2" not in found.text
    assert "secret" not in found.text


def test_metrics_count_what_was_answered(served: Served) -> None:
    client = served.client("127.0.0.1", served.keys.make("prometheus", "admin", NOW))
    for _ in range(3):
        client.get(SCORES)
    text = client.get("/metrics").text

    route = 'route="/v1/{theatre}/scores"'
    assert f'dyadcast_requests_total{{method="GET",{route},status="200"}} 3.0' in text
    assert 'dyadcast_issue_age_days{theatre="pak_afg"} 0.0' in text
    assert datetime.now(UTC) > NOW
