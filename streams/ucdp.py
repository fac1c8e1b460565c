"""UCDP GED: its final and candidate releases, each event known from when it was published.

An event in several releases is versions of one event. What a release says anew is known from the
day it was published. An event that the store meets for the first time is dated by the calendar
of the candidate releases, the 20th of the month after it ended, and marked as simulated, or by
the release's own day where that is earlier, where the release is a monthly one, or where an
earlier release that covers the month and has landed did not hold it. An event that a release
covers and does not hold is retracted on the day of that release. Releases are best ingested in
the order of their publication, as `fetch` gives them: one that comes late adds what it alone
holds, and the release after it takes that away again.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from streams import months
from streams.border import border_of
from streams.download import Downloads
from streams.download import fetch as download
from streams.frame import COLUMNS
from streams.ged import SOURCE, FaultError, Part, Reader, check_header
from streams.landing import (
    AbsentError,
    Batch,
    Ingested,
    Landing,
    Progress,
    StreamError,
    sha256_of,
    silent,
)
from streams.releases import Release, covered, release_of
from streams.store import Store
from streams.zips import open_member
from theatres import Theatre

__all__ = ["SOURCE", "fetch", "ingest"]

BASE = "https://ucdp.uu.se/downloads/"
HOSTS = frozenset({"ucdp.uu.se"})
FINALS = 3
"""How many years back a final release is looked for."""

QUARTERS = (12, 9, 6, 3)
"""The months with which a cumulative candidate release may end."""

_SAID = [name for name in COLUMNS if name not in ("version", "known_at", "known_simulated")]
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
            url,
            source=SOURCE,
            name=url.rsplit("/", 1)[-1],
            allowed_hosts=hosts,
            at=at,
            progress=progress,
        ).path
    except AbsentError:
        return None


def ingest(
    store: Store, theatre: Theatre, path: Path, at: datetime, progress: Progress = silent
) -> Ingested:
    """What became of the file's rows; the same content again is not parsed.

    Raises StreamError where nothing of the file can be read, StoreError where the store fails.
    """
    release, digest = release_of(path.name, at.date()), sha256_of(path)
    if release.kind != "extract":
        # Two releases may hold the same rows and cover other months.
        digest = f"{digest} {release.name}"
    try:
        return _land(store, theatre, path, at, release, digest, progress, exact=False)
    except FaultError:
        return _land(store, theatre, path, at, release, digest, progress, exact=True)


def _land(
    store: Store,
    theatre: Theatre,
    path: Path,
    at: datetime,
    release: Release,
    digest: str,
    progress: Progress,
    exact: bool,
) -> Ingested:
    reader = Reader(str(path), border_of(theatre), exact)
    with store.landing(SOURCE, str(path), digest, at) as landing:
        if landing.known:
            return landing.done()
        books = _Books(landing, release)
        sums, dyads = [], []
        for number, part in enumerate(_parts(reader, path), start=1):
            frame = books.dated(part.batch.frame)
            landing.add(_with(part.batch, frame))
            sums.append(months.sums_of(part.rows))
            dyads.append(part.rows[DYAD].drop_duplicates("dyad"))
            progress(f"{path.name}: parts read", number, 0)
        books.retract(reader.theatre_ids)
        if release.kind != "extract":
            known = pd.concat(dyads) if dyads else pd.DataFrame(columns=DYAD)
            known = known.drop_duplicates("dyad")
            months.write_release(landing.connection, release, months.added(sums), known)
            span = covered(months.read_releases(landing.connection))
            if span is not None:
                landing.cover(*span)
        return landing.done()


def _parts(reader: Reader, path: Path) -> Iterator[Part]:
    with open_member(path) as stream:
        check_header(reader.file, stream.read(_HEADER_MAX))
    with open_member(path) as stream:
        yield from reader.read(stream)


def _with(batch: Batch, frame: pd.DataFrame) -> Batch:
    return Batch(batch.read, frame, batch.elsewhere, batch.folded, batch.unmapped, batch.refusals)


class _Books:
    """What the store held when a release came: it decides from when its rows are known."""

    def __init__(self, landing: Landing, release: Release) -> None:
        self.landing = landing
        self.release = release
        self.published = datetime.combine(release.published_on, time())
        self.others = [
            other
            for other in months.read_releases(landing.connection)
            if other.name != release.name
        ]
        self.before = landing.standing(self.published).set_index("event_id")
        self.ever = set(landing.standing(datetime(9999, 12, 31))["event_id"]) | set(  # noqa: DTZ001
            self.before.index
        )

    def dated(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the known_at of each row: an unchanged row keeps what it had."""
        frame = frame.reset_index(drop=True)
        stood = frame["event_id"].isin(self.before.index).to_numpy()
        first = ~frame["event_id"].isin(self.ever).to_numpy()
        known, simulated = self._first_known(frame)
        told = self.before.reindex(frame["event_id"]).reset_index()
        same = stood & _same(frame, told)
        published = np.datetime64(self.published, "s")
        at = np.where(first, known, published)
        at = np.where(same, told["known_at"].to_numpy(), at)
        at = np.maximum(at, frame["occurred_on"].to_numpy())
        marked = np.where(first, simulated, self.release.simulated)
        marked = np.where(same, told["known_simulated"].fillna(value=False).to_numpy(bool), marked)
        dated = frame.assign(known_at=at, known_simulated=marked.astype(bool))
        return dated.astype({"known_at": "datetime64[s]", "known_simulated": "bool"})

    def _first_known(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """When each row would be known, were it new: the calendar's day, or the release's own."""
        published = np.datetime64(self.published, "s")
        calendar = frame["known_at"].to_numpy()
        late = np.zeros(len(frame), bool)
        if self.release.kind != "monthly":
            for other in self.others:
                if other.published_on < self.release.published_on:
                    late |= _in(frame, other)
            known = np.where(late, published, np.minimum(calendar, published))
            return known, np.where(late, self.release.simulated, known < published)
        return np.full(len(frame), published), np.full(len(frame), self.release.simulated)

    def retract(self, held: set[str]) -> None:
        """None; what this release covers and does not hold is retracted on its day, and what
        it alone holds on the day of the next release that covers it."""
        if self.release.kind == "extract":
            return
        gone = self.before[_in(self.before, self.release) & ~self.before.index.isin(held)]
        self.landing.retract(list(gone.index), self.published)
        later = [other for other in self.others if other > self.release]
        fresh = held - self.ever
        if later and fresh:
            stands = self.landing.standing(event_ids=sorted(fresh))
            for other in sorted(later):
                lost = stands[_in(stands, other)]
                self.landing.retract(
                    list(lost["event_id"]), datetime.combine(other.published_on, time())
                )


def _in(frame: pd.DataFrame, release: Release) -> np.ndarray:
    """Which events ended in a month that the release covers."""
    ended = frame["ended_on"].to_numpy()
    first = np.datetime64(release.first_month)
    after = np.datetime64(release.last_month, "M") + 1
    covered_rows: np.ndarray = (ended >= first) & (ended < after.astype("datetime64[D]"))
    return covered_rows & (release.kind != "extract")


def _same(frame: pd.DataFrame, told: pd.DataFrame) -> np.ndarray:
    """Which rows say, dates of knowing aside, what the store held of them."""
    same = np.ones(len(frame), bool)
    for name in _SAID:
        mine, theirs = frame[name], told[name]
        equal = (mine == theirs).fillna(value=False).to_numpy(bool)
        same &= equal | (mine.isna() & theirs.isna()).to_numpy()
    return same
