"""Downloads are kept, on record, and asked for again only when they have changed."""

import hashlib
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fetching import AT, BODY, get, left, records
from servers import Reply, Server

from errors import StreamError
from streams.net.download import Downloads, Fetched, fetch, held
from streams.net.web import Request, open_client


def test_download_is_kept_and_on_record(server: Server, downloads: Downloads) -> None:
    url = server.shelves("/a.csv", BODY, '"x"', "Thu, 01 Jan 2026 00:00:00 GMT")

    fetched = get(downloads, server, url)

    digest = hashlib.sha256(BODY).hexdigest()
    path = downloads.folder / "ucdp" / "a.csv"
    assert fetched == Fetched("a.csv", path, digest, len(BODY), True)
    assert path.read_bytes() == BODY
    assert left(downloads) == {"a.csv"}
    assert records(downloads) == [
        {
            "source": "ucdp",
            "name": "a.csv",
            "file": "ucdp/a.csv",
            "url": url,
            "at": "2026-01-02T03:04:05+00:00",
            "size": len(BODY),
            "sha256": digest,
            "etag": '"x"',
            "last_modified": "Thu, 01 Jan 2026 00:00:00 GMT",
        }
    ]


@pytest.mark.parametrize(
    ("etag", "last_modified", "asked"),
    [
        ('"x"', "", "If-None-Match"),
        ('W/"x"', "", "If-None-Match"),
        ("", "Thu, 01 Jan 2026 00:00:00 GMT", "If-Modified-Since"),
    ],
)
def test_download_asks_only_for_what_has_changed(
    server: Server, downloads: Downloads, etag: str, last_modified: str, asked: str
) -> None:
    url = server.shelves("/a.csv", BODY, etag, last_modified)
    first = get(downloads, server, url)

    second = get(downloads, server, url)

    assert second == replace(first, changed=False)
    assert server.requests[1].headers[asked] == etag or last_modified
    assert len(records(downloads)) == 1
    assert left(downloads) == {"a.csv"}


@pytest.mark.parametrize("damage", ["gone", "shorter", "other bytes"])
def test_download_of_what_is_no_longer_as_recorded_is_whole(
    server: Server, downloads: Downloads, damage: str
) -> None:
    url = server.shelves("/a.csv", BODY)
    path = get(downloads, server, url).path
    bad = BODY[:9] if damage == "shorter" else BODY.replace(b"2", b"3")
    path.unlink() if damage == "gone" else path.write_bytes(bad)
    assert held(downloads, source="ucdp", name="a.csv") is None

    again = get(downloads, server, url)

    assert again.path.read_bytes() == BODY
    assert server.requests[1].headers["If-None-Match"] is None
    assert damage == "gone" or path.read_bytes() == bad
    assert get(downloads, server, url) == replace(again, changed=False)


def test_download_damaged_under_its_hash_is_mended(server: Server, downloads: Downloads) -> None:
    url = server.plays("/a.csv", Reply(b"old"), Reply(BODY))
    get(downloads, server, url)
    path = get(downloads, server, url).path
    path.write_bytes(b"rot")

    assert get(downloads, server, url).path == path
    assert path.read_bytes() == BODY


def test_other_content_of_the_same_name_is_kept_beside(
    server: Server, downloads: Downloads
) -> None:
    first = get(downloads, server, server.shelves("/a.csv", BODY, '"1"'))
    second = get(downloads, server, server.shelves("/a.csv", b"id\n1\n", '"2"'))
    third = get(downloads, server, server.shelves("/a.csv", BODY, '"3"'))

    digest = hashlib.sha256(b"id\n1\n").hexdigest()[:12]
    assert second.path == downloads.folder / "ucdp" / digest / "a.csv"
    assert (first.path.read_bytes(), second.path.read_bytes()) == (BODY, b"id\n1\n")
    assert third == first
    assert [line["file"] for line in records(downloads)] == [
        "ucdp/a.csv",
        f"ucdp/{digest}/a.csv",
        "ucdp/a.csv",
    ]


def test_same_content_from_a_server_without_tags_is_no_change(
    server: Server, downloads: Downloads
) -> None:
    url = server.plays("/a.csv", Reply(BODY))
    first = get(downloads, server, url)

    assert get(downloads, server, url) == replace(first, changed=False)
    assert left(downloads) == {"a.csv"}


