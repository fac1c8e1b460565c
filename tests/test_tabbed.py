"""Lines cut all at once say what plain splitting says, whatever the bytes and the block's size."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import StreamError
from streams.formats.tsv import blocks, cut_lines

CONTENT = st.lists(st.sampled_from([b"a", b"PAK", b"\t", b"\n", b"\r", b"7", b"\x00"])).map(
    b"".join
)


@given(CONTENT, st.integers(40, 200))
def test_blocks_are_whole_lines_and_lose_no_byte(content: bytes, size: int) -> None:
    ended = content + b"\n" if content and not content.endswith(b"\n") else content
    try:
        parts = list(blocks(io.BytesIO(content), "made", size))
    except StreamError:
        assert max(map(len, content.split(b"\n"))) > size // 2
        return
    assert b"".join(parts) == ended
    assert all(part.endswith(b"\n") for part in parts)


def test_a_line_that_does_not_end_is_an_error_and_not_a_full_memory() -> None:
    with pytest.raises(StreamError, match="more than 64 bytes"):
        list(blocks(io.BytesIO(b"a" * 1_000), "made", 64))


@given(CONTENT)
def test_fields_are_counted_as_splitting_counts_them(content: bytes) -> None:
    lines = cut_lines(content + b"\n")
    plain = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    assert [lines.raw(at) for at in range(len(plain))] == plain
    assert lines.fields.tolist() == [line.count(b"\t") + 1 for line in plain]
    assert lines.blank.tolist() == [not line for line in plain]


def test_a_field_is_held_to_its_kind_and_width_and_found_by_its_text() -> None:
    rows = [b"x\tPAK\t12\ty", b"x\t\t1a\ty", b"x\tPA\t123\ty", b"x\tpak\t\ty", b"x\tAFG\t99\t"]
    lines = cut_lines(b"\n".join(rows) + b"\n")
    every = np.arange(len(rows))
    capitals = lines.matches(every, 1, (0, 3), "capitals")
    assert capitals.tolist() == [True, True, False, False, True]
    digits = lines.matches(every, 2, (2,), "digits")
    assert digits.tolist() == [True, False, False, False, True]
    assert lines.equals(every, 1, b"PAK").tolist() == [True, False, False, False, False]
    assert lines.equals(np.array([4, 0]), 1, b"AFG").tolist() == [True, False]
