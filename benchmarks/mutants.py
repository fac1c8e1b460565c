"""Whether the tests see a fault: each of a list is planted alone in a copy of the tree.

python -m benchmarks.mutants --only tombstone leaks

A fault is data (mutants.toml): a file, an exact text in it, what takes its place, and the tests of
`make test` that must fail. A text that is not there exactly once is an error of the list, as are
tests that fail without any fault. Exit status 1 where a fault is not seen.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

HOUSE: Final = Path(__file__).parent.parent
LIST: Final = Path(__file__).with_suffix(".toml")
PASSED, FAILED = 0, 1
"""What pytest's exit status says; any other is no verdict on the fault."""


@dataclass(frozen=True)
class Mutant:
    """One fault, and the test files that must see it."""

    name: str
    file: str
    text: str
    becomes: str
    tests: tuple[str, ...]

    def plant(self, tree: Path) -> str:
        """The file's text as it was; the fault is in the tree. ValueError where it has no place."""
        whole = (tree / self.file).read_text(encoding="utf-8")
        if (times := whole.count(self.text)) != 1:
            raise ValueError(f"{self.name}: found {times} times in {self.file}, expected once")
        if self.text == self.becomes:
            raise ValueError(f"{self.name}: changes nothing")
        (tree / self.file).write_text(whole.replace(self.text, self.becomes), encoding="utf-8")
        return whole


@dataclass(frozen=True)
class Verdict:
    """Which test saw the fault, empty where none did, and the seconds it took."""

    mutant: Mutant
    seen_by: str
    seconds: float


def read_mutants(path: Path) -> list[Mutant]:
    """The list, in its order; ValueError where two bear one name or a test file is not there."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mutants"]
    mutants = [Mutant(**entry | {"tests": tuple(entry["tests"])}) for entry in entries]
    names = [mutant.name for mutant in mutants]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{path}: named twice: {min(doubled)}")
    for mutant in mutants:
        for test in mutant.tests:
            if not (HOUSE / test.partition("::")[0]).is_file():
                raise ValueError(f"{mutant.name}: no such test file, found {test}")
    return mutants


def run_tests(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Pytest's exit status on those files of a tree, and its output; it stops at a failure."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-m", "not slow", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(  # noqa: S603
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def judge(tree: Path, mutant: Mutant) -> Verdict:
    """Whether a test sees the fault; ValueError where the tests cannot tell."""
    started = time.monotonic()
    whole = mutant.plant(tree)
    try:
        status, output = run_tests(tree, mutant.tests)
    finally:
        (tree / mutant.file).write_text(whole, encoding="utf-8")
    if status not in (PASSED, FAILED):
        raise ValueError(f"{mutant.name}: pytest ended with {status}:\n{output[-2000:]}")
    seen_by = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    name = seen_by[1] if seen_by else ""
    if status == FAILED and not name:
        raise ValueError(f"{mutant.name}: failed without a test:\n{output[-2000:]}")
    return Verdict(mutant, name, time.monotonic() - started)


def copy_tree(place: Path) -> Path:
    """A copy of all that git knows of or would."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=HOUSE, capture_output=True, text=True, check=True)  # noqa: S603
    for name in filter(None, files.stdout.split("\0")):
        if (HOUSE / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(HOUSE / name, place / name)
    return place


def check_whole(tree: Path, mutants: Sequence[Mutant]) -> None:
    """None; raises ValueError for faults without a place, or where a test fails without a fault."""
    problems = []
    for mutant in mutants:
        try:
            (tree / mutant.file).write_text(mutant.plant(tree), encoding="utf-8")
        except (ValueError, OSError) as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    status, output = run_tests(tree, tests)
    if status != PASSED:
        raise ValueError(f"the tests fail without a fault:\n{output[-3000:]}")


def judge_all(mutants: Sequence[Mutant], workers: int) -> Iterator[Verdict]:
    """Each fault's verdict, in the list's order, so many at a time, each in a copy of the tree.

    Raises ValueError as `check_whole` and `judge` do.
    """
    free: SimpleQueue[Path] = SimpleQueue()

    def one(mutant: Mutant) -> Verdict:
        tree = free.get()
        try:
            return judge(tree, mutant)
        finally:
            free.put(tree)

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = copy_tree(Path(folder) / "0")
        check_whole(first, mutants)
        # Copied only now: the models that the tests train once are kept in the tree.
        others = [shutil.copytree(first, Path(folder) / str(n)) for n in range(1, workers)]
        for tree in (first, *others):
            free.put(tree)
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(one, mutants)


def main() -> None:
    """Print a line a fault; exit status 1 where one was not seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", help="faults whose names hold one of these words")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    unseen = []
    try:
        mutants = read_mutants(LIST)
        if options.only:
            mutants = [each for each in mutants if any(w in each.name for w in options.only)]
        for verdict in judge_all(mutants, options.workers):
            seen_by = verdict.seen_by or "NOT SEEN"
            print(f"{verdict.mutant.name:60} {verdict.seconds:5.0f} s  {seen_by}", flush=True)
            if not verdict.seen_by:
                unseen.append(verdict.mutant.name)
    except ValueError as error:
        raise SystemExit(f"mutants: {error}") from None
    print(f"{len(mutants)} faults, {len(unseen)} not seen")
    if unseen:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
