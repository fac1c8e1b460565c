"""Every database that an older dyadcast left is brought to the present shape when it is opened."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import metadata
from events import make_event
from faults import PROCESSES
from forecasts import AS_OF, make_forecast, make_row
from sqlalchemy.engine import Connection, Engine

from publish.archive.archive import Archive
from publish.archive.closing import passed
from publish.archive.keys import Keys
from publish.contract.row import ROW
from streams.events.event import to_frame
from streams.events.frame import OPTIONAL, arrow, content_hashes, fingerprint
from streams.store import upgrade
from streams.store.revisions.versions import r0001_baseline, r0004_theatres
from streams.store.rules import unprotected
from streams.store.schema import event_versions
from streams.store.store import Store, StoreError, connect, writing
from streams.store.upgrade import MARKER, VERSION_TABLE, is_current, revisions
from streams.store.views import VIEWS

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)
HOME = "pak_afg"
MARKED = sa.table(MARKER, sa.column("version"))
STORED = sa.table(VERSION_TABLE, sa.column("version_num"))
KEPT = [name for name in event_versions.c.keys() if name not in (*OPTIONAL, "landing", "theatre")]  # noqa: SIM118


def run(connection: Connection, statements: Sequence[str]) -> None:
    """Each statement, in turn."""
    for statement in statements:
        connection.exec_driver_sql(statement)


def as_before_theatres(connection: Connection) -> None:
    """The streams' tables as the first revision made them, without rows."""
    there = set(sa.inspect(connection).get_table_names())
    for name in there & {*r0004_theatres.KEYS, *r0004_theatres.NUMBERED}:
        if "theatre" in {column["name"] for column in sa.inspect(connection).get_columns(name)}:
            run(connection, [f"DROP TABLE {name}"])
            r0001_baseline.tables.tables[name].create(connection)
    run(connection, [f"DROP VIEW IF EXISTS {view}" for view in VIEWS])
    if "scores" in there:
        run(connection, ["ALTER TABLE scores DROP COLUMN gap_days"])
    connection.execute(sa.update(STORED).values(version_num="0003"))


def as_before_revisions(connection: Connection, version: int) -> None:
    """The database as a release without revisions left it."""
    as_before_theatres(connection)
    connection.execute(sa.update(MARKED).values(version=version))
    if "scores" in sa.inspect(connection).get_table_names():
        run(connection, ["DROP INDEX scores_by_row", "ALTER TABLE scores DROP COLUMN threshold"])
    run(connection, [f"DROP TABLE {VERSION_TABLE}"])


def make_version_1(engine: Engine, store: Store) -> None:
    """The database as version 1 would have kept what `store` holds."""
    with writing(engine) as connection, store.engine.connect() as given:
        rows = [dict(row) for row in given.execute(sa.select(event_versions)).mappings()]
        gone = ("event_versions", "event_blocks", "landings", "runs")
        run(connection, [f"DROP TABLE {table}" for table in gone])
        columns = [sa.Column(name, event_versions.c[name].type) for name in KEPT]
        columns[KEPT.index("content_hash")] = sa.Column("content_hash", sa.Text)
        old = sa.Table("event_versions", sa.MetaData(), *columns)
        old.create(connection)
        hashes = [row["content_hash"].hex() for row in rows]
        connection.execute(
            sa.insert(old),
            [
                {name: row[name] for name in KEPT} | {"content_hash": hashed}
                for row, hashed in zip(rows, hashes, strict=True)
            ],
        )
        as_before_revisions(connection, 1)


def test_version_1_is_brought_up_to_date_and_says_the_same(
    engine: Engine, database_url: str
) -> None:
    events = to_frame([make_event("a"), make_event("b", lat=None, lon=None, deaths_best=None)])
    store = Store(connect("sqlite://"), "pak_afg")
    store.append(events, NOW)
    make_version_1(engine, store)

    migrated = Store(connect(database_url), "pak_afg")

    assert fingerprint(migrated.events(END)) == fingerprint(events)
    assert migrated.append(events, NOW).unchanged == 2
    assert migrated.append(to_frame([make_event("c")]), NOW).new == 1
    assert fingerprint(migrated.events(END).iloc[:2]) == fingerprint(events)
    migrated.engine.dispose()


