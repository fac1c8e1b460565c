"""Answers that are not the file that was asked for."""

import io
import socket
import zipfile
from dataclasses import replace

import pytest
from fetching import AT, BODY, QUICK, get, left
from servers import Reply, Server, Shelved

from errors import AbsentError, StreamError
from streams.net.download import Downloads, fetch
from streams.net.web import Request


def zipped(content: bytes) -> bytes:
    """A zip with the content in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    return packed.getvalue()


def test_file_that_is_not_there_is_an_error_of_its_own(
    server: Server, downloads: Downloads
) -> None:
    with pytest.raises(AbsentError, match="refused by the server, found 404"):
        get(downloads, server, server.at("/none.csv"))
    with pytest.raises(StreamError) as forbidden:
        get(downloads, server, server.plays("/a.csv", Reply(status=403)))
    assert not isinstance(forbidden.value, AbsentError)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204])
def test_refusal_is_not_asked_again(server: Server, downloads: Downloads, status: int) -> None:
    with pytest.raises(StreamError, match=f"refused by the server, found {status}"):
        get(downloads, server, server.plays("/a.csv", Reply(status=status)))
    assert len(server.requests) == 1
    assert left(downloads) == set()


@pytest.mark.parametrize(
    "page",
    [
        Reply(b"Sorry", headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(b"\n<!DOCTYPE html><html></html>", headers={"Content-Type": "text/csv"}),
        Reply(b"\xef\xbb\xbf<HTML><body>Sign in", headers={"Content-Type": "application/zip"}),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.zip"])
def test_page_in_place_of_a_file_is_an_error(
    server: Server, downloads: Downloads, page: Reply, name: str
) -> None:
    with pytest.raises(StreamError, match="a web page instead of a file"):
        get(downloads, server, server.plays("/a", page), name)
    assert len(server.requests) == 1
    assert left(downloads) == set()


def test_page_does_not_cost_the_part_that_is_here(server: Server, downloads: Downloads) -> None:
    page = Reply(b"Sorry", headers={"Content-Type": "text/html"})
    cut = Reply(BODY, headers={"ETag": '"1"'}, cut=1000)
    url = server.plays("/a.csv", cut, page, Shelved(BODY))
    with pytest.raises(StreamError, match="a web page"):
        get(downloads, server, url)

    get(downloads, server, url)
    assert server.requests[2].headers["Range"] == "bytes=1000-"


def test_zip_that_is_none_is_an_error(server: Server, downloads: Downloads) -> None:
    with pytest.raises(StreamError, match="not a zip, found b'id,date"):
        get(downloads, server, server.plays("/a.zip", Reply(BODY)), "a.zip")
    assert left(downloads) == set()


def test_zip_without_its_end_is_asked_for_again(server: Server, downloads: Downloads) -> None:
    whole = zipped(BODY)
    half = Reply(whole[: len(whole) // 2], headers={"ETag": '"1"'}, lengthless=True)
    url = server.plays("/a.zip", half, Reply(whole, headers={"ETag": '"1"'}))

    assert get(downloads, server, url, "a.zip").path.read_bytes() == whole


def test_empty_answer_is_an_error(server: Server, downloads: Downloads) -> None:
    with pytest.raises(StreamError, match="an empty answer, 4 attempts"):
        get(downloads, server, server.plays("/a.csv", Reply()))
    assert left(downloads) == set()


@pytest.mark.parametrize(
    "reply", [Reply(BODY), Reply(BODY, lengthless=True), Reply(b"x", length=10**12)]
)
def test_answer_that_is_too_long_is_an_error(
    server: Server, downloads: Downloads, reply: Reply
) -> None:
    small = replace(downloads, policy=replace(QUICK, size_max=len(BODY) - 1))

    with pytest.raises(StreamError, match="too long an answer"):
        get(small, server, server.plays("/a.csv", reply))


def test_packed_answer_is_an_error(server: Server, downloads: Downloads) -> None:
    reply = Reply(BODY, headers={"Content-Encoding": "gzip"})

    with pytest.raises(StreamError, match="a packed answer, found 'gzip'"):
        get(downloads, server, server.plays("/a.csv", reply))
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_no_server_is_an_error(downloads: Downloads) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(StreamError, match="no connection, 4 attempts"):
            fetch(
                downloads,
                Request.to(f"http://{host}/a.csv", frozenset({host})),
                source="ucdp",
                name="a.csv",
                at=AT,
            )
