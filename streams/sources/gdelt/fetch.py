"""GDELT's export files from the network: the latest one, or all from a day on."""

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from errors import AbsentError, StreamError
from streams.formats.files import Progress, silent
from streams.net.download import Downloads, held
from streams.net.download import fetch as download
from streams.net.web import Request, open_client, request
from streams.sources.gdelt.file_list import HOST, Listed, Listing, fault_of, read_listing
from streams.sources.gdelt.stories import SOURCE
from streams.store.versions import clock
from theatres.theatre import Theatre

BASE = f"https://{HOST}/gdeltv2/"
"""The lists give addresses of http; the host serves the same files by https."""
LATEST, ALL = "lastupdate.txt", "masterfilelist.txt"
BYTES_A_DAY = 64 * 2**10
"""The list of all files is long, and grows by less than this in a day: its end is asked for."""
DAYS_BY_END = 366
FAILURES_IN_A_ROW = 3
GONE_AFTER = timedelta(days=2)
"""A listed file that the server does not have so long after its time will not come any more."""
GONE_IN_A_ROW = 96
"""So many files gone one after the other, a day of them, and the server is at fault."""


@dataclass(slots=True)
class Missing:
    """Why files cannot be had, and the names of those that are gone for ever."""

    faults: list[StreamError] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Server:
    """Where the files are, and what asks for them."""

    downloads: Downloads
    client: httpx.Client
    base: str
    at: datetime

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset({self.host})

    def listing(self, name: str, last: int = 0) -> Listing:
        """What a list names: the whole of it, or about its last so many bytes."""
        answer = request(
            self.client,
            Request.to(
                self.base + name,
                self.hosts,
                headers={"Range": f"bytes=-{last}", "Accept-Encoding": "identity"}
                if last
                else None,
            ),
            accept=frozenset({200, 206}),
            policy=self.downloads.policy,
            sleep=self.downloads.sleep,
        )
        text = answer.content
        if answer.status_code == 206:
            text = text.partition(b"\n")[2]  # a part begins within a line
        return read_listing(io.BytesIO(text), self.base + name, self.host)

    def listing_of_all(self, since: date) -> Listing:
        """What the long list names from that day on, the list having been downloaded."""
        with self.download(ALL).open("rb") as lines:
            return read_listing(lines, self.base + ALL, self.host, since)

    def download(self, name: str) -> Path:
        """The file of that name on disk, as the server has it."""
        return download(
            self.downloads,
            Request.to(self.base + name, self.hosts),
            source=SOURCE,
            name=name,
            at=self.at,
            client=self.client,
        ).path

    def file(self, listed: Listed) -> Path:
        """The file, on disk and as listed; downloaded where it is not there yet.

        Raises StreamError where the server's is not as listed, twice.
        """
        kept = held(self.downloads, source=SOURCE, name=listed.name)
        if kept is not None and not fault_of(kept.path, listed):
            return kept.path
        fault = ""
        for _ in range(2):
            path = self.download(listed.name)
            if not (fault := fault_of(path, listed)):
                return path
            # Left there it would be taken for the file for ever.
            path.unlink(missing_ok=True)
        raise StreamError(
            f"not the file that the list names, found {fault}",
            where=self.base + listed.name,
            expected=f"{listed.size} bytes, md5 {listed.md5}",
        )


def fetch(
    theatre: Theatre,  # noqa: ARG001 (each file is of the whole world)
    downloads: Downloads,
    since: date | None,
    at: datetime,
    progress: Progress = silent,
    base: str = BASE,
    missing: Missing | None = None,
) -> list[Path]:
    """The export files of `since` and later, all on disk, in the order in which to ingest them.

    Without `since` those of the newest file's day that is on disk and later; where there is
    none the latest alone. What is on disk as listed is not downloaded again. A file that cannot
    be had is left out and goes to `missing`; without that its error is raised, once all others are
    there. An old one that the server does not have is no error.
    Raises StreamError where the lists cannot be had, and gives up after three files in a row that
    cannot, or a day of files that are gone.
    """
    with open_client() as client:
        server = _Server(downloads, client, base, at)
        wanted = _wanted(server, since or _newest_held(downloads), progress)
        lacking = missing or Missing()
        paths = _files(server, wanted, progress, lacking)
    if lacking.faults and missing is None:
        raise lacking.faults[0]
    return paths


def _wanted(server: _Server, since: date | None, progress: Progress) -> Sequence[Listed]:
    latest = server.listing(LATEST).files[-1]
    if since is None or since > latest.time.date():
        return (latest,)
    listing = _listing_since(server, since, latest.time.date())
    if listing.malformed:
        progress(f"GDELT: {listing.malformed} lines of {ALL} are no use", 0, len(listing.files))
    # The long list is renewed a little after the short one.
    return sorted({file.name: file for file in (*listing.files, latest)}.values())


def _listing_since(server: _Server, since: date, until: date) -> Listing:
    """What the long list names from `since` on: by its end alone, where that reaches so far."""
    days = (until - since).days + 2
    if days <= DAYS_BY_END:
        with suppress(StreamError):
            listing = server.listing(ALL, last=days * BYTES_A_DAY)
            if listing.files[0].time.date() < since:
                kept = (file for file in listing.files if file.time.date() >= since)
                return Listing(tuple(kept), listing.malformed)
    return server.listing_of_all(since)


def _newest_held(downloads: Downloads) -> date | None:
    names = [path.name for path in (downloads.folder / SOURCE).glob("[0-9]*.export.CSV*.zip")]
    with suppress(ValueError):
        return date.fromisoformat(max(names, default="")[:8])
    return None


def _files(
    server: _Server, wanted: Sequence[Listed], progress: Progress, missing: Missing
) -> list[Path]:
    """The files that can be had; the others go to `missing`."""
    paths: list[Path] = []
    failures = absent = 0
    for number, listed in enumerate(wanted):
        progress("GDELT downloads", number, len(wanted))
        try:
            paths.append(server.file(listed))
            failures = absent = 0
        except StreamError as error:
            if isinstance(error, AbsentError) and clock(server.at) - listed.time > GONE_AFTER:
                missing.gone.append(listed.name)
                absent += 1
            else:
                missing.faults.append(error)
                failures += 1
            if absent == GONE_IN_A_ROW:
                missing.faults.append(error)
        if failures == FAILURES_IN_A_ROW or absent == GONE_IN_A_ROW:
            break
    progress("GDELT downloads", len(wanted), len(wanted))
    return paths
