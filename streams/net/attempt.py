"""One attempt at a download: asks for all, for the rest, or for what has changed, and judges it."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from errors import StreamError
from streams.formats.files import Progress
from streams.net.addresses import masked
from streams.net.partial import PartialFile
from streams.net.retry import Passing
from streams.net.web import Request, answer, check_status, pieces

_ACCEPTED = frozenset({200, 206, 304, 416})
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_BEGINNING = 1024


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is asked for under a name, and what a server may compare its own with."""

    request: Request
    name: str
    etag: str
    last_modified: str
    progress: Progress

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the file only if it is another than the one here."""
        validators = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in validators.items() if value}


def attempt(client: httpx.Client, wanted: Download, part: PartialFile) -> Mapping[str, str] | None:
    """The headers of the answer whose whole content the part now holds; None if unchanged.

    Raises Passing where another attempt may do better, and StreamError where none will.
    """
    address = masked(wanted.request.url)
    resuming = part.resuming(address)
    added = resuming or wanted.conditions
    request = replace(wanted.request, headers={**wanted.request.headers, **added})
    with answer(client, request) as response:
        check_status(response, request, _ACCEPTED)
        if response.status_code == 304 and added is not resuming:
            return None
        _check_kind(response, request)
        total = _begin(response, part, address, bool(resuming))
        for piece in pieces(response, request, part.size):
            part.add(piece)
            wanted.progress(wanted.name, part.size, max(total, part.size))
        _check(part, wanted, total)
        return response.headers


def _check_kind(response: httpx.Response, request: Request) -> None:
    kind = response.headers.get("content-type", "").strip().lower()
    if kind.startswith(("text/html", "application/xhtml")):
        raise _page(request)


def _begin(response: httpx.Response, part: PartialFile, address: str, resuming: bool) -> int:
    """The length of the whole, 0 where it is not told; the part holds what goes before."""
    if response.status_code == 200:
        part.begin(address, response.headers)
        sized = "transfer-encoding" not in response.headers
        return int(response.headers.get("content-length", 0)) if sized else 0
    fits = response.status_code == 206 and resuming
    total = part.continues(response.headers) if fits else None
    if total is None:
        part.empty()
        raise Passing(f"answered {response.status_code}, which does not fit what was asked")
    return total


def _check(part: PartialFile, wanted: Download, total: int) -> None:
    """Raises Passing where the part is not the whole, StreamError where it is no use."""
    beginning = part.beginning(_BEGINNING)
    if not beginning:
        raise Passing("an empty answer")
    if _PAGE.match(beginning):
        part.empty()
        raise _page(wanted.request)
    if total and part.size != total:
        problem = f"{part.size:,} bytes instead of {total:,}"
        part.empty()
        raise Passing(problem)
    if wanted.name.lower().endswith(".zip"):
        _check_zip(part, beginning, wanted.request)


def _check_zip(part: PartialFile, beginning: bytes, request: Request) -> None:
    if not beginning.startswith(b"PK"):
        part.empty()
        raise StreamError("not a zip", where=request.where, found=beginning[:20], expected="PK")
    if not zipfile.is_zipfile(part.path):
        part.empty()
        raise Passing("a zip without its end")


def _page(request: Request) -> StreamError:
    do = "look at the address in a browser"
    return StreamError("a web page instead of a file", where=request.where, do=do)
