"""The record of downloads: a line of JSON each, only ever appended to, by any number of writers."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from errors import StreamError


@dataclass(frozen=True, slots=True)
class Entry:
    """One download: what was asked, when, and what came; `file` is relative to the manifest."""

    source: str
    name: str
    file: str
    url: str
    at: str
    size: int
    sha256: str
    etag: str = ""
    last_modified: str = ""


_KINDS = {field.name: field.type for field in fields(Entry)}


class Manifest:
    """The downloads on record; reads only what has been appended since it last looked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._latest: dict[tuple[str, str], Entry] = {}

    def latest(self, source: str, name: str) -> Entry | None:
        """The newest download of that name, other processes' included."""
        self._catch_up()
        return self._latest.get((source, name))

    def add(self, entry: Entry) -> None:
        """Writes the entry to the disk. Raises StreamError where it cannot be written whole."""
        line = json.dumps(asdict(entry)).encode() + b"\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_torn(handle):
                line = b"\n" + line
            if os.write(handle, line) < len(line):
                raise StreamError("cannot be written whole", where=str(self._path))
            os.fsync(handle)
        finally:
            os.close(handle)

    def _catch_up(self) -> None:
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._read)
                added = stream.read()
        except FileNotFoundError:
            added = b""
        # A line without its end is being written, or was when its writer died.
        whole = added[: added.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if entry := _entry(line):
                self._latest[entry.source, entry.name] = entry


def _is_torn(handle: int) -> bool:
    """Whether the last line lacks its end."""
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"


def _entry(line: bytes) -> Entry | None:
    """What the line records; nothing where it is torn."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    known = {name: fields[name] for name in _KINDS if name in fields}
    try:
        entry = Entry(**known)
    except TypeError:
        return None
    held = {name: int if kind is int else str for name, kind in _KINDS.items()}
    return entry if all(isinstance(known[name], held[name]) for name in known) else None
