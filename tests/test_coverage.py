"""From when to when a source's silence means calm: the one declared last, by whom and when."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from chronicles import make_csv, make_file
from events import NOW
from typer.testing import CliRunner

from commands import events, sources
from errors import DyadcastError, StreamError
from streams.sources import analyst, chronicle
from streams.store.store import Coverage, Store, StoreError
from theatres import load_theatre

LATER = NOW + timedelta(hours=1)


def test_coverage_is_the_one_declared_last(store: Store) -> None:
    first, second = date(2026, 3, 31), date(2026, 6, 30)

    assert store.coverage("made") is None
    store.declare_coverage("made", date(2001, 1, 1), first, NOW)
    store.declare_coverage("made", date(2001, 1, 1), second, LATER)
    store.declare_coverage("made", date(2001, 1, 1), first, LATER + timedelta(days=1))

    assert store.coverage("made") == Coverage("made", date(2001, 1, 1), first)
    assert store.coverage("made", seen_by=LATER) == Coverage("made", date(2001, 1, 1), second)
    assert store.coverage("made", seen_by=NOW) == Coverage("made", date(2001, 1, 1), first)
    assert store.coverage("made", seen_by=NOW - timedelta(days=1)) is None
    assert store.coverage("other") is None


def test_coverage_refuses_an_end_before_its_start(store: Store) -> None:
    with pytest.raises(StoreError, match="ends before it starts"):
        store.declare_coverage("made", date(2001, 1, 2), date(2001, 1, 1), NOW)


def test_coverage_bears_who_declared_it_and_when(store: Store) -> None:
    start, end = date(2001, 1, 1), date(2026, 3, 31)
    store.declare_coverage("made", start, end, NOW)
    store.declare_coverage("made", start, end, LATER, by="Ann Bly")

    span = store.coverage("made")
    assert span is not None
    assert (span.declared_by, span.declared_at) == ("Ann Bly", LATER.replace(tzinfo=None))
    before = store.coverage("made", seen_by=NOW)
    assert before is not None
    assert before.declared_by == ""


def test_a_day_to_come_is_never_covered_and_one_too_far_is_taken_back(store: Store) -> None:
    today = NOW.date()
    with pytest.raises(StreamError, match="a day to come"):
        chronicle.cover_until(store, today + timedelta(days=1), NOW, "Ann Bly")
    assert store.coverage("chronicle") is None

    store.declare_coverage("chronicle", date(2001, 1, 1), date(2100, 1, 1), NOW)  # of old
    for until in (today, today - timedelta(days=40)):
        chronicle.cover_until(store, until, NOW, "Ann Bly")
        assert store.coverage("chronicle") == Coverage("chronicle", date(2001, 1, 1), until)


def test_a_table_covers_no_day_to_come(store: Store, tmp_path: Path) -> None:
    table = tmp_path / "desk.csv"
    table.write_text("occurred_on,type,actor,target,known_at\n", encoding="utf-8")
    layout = analyst.Layout(covered_from=date(2020, 1, 1), covered_until=date(2100, 1, 1))

    with pytest.raises(StreamError, match=r"desk.csv, covered_until: a day to come"):
        analyst.ingest(store, load_theatre("pak_afg"), table, NOW, layout)
    assert store.coverage("analyst") is None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for the command line."""
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path / "home"))
    return tmp_path


def load(file: Path, *more: str) -> int:
    """The exit status of loading the file; what goes wrong is raised."""
    command = ["load", str(file), "--theatre", "pak_afg", *more]
    result = CliRunner().invoke(events.app, command, catch_exceptions=False)
    return result.exit_code


def declared(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Until when the chronicle is covered, and who says so, as `dyadcast streams` tells."""
    sources.streams("pak_afg", as_json=True)
    row = json.loads(capsys.readouterr().out)[0]
    return row["covered_until"], row["declared_by"]


def test_an_empty_file_covers_where_a_person_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = make_file(home, make_csv(), "calm.csv")
    day = datetime.now(UTC).date() - timedelta(days=9)

    with pytest.raises(DyadcastError, match=r"calm.csv: no event in it.*--by NAME"):
        load(empty, "--covered-until", str(day))
    assert load(empty, "--covered-until", str(day), "--by", "Ann Bly") == 0
    assert declared(capsys) == (str(day), "Ann Bly")

    earlier = day - timedelta(days=30)
    assert load(empty, "--covered-until", str(earlier), "--by", "Bea Cole") == 0
    assert declared(capsys) == (str(earlier), "Bea Cole")
    sources.streams("pak_afg")
    assert f"covered until {earlier}, says Bea Cole on " in capsys.readouterr().out


def test_a_file_with_refused_rows_covers_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = make_file(home, make_csv({"event_id": "a"}, {"event_id": "b", "type": "picnic"}), "b.csv")
    stood = load_theatre("pak_afg").coverage[0].end

    day = str(datetime.now(UTC).date() - timedelta(days=9))
    assert load(bad, "--covered-until", day) == 1
    assert declared(capsys) == (str(stood), "")
