"""The command line on bad input: one line on standard error, exit status 1, nothing lost."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from chronicles import GOOD, make_csv, make_file
from jobs import make_job, make_theatre

import dyadcast

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder that is not there yet, and that every command uses."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DYADCAST_HOME", str(folder))
    monkeypatch.delenv("DYADCAST_DATABASE_URL", raising=False)
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: its exit status, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dyadcast", *arguments])
        with pytest.raises(SystemExit) as ended:
            dyadcast.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


def only_line(text: str) -> str:
    """The one line that a text must be."""
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text.rstrip("\n")


BAD_ROWS: list[tuple[str, dict[str, str], str, str, str]] = [
    ("unknown type", {"type": "picnic"}, "type", "'picnic'", "a type"),
    ("impossible date", {"occurred_on": "2025-02-30"}, "occurred_on", "'2025-02-30'", "YYYY-MM-DD"),
    (
        "known too early",
        {"known_on": "2025-10-11"},
        "known_on",
        "2025",
        "2025-10-12, when it began, or later",
    ),
    ("negative deaths", {"deaths_low": "-1"}, "deaths_low", "-1", "from 0"),
    ("low above high", {"deaths_low": "4"}, "deaths_low", "4", "at most deaths_high"),
    ("doubled id", {"event_id": "c:1"}, "event_id", "'c:1'", "another id than that of line 2"),
    ("NUL byte", {"summary": "a\x00b"}, "summary", "\\x00", "control characters"),
    ("Latin-1", {"place": "Caf\udce9"}, "place", "\\xe9", "UTF-8"),
]


@pytest.mark.parametrize("verb", ["check", "load"])
@pytest.mark.parametrize(
    ("change", "column", "found", "expected"),
    [row[1:] for row in BAD_ROWS],
    ids=[row[0] for row in BAD_ROWS],
)
def test_events_tells_a_bad_row_in_one_line(
    tmp_path: Path,
    run: Run,
    verb: str,
    change: dict[str, str],
    column: str,
    found: str,
    expected: str,
) -> None:
    path = make_file(tmp_path, make_csv({}, change, {}))

    status, out, err = run("events", verb, str(path))

    line = only_line(err)
    assert line.startswith(f"{path}, line 3, column {column}: found ")
    assert found in line
    assert expected in line.partition("expected ")[2]
    assert status == 1
    assert out.startswith(f"{path}: 2 ")


def test_events_load_lands_the_good_rows_and_keeps_what_is_stored(tmp_path: Path, run: Run) -> None:
    assert run("events", "load", str(make_file(tmp_path, make_csv({}), "a.csv")))[0] == 0
    rest = make_file(tmp_path, make_csv({"type": "?"}, {}, {"event_id": "c:9"}), "b.csv")

    assert run("events", "load", str(rest))[0] == 1

    status, out, _ = run("events", "list")
    assert status == 0
    assert out.count(GOOD["occurred_on"]) == 3, "c:1 of the first file, c:2 and c:9 of the second"
    _, refused, _ = run("events", "list", "--refused")
    assert only_line(refused).startswith(f"{rest}, line 2, column type: found '?'")


UNREADABLE: list[tuple[str, bytes | None, str]] = [
    ("wrong header", b"id,when\r\n1,2\r\n", "column header"),
    ("empty", b"", "line 1: an empty file, expected event_id,"),
    ("folder", None, "a folder, expected a CSV file"),
]


@pytest.mark.parametrize("verb", ["check", "load"])
@pytest.mark.parametrize(
    ("content", "said"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_events_tells_an_unreadable_file_in_one_line(
    tmp_path: Path, run: Run, verb: str, content: bytes | None, said: str
) -> None:
    run("events", "load", str(make_file(tmp_path, make_csv({}))))
    path = tmp_path / "bad"
    path.mkdir() if content is None else path.write_bytes(content)

    status, out, err = run("events", verb, str(path))

    assert (status, out) == (1, "")
    assert only_line(err).startswith(f"dyadcast: {path}")
    assert said in err
    assert run("events", "list")[1].count(GOOD["occurred_on"]) == 1


def test_a_home_below_a_file_is_told_in_one_line(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path / "file" / "home"))
    path = str(make_file(tmp_path, make_csv({})))

    for arguments in (("events", "load", path), ("forecast",), ("train",), ("verify",)):
        status, out, err = run(*arguments)
        assert (status, out) == (1, "")
        assert str(tmp_path / "file" / "home") in err.splitlines()[-1]
        assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [("events", "list"), ("verify",)])
def test_a_foreign_database_is_told_in_one_line(
    home: Path, run: Run, arguments: tuple[str, ...]
) -> None:
    home.mkdir()
    with sqlite3.connect(home / "dyadcast.db") as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = (home / "dyadcast.db").read_bytes()

    status, _, err = run(*arguments)

    assert status == 1
    assert "the database of something else, found 'table recipes'" in only_line(err)
    assert (home / "dyadcast.db").read_bytes() == before


@pytest.mark.parametrize("arguments", [("events", "list"), ("verify",)])
def test_a_file_that_is_no_database_is_told_in_one_line(
    home: Path, run: Run, arguments: tuple[str, ...]
) -> None:
    home.mkdir()
    (home / "dyadcast.db").write_bytes(b"once upon a time " * 100)

    status, _, err = run(*arguments)

    assert status == 1
    assert "not an SQLite database" in only_line(err)


@pytest.mark.parametrize("verb", ["scores", "verify"])
def test_an_unknown_theatre_is_told_in_one_line(run: Run, verb: str) -> None:
    status, out, err = run(verb, "--theatre", "atlantis")

    assert (status, out) == (1, "")
    assert "atlantis" in only_line(err)


def test_an_unknown_type_is_an_error_and_no_empty_list(tmp_path: Path, run: Run) -> None:
    run("events", "load", str(make_file(tmp_path, make_csv({}))))

    status, out, err = run("events", "list", "--type", "picnic")

    assert (status, out) == (1, "")
    assert "found 'picnic'" in only_line(err)


def test_a_broken_theatre_is_told_in_one_line(tmp_path: Path, run: Run) -> None:
    torn = make_theatre(tmp_path, "[schedule]", "[schedule")
    status, _, err = run("verify", "--theatre", str(torn))
    assert status == 1
    assert "not valid TOML" in only_line(err)

    wrong = make_theatre(tmp_path, "days = [7, 14, 30]", "days = [30, 7]")
    status, _, err = run("scores", "--theatre", str(wrong))
    assert status == 1
    assert "field targets.closure" in only_line(err)


def test_a_command_shows_an_example_in_its_help(run: Run) -> None:
    for words in (["forecast"], ["backtest"], ["scores"], ["verify"], ["events", "load"]):
        status, out, _ = run(*words, "--help")
        assert status == 0
        assert f"Example: dyadcast {' '.join(words)}" in out


def test_forecast_tells_what_is_wrong_in_one_line(prefect: None, tmp_path: Path) -> None:
    job = make_job(tmp_path)
    job.home.mkdir()
    with sqlite3.connect(job.archive) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()

    for arguments, said in ((("--theatre", "atlantis"), "no such theatre"), ((), "recipes")):
        done = job.run("forecast", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("dyadcast: ") == 1, done.stderr
        assert said in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
