"""A client that only waits is let go, and others are served meanwhile."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import NOW, listening, serve

from publish.api import access, server

SCORES = "/v1/pak_afg/scores"
WAIT = 0.4


@pytest.fixture
def served(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int, str]]:
    """Address, port and a key of a service that waits for a moment only."""
    monkeypatch.setattr(server, "HEADER_SECONDS", WAIT)
    monkeypatch.setattr(access, "BODY_SECONDS", WAIT)
    made = serve(tmp_path / "published", sqlite_url)
    key = made.keys.make("desk", "events", NOW)
    for address in listening(made.app):
        yield address, int(address.rsplit(":", 1)[1]), key
    made.state.engine.dispose()


def answer_to(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What the service sends until it closes, to parts sent with pauses between."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for part in parts:
            try:
                line.sendall(part)
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(pause)
        found = b""
        try:
            while more := line.recv(65536):
                found += more
        except ConnectionResetError:
            pass
        return found


def test_head_that_never_ends_is_let_go(served: tuple[str, int, str]) -> None:
    _, port, _ = served
    start = time.monotonic()

    assert answer_to(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n") == b""
    assert answer_to(port) == b""
    dripped = [b"GET / HTTP/1.1\r\n", *(b"X-A: 1\r\n" for _ in range(20))]
    assert answer_to(port, *dripped, pause=0.1) == b""

    assert time.monotonic() - start < 20 * WAIT


def test_second_head_on_a_connection_is_bounded_too(served: tuple[str, int, str]) -> None:
    _, port, _ = served
    first = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    found = answer_to(port, first, b"GET /health/live HTTP/1.1\r\n", pause=0.1)
    assert found.count(b"200 OK") == 1


def test_head_that_is_too_long_is_let_go(served: tuple[str, int, str]) -> None:
    _, port, _ = served
    long = [b"GET / HTTP/1.1\r\n", *(b"X-%d: " % n + b"a" * 8000 + b"\r\n" for n in range(12))]
    assert b"200 OK" not in answer_to(port, *long, b"Host: localhost\r\n\r\n")


def test_body_that_comes_too_slowly_is_refused(served: tuple[str, int, str]) -> None:
    _, port, key = served
    head = (
        f"POST /v1/pak_afg/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
    )
    assert b" 408 " in answer_to(port, head.encode(), b'{"type"').split(b"\r\n")[0]


def test_others_are_served_while_many_wait(served: tuple[str, int, str]) -> None:
    address, port, _ = served
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    try:
        for line in waiting:
            line.sendall(b"GET / HT")
        assert httpx.get(f"{address}{SCORES}").status_code == 200
    finally:
        for line in waiting:
            line.close()
