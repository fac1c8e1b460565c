"""Downloads that were cut off, and those that several processes want at once."""

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest
from faults import PROCESSES
from fetching import AT, BODY, QUICK, get, left, records
from servers import Reply, Server, Shelved

from errors import StreamError
from streams.net.download import Downloads, fetch
from streams.net.partial import open_part
from streams.net.retry import Deadline
from streams.net.web import Request


def test_truncated_download_is_resumed(server: Server, downloads: Downloads) -> None:
    cut = Reply(BODY, headers={"ETag": '"1"'}, cut=1000)
    url = server.plays("/a.csv", cut, Shelved(BODY))

    fetched = get(downloads, server, url)

    assert fetched.path.read_bytes() == BODY
    assert server.requests[1].headers["Range"] == "bytes=1000-"
    assert server.requests[1].headers["If-Range"] == '"1"'
    assert left(downloads) == {"a.csv"}


def test_truncated_download_without_tags_starts_anew(server: Server, downloads: Downloads) -> None:
    url = server.plays("/a.csv", Reply(BODY, cut=1000), Reply(BODY))

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert server.requests[1].headers["Range"] is None


def test_download_truncated_at_every_attempt_is_an_error(
    server: Server, downloads: Downloads
) -> None:
    url = server.plays("/a.csv", Reply(BODY, cut=1000))

    with pytest.raises(StreamError, match=r"/a\.csv: broken off, 4 attempts; try again later"):
        get(downloads, server, url)
    assert left(downloads) == {"a.csv.part", "a.csv.part.json"}
    assert not (downloads.folder / "manifest.jsonl").exists()


