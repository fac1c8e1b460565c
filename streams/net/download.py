"""Files from the network, kept for good: conditional, resumed, retried, bounded, on record."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path

import httpx

from errors import StreamError
from streams.formats.files import Progress, sha256_of, silent
from streams.net.addresses import masked
from streams.net.attempt import Download, attempt
from streams.net.manifest import Entry, Manifest
from streams.net.partial import ENDING, PartialFile, open_part
from streams.net.retry import USUAL, Policy, Sleep, persist
from streams.net.web import Request, open_client

MANIFEST = "manifest.jsonl"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,149}")
_TAG_MAX = 1000
_HASH_SHOWN = 12


@dataclass(frozen=True)
class Downloads:
    """A folder of downloads: `folder/<source>/<name>`, with `folder/manifest.jsonl` as the record.

    Usable by several processes at once, each by one thread.
    """

    folder: Path
    policy: Policy = USUAL
    sleep: Sleep = time.sleep

    @cached_property
    def manifest(self) -> Manifest:
        """The record of all downloads."""
        return Manifest(self.folder / MANIFEST)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is on disk, and whether its content is another than at the last download.

    `path` ends in `name`, in a folder named by the hash where other content of that name was
    there before. `changed` tells nothing of what was parsed: a run may have died between.
    """

    name: str
    path: Path
    sha256: str
    size: int
    changed: bool


def held(downloads: Downloads, *, source: str, name: str) -> Fetched | None:
    """The newest download of that name, if it is on disk as recorded; asks no network."""
    _check_name(source)
    _check_name(name)
    entry = downloads.manifest.latest(source, name)
    return _standing(downloads, entry) if entry else None


def fetch(
    downloads: Downloads,
    wanted: Request,
    *,
    source: str,
    name: str,
    at: datetime,
    client: httpx.Client | None = None,
    progress: Progress = silent,
) -> Fetched:
    """The file, whole, on disk and in the manifest; never another content under its path.

    `at` is the time put on record. One client may serve many calls (streams.net.web.open_client),
    else each opens its own. A name that ends in `.zip` is
    held to being a zip, any other to not being an HTML page.
    Raises StreamError, by the policy's `total` at the latest; what has come by then is kept, and
    the next call resumes it.
    """
    _check_name(source)
    _check_name(name)
    request = wanted.within(downloads.policy)
    path = downloads.folder / source / name
    opened = nullcontext(client) if client else open_client()
    with _writing(path), opened as asking, open_part(path, request.deadline) as part:
        # Looked up only now: another process may have fetched it while this one waited.
        before = downloads.manifest.latest(source, name)
        here = _standing(downloads, before) if before else None
        file = _compared(request, name, before if here else None, progress)
        ask = partial(attempt, asking, file, part)
        answered = persist(ask, request.where, request.policy, request.deadline, downloads.sleep)
        if answered is None and here:
            return here
        entry = _recorded(_kept(downloads, part, source, name), request, at, answered or {})
        downloads.manifest.add(entry)
    changed = before is None or before.sha256 != entry.sha256
    return Fetched(name, downloads.folder / entry.file, entry.sha256, entry.size, changed)


def _compared(request: Request, name: str, before: Entry | None, progress: Progress) -> Download:
    """The file, to be compared with the one before if that came from the same address."""
    if before is None or before.url != masked(request.url):
        return Download(request, name, "", "", progress)
    return Download(request, name, before.etag, before.last_modified, progress)


def _kept(downloads: Downloads, part: PartialFile, source: str, name: str) -> Entry:
    """Where the part now is, apart from files of other content with its name, and what it is."""
    digest, size = part.sha256(), part.size
    file = f"{source}/{name}"
    if (kept := downloads.folder / file).exists() and sha256_of(kept) != digest:
        file = f"{source}/{digest[:_HASH_SHOWN]}/{name}"
        kept = downloads.folder / file
    if kept.exists() and sha256_of(kept) == digest:
        part.drop()
    else:
        # What bears its hash and has another content is damaged, and no loss.
        part.become(kept)
    return Entry(source, name, file, "", "", size, digest)


def _recorded(entry: Entry, request: Request, at: datetime, headers: Mapping[str, str]) -> Entry:
    """The entry with what was asked, when, and what the server says of the content."""
    etag, last_modified = (headers.get(name, "")[:_TAG_MAX] for name in ("etag", "last-modified"))
    return replace(
        entry,
        url=masked(request.url),
        at=at.isoformat(timespec="seconds"),
        etag=etag,
        last_modified=last_modified,
    )


def _standing(downloads: Downloads, entry: Entry) -> Fetched | None:
    """The file of the entry, if it is on disk as recorded."""
    path = downloads.folder / entry.file
    if not path.is_file() or path.stat().st_size != entry.size:
        return None
    good = sha256_of(path) == entry.sha256
    return Fetched(entry.name, path, entry.sha256, entry.size, False) if good else None


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StreamError(f"cannot be kept: {error.strerror}", where=str(path)) from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.endswith((ENDING, f"{ENDING}.json")):
        expected = "letters, digits, dots, hyphens and underscores"
        raise StreamError("not a good name for a download", found=name, expected=expected)
