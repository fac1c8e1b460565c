"""The views hold what the archive says, and the reader's role can read them and nothing else."""

from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from forecasts import AS_OF, ISSUED_AT, make_forecast, make_row
from sqlalchemy.engine import Engine

from publish.api.schemas import RESOLVED
from publish.archive.archive import Archive
from publish.archive.closing import close, passed
from publish.archive.reader import ReaderError, make_reader
from publish.contract.forecast import SCORE
from streams.store.store import connect, writing
from streams.store.upgrade import restore
from streams.store.views import MEANINGS, VIEWS

BEFORE = AS_OF - timedelta(days=1)
PASSWORD = "correct-horse-battery"  # noqa: S105


def fill(engine: Engine) -> None:
    """Two issues, a hindcast of the newest day and one later, and one closed row."""
    archive = Archive(engine)
    archive.append(make_forecast(BEFORE))
    archive.append(make_forecast(AS_OF))
    archive.append(make_forecast(AS_OF, rows=(make_row(probability_high=0.9),), status="hindcast"))
    later = AS_OF + timedelta(days=5)
    archive.append(make_forecast(later, rows=(make_row(later),), status="hindcast"))
    closed = passed(engine, "pak_afg", ["clash"], AS_OF + timedelta(days=6))
    close(engine, [(closed[0], 0)], "v1", ISSUED_AT)
    close(engine, [(closed[0], 1)], "v2", ISSUED_AT)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with issues."""
    made = connect(database_url)
    fill(made)
    yield made
    made.dispose()


def rows(engine: Engine, text: str) -> list[tuple[object, ...]]:
    """What the query gives, days as text."""
    with engine.connect() as connection:
        found = connection.execute(sa.text(text)).all()
    return [tuple(str(v) if isinstance(v, date) else v for v in row) for row in found]


def test_latest_scores_are_those_of_the_newest_issue_that_is_no_hindcast(engine: Engine) -> None:
    found = rows(engine, "SELECT DISTINCT as_of, issue_status FROM latest_scores")
    assert found == [(str(AS_OF), "ok")]
    assert len(rows(engine, "SELECT unit FROM latest_scores")) == 4


def test_history_has_one_issue_a_day(engine: Engine) -> None:
    found = rows(
        engine,
        "SELECT as_of, issue_status, count(*) FROM score_history GROUP BY as_of, issue_status"
        " ORDER BY as_of",
    )
    later = str(AS_OF + timedelta(days=5))
    assert found == [(str(BEFORE), "ok", 4), (str(AS_OF), "ok", 4), (later, "hindcast", 1)]


def test_scoreboard_holds_the_last_outcome(engine: Engine) -> None:
    assert rows(engine, "SELECT outcome, revision, brier FROM scoreboard") == [(1, 2, 0.5625)]


def test_views_are_made_once_and_anew_where_they_are_another_release_s(engine: Engine) -> None:
    with writing(engine) as connection:
        assert restore(connection) == []
        connection.execute(sa.text("DROP VIEW scoreboard"))
        connection.execute(sa.text("CREATE VIEW scoreboard AS SELECT 1 AS one"))
        assert restore(connection) == ["scoreboard"]
    assert "outcome" in {c["name"] for c in sa.inspect(engine).get_columns("scoreboard")}


def test_reader_can_read_the_views_and_nothing_else(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    fill(engine)
    make_reader(engine, "tableau_test", PASSWORD)
    make_reader(engine, "tableau_test", PASSWORD)  # again: mended, not refused
    address = sa.make_url(postgresql_url).set(username="tableau_test", password=PASSWORD)
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as reader:
        for view in VIEWS:
            found = reader.execute(f"SELECT count(*) FROM {view}").fetchone()  # noqa: S608
            assert found is not None
            assert found[0] > 0
        for table in ("issues", "scores", "outcomes", "event_versions"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT 1 FROM {table}")  # noqa: S608
        reader.execute("SET default_transaction_read_only = off")  # its own setting alone
        for text in (
            "CREATE TABLE mine (x int)",
            "DELETE FROM scores",
            "UPDATE issues SET status = 'ok'",
            "INSERT INTO latest_scores (unit) VALUES ('x')",
            "DROP VIEW scoreboard",
            "CREATE ROLE other",
        ):
            with pytest.raises(psycopg.errors.Error):
                reader.execute(text)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP OWNED BY tableau_test")
        connection.exec_driver_sql("DROP ROLE tableau_test")
    engine.dispose()


def test_reader_is_refused_where_it_would_be_unsafe(sqlite_url: str, postgresql_url: str) -> None:
    with pytest.raises(ReaderError, match="needs PostgreSQL"):
        make_reader(connect(sqlite_url), "tableau", PASSWORD)
    engine = connect(postgresql_url)
    with pytest.raises(ReaderError, match="not a role's name"):
        make_reader(engine, 'x"; DROP', PASSWORD)
    with pytest.raises(ReaderError, match="too short"):
        make_reader(engine, "tableau", "short")
    engine.dispose()


def test_views_hold_the_contract_s_columns_with_its_meanings(engine: Engine) -> None:
    names = {column.name for column in SCORE} - {"data_as_of"}
    for view in ("latest_scores", "score_history"):
        columns = {column["name"] for column in sa.inspect(engine).get_columns(view)}
        assert columns == names | {"hindcast"}
    meanings = {column.name: column.meaning for column in (*RESOLVED, *SCORE)}
    told = {name: text.removeprefix("JSON: ") for name, text in MEANINGS.items()}
    assert {name: text for name, text in told.items() if name in meanings} == {
        name: text for name, text in meanings.items() if name != "data_as_of"
    }
