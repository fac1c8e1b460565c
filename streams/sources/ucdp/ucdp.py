"""UCDP GED: its final and candidate releases, each event known from when it was published.

An event in several releases is versions of one event. What a release says anew is known from the
day it was published. An event that the store meets for the first time is dated by the calendar
of the candidate releases, the 20th of the month after it ended, and marked as simulated, or by
the release's own day where that is earlier, where the release is a monthly one, or where an
earlier release that covers the month and has landed did not hold it. An event that a release
covers and does not hold is retracted on the day of that release. An extract, a file whose name
tells no release, speaks of what no release holds. The order in which files land is no matter to
what any view shows: see streams.histories and streams.holdings.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pandas as pd

from errors import AbsentError, StreamError
from streams.formats.files import Progress, digest_of, silent
from streams.formats.tables import open_table
from streams.net.download import Downloads
from streams.net.download import fetch as download
from streams.net.web import Request
from streams.places.border import border_of
from streams.sources.ucdp import late, months
from streams.sources.ucdp.columns import check_header, is_header
from streams.sources.ucdp.ged import FaultError, Part, Reader
from streams.sources.ucdp.mapping import SOURCE
from streams.sources.ucdp.reconcile import Holdings
from streams.sources.ucdp.releases import Release, covered, release_of
from streams.sources.ucdp.unread import unread_of
from streams.store.landing import Batch, Ingested
from streams.store.store import Store
from theatres import Theatre

__all__ = ["SOURCE", "fetch", "ingest"]

BASE = "https://ucdp.uu.se/downloads/"
HOSTS = frozenset({"ucdp.uu.se"})
FINALS = 3
"""How many years back a final release is looked for."""

QUARTERS = (12, 9, 6, 3)
"""The months with which a cumulative candidate release may end."""

FEW = 10
MANY_REFUSED, MANY_LOST = 0.05, 0.2
"""Shares of a release's rows, and of the events that it covers: beyond, a person must look."""

_HEADER_MAX = 1 << 16
DYAD = ["dyad", "name", "gwno_a", "gwno_b"]


def fetch(
    downloads: Downloads,
    at: datetime,
    progress: Progress = silent,
    base: str = BASE,
    hosts: frozenset[str] = HOSTS,
) -> list[Path]:
    """The files of the newest final release and of the candidates after it, oldest first.

    Of a year the longest cumulative release is taken, then the monthly ones after it, until the
    first month that is not there. A file that has not changed is not downloaded again.
    Raises StreamError where no final release can be had.
    """
    get = partial(_get, downloads, at=at, progress=progress, hosts=hosts)
    for year in range(at.year, at.year - FINALS, -1):
        final = get(f"{base}ged/ged{year - 2000}1-csv.zip")
        if final is not None:
            candidates = [get_year(get, base, each, at) for each in range(year, at.year + 1)]
            whole = [months for _, months in candidates]
            upto = next((n for n, full in enumerate(whole) if not full), len(whole)) + 1
            found = [final, *(path for paths, _ in candidates[:upto] for path in paths)]
            return sorted(found, key=lambda path: release_of(path.name, at.date()).published_on)
    raise StreamError(
        "no final release of UCDP GED found",
        where=base,
        expected=f"one of the last {FINALS} years",
        do="download a release by hand and name it with --path",
    )


def get_year(
    get: Callable[[str], Path | None], base: str, year: int, at: datetime
) -> tuple[list[Path], bool]:
    """The candidate files of a year, and whether they cover it to its end."""
    last = 12 if year < at.year else at.month - 1
    yy, paths, covered_to = year - 2000, [], 0
    for month in (month for month in QUARTERS if month <= last):
        path = get(f"{base}candidateged/GEDEvent_v{yy}_01_{yy}_{month:02}.csv")
        if path is not None:
            paths, covered_to = [path], month
            break
    for month in range(covered_to + 1, last + 1):
        path = get(f"{base}candidateged/GEDEvent_v{yy}_0_{month}.csv")
        if path is None:
            return paths, False
        paths.append(path)
    return paths, last == 12


