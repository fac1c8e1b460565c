"""A file's hash, and how far a job has come."""

import hashlib
import mmap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from errors import StreamError

Progress = Callable[[str, int, int], None]
"""Told how far a job has come: what it does, pieces done, of how many."""


PART = 32 << 20


def silent(_what: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's content, in hexadecimal.

    Raises StreamError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            if not path.stat().st_size:
                return hashlib.sha256().hexdigest()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return hashlib.sha256(content).hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StreamError(f"cannot be read: {reason}", where=str(path)) from None


def digest_of(path: Path) -> str:
    """What names the file's content among all that has landed, in hexadecimal.

    Its SHA-256; of a file longer than PART the SHA-256 of its parts' hashes, which are made side
    by side: all that a second ingest has to do is to read the file. Raises StreamError where it
    cannot be read.
    """
    try:
        size = path.stat().st_size
        if size <= PART:
            return sha256_of(path)
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            memoryview(content) as view,
            ThreadPoolExecutor() as threads,
        ):
            hashes = threads.map(partial(_hashed, view), range(0, size, PART))
            return hashlib.sha256(b"".join(hashes)).hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StreamError(f"cannot be read: {reason}", where=str(path)) from None


def _hashed(content: memoryview, start: int) -> bytes:
    with content[start : start + PART] as part:
        return hashlib.sha256(part).digest()
