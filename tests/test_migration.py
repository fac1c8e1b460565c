"""A database of version 1 is brought to the present shape when it is opened, and says the same."""

from datetime import date, datetime

import sqlalchemy as sa
from events import make_event

from streams.events.event import to_frame
from streams.events.frame import OPTIONAL, arrow, content_hashes, fingerprint
from streams.store.schema import event_versions, marker
from streams.store.store import Store, connect

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)
KEPT = [name for name in event_versions.c.keys() if name not in (*OPTIONAL, "landing")]  # noqa: SIM118


def make_version_1(url: str, store: Store) -> None:
    """The database at `url` as version 1 would have kept what `store` holds."""
    engine = connect(url)
    with engine.begin() as connection, store.engine.connect() as given:
        rows = [dict(row) for row in given.execute(sa.select(event_versions)).mappings()]
        for table in ("event_versions", "event_blocks", "landings", "runs"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
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
        connection.execute(sa.update(marker).values(version=1))
    engine.dispose()


def test_version_1_is_brought_up_to_date_and_says_the_same(database_url: str) -> None:
    events = to_frame([make_event("a"), make_event("b", lat=None, lon=None, deaths_best=None)])
    store = Store(connect("sqlite://"))
    store.append(events, NOW)
    make_version_1(database_url, store)

    migrated = Store(connect(database_url))

    assert fingerprint(migrated.events(END)) == fingerprint(events)
    assert migrated.append(events, NOW).unchanged == 2
    assert migrated.append(to_frame([make_event("c")]), NOW).new == 1
    migrated.engine.dispose()


def test_hash_of_a_row_without_the_later_columns_is_that_of_version_1() -> None:
    hashed = content_hashes(arrow(to_frame([make_event()])))

    assert [each.hex() for each in hashed] == [
        "aa402e76dfabb98806135d21c3fb52ece0084df6c979bc1a658a127374e5bc49"
    ]