def test_held_tells_of_a_download_without_asking(server: Server, downloads: Downloads) -> None:
    assert held(downloads, source="ucdp", name="a.csv") is None
    fetched = get(downloads, server, server.shelves("/a.csv", BODY))

    found = held(Downloads(downloads.folder), source="ucdp", name="a.csv")
    assert found == replace(fetched, changed=False)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "name", ["", "..", "../a", "a/b", "a\\b", ".a", "a\n", "a.part", "a" * 151]
)
def test_name_that_leads_elsewhere_is_refused(
    server: Server, downloads: Downloads, name: str
) -> None:
    with pytest.raises(StreamError, match="not a good name"):
        get(downloads, server, server.shelves("/a.csv", BODY), name)
    with pytest.raises(StreamError, match="not a good name"):
        held(downloads, source=name, name="a.csv")


def test_folder_that_cannot_be_written_is_an_error(
    server: Server, downloads: Downloads, tmp_path: Path
) -> None:
    (tmp_path / "downloads").write_text("in the way")

    with pytest.raises(StreamError, match="cannot be kept: Not a directory"):
        get(downloads, server, server.shelves("/a.csv", BODY))


def test_secrets_stand_in_no_record_and_no_error(server: Server, downloads: Downloads) -> None:
    server.shelves("/a.csv", BODY)
    query = "?year=2025&access_token=hush-1&email=hush-2@x.org&X-Amz-Signature=hush-3&hush-4"
    url = f"http://hush-5:hush-6@{server.host}/a.csv{query}"
    headers = {"Authorization": "Bearer hush-7"}
    request = Request.to(url, frozenset({server.host}), headers)
    fetch(downloads, request, source="ucdp", name="a.csv", at=AT)

    server.plays("/a.csv", Reply(status=403))
    with pytest.raises(StreamError) as refused:
        fetch(downloads, request, source="ucdp", name="b.csv", at=AT)
    server.plays("/a.csv", Reply(BODY, cut=9, headers={"ETag": '"1"'}))
    with pytest.raises(StreamError) as broken:
        fetch(downloads, request, source="ucdp", name="b.csv", at=AT)

    kept = [path for path in downloads.folder.rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"manifest.jsonl", "b.csv.part.json"}
    assert not any(b"hush" in path.read_bytes() for path in kept)
    assert "hush" not in f"{refused.value} {broken.value}"
    (line,) = records(downloads)
    masked = "access_token=***&email=***&X-Amz-Signature=***&***"
    assert line["url"] == f"http://{server.host}/a.csv?year=2025&{masked}"
    assert "hush-1" in server.requests[0].path


def test_progress_is_told(server: Server, downloads: Downloads) -> None:
    told: list[tuple[str, int, int]] = []

    def progress(what: str, done: int, total: int) -> None:
        told.append((what, done, total))

    url, hosts = server.shelves("/a.csv", BODY), frozenset({server.host})
    fetch(downloads, Request.to(url, hosts), source="ucdp", name="a.csv", at=AT, progress=progress)
    assert told[-1] == ("a.csv", len(BODY), len(BODY))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_client_serves_many_downloads(server: Server, downloads: Downloads) -> None:
    hosts = frozenset({server.host})
    with open_client({"User-Agent": "tests"}) as client:
        for name in ("a.csv", "b.csv"):
            url = server.shelves(f"/{name}", name.encode())
            fetch(downloads, Request.to(url, hosts), source="ucdp", name=name, at=AT, client=client)
        assert not client.is_closed
    assert [request.headers["User-Agent"] for request in server.requests] == ["tests"] * 2
    assert left(downloads) == {"a.csv", "b.csv"}


def test_answers_of_a_fake_client_serve_as_well(downloads: Downloads) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.scheme == "https"
        return httpx.Response(200, content=BODY)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        fetched = fetch(
            downloads,
            Request.to("https://ucdp.uu.se/a.csv", frozenset({"ucdp.uu.se"})),
            source="ucdp",
            name="a.csv",
            at=AT,
            client=client,
        )
    assert fetched.path.read_bytes() == BODY
