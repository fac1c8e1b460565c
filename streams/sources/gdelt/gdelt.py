"""GDELT 2.0: what the world's news tell of the theatre's pair, a file every quarter of an hour.

Only rows of which both actors are the pair's are kept, either way. GDELT is noisy: its events
are of low confidence and feed features, never labels.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy.engine import Connection

from errors import StreamError
from streams.events.event import to_frame
from streams.formats.files import Progress, digest_of, silent
from streams.formats.zips import open_member
from streams.places.border import border_of
from streams.sources.gdelt.coverage import cover_days, known_files, resumption, settle_files
from streams.sources.gdelt.fetch import Missing, fetch
from streams.sources.gdelt.reader import Locator, judge
from streams.sources.gdelt.stories import SOURCE, Report, fold, keep, once, stories
from streams.store.database import writing
from streams.store.landing import Batch, Ingested, Landing
from streams.store.quarantine import Refusal
from streams.store.store import Store
from theatres.theatre import Theatre

__all__ = ["SOURCE", "Missing", "fetch", "ingest", "ingest_many", "read", "resumption"]

FILES_A_TRANSACTION = 96
CONTENT_MAX = 256 * 2**20
_WHOLE_FILE = "a GDELT 2.0 export file"


def read(path: Path, theatre: Theatre, border: Locator) -> Iterator[Batch]:
    """The file's lines judged, with the stories that they tell as events, a block at a time.

    A story's later versions, and what other files tell of it, are the store's part: see `ingest`.
    Raises StreamError where nothing of the file can be read.
    """
    with _opened(path) as stream:
        for judged in judge(stream, path.name, theatre, border):
            events = fold(judged.reports)
            yield Batch(
                judged.read,
                to_frame(events),
                judged.elsewhere,
                len(judged.reports) - len(events),
                judged.unmapped,
                judged.refusals,
            )


def ingest(
    store: Store, theatre: Theatre, path: Path, at: datetime, progress: Progress = silent
) -> Ingested:
    """What became of the file's rows; their stories are in the store, however often it is done.

    A row counts once, by its GLOBALEVENTID, whichever files hold it, and the order in which
    files come makes no difference to what any view shows.
    Raises StreamError where nothing of the file can be read, StoreError where the store fails.
    """
    return _ingest(store, theatre, [path], at, progress, strict=True)


def ingest_many(
    store: Store, theatre: Theatre, paths: Sequence[Path], at: datetime, progress: Progress = silent
) -> Ingested:
    """What became of the rows of all files, some in one transaction; much faster than one by one.

    A file of which nothing can be read is a refusal and does not stop the others.
    """
    return _ingest(store, theatre, paths, at, progress, strict=False)


def gone_refusal(name: str) -> Refusal:
    """What is told of a listed file that the server does not have any more."""
    return Refusal(SOURCE, name, 0, "file", "404", "the file that GDELT's list names", b"")


def _ingest(
    store: Store,
    theatre: Theatre,
    paths: Sequence[Path],
    at: datetime,
    progress: Progress,
    strict: bool,
) -> Ingested:
    border, total = border_of(theatre), Ingested()
    for start in range(0, len(paths), FILES_A_TRANSACTION):
        group = paths[start : start + FILES_A_TRANSACTION]
        progress("GDELT files", start, len(paths))
        with writing(store.engine) as connection:
            total += _land(connection, theatre, border, group, at, strict)
            if start + len(group) == len(paths):
                cover_days(connection, theatre.name, at)
    progress("GDELT files", len(paths), len(paths))
    return total


def _land(
    connection: Connection,
    theatre: Theatre,
    border: Locator,
    paths: Sequence[Path],
    at: datetime,
    strict: bool,
) -> Ingested:
    """What became of the files, and then once for all of the stories that they add to."""
    total, told, parsed = Ingested(), list[Report](), list[str]()
    digests = [_digest(path) for path in paths]
    known = known_files(connection, theatre.name, digests)
    for path, sha256 in zip(paths, digests, strict=True):
        if sha256 in known:
            total += Ingested(files=1, known_files=1)
            continue
        try:
            counts, reports = _told_by(path, theatre, border)
        except StreamError as error:
            if strict:
                raise
            refusal = Refusal(SOURCE, path.name, 0, "file", str(error), _WHOLE_FILE, b"")
            total += Ingested(files=1, refused=1, refusals=(refusal,))
            continue
        Landing(connection, theatre.name, SOURCE, path.name, sha256, at).close()
        known.add(sha256)
        total += Ingested(files=1) + counts
        told += reports
        parsed.append(path.name)
    settle_files(connection, theatre.name, parsed, total.refusals, at)
    return total + _land_stories(connection, theatre.name, told, at)


def _told_by(path: Path, theatre: Theatre, border: Locator) -> tuple[Ingested, list[Report]]:
    """The counts of a file's rows, and those that tell of the pair, which are few."""
    total, reports = Ingested(), list[Report]()
    with _opened(path) as stream:
        for judged in judge(stream, path.name, theatre, border):
            reports += judged.reports
            total += Ingested(
                read=judged.read,
                elsewhere=judged.elsewhere,
                refused=len(judged.refusals),
                unmapped=judged.unmapped,
                refusals=judged.refusals,
            )
    return total, reports


def _land_stories(
    connection: Connection, theatre: str, told: Sequence[Report], at: datetime
) -> Ingested:
    """What became of the stories; the reports that add to another one's version are folded."""
    if not told:
        return Ingested()
    events = [report.event for report in once(told)]
    since: dict[str, datetime] = {}
    for event in events:
        since[event.event_id] = min(since.get(event.event_id, event.known_at), event.known_at)
    keep(connection, theatre, told)
    landing = Landing(connection, theatre, SOURCE, "", "", at)
    landed = landing.append(to_frame(stories(connection, theatre, since)))
    landing.close()
    instants = {(event.event_id, event.known_at) for event in events}
    return Ingested(
        new=landed.new,
        revised=landed.revised,
        unchanged=landed.unchanged,
        folded=len(told) - len(instants),
    )


def _digest(path: Path) -> str:
    """What names the file's content; nothing where it cannot be read, which reading it tells."""
    try:
        return digest_of(path)
    except StreamError:
        return ""


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's text, out of its zip where it is one."""
    with _opening(path):
        if path.suffix.lower() == ".zip":
            with open_member(path, content_max=CONTENT_MAX) as member:
                yield member
        else:
            with path.open("rb") as stream:
                yield stream


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise StreamError("no such file", where=str(path), expected=_WHOLE_FILE) from None
    except IsADirectoryError:
        raise StreamError("a folder", where=str(path), expected=_WHOLE_FILE) from None
    except OSError as error:
        raise StreamError(f"cannot be read: {error}", where=str(path)) from None