def test_later_run_resumes_what_a_dead_one_left(server: Server, downloads: Downloads) -> None:
    once = replace(downloads, policy=replace(QUICK, attempts=1))
    cut = Reply(BODY, headers={"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, cut=777)
    shelved = Shelved(BODY, "", "Thu, 01 Jan 2026 00:00:00 GMT")
    url = server.plays("/a.csv", cut, shelved)
    with pytest.raises(StreamError, match="broken off"):
        get(once, server, url)

    assert get(once, server, url).path.read_bytes() == BODY
    assert server.requests[1].headers["Range"] == "bytes=777-"


def test_resumption_of_what_has_changed_meanwhile_starts_anew(
    server: Server, downloads: Downloads
) -> None:
    cut = Reply(BODY, headers={"ETag": '"old"'}, cut=1000)
    url = server.plays("/a.csv", cut, Shelved(b"id\n9\n", '"new"'))

    assert get(downloads, server, url).path.read_bytes() == b"id\n9\n"
    assert server.requests[1].headers["If-Range"] == '"old"'


def test_resumption_from_another_address_starts_anew(server: Server, downloads: Downloads) -> None:
    once = replace(downloads, policy=replace(QUICK, attempts=1))
    cut = server.plays("/a.csv", Reply(BODY, headers={"ETag": '"1"'}, cut=1000))
    with pytest.raises(StreamError):
        get(once, server, cut)

    other = server.shelves("/b.csv", b"id\n9\n")
    assert get(once, server, other).path.read_bytes() == b"id\n9\n"
    assert server.requests[1].headers["Range"] is None


@pytest.mark.parametrize(
    "span",
    [
        "bytes 0-{last}/{whole}",
        "bytes 999-{last}/{whole}",
        "bytes 1000-{last}/*",
        "bytes 1000-1999/{whole}",
        "bytes */{whole}",
        "nonsense",
        "",
    ],
)
def test_wrong_part_is_not_taken_for_the_rest(
    server: Server, downloads: Downloads, span: str
) -> None:
    told = {"ETag": '"1"'}
    wrong = span.format(last=len(BODY) - 1, whole=len(BODY))
    part = Reply(b"x" * (len(BODY) - 1000), 206, {**told, "Content-Range": wrong})
    url = server.plays("/a.csv", Reply(BODY, headers=told, cut=1000), part, Reply(BODY))

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert server.requests[2].headers["Range"] is None


def test_part_of_another_version_is_not_taken_for_the_rest(
    server: Server, downloads: Downloads
) -> None:
    span = f"bytes 1000-{len(BODY) - 1}/{len(BODY)}"
    other = Reply(BODY[1000:], 206, {"ETag": '"2"', "Content-Range": span})
    cut = Reply(BODY, headers={"ETag": '"1"'}, cut=1000)
    url = server.plays("/a.csv", cut, other, Reply(BODY))

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert len(server.requests) == 3


def test_part_that_nobody_asked_for_is_no_file(server: Server, downloads: Downloads) -> None:
    part = Reply(BODY[:10], 206, {"Content-Range": f"bytes 0-9/{len(BODY)}"})

    with pytest.raises(StreamError, match="answered 206, which does not fit"):
        get(downloads, server, server.plays("/a.csv", part))


def test_part_longer_than_the_file_is_thrown_away(server: Server, downloads: Downloads) -> None:
    long = Reply(BODY, headers={"ETag": '"1"'}, cut=5000)
    url = server.plays("/a.csv", long, Shelved(BODY[:4000]))

    assert get(downloads, server, url).path.read_bytes() == BODY[:4000]
    assert len(server.requests) == 3


def _fetch_often(folder: Path, host: str, number: int) -> None:
    for at in range(8):
        fetched = fetch(
            Downloads(folder, replace(QUICK, total=30)),
            Request.to(f"http://{host}/a.csv?{number}-{at}", frozenset({host})),
            source="ucdp",
            name="a.csv",
            at=AT,
        )
        assert hashlib.sha256(fetched.path.read_bytes()).hexdigest() == fetched.sha256


def test_processes_that_fetch_the_same_file_do_not_disturb_each_other(
    server: Server, downloads: Downloads
) -> None:
    contents = [b"id\n" + str(number).encode() * 50_000 for number in range(4)]
    cut = Reply(contents[0], headers={"ETag": '"0"'}, cut=30_000)
    turns = [Reply(content) for content in contents * 4]
    server.plays("/a.csv", cut, *turns, cut, *turns)
    jobs = [
        PROCESSES.Process(target=_fetch_often, args=(downloads.folder, server.host, number))
        for number in range(2)
    ]

    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)

    assert [job.exitcode for job in jobs] == [0, 0]
    assert len(records(downloads)) == 16
    kept = {
        path.read_bytes() for path in (downloads.folder / "ucdp").rglob("a.csv*") if path.is_file()
    }
    assert kept <= set(contents)


def test_download_waits_for_another_only_until_its_deadline(
    server: Server, downloads: Downloads
) -> None:
    path = downloads.folder / "ucdp" / "a.csv"
    url = server.shelves("/a.csv", BODY)
    brief = replace(downloads, policy=replace(QUICK, total=0.3))

    with open_part(path, Deadline.after(1)):
        with pytest.raises(StreamError, match="another process has been fetching it"):
            get(brief, server, url)
        assert server.requests == []
    assert get(downloads, server, url).path.read_bytes() == BODY


def _fetch_once(folder: Path, host: str) -> None:
    patient = Downloads(folder, replace(QUICK, read=60, total=60))
    url, hosts = f"http://{host}/a.csv", frozenset({host})
    fetch(patient, Request.to(url, hosts), source="ucdp", name="a.csv", at=AT)


def test_download_killed_on_the_way_is_resumed(server: Server, downloads: Downloads) -> None:
    stalling = Reply(BODY, headers={"ETag": '"1"'}, stall=20_000)
    url = server.plays("/a.csv", stalling, Shelved(BODY))
    job = PROCESSES.Process(target=_fetch_once, args=(downloads.folder, server.host))
    job.start()
    part = downloads.folder / "ucdp" / "a.csv.part"
    until = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    job.kill()
    job.join(10)
    come = part.stat().st_size

    assert get(downloads, server, url).path.read_bytes() == BODY
    assert server.requests[1].headers["Range"] == f"bytes={come}-"
    assert left(downloads) == {"a.csv"}