def as_of_one_theatre(engine: Engine, store: Store) -> None:
    """The database as the first revision kept what `store` holds, with a run of UCDP's release."""
    gone = {"theatre", "block", "position"}  # the database numbers them
    with writing(engine) as connection, store.engine.connect() as given:
        as_before_theatres(connection)
        for name in ("landings", "event_versions", "event_blocks", "coverages"):
            old, new = r0001_baseline.tables.tables[name], metadata.tables[name]
            rows = [dict(row) for row in given.execute(sa.select(new)).mappings()]
            kept = [{k: v for k, v in row.items() if k in old.c and k not in gone} for row in rows]
            connection.execute(sa.insert(old), kept)
        connection.execute(
            sa.insert(r0001_baseline.tables.tables["runs"]),
            [{"source": "ucdp", "started_at": "2026-01-01", "status": "ok", "told": ""}],
        )


@pytest.mark.parametrize(
    ("archived", "named", "owner"),
    [
        (["pak_afg"], "pak_afg", "pak_afg"),
        (["ind_pak"], "pak_afg", "ind_pak"),
        ([], "pak_afg", "pak_afg"),
        (["ind_pak", "pak_afg"], "pak_afg", "pak_afg"),
    ],
)
def test_rows_of_one_theatre_are_its_own_after_the_upgrade(
    engine: Engine,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    archived: list[str],
    named: str,
    owner: str,
) -> None:
    monkeypatch.setenv("DYADCAST_THEATRE", named)
    events = to_frame([make_event("a"), make_event("b")])
    store = Store(connect("sqlite://"), "any")
    with store.landing("made", "made.csv", "a hash", NOW) as landing:
        landing.append(events)
        landing.cover(date(2020, 1, 1), date(2025, 1, 1))
    for name in archived:
        Archive(engine).append(make_forecast(theatre=name))
    as_of_one_theatre(engine, store)

    upgraded = Store(connect(database_url), owner)

    assert fingerprint(upgraded.events(END)) == fingerprint(events)
    assert upgraded.append(events, NOW).unchanged == 2
    assert upgraded.coverage("made") == store.coverage("made")
    assert upgraded.health("ucdp").last_status == "ok"
    with upgraded.landing("made", "again.csv", "a hash", NOW) as landing:
        assert landing.known
    other = Store(upgraded.engine, "another")
    assert other.events(END).empty
    assert other.coverage("made") is None
    assert other.append(events, NOW).new == 2
    with other.landing("made", "made.csv", "a hash", NOW) as landing:
        assert not landing.known
    upgraded.engine.dispose()


def test_hash_of_a_row_without_the_later_columns_is_that_of_version_1() -> None:
    hashed = content_hashes(arrow(to_frame([make_event()])))

    assert [each.hex() for each in hashed] == [
        "aa402e76dfabb98806135d21c3fb52ece0084df6c979bc1a658a127374e5bc49"
    ]


