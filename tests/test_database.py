"""A database is opened, made or refused in one line; nothing that is not ours is touched."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import metadata
from events import NOW, make_event
from faults import PROCESSES
from sqlalchemy.engine import Engine

from streams.events.event import to_frame
from streams.store.database import StoreError, connect, name_of, reading, writing
from streams.store.store import Store
from streams.store.upgrade import MARKER, VERSION_TABLE


@contextmanager
def opened(url: str, busy_seconds: float = 10.0) -> Iterator[Engine]:
    """An engine for the length of a block."""
    engine = connect(url, busy_seconds)
    try:
        yield engine
    finally:
        engine.dispose()


ALL = {*metadata.tables, VERSION_TABLE, MARKER}


def tables_of(engine: Engine) -> set[str]:
    """The names of the database's tables."""
    return set(sa.inspect(engine).get_table_names())


def message_of(url: str, busy_seconds: float = 10.0) -> str:
    """The error of opening the database, which must be one line."""
    with pytest.raises(StoreError) as caught:
        connect(url, busy_seconds)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_connect_makes_the_tables_and_finds_them_again(bare_url: str) -> None:
    for _ in range(2):
        with opened(bare_url) as engine:
            assert tables_of(engine) == ALL


def test_connect_leaves_room_for_tables_of_others_once_the_database_is_ours(
    bare_url: str,
) -> None:
    with opened(bare_url) as engine, writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE songs (name TEXT)"))

    with opened(bare_url) as engine:
        assert "songs" in tables_of(engine)


def test_connect_makes_the_folder(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'a' / 'b' / 'x.db'}"):
        assert (tmp_path / "a" / "b" / "x.db").is_file()


def test_connect_prepares_sqlite(sqlite_url: str) -> None:
    with opened(sqlite_url) as engine, reading(engine) as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA busy_timeout")).scalar() == 10_000
        assert connection.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1


def test_connect_by_several_at_once_makes_one_database(bare_url: str) -> None:
    def open_and_close(_: int) -> set[str]:
        with opened(bare_url) as engine:
            return tables_of(engine)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(open_and_close, range(8)))

    assert found == [ALL] * 8


def test_connect_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to look at " * 9)

    message = message_of(f"sqlite:///{path}")

    assert "notes.txt" in message
    assert "not an SQLite database" in message
    assert path.read_text().startswith("not a database")


def test_connect_refuses_a_database_of_something_else_and_leaves_it_be(tmp_path: Path) -> None:
    path = tmp_path / "songs.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    before = path.read_bytes()

    message = message_of(f"sqlite:///{path}")

    assert "the database of something else" in message
    assert "songs" in message
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["songs.db"]


def test_connect_refuses_tables_of_our_name_without_the_marker(bare_postgresql_url: str) -> None:
    engine = sa.create_engine(sa.make_url(bare_postgresql_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE songs (name TEXT)"))
        connection.execute(sa.text("CREATE TABLE quarantine (name TEXT)"))

    assert "table quarantine" in message_of(bare_postgresql_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE quarantine"))
    with opened(bare_postgresql_url) as ours:
        assert tables_of(ours) == {"songs", *ALL}
    engine.dispose()


def test_connect_says_that_a_new_database_is_locked(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked by another process" in message_of(f"sqlite:///{tmp_path / 'x.db'}", 0.1)


def test_writing_says_that_the_database_is_locked(sqlite_url: str) -> None:
    with opened(sqlite_url) as holder, opened(sqlite_url, 0.1) as engine:
        with writing(holder), pytest.raises(StoreError, match="locked by another process"):
            Store(engine, "pak_afg").append(to_frame([make_event()]), NOW)
        Store(engine, "pak_afg").append(to_frame([make_event()]), NOW)


def test_reading_does_not_wait_for_a_writer(bare_url: str) -> None:
    with opened(bare_url) as engine:
        store = Store(engine, "pak_afg")
        store.append(to_frame([make_event()]), NOW)
        with writing(engine) as connection, opened(bare_url, 0.1) as reader:
            connection.execute(sa.text("DELETE FROM event_versions"))
            assert len(Store(reader, "pak_afg").events(date(2026, 1, 1))) == 1


def drop_and_fail(engine: Engine) -> None:
    """A change, and then an error that has nothing to do with the database."""
    with writing(engine) as connection:
        connection.execute(sa.text("DROP TABLE event_versions"))
        raise ZeroDivisionError


def test_writing_undoes_all_when_something_fails(bare_url: str) -> None:
    with opened(bare_url) as engine:
        Store(engine, "pak_afg").append(to_frame([make_event()]), NOW)
        with pytest.raises(ZeroDivisionError):
            drop_and_fail(engine)
        assert len(Store(engine, "pak_afg").events(date(2026, 1, 1))) == 1


def test_connect_refuses_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "cannot be made" in message_of(f"sqlite:///{tmp_path / 'file' / 'below' / 'x.db'}")


def test_connect_refuses_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    assert "cannot be opened" in message_of(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "not a database URL"),
        ("var/dyadcast.db", "not a database URL"),
        ("sqlite://:secret@host:x/y", "not a database URL"),
        ("mysql://me:secret@host/name", "unknown kind of database"),
        ("sqlite://host/x.db", "more than a path"),
        ("sqlite:///x.db?timeout=long", "more than a path"),
        ("postgresql://me:secret@127.0.0.1:1/x", "the server cannot be reached"),
        ("postgresql://me@127.0.0.1:1/x?password=secret", "the server cannot be reached"),
        ("postgresql://me:secret@no-such-host.invalid/x", "the server cannot be reached"),
        ("postgresql://me:secret@127.0.0.1:1/x?no_such_option=1", "no_such_option"),
    ],
)
def test_connect_refuses_a_bad_address_without_telling_the_password(url: str, said: str) -> None:
    message = message_of(url)

    assert said in message
    assert "secret" not in message


def test_connect_says_that_the_server_has_no_such_database(bare_postgresql_url: str) -> None:
    assert "no such database" in message_of(f"{bare_postgresql_url.replace('test_', 'absent_')}")


def test_name_of_an_engine_hides_the_password() -> None:
    engine = sa.create_engine("postgresql+psycopg://me:secret@host/name")

    assert name_of(engine) == "postgresql+psycopg://me:***@host/name"


def load(url: str) -> None:
    """What a process does that will be killed: open, make, append."""
    store = Store(connect(url), "pak_afg")
    store.append(to_frame(make_event(str(number)) for number in range(5000)), NOW)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_a_writer_killed_at_any_moment_leaves_all_or_nothing(
    sqlite_url: str, seconds: float
) -> None:
    process = PROCESSES.Process(target=load, args=(sqlite_url,))
    process.start()
    time.sleep(seconds)
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()

    with opened(sqlite_url) as engine:
        store = Store(engine, "pak_afg")
        assert len(store.versions(date(2026, 1, 1))) in (0, 5000)
        load(sqlite_url)
        assert len(store.versions(date(2026, 1, 1))) == 5000
