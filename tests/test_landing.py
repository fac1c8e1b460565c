"""A file lands whole or not at all, is parsed once, and its counts account for every record."""

import hashlib
from datetime import date, datetime
from pathlib import Path

import pytest
from events import at, make_event

from errors import StreamError
from streams.events.event import to_frame
from streams.formats import files
from streams.formats.files import digest_of, sha256_of
from streams.store.landing import Batch, Ingested
from streams.store.quarantine import Refusal
from streams.store.store import Coverage, Store, connect

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)
REFUSED = Refusal("made", "f.csv", 3, "type", "'picnic'", "a type", b"raw")


@pytest.fixture
def store() -> Store:
    return Store(connect("sqlite://"), "pak_afg")


def test_landing_counts_what_became_of_every_record(store: Store) -> None:
    batch = Batch(6, to_frame([make_event("a"), make_event("b")]), 1, 1, {"0871": 1}, (REFUSED,))
    with store.landing("made", "f.csv", "1" * 64, NOW) as landing:
        landing.add(batch)
        done = landing.done()

    assert done == Ingested(1, 0, 6, 2, 0, 0, 0, 1, 1, 1, {"0871": 1}, (REFUSED,))
    assert done.read == done.new + done.elsewhere + done.folded + done.refused + 1
    assert list(store.quarantined()["line"]) == [3]
    assert done.line() == (
        "6 rows read, 2 new, 1 elsewhere, 1 folded, 1 unmapped, 1 refused (unmapped: 0871 1)"
    )


def test_landing_knows_a_file_by_its_content_and_source(store: Store) -> None:
    with store.landing("made", "f.csv", "1" * 64, NOW) as landing:
        assert not landing.known
    with store.landing("made", "other name.csv", "1" * 64, NOW) as landing:
        assert landing.known
        assert landing.done().known_files == 1
    with store.landing("other", "f.csv", "1" * 64, NOW) as landing:
        assert not landing.known


def fail_in(store: Store) -> None:
    with store.landing("made", "f.csv", "1" * 64, NOW) as landing:
        landing.add(Batch(2, to_frame([make_event("a")]), refusals=(REFUSED,)))
        landing.cover(date(2025, 1, 1), date(2025, 12, 31))
        raise RuntimeError


def test_landing_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError):
        fail_in(store)

    assert store.versions(END).empty
    assert store.quarantined().empty
    assert store.coverage("made") is None
    with store.landing("made", "f.csv", "1" * 64, NOW) as again:
        assert not again.known


def test_landing_retracts_what_stands_and_ignores_the_rest(store: Store) -> None:
    store.append(to_frame([make_event("a"), make_event("b", known_at=at("2025-10-20"))]), NOW)
    with store.landing("made", "f.csv", "1" * 64, NOW) as landing:
        landing.retract(["a", "b", "unheard of"], at("2025-10-15"))
        assert list(landing.standing()["event_id"]) == ["b"]
        assert landing.done().retracted == 1

    assert set(store.events(date(2025, 10, 14))["event_id"]) == {"a"}
    assert store.events(date(2025, 10, 16)).empty


def test_landing_stands_as_of_an_instant(store: Store) -> None:
    later = make_event("a", known_at=at("2025-10-20"), summary="revised")
    store.append(to_frame([make_event("a"), later]), NOW)
    with store.landing("made", "", "", NOW) as landing:
        assert list(landing.standing(at("2025-10-19"))["summary"]) != ["revised"]
        assert list(landing.standing()["summary"]) == ["revised"]
        assert landing.standing(event_ids=["b"]).empty


def test_landing_declares_coverage_with_the_file(store: Store) -> None:
    with store.landing("made", "f.csv", "1" * 64, NOW) as landing:
        landing.cover(date(2025, 1, 1), date(2025, 12, 31))

    assert store.coverage("made") == Coverage("made", date(2025, 1, 1), date(2025, 12, 31))


def test_ingested_adds_up() -> None:
    one = Ingested(files=1, read=3, new=2, unmapped={"01": 1})
    other = Ingested(files=1, read=2, revised=1, unmapped={"01": 1, "02": 1}, refusals=(REFUSED,))

    assert one + other == Ingested(
        files=2, read=5, new=2, revised=1, unmapped={"01": 2, "02": 1}, refusals=(REFUSED,)
    )


def test_ingested_lists_no_more_than_the_ten_commonest_codes() -> None:
    told = Ingested(read=66, unmapped={f"{n:02}": n for n in range(1, 12)}).line()

    assert told.endswith("(unmapped: 11 11, 10 10, 09 9, 08 8, 07 7, 06 6, 05 5, 04 4, 03 3, 02 2)")


def test_digest_of_a_short_file_is_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")

    assert digest_of(path) == sha256_of(path) == hashlib.sha256(b"abc").hexdigest()


def test_digest_of_a_long_file_is_that_of_its_parts_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 4)
    path = tmp_path / "a"
    path.write_bytes(b"abcdefghij")
    parts = b"".join(hashlib.sha256(part).digest() for part in (b"abcd", b"efgh", b"ij"))

    assert digest_of(path) == hashlib.sha256(parts).hexdigest()
    path.write_bytes(b"abcdefghiJ")
    assert digest_of(path) != hashlib.sha256(parts).hexdigest()


def test_digest_of_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="cannot be read"):
        digest_of(tmp_path / "none")
