"""Servers that misbehave, end to end: each ends in a clear error or a recovery, none loses a row.

UCDP's and GDELT's streams are each fetched and landed once from a server that behaves; then the
server turns bad, and the stream is asked again.
"""

import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from exports import file_name, row
from fetching import QUICK
from geds import HEADER, ged, on
from servers import Reply, Server

from errors import StreamError
from streams.events.frame import fingerprint
from streams.net.download import Downloads
from streams.sources.gdelt import gdelt
from streams.sources.ucdp import ucdp
from streams.store.store import Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
AT = datetime(2026, 2, 25, tzinfo=UTC)
END = date(2100, 1, 1)
LONGEST = 3 * QUICK.total + 5
"""Seconds: a few requests, each within its bound."""


def zipped(content: bytes, name: str) -> bytes:
    """A zip of the one member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


BOMB = zipped(b"0" * 300_000_000, "GEDEvent_v26_1.csv")


@dataclass(frozen=True)
class Stream:
    """A stream and its site: `publish` offers what is new, by `path`, as the bytes `good`."""

    store: Store
    path: str
    good: bytes
    ask: Callable[[], None]
    offer: Callable[[bytes], None]
    new_id: str


def ucdp_stream(server: Server, store: Store, folder: Path) -> Stream:
    """UCDP with a final release; new is the candidate of January."""
    server.shelves(
        "/ged/ged251-csv.zip", zipped(ged(on("2011-05-03", id="11")), "GEDEvent_v25_1.csv")
    )
    server.shelves("/candidateged/GEDEvent_v25_01_25_12.csv", ged(on("2025-10-12", id="25")))
    downloads, hosts = Downloads(folder, QUICK), frozenset({server.host})

    def ask() -> None:
        for path in ucdp.fetch(downloads, AT, base=server.at("/"), hosts=hosts):
            ucdp.ingest(store, THEATRE, path, AT)

    path = "/candidateged/GEDEvent_v26_0_1.csv"
    good = ged(on("2026-01-09", id="26"))
    return Stream(store, path, good, ask, lambda _content: None, "26")


def gdelt_stream(server: Server, store: Store, folder: Path) -> Stream:
    """GDELT with one file; new is that of the next quarter of an hour."""
    first, second = datetime(2026, 2, 1), datetime(2026, 2, 1, 0, 15)  # noqa: DTZ001 (UTC)
    lines: list[bytes] = []

    def listed(at: datetime, content: bytes) -> None:
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        address = server.at(f"/gdeltv2/{file_name(at)}.zip")
        lines.append(f"{len(content)} {digest} {address}\n".encode())
        server.plays("/gdeltv2/lastupdate.txt", Reply(lines[-1]))
        server.plays("/gdeltv2/masterfilelist.txt", Reply(b"".join(lines)))

    def export(at: datetime, **cells: str) -> bytes:
        told = row(SQLDATE="20260131", DATEADDED=f"{at:%Y%m%d%H%M%S}", **cells)
        return zipped(told + b"\n", file_name(at))

    old = export(first, GLOBALEVENTID="1")
    listed(first, old)
    server.shelves(f"/gdeltv2/{file_name(first)}.zip", old)
    downloads = Downloads(folder, QUICK)

    def ask() -> None:
        base = server.at("/gdeltv2/")
        files = gdelt.fetch(THEATRE, downloads, first.date(), AT, base=base)
        gdelt.ingest_many(store, THEATRE, files, AT)

    good = export(second, GLOBALEVENTID="2", EventCode="193", SOURCEURL="https://b.example/2")
    path = f"/gdeltv2/{file_name(second)}.zip"
    return Stream(store, path, good, ask, lambda content: listed(second, content), "")


@pytest.fixture(params=[ucdp_stream, gdelt_stream], ids=["ucdp", "gdelt"])
def stream(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Stream:
    """A stream that has landed what its site held."""
    store = Store(connect(f"sqlite:///{tmp_path}/events.db"), "pak_afg")
    made: Stream = request.param(server, store, tmp_path / "downloads")
    made.ask()
    assert len(store.versions(END))
    made.offer(made.good)
    return made


def told(store: Store) -> str:
    """The hash of all that the store holds."""
    return fingerprint(store.versions(END))


PASSING: dict[str, Callable[[bytes], Reply]] = {
    "truncated": lambda good: Reply(good, cut=len(good) // 2),
    "stalled": lambda good: Reply(good, stall=len(good) // 2),
    "asked to wait": lambda _good: Reply(status=429, headers={"Retry-After": "0"}),
    "broken": lambda _good: Reply(status=500),
    "unavailable": lambda _good: Reply(status=503, headers={"Retry-After": "0"}),
}
LASTING: dict[str, Callable[[bytes], Reply]] = {
    "truncated for ever": lambda good: Reply(good, cut=len(good) // 2, headers={}),
    "silent for ever": lambda good: Reply(good, stall=0),
    "a byte a second": lambda good: Reply(good, drip=1.0),
    "broken for ever": lambda _good: Reply(status=500),
    "asked to wait for an hour": lambda _good: Reply(status=429, headers={"Retry-After": "3600"}),
    "html": lambda _good: Reply(b"<!doctype html><p>Sign in</p>"),
    "sent elsewhere": lambda _good: Reply(
        status=302, headers={"Location": "https://elsewhere.example/a.csv"}
    ),
    "sent to this machine": lambda _good: Reply(
        status=302, headers={"Location": "http://127.0.0.1:9/a.csv"}
    ),
    "packed": lambda good: Reply(good, headers={"Content-Encoding": "gzip"}),
    "a zip bomb": lambda _good: Reply(BOMB),
    "a zip that leads out": lambda _good: Reply(zipped(b"id\n", "../GEDEvent_v26_1.csv")),
}


@pytest.mark.parametrize("how", PASSING)
def test_trouble_that_passes_is_overcome(stream: Stream, server: Server, how: str) -> None:
    before = told(stream.store)
    server.plays(stream.path, PASSING[how](stream.good), Reply(stream.good))

    stream.ask()

    events = stream.store.events(END)
    assert told(stream.store) != before
    assert stream.new_id in {"", *events["event_id"]}


@pytest.mark.parametrize("how", LASTING)
def test_trouble_that_lasts_ends_in_an_error_and_loses_no_row(
    stream: Stream, server: Server, how: str
) -> None:
    before, begun = told(stream.store), time.monotonic()
    server.plays(stream.path, LASTING[how](stream.good))

    with pytest.raises(StreamError) as caught:
        stream.ask()

    assert time.monotonic() - begun < LONGEST
    assert told(stream.store) == before
    assert str(caught.value).count("\n") == 0
    server.plays(stream.path, Reply(stream.good))
    stream.ask()
    assert told(stream.store) != before


def test_wrong_order_of_columns_lands_by_name(server: Server, tmp_path: Path) -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    made = ucdp_stream(server, store, tmp_path)
    server.plays(made.path, Reply(ged(on("2026-01-09", id="26"), header=HEADER[::-1])))

    made.ask()

    assert "26" in set(store.events(END)["event_id"])


def test_missing_column_is_named_and_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    store = Store(connect("sqlite://"), "pak_afg")
    made = ucdp_stream(server, store, tmp_path)
    made.ask()
    before = told(store)
    header = [name for name in HEADER if name != "best"]
    server.plays(made.path, Reply(ged(on("2026-01-09", id="26"), header=header)))

    with pytest.raises(StreamError, match="no column best"):
        made.ask()
    assert told(store) == before
