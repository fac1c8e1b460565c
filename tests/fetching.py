"""What the tests of downloads share: a server, a folder, and bounds that end soon."""

import json
from datetime import UTC, datetime

from servers import Server

from streams.net.download import Downloads, Fetched, fetch
from streams.net.retry import Policy
from streams.net.web import Request

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BODY = b"id,date\n" + b"".join(b"%d,2026-01-01\n" % number for number in range(3000))
QUICK = Policy(connect=1, read=0.3, total=3, attempts=4, wait=0.01, wait_max=0.02)


def get(
    downloads: Downloads, server: Server, url: str, name: str = "a.csv", at: datetime = AT
) -> Fetched:
    """The file, fetched from the one server that is allowed."""
    hosts = frozenset({server.host})
    return fetch(downloads, Request.to(url, hosts), source="ucdp", name=name, at=at)


def records(downloads: Downloads) -> list[dict[str, object]]:
    """The manifest's lines."""
    text = (downloads.folder / "manifest.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def left(downloads: Downloads) -> set[str]:
    """The names of the files that are kept."""
    folder = downloads.folder / "ucdp"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()
