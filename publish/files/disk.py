"""Writing that is complete or not there: locks, whole files, replacement in one step.

All that is being written stands right in the home folder until it is complete, wherever its place
is: what a dead writer left is found without a look into every issue's folder.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"
# What is being written bears this in front of its name until it is complete.
WRITING = ".writing-"


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One writer of the folder at a time; the system frees the lock of a writer that dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clear(home: Path) -> None:
    """Remove what dead writers left in the folder. Only for the lock's holder.

    Whoever holds the lock is the only writer, so what is still being written has no writer.
    """
    for left in home.glob(f"{WRITING}*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def write(path: Path, data: bytes) -> None:
    """The new file holds the bytes, on the disk; FileExistsError where one is there already."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_text(home: Path, path: Path, text: str) -> None:
    """The file under `home` holds the text, changed in one step; left alone where it does."""
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return
    writing = home / f"{WRITING}{path.name}"
    write(writing, data)
    writing.replace(path)
    sync(path.parent)


def sync(folder: Path) -> None:
    """The folder's list of names is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