def test_revisions_make_the_tables_that_the_code_declares(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        differences = compare_metadata(context, metadata)

    assert [str(each) for each in differences if MARKER not in str(each)] == []


def test_revisions_stand_in_one_line_in_the_order_of_their_files() -> None:
    script = ScriptDirectory(str(Path(upgrade.__file__).with_name("revisions")))

    assert tuple(each.revision for each in script.walk_revisions())[::-1] == revisions()
    assert script.get_heads() == [revisions()[-1]]


def test_database_that_is_up_to_date_costs_one_query(engine: Engine, database_url: str) -> None:
    statements = []
    other = sa.create_engine(engine.url)
    sa.event.listen(other, "before_cursor_execute", lambda *given: statements.append(given[2]))

    assert is_current(other)
    assert statements == [
        str(sa.select(sa.column("version_num")).select_from(STORED)).replace("\n", "")
    ]
    other.dispose()


def test_archive_of_an_older_format_is_read_verified_and_continued(
    engine: Engine, database_url: str
) -> None:
    Archive(engine).append(make_forecast())
    with writing(engine) as connection:  # as a release without the later columns made it
        as_before_revisions(connection, 2)
        later = {column.name for column in ROW if column.later}
        later -= {"threshold", "gap_days"}  # gone already
        run(connection, [f"ALTER TABLE scores DROP COLUMN {name}" for name in later])
        run(connection, [f"DROP TABLE {name}" for name in ("api_keys", "alert_deliveries")])

    opened = connect(database_url)
    day = AS_OF + timedelta(days=9)
    newer = make_forecast(
        day, rows=(make_row(day, change=0.01, change_split=(("new_events", 1.0),)),)
    )
    archive = Archive(opened)
    archive.append(newer)

    assert archive.head(HOME).position == 2
    assert archive.verify(HOME).faults == ()
    assert archive.get(HOME, newer.issue_id) == newer
    assert Keys(opened).listed() == []
    assert set(VIEWS) == set(sa.inspect(opened).get_view_names())
    opened.dispose()


def test_upgrade_puts_the_append_only_rules_back(engine: Engine, database_url: str) -> None:
    with writing(engine) as connection:
        as_before_revisions(connection, 2)
        names = "issues", "issues_append_only"
        if engine.dialect.name == "sqlite":
            run(connection, ["DROP TRIGGER issues_never_deleted"])
        else:
            run(connection, [f"DROP TRIGGER {names[1]} ON {names[0]}"])
        assert unprotected(connection)

    opened = connect(database_url)
    with opened.connect() as connection:
        assert unprotected(connection) == {}
    opened.dispose()


def test_who_could_read_a_view_still_can_after_an_upgrade(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    grant = "SELECT has_table_privilege('a_reader', 'scoreboard', 'SELECT')"
    with writing(engine) as connection:
        as_before_revisions(connection, 2)
        run(connection, ["CREATE ROLE a_reader", "CREATE VIEW scoreboard AS SELECT 1 AS one"])
        run(connection, ["GRANT SELECT ON scoreboard TO a_reader"])

    opened = connect(postgresql_url)
    with writing(opened) as connection:
        assert connection.scalar(sa.text(grant))
        assert "outcome" in {c["name"] for c in sa.inspect(connection).get_columns("scoreboard")}
        run(connection, ["DROP OWNED BY a_reader", "DROP ROLE a_reader"])
    opened.dispose()
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (sa.update(STORED).values(version_num="9999"), "found 'revision 9999'"),
        (sa.delete(STORED), "found 'revision None'"),
    ],
)
def test_database_of_a_later_version_is_one_error(
    engine: Engine, database_url: str, statement: sa.Executable, told: str
) -> None:
    with writing(engine) as connection:
        connection.execute(statement)

    with pytest.raises(StoreError) as caught:
        connect(database_url)

    message = str(caught.value)
    assert "\n" not in message
    assert told in message
    assert f"expected one of {', '.join(revisions())}" in message
    assert "use the dyadcast that made it or a later one" in message


@pytest.mark.parametrize("version", [0, 4])
def test_unknown_version_from_before_the_revisions_is_one_error(
    engine: Engine, database_url: str, version: int
) -> None:
    with writing(engine) as connection:
        as_before_revisions(connection, version)

    with pytest.raises(StoreError, match=f"schema version {version}', expected one of 1, 2"):
        connect(database_url)


def test_table_of_something_else_stops_the_upgrade_and_is_left_alone(
    engine: Engine, database_url: str
) -> None:
    with writing(engine) as connection:
        run(connection, [f"DROP VIEW {view}" for view in VIEWS])
        run(connection, ["DROP TABLE scores", "DROP TABLE issues"])
        run(connection, ["CREATE TABLE issues (title TEXT)", "DROP TABLE outcomes"])
        as_before_revisions(connection, 2)

    with pytest.raises(StoreError, match="the table issues is something else's"):
        connect(database_url)

    tables = set(sa.inspect(engine).get_table_names())
    assert "outcomes" not in tables
    assert VERSION_TABLE not in tables


def open_and_append(url: str, at_once: Barrier) -> None:
    """What one of several processes does that start together."""
    at_once.wait()
    engine = connect(url)
    Archive(engine).append(make_forecast())
    passed(engine, HOME, ["clash"], END)
    engine.dispose()


@pytest.mark.parametrize("old", [True, False])
def test_processes_that_start_at_once_upgrade_once(bare_url: str, old: bool) -> None:
    if old:
        engine = connect(bare_url)
        with writing(engine) as connection:
            run(connection, ["DROP VIEW scoreboard", "DROP TABLE outcomes"])
            as_before_revisions(connection, 2)
        engine.dispose()
    barrier = PROCESSES.Barrier(2)
    processes = [
        PROCESSES.Process(target=open_and_append, args=(bare_url, barrier)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]
    engine = connect(bare_url)
    with engine.connect() as connection:
        assert connection.scalars(sa.select(STORED.c.version_num)).all() == [revisions()[-1]]
    assert Archive(engine).verify(HOME).count == 1
    engine.dispose()
