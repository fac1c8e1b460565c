"""GDELT's lists of its files: a size, an md5 and an address a line."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from errors import StreamError

HOST = "data.gdeltproject.org"
_LINE = re.compile(rb"([0-9]{1,12}) ([0-9a-f]{32}) (\S+)")
_EXPORT = re.compile(r"https?://([^/]+)/(?:[^/]+/)*(([0-9]{14})\.export\.CSV\.zip)")
_OTHER = (b".mentions.CSV.zip", b".gkg.csv.zip")
_CHUNK = 2**20


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """An export file as a list names it: its time, its name, how long it is and its md5."""

    time: datetime
    name: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The export files of a list in the order of their time, and how many lines were no use."""

    files: tuple[Listed, ...]
    malformed: int = 0


def read_listing(
    lines: Iterable[bytes], where: str, host: str = HOST, since: date = date.min
) -> Listing:
    """The export files that the lines name, of that day and later; other lines are counted.

    A line of an address on another host is such a one. Of a file that is named twice the later
    line counts. Files of other kinds are left out.
    Raises StreamError where no line names an export file.
    """
    files: dict[str, Listed] = {}
    malformed, earlier = 0, False
    for line in lines:
        text = line.strip()
        if not text or text.endswith(_OTHER):
            continue
        listed = _listed(text, host)
        if listed is None:
            malformed += 1
        elif listed.time.date() >= since:
            files[listed.name] = listed
        else:
            earlier = True
    if not files and not earlier:
        found = f"{malformed} other lines"
        raise StreamError("not a list of GDELT's files", where=where, found=found, expected=_FORM)
    return Listing(tuple(sorted(files.values())), malformed)


_FORM = "lines of size, md5 and address of an export file"


def _listed(line: bytes, host: str) -> Listed | None:
    parts = _LINE.fullmatch(line)
    address = parts and _EXPORT.fullmatch(parts[3].decode("ascii", "replace"))
    if not parts or not address or address[1] != host:
        return None
    try:
        time = datetime.strptime(address[3], "%Y%m%d%H%M%S")  # noqa: DTZ007 (UTC)
    except ValueError:
        return None
    return Listed(time, address[2], int(parts[1]), parts[2].decode())


def fault_of(path: Path, listed: Listed) -> str:
    """What sets the file apart from what the list says of it; nothing where nothing does."""
    size = path.stat().st_size
    if size != listed.size:
        return f"{size} bytes instead of {listed.size}"
    # A sum against damage on the way, not against malice: that is what https is for.
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return "" if digest.hexdigest() == listed.md5 else f"md5 {digest.hexdigest()}"
