"""The tables that the streams keep in the database, as they are read and written.

They are made by the revisions (upgrade.py), as are those that other parts add to `metadata`.
What a theatre was told is its own, as is what has landed for it: its rows bear its name. What the
releases say of the whole world (release_months, release_dyads) is shared by all theatres: it
depends on the release alone, and which of them count for a theatre is said in `releases`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from streams.events.frame import DTYPES

metadata = MetaData()

# Byte order, whatever the server's locale: times are ISO text, which then sorts as time does.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
COUNT = BigInteger().with_variant(Integer(), "sqlite")


def texts(*names: str) -> list[Column[str]]:
    """Columns of text, none of them empty."""
    return [Column(name, TEXT, nullable=False) for name in names]


def counts(*names: str) -> list[Column[int]]:
    """Columns of whole numbers, none of them empty."""
    return [Column(name, COUNT, nullable=False) for name in names]


_SUMS = ("events", "deaths_low", "deaths_best", "deaths_high", "deaths_civilians")
_TYPES: dict[str, TypeEngine[Any]] = {
    "str": TEXT,
    "datetime64[s]": TEXT,
    "int64": COUNT,
    "Int64": COUNT,
    "float64": Double(),
    "bool": Boolean(),
}
_MAY_BE_EMPTY = ("float64", "Int64")

# One row each time that rows were put into the store together: all of them or none.
landings = Table(
    "landings",
    metadata,
    Column("theatre", TEXT, nullable=False),
    Column("landing", COUNT, primary_key=True, autoincrement=True),
    Column("source", TEXT, nullable=False),
    Column("file", TEXT, nullable=False),
    Column("sha256", TEXT, nullable=False),  # of the file's content; empty where there was none
    Column("versions", COUNT, nullable=False),
    Column("landed_at", TEXT, nullable=False),
    Index("landings_by_content", "theatre", "source", "sha256"),
)

event_versions = Table(
    "event_versions",
    metadata,
    Column("theatre", TEXT, nullable=False),
    *(Column(name, _TYPES[kind], nullable=kind in _MAY_BE_EMPTY) for name, kind in DTYPES.items()),
    Column("ingested_at", TEXT, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("landing", COUNT, nullable=False),
    PrimaryKeyConstraint("theatre", "source", "event_id", "version"),
    sqlite_with_rowid=False,  # one tree to write instead of two
)

# The same versions as columns, for views; made from the rows, and written with them. All of a
# block's are of one theatre.
event_blocks = Table(
    "event_blocks",
    metadata,
    Column("theatre", TEXT, nullable=False),
    Column("block", COUNT, primary_key=True, autoincrement=True),
    Column("rows", COUNT, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # a number is never used again: blocks stand in order
)

# One row each time that a source was asked for what is new.
runs = Table(
    "runs",
    metadata,
    Column("theatre", TEXT, nullable=False),
    Column("position", COUNT, primary_key=True, autoincrement=True),
    Column("source", TEXT, nullable=False),
    Column("started_at", TEXT, nullable=False),
    Column("status", TEXT, nullable=False),
    Column("told", TEXT, nullable=False),
)

coverages = Table(
    "coverages",
    metadata,
    Column("theatre", TEXT, nullable=False),
    Column("position", COUNT, primary_key=True, autoincrement=True),
    Column("source", TEXT, nullable=False),
    Column("start_on", TEXT, nullable=False),
    Column("end_on", TEXT, nullable=False),
    Column("declared_at", TEXT, nullable=False),
    Column("declared_by", TEXT, nullable=False, server_default=""),  # empty: the source's own data
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("theatre", TEXT, primary_key=True),
    Column("refusal_id", TEXT, primary_key=True),
    Column("source", TEXT, nullable=False),
    Column("file", TEXT, nullable=False),
    Column("line", COUNT, nullable=False),
    Column("column", TEXT, nullable=False),
    Column("found", TEXT, nullable=False),
    Column("expected", TEXT, nullable=False),
    Column("event_id", TEXT, nullable=False),
    # Bytes, because what is refused may be no text at all.
    Column("header", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("refused_at", TEXT, nullable=False),
    Column("resolved_at", TEXT, nullable=True),
)

# The UCDP releases that have landed for a theatre: which months each covers, when it came out.
releases = Table(
    "releases",
    metadata,
    Column("theatre", TEXT, primary_key=True),
    Column("release", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("first_month", TEXT, nullable=False),
    Column("last_month", TEXT, nullable=False),
    Column("published_on", TEXT, nullable=False),
    Column("simulated", Boolean, nullable=False),
)

# Events and deaths of every country and dyad in the world by month, as each release tells them.
release_months = Table(
    "release_months",
    metadata,
    *texts("release", "unit"),
    *counts("code"),
    *texts("month"),
    *counts("violence", *_SUMS),
    PrimaryKeyConstraint("release", "unit", "code", "month", "violence"),
    sqlite_with_rowid=False,
)

# The rows of candidate releases one by one: a later release may hold an event of an earlier month,
# or say of one that an earlier release told something else.
release_rows = Table(
    "release_rows",
    metadata,
    *texts("release", "event_id"),
    *counts("country", "dyad"),
    *texts("month"),
    *counts("violence", *_SUMS),
    PrimaryKeyConstraint("release", "event_id"),
    sqlite_with_rowid=False,
)

# Who the sides of a dyad are; a government by its Gleditsch-Ward number.
release_dyads = Table(
    "release_dyads",
    metadata,
    Column("release", TEXT, nullable=False),
    Column("dyad", COUNT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("gwno_a", TEXT, nullable=False),
    Column("gwno_b", TEXT, nullable=False),
    PrimaryKeyConstraint("release", "dyad"),
)

# What each release says of each event, by its hash, so that releases may come in any order.
release_events = Table(
    "release_events",
    metadata,
    Column("theatre", TEXT, nullable=False),
    Column("event_id", TEXT, nullable=False),
    Column("release", TEXT, nullable=False),
    Column("ended_on", TEXT, nullable=False),
    Column("said", LargeBinary, nullable=False),
    PrimaryKeyConstraint("theatre", "event_id", "release"),
    Index("release_events_by_release", "theatre", "release"),
    sqlite_with_rowid=False,
)
