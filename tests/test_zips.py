"""Zips: one member, within bounds, or a clear refusal."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import StreamError
from streams.formats.zips import RATIO_MAX, SMALL, open_member

CSV = b"id,date\n1,2026-01-01\n2,2026-01-02\n"


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of the members."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


def kept(folder: Path, data: bytes, name: str = "a.zip") -> Path:
    """The path of a file with the data."""
    path = folder / name
    path.write_bytes(data)
    return path


def read(path: Path, pattern: str = "*.csv") -> bytes:
    """The member's content."""
    with open_member(path, [pattern]) as stream:
        return stream.read()


@pytest.mark.parametrize("pattern", ["*.csv", ".csv", ".CSV", "GEDEvent*.csv", "*"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_member_is_read(tmp_path: Path, pattern: str, method: int) -> None:
    path = kept(tmp_path, packed({"GEDEvent_v25.CSV": CSV}, method))

    with open_member(path, [pattern]) as stream:
        assert stream.name == "GEDEvent_v25.CSV"
        assert stream.readline() == b"id,date\n"
        assert list(stream) == CSV.splitlines(keepends=True)[1:]


def test_member_is_found_among_others(tmp_path: Path) -> None:
    members = {"read.me": b"", "in/": b"", "in/a.csv": CSV, "__MACOSX/in/._a.csv": b"shadow"}

    assert read(kept(tmp_path, packed(members))) == CSV


def test_zip_is_known_by_its_beginning(tmp_path: Path) -> None:
    assert read(kept(tmp_path, packed({"a.csv": CSV}), "a.csv")) == CSV


@pytest.mark.parametrize("content", [CSV, b"", b"PK\n"])
def test_file_that_is_no_zip_is_read_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert read(kept(tmp_path, content, "a.csv")) == content


@pytest.mark.parametrize(
    "members", [{}, {"a.txt": CSV}, {"a.csv": CSV, "b.csv": CSV}, {"a.csv/": b""}]
)
def test_zip_with_no_or_several_such_members_is_refused(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    with pytest.raises(StreamError, match=r"not one file inside but \[.*\], expected .*\*\.csv"):
        read(kept(tmp_path, packed(members)))


@pytest.mark.parametrize(
    "name", ["../a.csv", "in/../../a.csv", "..", "/etc/a.csv", "in\\a.csv", "C:a.csv", "a\0.csv"]
)
def test_zip_with_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    placed = "x" * len(name)
    whole = packed({"a.csv": CSV, placed: b"x"}).replace(placed.encode(), name.encode())

    with pytest.raises(StreamError, match="a member outside its folder"):
        read(kept(tmp_path, whole))


def test_encrypted_member_is_refused(tmp_path: Path) -> None:
    whole = bytearray(packed({"a.csv": CSV}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(StreamError, match="encrypted, expected a zip without a password"):
        read(kept(tmp_path, bytes(whole)))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_member_packed_in_a_way_that_cannot_be_bounded_is_refused(
    tmp_path: Path, method: int
) -> None:
    with pytest.raises(StreamError, match="packed in another way"):
        read(kept(tmp_path, packed({"a.csv": CSV}, method)))


def test_bomb_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, packed({"a.csv": b"0" * (SMALL + 1)}))
    assert path.stat().st_size * RATIO_MAX < SMALL

    with pytest.raises(StreamError, match=f"too long inside, found {SMALL + 1}"):
        read(path)


def test_content_longer_than_asked_for_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, packed({"a.csv": CSV}))

    with (
        pytest.raises(StreamError, match="too long inside"),
        open_member(path, ".csv", len(CSV) - 1),
    ):
        pass
    with open_member(path, ".csv", len(CSV)) as stream:
        assert stream.read() == CSV


def test_bomb_that_lies_about_its_length_is_an_error_and_takes_no_memory(tmp_path: Path) -> None:
    size = 2 * SMALL
    whole = packed({"a.csv": b"0" * size})
    path = kept(tmp_path, whole.replace(struct.pack("<L", size), struct.pack("<L", 1000)))
    tracemalloc.start()

    with pytest.raises(StreamError, match="a damaged zip"):
        read(path)

    assert tracemalloc.get_traced_memory()[1] < 2**21
    tracemalloc.stop()


def test_damaged_content_is_an_error(tmp_path: Path) -> None:
    whole = packed({"a.csv": CSV}, zipfile.ZIP_STORED).replace(b"2026-01-01", b"2026-01-09")

    with pytest.raises(StreamError, match=r"a\.zip: a damaged zip, found .*CRC-32"):
        read(kept(tmp_path, whole))


def test_zip_cut_short_is_an_error(tmp_path: Path) -> None:
    whole = packed({"a.csv": CSV})

    for length in range(len(whole)):
        with pytest.raises(StreamError, match="a damaged zip"):
            read(kept(tmp_path, whole[:length]))


@pytest.mark.parametrize(("name", "found"), [("none.zip", "No such file"), ("", "Is a directory")])
def test_path_of_no_file_is_an_error(tmp_path: Path, name: str, found: str) -> None:
    with pytest.raises(StreamError, match=f"cannot be read: {found}"):
        read(tmp_path / name)


def test_error_of_the_reader_stays_its_own(tmp_path: Path) -> None:
    path = kept(tmp_path, packed({"a.csv": CSV}))

    with pytest.raises(ValueError, match="mine"), open_member(path):
        raise ValueError("mine")


@given(
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_mutated_zip_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    whole = bytearray(packed({"a.csv": CSV}))
    for at, byte in changes:
        whole[at % len(whole)] = byte
    path = kept(tmp_path_factory.getbasetemp(), bytes(whole), "mutated.zip")

    try:
        content = read(path)
    except StreamError as error:
        assert "\n" not in str(error)  # noqa: PT017 (both outcomes are good)
    else:
        assert content == CSV
