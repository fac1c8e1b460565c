"""Each source of a theatre: how it is fetched and how its files land."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from errors import DyadcastError
from flows.pipeline.coding import code_waiting
from streams.formats.files import Progress
from streams.net.accounts import account_for
from streams.net.download import Downloads
from streams.sources import analyst, chronicle
from streams.sources.acled import acled
from streams.sources.acled.fetch import Api, ingest_new
from streams.sources.gdelt import gdelt
from streams.sources.ucdp import ucdp
from streams.store.landing import Ingested
from streams.store.store import Store
from theatres import Theatre


class SourceError(DyadcastError):
    """A source that is not known, or cannot do what is asked of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a source fared: `ok`, `skipped` (there is nothing it could be asked for) or `failed`."""

    source: str
    status: str
    told: str
    ingested: Ingested = field(default_factory=Ingested)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a source: its file at `path`, else what is new, from the day `since` on.

    `accept` says that a person has seen what of a file cannot be read, or what it takes back, and
    wants it all the same.
    """

    path: Path | None = None
    since: date | None = None
    accept: bool = False


Stream = Callable[[Store, Theatre, Downloads, datetime, Request, Progress], Ingested]


def _chronicle(
    store: Store,
    theatre: Theatre,
    _downloads: Downloads,
    at: datetime,
    request: Request,
    _progress: Progress,
) -> Ingested:
    chronicle.declare_coverage(store, theatre, at)
    return chronicle.ingest(store, theatre, at, request.path)


def _ucdp(
    store: Store,
    theatre: Theatre,
    downloads: Downloads,
    at: datetime,
    request: Request,
    progress: Progress,
) -> Ingested:
    found = Ingested()
    files = [request.path] if request.path else ucdp.fetch(downloads, at, progress)
    for file in files:
        found += ucdp.ingest(store, theatre, file, at, progress, accept=request.accept)
    return found


def _acled(
    store: Store,
    theatre: Theatre,
    downloads: Downloads,
    at: datetime,
    request: Request,
    progress: Progress,
) -> Ingested:
    if request.path:
        return acled.ingest(store, theatre, request.path, at, progress, request.accept)
    api = Api(downloads, account_for("acled", os.environ), at)
    return ingest_new(store, theatre, api, request.since, progress, request.accept)


def _gdelt(
    store: Store,
    theatre: Theatre,
    downloads: Downloads,
    at: datetime,
    request: Request,
    progress: Progress,
) -> Ingested:
    if path := request.path:
        files = sorted(path.glob("*.export.CSV*")) if path.is_dir() else [path]
        if len(files) == 1:
            return gdelt.ingest(store, theatre, files[0], at, progress)
        return gdelt.ingest_many(store, theatre, files, at, progress)
    wanted = request.since or gdelt.resumption(store)
    missing = gdelt.Missing()
    files = gdelt.fetch(theatre, downloads, wanted, at, progress, missing=missing)
    found = gdelt.ingest_many(store, theatre, files, at, progress)
    gone = tuple(map(gdelt.gone_refusal, missing.gone))
    found += Ingested(refused=len(gone), refusals=gone)
    if faults := missing.faults:
        # What came has landed; the run is no success all the same.
        raise SourceError(
            f"{len(faults)} files missing, the first: {faults[0]}",
            found=found.line(),
            do="run it again: it goes on where it stopped",
        )
    return found


def _analyst(
    store: Store,
    theatre: Theatre,
    _downloads: Downloads,
    at: datetime,
    request: Request,
    progress: Progress,
) -> Ingested:
    if (path := request.path) is None:
        raise SourceError("nothing to take in", where="analyst", do="name a table with --path")
    beside = path.with_suffix(".toml")
    layout = analyst.read_layout(beside if beside.exists() else None)
    return analyst.ingest(store, theatre, path, at, layout, progress, request.accept)


def _news(
    store: Store,
    theatre: Theatre,
    downloads: Downloads,
    at: datetime,
    request: Request,
    progress: Progress,
) -> Ingested:
    from streams.sources.news.feeds import ingest  # its libraries are slow to import

    if request.path:
        counts, faults = ingest.ingest_files(store, theatre, request.path, at)
    else:
        counts, faults = ingest.ingest_new(store, theatre, downloads, at, progress)
    code_waiting(store, theatre, at)
    if faults:
        # What came has been kept; the run is no success all the same.
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise SourceError(
            f"{faults[0]}{more}", found=counts.line(), do="mend it, or run it again later"
        )
    return counts


STREAMS: dict[str, Stream] = {
    "chronicle": _chronicle,
    "analyst": _analyst,
    "ucdp": _ucdp,
    "acled": _acled,
    "gdelt": _gdelt,
    "news": _news,
}
ASKED = ("chronicle", "ucdp", "acled", "gdelt", "news")
"""The sources that can be asked for what is new; the others are handed their files."""


def stream_of(source: str, theatre: Theatre) -> Stream:
    """How the source is ingested. Raises SourceError for one that is not known."""
    if source not in STREAMS:
        known = ", ".join(each.name for each in theatre.sources if each.name in STREAMS)
        raise SourceError("no such source", found=source, expected=f"one of {known}")
    return STREAMS[source]
