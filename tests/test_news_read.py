"""dyadcast read: proposals on standard output, a person's error in one line on standard error."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dyadcast

Run = Callable[..., tuple[int, str, str]]
TEXT = (
    "Russia offered to mediate between Pakistan and Afghanistan on Friday. "
    "Saudi Arabia could offer to mediate, too."
)
FIELDS = [
    *("type", "actor", "target", "mediators", "place", "segment", "occurred_on", "date_precision"),
    *("deaths_low", "deaths_best", "deaths_high", "modality", "known_at", "confidence", "coder"),
    *("known", "evidence"),
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: its exit status, output and errors."""
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DYADCAST_DATABASE_URL", raising=False)
    monkeypatch.delenv("DYADCAST_NEWS_HOSTS", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dyadcast", "read", *arguments])
        with pytest.raises(SystemExit) as ended:
            dyadcast.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture
def article(tmp_path: Path) -> Path:
    """A file whose name bears its day."""
    path = tmp_path / "2025-11-15-offer.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_read_prints_the_proposals_as_json(run: Run, article: Path, tmp_path: Path) -> None:
    status, printed, errors = run(str(article), "--json")

    (row,) = json.loads(printed)
    assert (status, errors) == (0, "")
    assert list(row) == FIELDS
    assert (row["type"], row["actor"], row["target"]) == ("mediation_offer", "RUS", ["PAK", "AFG"])
    assert (row["occurred_on"], row["known_at"]) == ("2025-11-14", "2025-11-15")
    span = row["evidence"]
    assert TEXT[span["start"] : span["end"]] == span["text"]
    assert not list((tmp_path / "home").glob("*.db"))


def test_read_marks_what_the_chronicle_knew_by_that_day(run: Run, article: Path) -> None:
    _, printed, _ = run(str(article), "--json")
    _, before, _ = run(str(article), "--json", "--published", "2025-11-10")

    assert json.loads(printed)[0]["known"] == "chronicle:2025-11-14:1"
    assert json.loads(before)[0]["known"] is None


def test_read_shows_all_where_it_is_told_to(run: Run, article: Path) -> None:
    _, printed, _ = run(str(article), "--json", "--all")

    assert [row["modality"] for row in json.loads(printed)] == ["happened", "hypothetical"]


def test_read_takes_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.TextIOWrapper(io.BytesIO(TEXT.encode()))
    monkeypatch.setattr(sys, "stdin", piped)

    status, printed, _ = run("-", "--published", "2025-11-15")

    assert status == 0
    assert "2025-11-14  mediation_offer  RUS > PAK, AFG" in printed


def test_read_of_a_text_without_events_is_an_empty_list(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "calm.txt"
    path.write_text("It rained in Peshawar and in Kabul.")

    assert run(str(path), "--json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("none.txt", "no such file"),
        ("https://news.example/a", "another host is not asked"),
        ("ftp://news.example/a", "no such file"),
    ],
)
def test_read_tells_in_one_line_what_it_cannot_read(run: Run, source: str, said: str) -> None:
    status, printed, errors = run(source, "--json")

    assert (status, printed) == (1, "")
    assert said in errors
    assert errors.count("\n") == 1
