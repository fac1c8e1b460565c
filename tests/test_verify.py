"""Verifying the archive: the database refuses changes, and those made all the same are named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from forecasts import AS_OF, make_days, make_forecast
from sqlalchemy.engine import Engine

from publish.archive.archive import Archive, ArchiveError
from publish.archive.chain import Head
from publish.contract.forecast import to_json
from streams.store.store import connect, writing
from streams.store.upgrade import restore

HOME = "pak_afg"
CHANGE_ISSUE = "UPDATE issues SET {} WHERE position = 2"
CHANGE_LINE = "UPDATE scores SET {} WHERE position = 2 AND line = 1"
REMOVE = ("DELETE FROM scores WHERE position = {}", "DELETE FROM issues WHERE position = {}")
REPLACE = "REPLACE INTO {0} SELECT * FROM {0}"


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


def test_verify_holds_where_nothing_was_touched(engine: Engine) -> None:
    archive = fill(engine, 3)
    verified = archive.verify(HOME, archive.head(HOME))
    assert (verified.count, verified.head, verified.faults) == (3, archive.head(HOME), ())


def test_verify_takes_a_head_published_earlier(engine: Engine) -> None:
    archive = fill(engine, 1)
    published = archive.head(HOME)
    fill(engine, 3)
    assert archive.verify(HOME, published).holds


def test_verify_since_a_head_reads_it_and_what_follows_alone(engine: Engine) -> None:
    archive = fill(engine, 2)
    head = archive.head(HOME)
    fill(engine, 4)
    tamper(engine, "UPDATE issues SET status = 'stale' WHERE position = 1")

    verified = archive.verify(HOME, since=head)

    assert (verified.count, verified.head, verified.faults) == (4, archive.head(HOME), ())
    assert len(archive.verify(HOME).faults) == 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("UPDATE issues SET status = 'stale' WHERE position = 2", "column status holds"),
        ("UPDATE issues SET previous_hash = 'a' WHERE position = 2", "the hash is not that of"),
        ("UPDATE issues SET hash = 'a' WHERE position = 2", "the hash is not that of"),
        ("UPDATE issues SET body_sha256 = 'a' WHERE position = 3", "the body is not the one"),
        ("UPDATE scores SET probability = 0.9 WHERE position = 3", "column probability holds"),
    ],
)
def test_verify_since_a_head_sees_what_was_changed_from_it_on(
    engine: Engine, change: str, complaint: str
) -> None:
    archive = fill(engine, 2)
    head = archive.head(HOME)
    fill(engine, 4)
    tamper(engine, change)

    assert complaint in archive.verify(HOME, since=head).faults[0]


def test_verify_since_a_head_sees_another_issue_in_its_place_and_none(engine: Engine) -> None:
    archive = fill(engine, 3)

    assert archive.verify(HOME, since=Head(2, "a" * 64)).faults == (
        "position 2: not the issue whose hash was published",
    )
    assert archive.verify(HOME, since=Head(5, "a" * 64)).faults == (
        "positions 5 to 5: missing at the end, though they were published",
    )


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


def test_rules_that_were_taken_away_are_named_and_can_be_put_back(engine: Engine) -> None:
    archive = fill(engine, 1)
    assert archive.unguarded() == []
    tamper(engine)
    first = "scores_never_updated" if engine.dialect.name == "sqlite" else "scores_append_only"
    assert first in archive.unguarded()
    with writing(engine) as connection:
        assert first in restore(connection)
    assert archive.unguarded() == []
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET status = 'stale'")


def test_any_byte_changed_in_any_issue_is_found_and_the_issue_named(sqlite: Engine) -> None:
    archive = fill(sqlite, 2)
    tamper(sqlite)
    for position, forecast in enumerate(make_days(2), 1):
        body = to_json(forecast)
        for place in range(len(body)):
            other = chr((ord(body[place]) ^ 1) or 1)
            write_body(sqlite, position, body[:place] + other + body[place + 1 :])
            (first, *_) = archive.verify(HOME).faults
            assert first.startswith(f"issue {forecast.issue_id} at position {position}: the body")
        write_body(sqlite, position, body)
    assert archive.verify(HOME).holds


def write_body(engine: Engine, position: int, body: str) -> None:
    """The body of the issue at that position, overwritten."""
    with engine.begin() as connection:
        text = sa.text("UPDATE issues SET body = :body WHERE position = :position")
        connection.execute(text, {"body": body, "position": position})
