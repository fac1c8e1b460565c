"""The one member of a zip that matters, read within bounds."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from errors import StreamError, shown

CONTENT_MAX = 4 * 2**30
RATIO_MAX = 200
SMALL = 16 * 2**20
"""Content that is no longer does no harm, however tightly it is packed."""
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
_ADDRESS = re.compile(rb"https?://\S+\.zip\b")
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the library raises on files that are damaged in one way or another.
_LISTED = 20
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


IsWanted = Callable[[str, IO[bytes]], bool]


@contextmanager
def open_member(
    path: Path,
    patterns: Sequence[str] = ("*.csv",),
    content_max: int = CONTENT_MAX,
    is_wanted: IsWanted | None = None,
) -> Iterator[IO[bytes]]:
    """The content of the zip's one member whose name fits; of a file that is no zip, its own.

    `patterns` are shell patterns of the end of the name, in any case: those of the first that any
    member fits. Of several the one that `is_wanted` by its name and content. The stream's `name`
    is the member's.

    Raises StreamError where no or several members fit, where any member's path leads out of its
    folder, where it is encrypted, damaged, or longer than `content_max` or than RATIO_MAX times
    its packed size (and SMALL), also while it is read.
    """
    with ExitStack() as opened:
        try:
            if is_zip(path):
                _check_beginning(path)
                archive = opened.enter_context(zipfile.ZipFile(path))
                info = _chosen(archive, patterns, str(path), is_wanted)
                check_member(info, str(path), content_max)
                member = opened.enter_context(archive.open(info))
                stream: IO[bytes] = io.BufferedReader(_Member(member, info, str(path)), 2**17)
            else:
                stream = opened.enter_context(path.open("rb"))
        except DAMAGE as error:
            raise _damaged(error, str(path)) from None
        yield stream


def is_zip(path: Path) -> bool:
    """Whether the file is named as a zip, or begins as one. Raises OSError."""
    if path.suffix.lower() == ".zip":
        return True
    with path.open("rb") as stream:
        return stream.read(4) in _BEGINNINGS


def _check_beginning(path: Path) -> None:
    """Raises StreamError for a text under a zip's name: a page, or the list that names it."""
    with path.open("rb") as stream:
        start = stream.read(160)
    if start.isascii() and not any(each.startswith(start[:4]) for each in _BEGINNINGS):
        named = _ADDRESS.search(start)
        raise StreamError(
            "a text under a zip's name",
            where=str(path),
            found=start.decode("ascii").strip(),
            expected="a zip",
            do=f"fetch {named[0].decode()}, which it names"
            if named
            else "fetch the file itself: this may be a page",
        )


class _Member(io.RawIOBase):
    """A member's content; the library itself reads no more of it than its header says."""

    def __init__(self, member: IO[bytes], info: zipfile.ZipInfo, where: str) -> None:
        self.name = info.filename
        self._member = member
        self._where = where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._member.read(len(buffer))
        except DAMAGE as error:
            raise _damaged(error, self._where) from None
        buffer[: len(data)] = data
        return len(data)


def _damaged(error: Exception, where: str) -> StreamError:
    if isinstance(error, OSError) and error.strerror:
        return StreamError(f"cannot be read: {error.strerror}", where=where)
    problem = str(error) or type(error).__name__
    return StreamError("a damaged zip", where=where, found=problem, do="fetch it again")


def _chosen(
    archive: zipfile.ZipFile, patterns: Sequence[str], where: str, is_wanted: IsWanted | None
) -> zipfile.ZipInfo:
    """The one member that fits; every member's path is looked at."""
    members = archive.infolist()
    for info in members:
        _check_path(info.orig_filename, where)
    if "xl/workbook.xml" in archive.namelist():
        do = "fetch the csv file instead, or save the sheet as CSV"
        raise StreamError("an Excel workbook", where=where, expected="a CSV file", do=do)
    files = [info for info in members if not info.is_dir()]
    each = ([info for info in files if _fits(info.filename, pattern)] for pattern in patterns)
    fitting = next((some for some in each if some), [])
    if len(fitting) > 1 and is_wanted is not None:
        wanted = [info for info in fitting if _asked(archive, info, where, is_wanted)]
        fitting = wanted or fitting
    if len(fitting) != 1:
        names = [info.filename for info in fitting or files]
        raise StreamError(
            f"not one file inside but {names[:_LISTED]}",
            where=where,
            expected=f"one member {' or '.join(patterns)}",
            do="unpack it, and name the file that is meant",
        )
    return fitting[0]


def _asked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, is_wanted: IsWanted
) -> bool:
    check_member(info, where)
    with archive.open(info) as member:
        return is_wanted(info.filename, member)


def _fits(name: str, pattern: str) -> bool:
    # macOS keeps a shadow of every file in a zip, under the file's own name.
    shadow = name.startswith("__MACOSX/")
    return not shadow and fnmatchcase(name.lower(), f"*{pattern.lower()}")


def _check_path(name: str, where: str) -> None:
    bad = "\\" in name or "\0" in name or name.startswith("/") or name[1:2] == ":"
    if bad or ".." in name.split("/"):
        expected = "a path inside its folder"
        raise StreamError("a member outside its folder", where=where, found=name, expected=expected)


def check_member(info: zipfile.ZipInfo, where: str, content_max: int = CONTENT_MAX) -> None:
    """Raises StreamError for a member that is encrypted, packed in another way, or too long."""
    inside = f"{where}, {shown(info.filename)}"
    if info.flag_bits & 0x1:
        raise StreamError("encrypted", where=inside, expected="a zip without a password")
    if info.compress_type not in _READABLE:
        method = info.compress_type
        raise StreamError("packed in another way", where=inside, found=method, expected="deflate")
    allowed = min(content_max, max(SMALL, RATIO_MAX * info.compress_size))
    if info.file_size > allowed:
        expected = f"at most {allowed:,} bytes from {info.compress_size:,} packed ones"
        raise StreamError("too long inside", where=inside, found=info.file_size, expected=expected)
