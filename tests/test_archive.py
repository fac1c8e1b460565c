"""The archive: every issue once, in order, for ever, and whatever was changed is named."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from forecasts import AS_OF, ISSUED_AT, make_forecast, make_rows
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from publish.archive import Archive, ArchiveError
from publish.chain import GENESIS, Audit, Head, Link, digest, link, link_hash, score_lines
from publish.forecast import Forecast, to_json
from streams.store import StoreError, connect

HOME = "pak_afg"
CHANGE_ISSUE = "UPDATE issues SET {} WHERE position = 2"
CHANGE_LINE = "UPDATE scores SET {} WHERE position = 2 AND line = 1"
REMOVE = ("DELETE FROM scores WHERE position = {}", "DELETE FROM issues WHERE position = {}")
REPLACE = "REPLACE INTO {0} SELECT * FROM {0}"
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["publish.archive", "streams.store", "forecasts"])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database, once of each kind."""
    yield from opened(database_url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    """An empty SQLite database."""
    yield from opened(sqlite_url)


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    """An empty PostgreSQL database."""
    yield from opened(postgresql_url)


def opened(url: str) -> Iterator[Engine]:
    """The database at the address, closed afterwards."""
    engine = connect(url)
    yield engine
    engine.dispose()


def make_days(count: int) -> list[Forecast]:
    """One issue a day, each with an as_of of its own."""
    return [make_forecast(AS_OF + timedelta(days=n)) for n in range(count)]


def fill(engine: Engine, count: int) -> Archive:
    """An archive that holds `make_days(count)`."""
    archive = Archive(engine)
    for forecast in make_days(count):
        archive.append(forecast)
    return archive


def tamper(engine: Engine, *statements: str) -> None:
    """What someone does who owns the database: the triggers away, then the statements."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            query = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) "
                "FROM pg_trigger WHERE NOT tgisinternal"
            )
        for drop in connection.execute(sa.text(query)).scalars().all():
            connection.exec_driver_sql(drop)
        for statement in statements:
            connection.exec_driver_sql(statement)


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


def test_link_hash_is_that_of_five_lines() -> None:
    # printf '%064d\npak_afg\n1\nab\ncd' 0 | sha256sum
    pinned = "c0433d6f93fa0fddf2eb18f6ce3880af6487039b87cb7ee64802b771c7d39e69"
    assert link_hash(GENESIS, "pak_afg", 1, "ab", "cd") == pinned


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


def test_verify_holds_where_nothing_was_touched(engine: Engine) -> None:
    archive = fill(engine, 3)
    verified = archive.verify(HOME, archive.head(HOME))
    assert (verified.count, verified.head, verified.faults) == (3, archive.head(HOME), ())


def test_verify_takes_a_head_published_earlier(engine: Engine) -> None:
    archive = fill(engine, 1)
    published = archive.head(HOME)
    fill(engine, 3)
    assert archive.verify(HOME, published).holds


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE issues SET status = 'ok'",
        "UPDATE scores SET probability = 0.9",
        "DELETE FROM scores",
        "DELETE FROM issues WHERE position = 99 OR position = 2",
        "INSERT INTO scores SELECT * FROM scores",
        "INSERT INTO issues SELECT * FROM issues",
    ],
)
def test_database_refuses_to_change_or_remove(engine: Engine, statement: str) -> None:
    archive = fill(engine, 2)
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert archive.verify(HOME, archive.head(HOME)).holds


def test_sqlite_refuses_to_replace(sqlite: Engine) -> None:
    archive = fill(sqlite, 2)
    for table in ("issues", "scores"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), sqlite.begin() as connection:
            connection.exec_driver_sql(REPLACE.format(table))
    assert archive.verify(HOME).holds


def test_postgresql_refuses_to_truncate(postgresql: Engine) -> None:
    archive = fill(postgresql, 2)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), postgresql.begin() as connection:
        connection.exec_driver_sql("TRUNCATE issues, scores")
    assert archive.verify(HOME).count == 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("body = replace(body, '0.25', '0.26')", "the body is not the one that was archived"),
        ("body = replace(body, 'T05:30', 'T05:31')", "the body is not the one that was archived"),
        ("body = body || ' '", "the body is not the one that was archived"),
        ("body = ''", "the body is no forecast"),
        ("body_sha256 = 'ab'", "the body is not the one that was archived"),
        ("hash = 'ab'", "the hash is not that of its contents"),
        ("previous_hash = 'ab'", "it does not follow the issue before it"),
        ("issue_id = 'ab'", "column issue_id holds 'ab'"),
        ("as_of = '2025-11-17'", "column as_of holds '2025-11-17'"),
        ("issued_at = '2025-11-17'", "column issued_at holds '2025-11-17'"),
        ("status = 'stale'", "column status holds 'stale'"),
    ],
)
def test_verify_names_the_issue_that_was_changed(
    engine: Engine, change: str, complaint: str
) -> None:
    archive = fill(engine, 3)
    named = "ab" if change.startswith("issue_id") else make_days(2)[1].issue_id
    tamper(engine, CHANGE_ISSUE.format(change))
    faults = archive.verify(HOME).faults
    assert any(f.startswith(f"issue {named} at position 2: {complaint}") for f in faults)
    assert not any("position 1:" in fault for fault in faults)


@pytest.mark.parametrize(
    "change",
    [
        "probability = 0.26",
        "probability = NULL",
        "probability_low = 0.1",
        "unit = 'zhob'",
        "drivers = '{}'",
        "reason = 'x'",
        "as_of = '2025-11-17'",
        "issue_status = 'stale'",
        "line = 9",
    ],
)
def test_verify_names_the_line_of_scores_that_was_changed(engine: Engine, change: str) -> None:
    archive = fill(engine, 3)
    tamper(engine, CHANGE_LINE.format(change))
    issue_id = make_days(2)[1].issue_id
    faults = archive.verify(HOME).faults
    assert faults
    assert all(f.startswith(f"issue {issue_id} at position 2: scores line") for f in faults)
    column = change.split(" ")[0]
    assert any(f"column {column} holds" in fault for fault in faults)


def test_verify_names_a_removed_line_of_scores(engine: Engine) -> None:
    archive = fill(engine, 2)
    tamper(engine, "DELETE FROM scores WHERE position = 2 AND line = 4")
    issue_id = make_days(2)[1].issue_id
    assert archive.verify(HOME).faults == (
        f"issue {issue_id} at position 2: 3 lines in scores, 4 in the body",
    )


def test_verify_names_the_place_of_a_removed_issue(engine: Engine) -> None:
    archive = fill(engine, 3)
    third = make_days(3)[2].issue_id
    tamper(engine, *(statement.format(2) for statement in REMOVE))
    assert archive.verify(HOME).faults == (
        f"issue {third} at position 3: positions 2 to 2 before it are missing",
        f"issue {third} at position 3: it does not follow the issue before it",
    )


def test_verify_names_the_first_issue_removed(engine: Engine) -> None:
    archive = fill(engine, 2)
    tamper(engine, *(statement.format(1) for statement in REMOVE))
    assert "positions 1 to 1 before it are missing" in archive.verify(HOME).faults[0]


def test_verify_sees_a_cut_end_against_the_published_head(engine: Engine) -> None:
    archive = fill(engine, 3)
    published = archive.head(HOME)
    tamper(engine, *(statement.format(3) for statement in REMOVE))
    assert archive.verify(HOME).holds
    assert archive.verify(HOME, published).faults == (
        "positions 3 to 3: missing at the end, though they were published",
    )


def test_verify_sees_a_chain_made_anew_against_the_published_head(engine: Engine) -> None:
    archive = fill(engine, 2)
    faults = archive.verify(HOME, Head(2, "a" * 64)).faults
    assert faults == ("position 2: not the issue whose hash was published",)


def test_verify_names_lines_without_an_issue(sqlite: Engine) -> None:
    archive = fill(sqlite, 2)
    with sqlite.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("DROP TRIGGER issues_never_deleted")
        connection.exec_driver_sql("DELETE FROM issues WHERE position = 2")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    issue_id = make_days(2)[1].issue_id
    assert archive.verify(HOME).faults == (
        f"issue {issue_id} at position 2: lines in scores, but no issue",
    )


def test_verify_names_two_issues_that_changed_places(engine: Engine) -> None:
    archive = fill(engine, 3)
    first, second, _ = make_days(3)
    swap = [
        "UPDATE {0} SET position = 99 WHERE position = 1",
        "UPDATE {0} SET position = 1 WHERE position = 2",
        "UPDATE {0} SET position = 2 WHERE position = 99",
    ]
    if engine.dialect.name == "postgresql":
        loosen = ["ALTER TABLE scores DROP CONSTRAINT scores_of_an_issue"]
    else:
        loosen = ["PRAGMA defer_foreign_keys = ON"]
    tamper(engine, *loosen, *(s.format(t) for t in ("issues", "scores") for s in swap))
    faults = "\n".join(archive.verify(HOME).faults)
    assert f"issue {second.issue_id} at position 1: it does not follow" in faults
    assert f"issue {first.issue_id} at position 2: it does not follow" in faults


@pytest.mark.parametrize("value", ["CAST(x'ff' || body AS TEXT)", "x'00ff'", "7"])
def test_verify_names_raw_bytes_that_are_no_text(sqlite: Engine, value: str) -> None:
    archive = fill(sqlite, 3)
    tamper(sqlite, CHANGE_ISSUE.format(f"body = {value}"))
    verified = archive.verify(HOME)
    assert verified.count == 3
    assert any("at position 2: the body" in fault for fault in verified.faults)
    # The driver reads text as text again afterwards.
    assert archive.issues(HOME)[1].status == "ok"


def test_verify_names_a_position_that_is_no_number(sqlite: Engine) -> None:
    archive = fill(sqlite, 2)
    tamper(
        sqlite,
        "PRAGMA defer_foreign_keys = ON",
        "UPDATE issues SET position = 'two' WHERE position = 2",
        "UPDATE scores SET position = 'two' WHERE position = 2",
    )
    assert any("'two' is no position" in fault for fault in archive.verify(HOME).faults)


def test_changed_issue_is_not_given_out(engine: Engine) -> None:
    archive = fill(engine, 1)
    tamper(engine, "UPDATE issues SET body = replace(body, '0.25', '0.26')")
    with pytest.raises(ArchiveError, match="was changed"):
        archive.get(HOME, make_forecast().issue_id)
    with pytest.raises(ArchiveError, match="was changed"):
        archive.previous(HOME, AS_OF + timedelta(days=1), hindcast=False)


def chain(count: int) -> list[tuple[Link, list[dict[str, object]]]]:
    """The links of `make_days(count)`, with their lines in scores."""
    links: list[tuple[Link, list[dict[str, object]]]] = []
    head = Head()
    for forecast in make_days(count):
        new = link(forecast, head)
        links.append((new, score_lines(forecast, new.position)))
        head = Head(new.position, new.hash)
    return links


def audit_faults(links: list[tuple[Link, list[dict[str, object]]]]) -> list[str]:
    """What an audit finds wrong with the links, in this order."""
    audit = Audit(HOME)
    for one, lines in links:
        audit.take(one, lines)
    return audit.faults


@given(st.permutations(range(4)))
def test_audit_of_any_other_order_finds_a_fault(order: list[int]) -> None:
    links = chain(4)
    assert bool(audit_faults([links[n] for n in order])) == (order != sorted(order))


@given(st.integers(0, 2), st.data())
def test_audit_of_any_byte_changed_names_the_position(n: int, data: st.DataObject) -> None:
    links = chain(3)
    one, lines = links[n]
    field = data.draw(st.sampled_from(["body", "body_sha256", "previous_hash", "hash", "as_of"]))
    text = getattr(one, field)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[place]))
    links[n] = (replace(one, **{field: text[:place] + other + text[place + 1 :]}), lines)
    assert any(f"at position {n + 1}: " in fault for fault in audit_faults(links))


def test_audit_of_an_issue_doubled_names_both_positions() -> None:
    links = chain(2)
    first = make_days(1)[0]
    third = link(first, Head(2, links[1][0].hash))
    faults = audit_faults([*links, (third, score_lines(first, 3))])
    assert faults == [f"issue {first.issue_id} at position 3: archived already at position 1"]


def test_archive_on_tables_of_something_else_is_an_error(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE issues (title TEXT)")
    with pytest.raises(ArchiveError, match="the table issues is something else's"):
        Archive(engine)


def test_archive_made_half_is_completed(engine: Engine) -> None:
    fill(engine, 1)
    tamper(engine, "DROP TABLE scores", "DELETE FROM issues")
    archive = fill(engine, 2)
    assert archive.verify(HOME).holds
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET status = 'stale'")


def test_failed_append_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = fill(engine, 1)

    def break_off(*_: object) -> list[dict[str, object]]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("publish.archive.score_lines", break_off)
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
