"""The archive: every issue once, in order, for ever, and whatever was changed is named."""

import os
import signal
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from faults import PROCESSES
from forecasts import AS_OF, ISSUED_AT, make_days, make_forecast, make_rows
from sqlalchemy.engine import Engine

from publish.archive.archive import Archive, ArchiveError
from publish.archive.chain import GENESIS, Head, digest, link_hash
from publish.contract.forecast import to_json
from streams.store.store import StoreError, connect

HOME = "pak_afg"


def fill(engine: Engine, count: int) -> Archive:
    """An archive that holds `make_days(count)`."""
    archive = Archive(engine)
    for forecast in make_days(count):
        archive.append(forecast)
    return archive


def test_archive_gives_back_what_was_appended(engine: Engine) -> None:
    archive = Archive(engine)
    forecast = make_forecast(rows=make_rows(change=0.1))
    assert archive.append(forecast) is True
    assert archive.get(HOME, forecast.issue_id) == forecast


def test_archive_takes_an_issue_once_and_keeps_the_first(engine: Engine) -> None:
    archive = Archive(engine)
    first = make_forecast()
    again = make_forecast(issued_at=ISSUED_AT + timedelta(hours=1), rows=make_rows(change=0.1))
    assert (archive.append(first), archive.append(again)) == (True, False)
    assert [found.position for found in archive.issues(HOME)] == [1]
    assert archive.get(HOME, again.issue_id) == first


def test_archive_chains_each_issue_to_the_one_before(engine: Engine) -> None:
    archive = fill(engine, 2)
    first, second = make_days(2)
    one = link_hash(GENESIS, HOME, 1, first.issue_id, digest(to_json(first).encode()))
    two = link_hash(one, HOME, 2, second.issue_id, digest(to_json(second).encode()))
    assert [(found.position, found.hash) for found in archive.issues(HOME)] == [(1, one), (2, two)]
    assert archive.head(HOME) == Head(2, two)
    assert [found.as_of for found in archive.issues(HOME)] == [AS_OF, AS_OF + timedelta(days=1)]
    assert archive.issues(HOME)[0].issued_at == ISSUED_AT


def test_archive_counts_each_theatre_by_itself(engine: Engine) -> None:
    archive = fill(engine, 2)
    archive.append(make_forecast(theatre="other"))
    assert archive.head("other").position == 1
    assert archive.head(HOME).position == 2
    assert archive.theatres() == ["other", HOME]
    assert archive.verify("other").holds


def test_archive_of_an_unknown_theatre_is_empty(engine: Engine) -> None:
    archive = Archive(engine)
    assert archive.head("other") == Head(0, GENESIS)
    assert archive.issues("other") == []
    assert archive.previous("other", AS_OF, hindcast=False) is None
    assert archive.verify("other", Head()).holds
    with pytest.raises(ArchiveError, match="no such issue"):
        archive.get("other", "0" * 16)


def test_archive_is_there_when_opened_again(engine: Engine) -> None:
    fill(engine, 2)
    assert Archive(engine).verify(HOME).count == 2


def test_previous_is_the_newest_earlier_as_of_archived_last(engine: Engine) -> None:
    archive = fill(engine, 3)
    earlier = make_forecast(AS_OF + timedelta(days=1), mlflow_run_id="run-2")
    archive.append(earlier)
    assert archive.previous(HOME, AS_OF + timedelta(days=2), hindcast=False) == earlier
    assert archive.previous(HOME, AS_OF + timedelta(days=1), hindcast=False) == make_forecast()
    assert archive.previous(HOME, AS_OF, hindcast=False) is None


def test_previous_compares_hindcasts_with_hindcasts_only(engine: Engine) -> None:
    archive = fill(engine, 2)
    day = AS_OF + timedelta(days=2)
    assert archive.previous(HOME, day, hindcast=True) is None
    hindcast = make_forecast(status="hindcast")
    archive.append(hindcast)
    assert archive.previous(HOME, day, hindcast=True) == hindcast
    assert archive.previous(HOME, day, hindcast=False) == make_days(2)[1]


def test_scores_hold_the_rows_tidily(engine: Engine) -> None:
    fill(engine, 1)
    query = "SELECT unit, horizon_days, probability, reason FROM scores ORDER BY line"
    with engine.connect() as connection:
        found = [tuple(line) for line in connection.execute(sa.text(query))]
    assert found[:3] == [("dyad", 7, 0.25, ""), ("dyad", 30, 0.25, ""), ("khyber", 7, 0.25, "")]
    assert found[3][2] is None
    assert found[3][3].startswith("the chronicle's silence")


def test_failed_append_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = fill(engine, 1)

    def break_off(*_: object) -> list[dict[str, object]]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("publish.archive.archive.archived_lines", break_off)
        with pytest.raises(KeyboardInterrupt):
            archive.append(make_forecast(mlflow_run_id="run-2"))
    assert archive.verify(HOME, archive.head(HOME)).count == 1
    assert archive.append(make_forecast(mlflow_run_id="run-2"))


def append_days(url: str, count: int) -> None:
    """Append the issues of `make_days` to the archive at the address."""
    engine = connect(url)
    fill(engine, count)
    engine.dispose()


def address(engine: Engine) -> str:
    """The engine's URL, password and all."""
    return engine.url.render_as_string(hide_password=False)


def test_writers_at_once_skip_and_double_nothing(engine: Engine) -> None:
    writers = [PROCESSES.Process(target=append_days, args=(address(engine), 12)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    archive = Archive(engine)
    verified = archive.verify(HOME, archive.head(HOME))
    assert (verified.count, verified.faults) == (12, ())


def test_writer_killed_at_any_moment_leaves_a_whole_chain(engine: Engine) -> None:
    archive = fill(engine, 1)
    for turn in range(3):
        known = archive.head(HOME).position
        writer = PROCESSES.Process(target=append_days, args=(address(engine), 500))
        writer.start()
        while archive.head(HOME).position == known:
            assert writer.is_alive()
            time.sleep(0.001)
        time.sleep(0.005 * turn)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        verified = archive.verify(HOME)
        assert verified.holds
        assert archive.append(make_forecast(date(2030, 1, 1) + timedelta(days=turn)))


def test_locked_database_is_told_in_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'archive.db'}"
    holder, waiting = connect(url), connect(url, busy_seconds=0.05)
    archive = fill(waiting, 1)
    with holder.connect() as connection:
        connection.exec_driver_sql("INSERT INTO issues SELECT * FROM issues WHERE position = 9")
        with pytest.raises(StoreError, match="locked by another process"):
            archive.append(make_forecast(mlflow_run_id="run-2"))
        connection.rollback()
    assert archive.append(make_forecast(mlflow_run_id="run-2"))
    holder.dispose()
    waiting.dispose()
