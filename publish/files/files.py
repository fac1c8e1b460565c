"""Published files: an issue's folder appears whole or not at all, and manifests say which counts.

    <root>/<theatre>/<as_of>/<issue_id>/forecast.json  forecast.csv  forecast.parquet  hub.csv
    <root>/<theatre>/<as_of>/manifest.json             the issue that counts for that as_of
    <root>/<theatre>/manifest.json                     `latest`, every as_of, the archive's head
    <root>/<theatre>/contexts/<issue_id>.json          what its page shows around it
    <root>/<theatre>/pages/<as_of>_<issue_id>.html     the page, one file that needs nothing else

What was published last counts for its as_of, but a hindcast never takes the place of an issue
that was made at its time. `latest` is the newest as_of whose issue is no hindcast and gives its
theatre's headline; only where there is none, one without.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from errors import DyadcastError
from publish.archive.chain import Head, digest
from publish.contract.context import Context, context_text, read_context
from publish.contract.forecast import Forecast, ForecastError, from_json
from publish.contract.issue import THEATRE
from publish.files.disk import WRITING, clear, locked, replace_text, sync, write
from publish.files.formats import FILES, JSON, render, same
from publish.files.manifest import (
    FileMark,
    Index,
    IssueEntry,
    entry_text,
    index_text,
    read_entry,
    read_index,
)

MANIFEST = "manifest.json"
CONTEXTS = "contexts"
PAGES = "pages"


class PublishError(DyadcastError):
    """A published file that is missing, torn or foreign, or a folder that cannot be written."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where an issue stands: its folder, its files in it, and the theatre's manifest."""

    folder: Path
    paths: tuple[Path, ...]
    manifest: Path


def publish(forecast: Forecast, root: Path, head: Head | None = None) -> Published:
    """Where the issue's files are, after they and both manifests stand complete.

    A reader sees the issue before or this one, never a part. Publishing an issue again changes no
    byte: the files keep the `issued_at` they were first given. `head` is the archive's, recorded
    so that an archive cut off at its end is noticed. Raises PublishError where the folder cannot
    be written or holds a broken manifest.
    """
    home = root / forecast.theatre
    with _writing(home):
        folder = home / str(forecast.as_of) / forecast.issue_id
        contents = _place(forecast, home, folder)
        entry = _entry(forecast, contents)
        counting = _counting(home, entry)
        replace_text(home, folder.parent / MANIFEST, entry_text(counting))
        index = _index(home, forecast.theatre).with_entry(counting).with_head(head)
        replace_text(home, home / MANIFEST, index_text(index))
    return Published(folder, tuple(folder / name for name in contents), home / MANIFEST)


def keep_context(forecast: Forecast, context: Context, root: Path) -> None:
    """Keeps what stands around the issue beside the issues, before it is published."""
    home = root / forecast.theatre
    with _writing(home):
        (home / CONTEXTS).mkdir(exist_ok=True)
        path = home / CONTEXTS / f"{forecast.issue_id}.json"
        replace_text(home, path, context_text(context))


def context_kept(forecast: Forecast, root: Path) -> bool:
    """True where what stands around the issue was kept before."""
    return (_home(root, forecast.theatre) / CONTEXTS / f"{forecast.issue_id}.json").exists()


def page_path(forecast: Forecast, root: Path) -> Path:
    """Where the issue's page is."""
    name = f"{forecast.as_of}_{forecast.issue_id}.html"
    return _home(root, forecast.theatre) / PAGES / name


def keep_page(forecast: Forecast, text: str, root: Path) -> None:
    """Writes the issue's page, whole."""
    path = page_path(forecast, root)
    home = path.parent.parent
    with _writing(home):
        path.parent.mkdir(exist_ok=True)
        replace_text(home, path, text)


def context_of(root: Path, forecast: Forecast) -> Context:
    """What stood around the issue; an empty Context where none was kept.

    Raises PublishError where it is broken.
    """
    path = _home(root, forecast.theatre) / CONTEXTS / f"{forecast.issue_id}.json"
    with _errors_told(path):
        if not path.exists():
            return Context()
        try:
            return read_context(path.read_text(encoding="utf-8"))
        except (UnicodeError, ForecastError) as error:
            raise PublishError(
                f"broken context: {error}", where=str(path), do="publish the issue again"
            ) from None


def latest(root: Path, theatre: str) -> Forecast:
    """The issue that the theatre's manifest calls latest, its bytes held against the manifest.

    Raises PublishError where nothing but hindcasts is published, or a file is missing or torn.
    """
    home = _home(root, theatre)
    with _errors_told(home):
        index = _index(home, theatre)
        if index.latest is None:
            raise PublishError(
                "no issue is published yet" if not index.issues else "only hindcasts are published",
                where=str(home),
                do="make a forecast first",
            )
        return _read(home, index.latest)


def read_issue(root: Path, theatre: str, as_of: date) -> Forecast:
    """The issue that counts for that as_of, its bytes held against the as_of's manifest.

    Raises PublishError where there is none, or a file is missing or torn.
    """
    home = _home(root, theatre)
    with _errors_told(home):
        entry = _read_entry(home, as_of)
        if entry is None:
            raise PublishError(
                f"no issue is published as of {as_of}",
                where=str(home),
                do="make a forecast as of that day first",
            )
        return _read(home, entry)


