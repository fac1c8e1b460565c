"""The planting of faults: each in one place, alone, and taken out again."""

from pathlib import Path

import pytest

from benchmarks.mutants import LIST, Mutant, judge, read_mutants

TEST = "def test_sum() -> None:\n    from sums import add\n\n    assert add(1, {}) == {}\n"
FAULT = Mutant("takes away", "sums.py", "a + b", "a - b", ("test_sums.py",))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one function and its test."""
    (tmp_path / "sums.py").write_text("def add(a: int, b: int) -> int:\n    return a + b\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q -p no:schemathesis\n")
    return tmp_path


@pytest.mark.parametrize(
    ("second", "total", "seen_by"), [(2, 3, "test_sums.py::test_sum"), (0, 1, "")]
)
def test_fault_is_seen_where_a_test_fails_with_it(
    tree: Path, second: int, total: int, seen_by: str
) -> None:
    (tree / "test_sums.py").write_text(TEST.format(second, total))

    assert judge(tree, FAULT).seen_by == seen_by
    assert "a + b" in (tree / "sums.py").read_text()


def test_tests_that_cannot_run_are_no_verdict(tree: Path) -> None:
    (tree / "test_sums.py").write_text("import nothing_of_that_name\n")

    with pytest.raises(ValueError, match="pytest ended with 2"):
        judge(tree, FAULT)


@pytest.mark.parametrize("text", ["a * b", "a"])
def test_fault_without_one_place_is_an_error_of_the_list(tree: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"takes away: found \d times in sums\.py, expected once"):
        Mutant("takes away", "sums.py", text, "c", ()).plant(tree)


def test_list_names_at_least_thirty_faults_and_tests_that_are_there() -> None:
    assert len(read_mutants(LIST)) >= 30
