"""The record's benchmarks are each named, found, and put in place once they are whole."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

from benchmarks.measure import MEASURES, arguments_of, measure
from benchmarks.record import PARTS


def test_every_part_of_the_record_is_measured_by_a_benchmark_that_is_there() -> None:
    assert set(PARTS) <= set(MEASURES)
    for name in MEASURES:
        assert importlib.util.find_spec(f"benchmarks.{name}") is not None


def test_what_needs_tables_is_left_out_without_them(tmp_path: Path) -> None:
    assert arguments_of("dyads", None) is None
    assert arguments_of("alternatives", None) == []
    assert arguments_of("dyad", tmp_path) == []
    assert arguments_of("segments", tmp_path) == [
        "--data",
        f"{tmp_path}/ged_pakistan_1989_2021_hdx.csv",
    ]


def test_benchmark_that_fails_leaves_the_last_result_standing(tmp_path: Path) -> None:
    (tmp_path / "segments.json").write_text("{}", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        measure("segments", ["--data", str(tmp_path / "none.csv")], tmp_path)
    assert (tmp_path / "segments.json").read_text(encoding="utf-8") == "{}"
