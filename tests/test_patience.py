"""Servers that stall, drip, fail or ask for patience: all end within their bounds."""

import time
from dataclasses import replace

import pytest
from fetching import BODY, QUICK, get
from servers import Reply, Server, Shelved

from errors import StreamError
from streams.net.download import Downloads


def test_stalling_server_ends_in_an_error(server: Server, downloads: Downloads) -> None:
    started = time.monotonic()

    with pytest.raises(StreamError, match=r"silent for 0\.3 s, 4 attempts"):
        get(downloads, server, server.plays("/a.csv", Reply(BODY, stall=100)))
    assert time.monotonic() - started < QUICK.total


def test_stalled_download_recovers(server: Server, downloads: Downloads) -> None:
    stalling = Reply(BODY, headers={"ETag": '"1"'}, stall=100)
    url = server.plays("/a.csv", stalling, Shelved(BODY))

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert server.requests[1].headers["Range"] == "bytes=100-"


@pytest.mark.parametrize("reply", [Reply(BODY, drip=0.1), Reply(BODY, head_drip=0.1)])
def test_dripping_server_ends_by_the_deadline(
    server: Server, downloads: Downloads, reply: Reply
) -> None:
    slow = replace(downloads, policy=replace(QUICK, total=0.6, slow_for=9))
    started = time.monotonic()

    with pytest.raises(StreamError, match=r"/a\.csv: not done in time, expected .* 0\.6 s"):
        get(slow, server, server.plays("/a.csv", reply))
    assert 0.5 < time.monotonic() - started < 2


def test_dripping_server_is_left_when_too_slow(server: Server, downloads: Downloads) -> None:
    slow = replace(downloads, policy=replace(QUICK, slow_for=0.3))
    dripping = Reply(BODY, headers={"ETag": '"1"'}, drip=0.02)
    url = server.plays("/a.csv", dripping, Shelved(BODY))

    assert get(slow, server, url).path.read_bytes() == BODY
    assert server.requests[1].headers["If-Range"] == '"1"'


def test_server_that_asks_for_patience_gets_it(server: Server, downloads: Downloads) -> None:
    waits: list[float] = []
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    until = {"Retry-After": "Thu, 01 Jan 2026 00:00:02 GMT", "Date": date}
    url = server.plays(
        "/a.csv",
        Reply(status=429, headers={"Retry-After": "1"}),
        Reply(status=503, headers=until),
        Reply(status=429, headers={"Retry-After": "soon"}),
        Reply(BODY),
    )

    patient = replace(downloads, policy=replace(QUICK, total=60), sleep=waits.append)
    assert get(patient, server, url).path.read_bytes() == BODY
    assert waits[:2] == [1, 2]
    assert 0 < waits[2] < 1


def test_patience_asked_for_is_capped(server: Server, downloads: Downloads) -> None:
    waits: list[float] = []
    reply = Reply(status=429, headers={"Retry-After": "86400"})
    capped = replace(QUICK, retry_after_max=7, total=60)

    url = server.plays("/a.csv", reply)
    with pytest.raises(StreamError, match="answered 429, 4 attempts"):
        get(replace(downloads, policy=capped, sleep=waits.append), server, url)
    assert waits == [7, 7, 7]


def test_patience_past_the_deadline_is_not_begun(server: Server, downloads: Downloads) -> None:
    url = server.plays("/a.csv", Reply(status=503, headers={"Retry-After": "60"}))
    started = time.monotonic()

    with pytest.raises(StreamError, match="answered 503; try again later"):
        get(downloads, server, url)
    assert time.monotonic() - started < QUICK.total
    assert len(server.requests) == 1


def test_failing_server_recovers(server: Server, downloads: Downloads) -> None:
    url = server.plays("/a.csv", Reply(status=500), Reply(status=502), Shelved(BODY))

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert len(server.requests) == 3


def test_waits_grow_and_differ(server: Server, downloads: Downloads) -> None:
    waits: list[float] = []
    policy = replace(QUICK, attempts=6, wait=0.5, wait_max=3, total=60)

    url = server.plays("/a.csv", Reply(status=500))
    with pytest.raises(StreamError, match="answered 500, 6 attempts"):
        get(replace(downloads, policy=policy, sleep=waits.append), server, url)
    bounds = [(0.5, 1), (1, 1.5), (2, 2.5), (3, 3.5), (3, 3.5)]
    assert all(low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=True))
    assert waits[:3] != [0.5, 1, 2]
