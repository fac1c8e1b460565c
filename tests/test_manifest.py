"""The record of downloads: whole lines, whoever writes and whoever dies."""

from dataclasses import replace
from pathlib import Path

import pytest
from faults import PROCESSES
from hypothesis import given
from hypothesis import strategies as st

from errors import StreamError
from streams.net.manifest import Entry, Manifest

ENTRY = Entry("ucdp", "a.zip", "ucdp/a.zip", "https://a.org/a.zip", "2026-01-01", 3, "ab", '"1"')


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "manifest.jsonl"


def test_manifest_tells_the_latest_of_each_name(path: Path) -> None:
    manifest = Manifest(path)
    assert manifest.latest("ucdp", "a.zip") is None
    for entry in (ENTRY, replace(ENTRY, name="b.zip"), replace(ENTRY, sha256="cd")):
        manifest.add(entry)

    for reader in (manifest, Manifest(path)):
        assert reader.latest("ucdp", "a.zip") == replace(ENTRY, sha256="cd")
        assert reader.latest("ucdp", "b.zip") == replace(ENTRY, name="b.zip")
        assert reader.latest("gdelt", "a.zip") is None
    assert len(path.read_bytes().splitlines()) == 3


def test_manifest_sees_what_others_add(path: Path) -> None:
    manifest, other = Manifest(path), Manifest(path)
    manifest.add(ENTRY)
    assert other.latest("ucdp", "a.zip") == ENTRY

    manifest.add(replace(ENTRY, size=4))

    assert other.latest("ucdp", "a.zip") == replace(ENTRY, size=4)


def test_torn_line_is_ignored_and_costs_no_other(path: Path) -> None:
    manifest = Manifest(path)
    manifest.add(ENTRY)
    manifest.add(replace(ENTRY, size=4))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    early = Manifest(path)
    assert early.latest("ucdp", "a.zip") == ENTRY

    Manifest(path).add(replace(ENTRY, name="b.zip"))

    for reader in (early, Manifest(path)):
        assert reader.latest("ucdp", "a.zip") == ENTRY
        assert reader.latest("ucdp", "b.zip") == replace(ENTRY, name="b.zip")


@given(line=st.binary(max_size=60) | st.sampled_from([b"[]", b"{}", b"1", b'{"source": 1}']))
def test_line_of_another_kind_is_ignored(
    tmp_path_factory: pytest.TempPathFactory, line: bytes
) -> None:
    path = tmp_path_factory.mktemp("manifest") / "manifest.jsonl"
    path.write_bytes(line + b"\n")

    Manifest(path).add(ENTRY)

    assert Manifest(path).latest("ucdp", "a.zip") == ENTRY


def test_field_of_another_kind_makes_no_entry(path: Path) -> None:
    Manifest(path).add(replace(ENTRY, size="4"))  # type: ignore[arg-type]

    assert Manifest(path).latest("ucdp", "a.zip") is None


def test_field_that_is_not_known_yet_is_no_fault(path: Path) -> None:
    Manifest(path).add(ENTRY)
    path.write_bytes(path.read_bytes().replace(b'{"', b'{"later": [], "', 1))

    assert Manifest(path).latest("ucdp", "a.zip") == ENTRY


def _add_many(path: Path, source: str) -> None:
    manifest = Manifest(path)
    for number in range(200):
        manifest.add(replace(ENTRY, source=source, name=f"{number}.zip"))


def test_writers_at_once_lose_no_line(path: Path) -> None:
    jobs = [PROCESSES.Process(target=_add_many, args=(path, source)) for source in ("one", "two")]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)

    manifest = Manifest(path)
    assert len(path.read_bytes().splitlines()) == 400
    for source in ("one", "two"):
        assert all(manifest.latest(source, f"{number}.zip") for number in range(200))


def test_line_that_is_not_written_whole_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.net.manifest.os.write", lambda _handle, line: len(line) - 1)

    with pytest.raises(StreamError, match="cannot be written whole"):
        Manifest(path).add(ENTRY)