def published_head(root: Path, theatre: str) -> Head | None:
    """The archive's head recorded by the last publication; None where none was recorded.

    Raises PublishError where the manifest is broken.
    """
    home = _home(root, theatre)
    with _errors_told(home):
        return _index(home, theatre).head


def _home(root: Path, theatre: str) -> Path:
    if not THEATRE.fullmatch(theatre):
        raise PublishError("theatre is not a name", found=theatre, expected="a-z, 0-9 and _")
    return root / theatre


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    """The one writer of the folder, with what dead ones left in it gone."""
    with _errors_told(home), locked(home):
        clear(home)
        yield


@contextmanager
def _errors_told(home: Path) -> Iterator[None]:
    """An operating system's error becomes a PublishError of one line."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or home)
        problem = error.strerror or str(error)
        raise PublishError(f"cannot be read or written: {problem}", where=where) from None


def _place(forecast: Forecast, home: Path, folder: Path) -> dict[str, bytes]:
    """What the issue's folder holds, after it stands complete; a whole one is left as it is."""
    kept = _kept(folder)
    first = _first_issue(forecast, kept)
    contents = render(first)
    if kept is not None and same(kept, contents):
        return kept
    folder.parent.mkdir(exist_ok=True)
    writing = home / f"{WRITING}{folder.name}"
    writing.mkdir()
    for name, data in contents.items():
        write(writing / name, data)
    sync(writing)
    if folder.exists() or folder.is_symlink():
        # Damaged: moved aside under a name that the next writer clears, should this one die here.
        folder.rename(home / f"{WRITING}damaged-{folder.name}")
    writing.rename(folder)
    sync(folder.parent)
    clear(home)
    return contents


def _kept(folder: Path) -> dict[str, bytes] | None:
    if not folder.is_dir():
        return None
    paths = [folder / name for name in FILES]
    return {path.name: path.read_bytes() for path in paths if path.is_file()}


def _first_issue(forecast: Forecast, kept: Mapping[str, bytes] | None) -> Forecast:
    """The issue as it was first published, the given one where that cannot be read."""
    try:
        first = from_json((kept or {})[JSON].decode())
    except (KeyError, UnicodeError, ForecastError):
        return forecast
    return first if first.issue_id == forecast.issue_id else forecast


def _entry(forecast: Forecast, contents: Mapping[str, bytes]) -> IssueEntry:
    marks = tuple(
        FileMark(name, len(data), digest(data)) for name, data in sorted(contents.items())
    )
    return IssueEntry(forecast.theatre, forecast.as_of, forecast.issue_id, forecast.status, marks)


def _counting(home: Path, offered: IssueEntry) -> IssueEntry:
    current = _read_entry(home, offered.as_of)
    if current is None or current.status == "hindcast" or offered.status != "hindcast":
        return offered
    return current


def _read_entry(home: Path, as_of: date) -> IssueEntry | None:
    path = home / str(as_of) / MANIFEST
    text = _manifest_text(path)
    if text is None:
        return None
    try:
        entry = read_entry(text)
    except ForecastError as error:
        raise _broken(path, error) from None
    if (entry.theatre, entry.as_of) != (home.name, as_of):
        raise _broken(path, f"it is of {entry.theatre} as of {entry.as_of}")
    return entry


def _index(home: Path, theatre: str) -> Index:
    path = home / MANIFEST
    text = _manifest_text(path)
    if text is None:
        return Index(theatre)
    try:
        index = read_index(text)
    except ForecastError as error:
        raise _broken(path, error) from None
    if index.theatre != theatre or (index.latest and index.latest.theatre != theatre):
        raise _broken(path, f"it is of {index.theatre}")
    return index


def _manifest_text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeError as error:
        raise _broken(path, error) from None


def _broken(path: Path, problem: object) -> PublishError:
    return PublishError(
        f"broken manifest: {problem}", where=str(path), do="restore it, or remove it and publish"
    )


def _read(home: Path, entry: IssueEntry) -> Forecast:
    path = home / entry.path / JSON
    mark = next((mark for mark in entry.files if mark.name == JSON), None)
    if mark is None:
        raise PublishError(f"the manifest names no {JSON}", where=str(home / entry.path))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise PublishError(
            "the file that the manifest names is missing", where=str(path), do="publish it again"
        ) from None
    if (len(data), digest(data)) != (mark.bytes, mark.sha256):
        raise PublishError(
            "the file is not the one that was published",
            where=str(path),
            found=f"{len(data)} bytes, SHA-256 {digest(data)[:12]}",
            expected=f"{mark.bytes} bytes, SHA-256 {mark.sha256[:12]}",
            do="publish it again",
        )
    return _checked(data, entry, path)


def _checked(data: bytes, entry: IssueEntry, path: Path) -> Forecast:
    try:
        forecast = from_json(data.decode())
    except (UnicodeError, ForecastError) as error:
        raise PublishError(f"not a forecast: {error}", where=str(path)) from None
    identity = (forecast.theatre, forecast.as_of, forecast.issue_id, forecast.status)
    wanted = (entry.theatre, entry.as_of, entry.issue_id, entry.status)
    if identity != wanted:
        raise PublishError(
            "another issue than the manifest names",
            where=str(path),
            found=forecast.issue_id,
            expected=entry.issue_id,
        )
    return forecast
