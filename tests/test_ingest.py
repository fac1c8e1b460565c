"""The chronicle's good rows land, its bad ones wait in quarantine, and nothing is lost."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL, ids, make_csv, make_file
from events import NOW
from pandas.testing import assert_frame_equal

from errors import StreamError
from streams.events.event import FAMILIES, fingerprint
from streams.sources.chronicle import HEADER, declare_coverage, read, retry
from streams.sources.chronicle import ingest as ingest_file
from streams.store.landing import Ingested
from streams.store.store import Coverage, Landed, Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
EMBEDDED = THEATRE.chronicle
ROWS = len(read(EMBEDDED).frame)
END = date(2026, 12, 31)
LATER = NOW + timedelta(hours=1)


def ingest(store: Store, path: Path, at: datetime) -> Ingested:
    """What became of the rows of that file."""
    return ingest_file(store, THEATRE, at, path)


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store that goes with the process."""
    engine = connect("sqlite://")
    yield Store(engine, "pak_afg")
    engine.dispose()


def test_ingest_twice_changes_nothing(store: Store) -> None:
    first = ingest(store, EMBEDDED, NOW)
    view = store.events(END)

    again = ingest(store, EMBEDDED, LATER)

    assert (first.read, first.new, first.refused, first.unchanged) == (ROWS, ROWS, 0, 0)
    assert (again.read, again.new, again.revised, again.unchanged) == (ROWS, 0, 0, ROWS)
    assert_frame_equal(store.events(END), view)
    assert_frame_equal(store.events(END, seen_by=NOW), view)


def test_ingest_is_the_same_on_both_databases_and_in_any_order_of_rows(
    tmp_path: Path, store: Store, postgresql_url: str
) -> None:
    header, *rows = EMBEDDED.read_bytes().removesuffix(b"\r\n").split(b"\r\n")
    random.Random(7).shuffle(rows)  # noqa: S311 (nothing secret)
    other = Store(connect(postgresql_url), "pak_afg")

    ingest(store, EMBEDDED, NOW)
    ingest(other, make_file(tmp_path, b"\r\n".join([header, *rows])), NOW)

    for as_of in (date(2015, 6, 30), date(2025, 11, 15), END):
        assert_frame_equal(other.events(as_of), store.events(as_of))
        assert fingerprint(other.events(as_of)) == fingerprint(store.events(as_of))
    other.engine.dispose()


def test_ingest_declares_coverage_with_the_embedded_file_alone(
    tmp_path: Path, store: Store
) -> None:
    ingest(store, make_file(tmp_path, make_csv({})), NOW)
    assert store.coverage("chronicle") is None

    ingest(store, EMBEDDED, NOW)
    assert store.coverage("chronicle") == Coverage("chronicle", date(2001, 9, 17), CALM_UNTIL)


def test_ingest_lands_the_good_rows_and_keeps_the_bad_ones(tmp_path: Path, store: Store) -> None:
    path = make_file(tmp_path, make_csv({}, {"type": "?"}, {"summary": "\udce9\x00"}))

    for at in (NOW, LATER):
        done = ingest(store, path, at)
        assert (done.read, done.refused, len(done.refusals)) == (1, 2, 2)
        assert store.quarantined()[["line", "column"]].to_numpy().tolist() == [
            [3, "type"],
            [4, "summary"],
        ]
    assert ids(store.events(END)) == ["c:1"]


def test_ingest_of_a_part_takes_nothing_away(tmp_path: Path, store: Store) -> None:
    ingest(store, make_file(tmp_path, make_csv({}, {}), "whole.csv"), NOW)
    ingest(store, make_file(tmp_path, make_csv({"place": "Chaman"}), "part.csv"), LATER)

    assert sorted(store.events(END)["place"]) == ["Chaman", "Torkham"]


def test_ingest_of_a_file_of_which_nothing_can_be_read_loses_nothing(
    tmp_path: Path, store: Store
) -> None:
    ingest(store, make_file(tmp_path, make_csv({})), NOW)

    with pytest.raises(StreamError):
        ingest(store, make_file(tmp_path, b"", "empty.csv"), LATER)

    assert ids(store.events(END)) == ["c:1"]


def test_ingest_resolves_what_has_landed_since(tmp_path: Path, store: Store) -> None:
    bad = {"type": "?"}, {"event_id": ""}, {"type": "!"}
    ingest(store, make_file(tmp_path, make_csv(*bad)), NOW)
    assert store.quarantined()["resolved"].tolist() == [False, False, False]

    ingest(store, make_file(tmp_path, make_csv({}), "another.csv"), LATER)
    assert store.quarantined()["resolved"].tolist() == [True, False, False], "by its id"
    ingest(store, make_file(tmp_path, make_csv({}, {}, {"type": "!"})), LATER)
    assert store.quarantined()["resolved"].tolist() == [True, True, False], "by its line"


def test_ingest_leaves_a_second_row_of_an_event_open(tmp_path: Path, store: Store) -> None:
    path = make_file(tmp_path, make_csv({}, {"event_id": "c:1", "type": "shelling"}))

    for at in (NOW, LATER):
        ingest(store, path, at)
        assert store.quarantined()["resolved"].tolist() == [False]
        assert retry(store, THEATRE, at).refused == 1
    assert store.events(END)["type"].tolist() == ["crossing_closed"]


def test_retry_lands_what_has_become_good(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = make_csv({"type": "parley"}, {"type": "?"}, header=tuple(reversed(HEADER)))
    ingest(store, make_file(tmp_path, turned), NOW)
    assert retry(store, THEATRE, NOW).refused == 2
    monkeypatch.setitem(FAMILIES, "parley", "conciliation")

    done = retry(store, THEATRE, LATER)

    assert (done.read, done.new, done.refused) == (1, 1, 1)
    assert store.events(END)["type"].tolist() == ["parley"]
    assert store.quarantined()["resolved"].tolist() == [True, False]
    assert retry(store, THEATRE, LATER).read == 0


def test_retry_lands_a_revision_that_had_been_refused(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(store, make_file(tmp_path, make_csv({})), NOW)
    ingest(store, make_file(tmp_path, make_csv({"type": "parley"}), "newer.csv"), NOW)
    monkeypatch.setitem(FAMILIES, "parley", "conciliation")

    assert retry(store, THEATRE, LATER).revised == 1
    assert store.events(END)["type"].tolist() == ["parley"]


def test_retry_of_nothing_does_nothing(store: Store) -> None:
    assert retry(store, THEATRE, NOW).read == 0
    assert store.append(read(EMBEDDED).frame, NOW) == Landed(new=ROWS)


def test_embedded_coverage_moves_nothing_that_an_operator_has_declared(store: Store) -> None:
    (span,) = THEATRE.coverage
    declare_coverage(store, THEATRE, NOW)
    assert store.coverage("chronicle") == Coverage("chronicle", span.start, span.end)

    for end in (END, span.end - timedelta(days=30)):  # later, and one that was taken back
        store.declare_coverage("chronicle", span.start, end, LATER)
        declare_coverage(store, THEATRE, LATER + timedelta(hours=1))
        assert store.coverage("chronicle") == Coverage("chronicle", span.start, end)
