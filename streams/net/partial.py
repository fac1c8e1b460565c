"""A download under way: bytes on disk that one process at a time adds to, and may resume."""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from errors import StreamError
from streams.formats.files import sha256_of
from streams.net.retry import Deadline

ENDING = ".part"
_LOOK_AGAIN = 0.05
_TAG_MAX = 1000
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


class PartialFile:
    """The file `<name>.part` and, beside it, which content of which address it is a part of."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self._stream = stream
        self._origin = path.with_name(f"{path.name}.json")
        self.size = stream.seek(0, os.SEEK_END)

    def resuming(self, url: str) -> dict[str, str]:
        """The headers that ask for the rest alone, if it is still of the same content.

        Nothing where there is no beginning, or none of which that could be told.
        """
        origin = self._told()
        validator = origin.get("validator", "")
        if not self.size or not validator or origin.get("url") != url:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": validator}

    def begin(self, url: str, headers: Mapping[str, str]) -> None:
        """Empties the part, and notes which answer it is a part of."""
        self.empty()
        writing = self._origin.with_name(f"{self._origin.name}.new")
        writing.write_text(json.dumps({"url": url, "validator": _validator(headers)}))
        writing.replace(self._origin)

    def continues(self, headers: Mapping[str, str]) -> int | None:
        """The length of the whole if the answer is exactly what is lacking of it, else None."""
        span = _RANGE.fullmatch(headers.get("content-range", "").strip())
        same = _validator(headers) in ("", self._told().get("validator", ""))
        if not span or not same or span[3] == "*":
            return None
        first, last, whole = (int(text) for text in span.groups())
        return whole if first == self.size and last == whole - 1 and first <= last else None

    def add(self, piece: bytes) -> None:
        """Puts the piece at the part's end."""
        self._stream.write(piece)
        self.size += len(piece)

    def beginning(self, length: int) -> bytes:
        """The first bytes."""
        self._stream.flush()
        with self.path.open("rb") as stream:
            return stream.read(length)

    def empty(self) -> None:
        """Takes away all that had come."""
        self._stream.seek(0)
        self._stream.truncate()
        self.size = 0

    def sha256(self) -> str:
        """The hash of all that is there, which is on the disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        return sha256_of(self.path)

    def become(self, path: Path) -> None:
        """Gives the part that name, in one step."""
        path.parent.mkdir(exist_ok=True)
        self.path.replace(path)
        self._origin.unlink(missing_ok=True)
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def drop(self) -> None:
        """Removes the part."""
        self.path.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)

    def _told(self) -> dict[str, str]:
        with suppress(OSError, ValueError):
            fields = json.loads(self._origin.read_text())
            if isinstance(fields, dict):
                return {str(name): str(value) for name, value in fields.items()}
        return {}


@contextmanager
def open_part(path: Path, deadline: Deadline) -> Iterator[PartialFile]:
    """The part of the file that is to be at `path`, for this process alone until it ends.

    The system frees it when the process dies. Raises StreamError where another one holds it
    until the deadline.
    """
    partial = path.with_name(f"{path.name}{ENDING}")
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with partial.open("ab") as stream:
            _lock(stream, partial, deadline)
            # Whoever held it before may have given the file its final name meanwhile.
            if _is_at(stream, partial):
                part = PartialFile(partial, stream)
                try:
                    yield part
                finally:
                    if not part.size and _is_at(stream, partial):
                        part.drop()
                return


def _lock(stream: BinaryIO, path: Path, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.left() <= _LOOK_AGAIN:
                do = "wait for it, or end it"
                problem = "another process has been fetching it all the time"
                raise StreamError(problem, where=str(path), do=do) from None
            time.sleep(_LOOK_AGAIN)
        else:
            return


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _validator(headers: Mapping[str, str]) -> str:
    """What tells a content from another, byte for byte: a strong tag, else when it was changed."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') and len(tag) <= _TAG_MAX else headers.get("last-modified", "")