def _get(
    downloads: Downloads, url: str, *, at: datetime, progress: Progress, hosts: frozenset[str]
) -> Path | None:
    """The file, None where the server has none of that name."""
    try:
        return download(
            downloads,
            Request.to(url, hosts),
            source=SOURCE,
            name=url.rsplit("/", 1)[-1],
            at=at,
            progress=progress,
        ).path
    except AbsentError:
        return None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that is to land: what it is, its digest, and whether a person wants it as it is."""

    path: Path
    at: datetime
    release: Release
    digest: str
    accept: bool


def ingest(
    store: Store,
    theatre: Theatre,
    path: Path,
    at: datetime,
    progress: Progress = silent,
    accept: bool = False,
) -> Ingested:
    """What became of the file's rows; the same content again is not parsed.

    A refused row of the theatre's states is not absent: its event is not taken back, and its month
    not covered, unless a person says so (`accept`). Raises StreamError where nothing of the file
    can be read, and, unless it is accepted, for a release of which many rows are refused or that
    takes back many of the events it covers: nothing of it lands. StoreError where the store fails.
    """
    release, digest = release_of(path.name, at.date()), digest_of(path)
    if release.kind != "extract":
        # Two releases may hold the same rows and cover other months.
        digest = f"{digest} {release.name}"
    else:
        release = replace(release, name=f"{release.name} {digest[:12]}")
    arrival = Arrival(path, at, release, digest, accept)
    try:
        return _land(store, theatre, arrival, progress, exact=False)
    except FaultError:
        return _land(store, theatre, arrival, progress, exact=True)


def _land(
    store: Store, theatre: Theatre, arrival: Arrival, progress: Progress, exact: bool
) -> Ingested:
    path, release = arrival.path, arrival.release
    reader = Reader(str(path), border_of(theatre), theatre.codes, exact)
    accepted = f"{arrival.digest} accepted"
    digest = accepted if arrival.accept else arrival.digest
    with store.landing(SOURCE, str(path), digest, arrival.at) as landing:
        if landing.known or landing.has_landed(accepted):
            unread = months.unread_rows(landing.connection, theatre.name, release.name)
            return replace(landing.done(), known_files=1, unread=unread)
        holdings = Holdings(landing, release)
        sums, dyads, rows, told = [], [], [], set[str]()
        for number, part in enumerate(_parts(reader, path), start=1):
            frame = holdings.dated(part.batch.frame)
            landing.add(_with(part.batch, frame))
            told.update(part.rows["event_id"])
            sums.append(months.sums_of(part.rows))
            dyads.append(part.rows[DYAD].drop_duplicates("dyad"))
            rows += [part.rows] if release.kind in late.KINDS else []
            progress(f"{path.name}: parts read", number, 0)
        landed = landing.done()
        _check_whole(reader, arrival, landed)
        bad = [r for r in unread_of(landed.refusals, theatre.codes) if r.event_id not in told]
        if release.kind == "extract":  # it covers no month
            sums, dyads, unread = [], [], len(bad)
            landing.leave_unread(0 if arrival.accept else unread)
        else:
            unread = holdings.unread(bad, arrival.accept)
        holdings.settle()
        _check_kept(arrival, holdings)
        known = pd.concat(dyads) if dyads else pd.DataFrame(columns=DYAD)
        months.write_release(
            landing.connection,
            theatre.name,
            release,
            months.added(sums),
            known.drop_duplicates("dyad"),
        )
        late.write_rows(landing.connection, release, rows)
        releases = months.read_releases(landing.connection, theatre.name)
        blind = months.blind_months(landing.connection, theatre.name, releases)
        span = covered(releases, blind)
        if span is not None:
            landing.cover(*span)
        return replace(landing.done(), unread=0 if arrival.accept else unread)


def _check_whole(reader: Reader, arrival: Arrival, landed: Ingested) -> None:
    """None, where the release's rows are there and can be read, or a person accepts it."""
    if reader.cut_off and arrival.release.kind != "extract":
        raise StreamError(
            "a release that breaks off in its last line",
            where=f"{arrival.path}, line {reader.cut_off.line}",
            found=reader.cut_off.found,
            expected=reader.cut_off.expected,
            do="fetch it whole: what a release leaves out counts as calm",
        )
    if not arrival.accept and _is_many(landed.refused, landed.read, MANY_REFUSED):
        raise StreamError(
            f"{landed.refused:,} of {landed.read:,} rows cannot be read, the first:"
            f" {landed.refusals[0].message}",
            do="nothing has changed: fetch the release again, or take what can be read by --accept",
        )


def _check_kept(arrival: Arrival, holdings: Holdings) -> None:
    """None, where the release takes back few of the events that it covers, or it is accepted."""
    if not arrival.accept and _is_many(holdings.lost, holdings.stood, MANY_LOST):
        raise StreamError(
            f"a release that takes back {holdings.lost:,} of {holdings.stood:,} events",
            where=str(arrival.path),
            expected="few",
            do="nothing has changed: fetch the release again, or say by --accept that it is right",
        )


def _is_many(some: int, of: int, share: float) -> bool:
    """Whether they are more than half, or at least FEW and more than the share."""
    return (some > 1 and some > of / 2) or (some >= FEW and some > share * of)


def _parts(reader: Reader, path: Path) -> Iterator[Part]:
    with open_table(path, is_header) as stream:
        check_header(reader.file, stream.read(_HEADER_MAX))
        if stream.seekable():
            stream.seek(0)
            yield from reader.read(stream)
            return
    with open_table(path, is_header) as stream:
        yield from reader.read(stream)


def _with(batch: Batch, frame: pd.DataFrame) -> Batch:
    return Batch(batch.read, frame, batch.elsewhere, batch.folded, batch.unmapped, batch.refusals)
