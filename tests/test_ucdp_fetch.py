"""UCDP's releases from a server: which are asked for, what is kept, where coverage ends."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from geds import CLASH, HEADER, ged, on
from servers import Reply, Server, serving

from errors import StreamError
from streams.net.download import Downloads
from streams.sources.ucdp import ucdp
from streams.store.landing import Ingested
from streams.store.store import Coverage, Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
AT = datetime(2026, 4, 25, tzinfo=UTC)
FINAL = "/ged/ged251-csv.zip"
YEAR = "/candidateged/GEDEvent_v25_01_25_12.csv"
JANUARY = "/candidateged/GEDEvent_v26_0_1.csv"
FEBRUARY = "/candidateged/GEDEvent_v26_0_2.csv"
OLD = on("2011-05-03", id="11")
LAST_YEAR = on("2025-10-12", id="25", **CLASH)
NEW = on("2026-01-09", id="26")


def zipped(content: bytes, name: str = "GEDEvent_v25_1.csv") -> bytes:
    """A zip of the one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def server() -> Iterator[Server]:
    """UCDP's site: a final release, a whole year of candidates and one month of the next."""
    with serving() as site:
        site.shelves(FINAL, zipped(ged(OLD)))
        site.shelves(YEAR, ged(LAST_YEAR))
        site.shelves(JANUARY, ged(NEW))
        yield site


@pytest.fixture
def store() -> Store:
    return Store(connect("sqlite://"), "pak_afg")


def fetched(server: Server, downloads: Downloads, at: datetime = AT) -> list[str]:
    """The names of the files that a fetch gives."""
    return [path.name for path in _fetch(server, downloads, at)]


def _fetch(server: Server, downloads: Downloads, at: datetime) -> list[Path]:
    hosts = frozenset({server.host})
    return ucdp.fetch(downloads, at, base=server.at("/"), hosts=hosts)


def taken_in(server: Server, store: Store, downloads: Downloads, at: datetime = AT) -> Ingested:
    """What became of all that a fetch gives."""
    found = Ingested()
    for path in _fetch(server, downloads, at):
        found += ucdp.ingest(store, THEATRE, path, at)
    return found


def test_fetch_gives_the_newest_final_and_the_candidates_after_it(
    server: Server, downloads: Downloads
) -> None:
    names = [path.rsplit("/", 1)[-1] for path in (FINAL, YEAR, JANUARY)]

    assert fetched(server, downloads) == names


def test_first_missing_month_ends_what_is_fetched_and_covered(
    server: Server, store: Store, downloads: Downloads
) -> None:
    server.shelves("/candidateged/GEDEvent_v26_0_3.csv", ged(on("2026-03-02", id="27")))

    found = taken_in(server, store, downloads)

    assert (found.files, found.new) == (3, 3)
    assert store.coverage("ucdp") == Coverage("ucdp", date(1989, 1, 1), date(2026, 1, 31))


def test_year_of_months_that_breaks_off_ends_before_the_next(
    server: Server, downloads: Downloads
) -> None:
    server.plays(YEAR, Reply(status=404))
    server.shelves("/candidateged/GEDEvent_v25_0_1.csv", ged(on("2025-01-02", id="3")))

    # In the order of publication: January's candidate came out before the final release.
    assert fetched(server, downloads) == ["GEDEvent_v25_0_1.csv", "ged251-csv.zip"]


def test_half_year_and_the_months_after_it_are_taken(server: Server, downloads: Downloads) -> None:
    server.plays(YEAR, Reply(status=404))
    server.shelves("/candidateged/GEDEvent_v25_01_25_06.csv", ged(on("2025-05-02", id="3")))
    server.shelves("/candidateged/GEDEvent_v25_0_7.csv", ged(on("2025-07-02", id="4")))

    candidates = ["GEDEvent_v25_01_25_06.csv", "GEDEvent_v25_0_7.csv"]
    assert fetched(server, downloads) == ["ged251-csv.zip", *candidates]


def test_what_has_not_changed_is_neither_sent_nor_parsed_again(
    server: Server, store: Store, downloads: Downloads
) -> None:
    taken_in(server, store, downloads)
    asked = len(server.requests)

    again = taken_in(server, store, downloads)

    assert (again.read, again.known_files) == (0, 3)
    kept = [each for each in server.requests[asked:] if each.headers["If-None-Match"] == '"1"']
    assert len(kept) == 3


def test_new_month_is_taken_in_by_the_next_run(
    server: Server, store: Store, downloads: Downloads
) -> None:
    taken_in(server, store, downloads)
    server.shelves(FEBRUARY, ged(on("2026-02-09", id="30")))

    found = taken_in(server, store, downloads, AT + timedelta(days=1))

    assert (found.new, found.known_files) == (1, 3)
    assert store.coverage("ucdp") == Coverage("ucdp", date(1989, 1, 1), date(2026, 2, 28))


def test_release_that_lacks_an_event_retracts_it(
    server: Server, store: Store, downloads: Downloads
) -> None:
    taken_in(server, store, downloads)
    server.shelves("/candidateged/GEDEvent_v26_01_26_03.csv", ged(on("2026-01-20", id="31")))

    found = taken_in(server, store, downloads, AT + timedelta(days=1))

    assert (found.new, found.retracted) == (1, 1)
    assert set(store.events(date(2026, 12, 1))["event_id"]) == {"11", "25", "31"}


def test_columns_in_another_order_say_the_same(
    server: Server, store: Store, downloads: Downloads
) -> None:
    taken_in(server, store, downloads)
    before = store.versions(date(2027, 1, 1))
    server.shelves(JANUARY, ged(NEW, header=HEADER[::-1]), etag='"2"')

    found = taken_in(server, store, downloads)

    assert (found.unchanged, found.new, found.refused) == (1, 0, 0)
    assert store.versions(date(2027, 1, 1)).equals(before)


def test_no_final_release_at_all_is_an_error(server: Server, downloads: Downloads) -> None:
    server.plays(FINAL, Reply(status=404))

    with pytest.raises(StreamError, match=r"no final release.*one of the last 3 years.*--path"):
        fetched(server, downloads)
