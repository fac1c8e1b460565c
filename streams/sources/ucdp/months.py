"""Events and deaths by month of every country and dyad in the world, with their vintage."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.sources.ucdp.late import SUMS, changes
from streams.sources.ucdp.releases import FIRST, Release, covered, latest_for_months
from streams.store.database import insert_many, reading
from streams.store.schema import release_dyads, release_events, release_months, releases
from streams.store.store import Store

VIOLENCE = {1: "sb", 2: "ns", 3: "os"}
"""UCDP's kinds: state-based, non-state, one-sided."""

_KEYS = ["unit", "code", "month", "violence"]


def sums_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `ged.Part` added up by country and month, and by dyad and month."""
    parts = [
        rows.rename(columns={unit: "code"}).assign(unit=unit)[[*_KEYS, *SUMS]]
        for unit in ("country", "dyad")
    ]
    return pd.concat(parts).groupby(_KEYS, as_index=False)[list(SUMS)].sum()


def added(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The sums of several parts of one release as one."""
    if not parts:
        return pd.DataFrame(columns=[*_KEYS, *SUMS])
    return pd.concat(parts).groupby(_KEYS, as_index=False)[list(SUMS)].sum()


def write_release(
    connection: Connection,
    theatre: str,
    release: Release,
    sums: pd.DataFrame,
    dyads: pd.DataFrame,
) -> None:
    """None; that the release has landed for the theatre is on record, with its sums by month and
    its dyads, which are the world's and every theatre's.

    A release that came again, with other content, takes the place of what it said before.
    """
    mine = sa.delete(releases).filter_by(theatre=theatre, release=release.name)
    connection.execute(mine)
    for table in (release_months, release_dyads):
        connection.execute(sa.delete(table).where(table.c.release == release.name))
    connection.execute(sa.insert(releases).values(theatre=theatre, **_row(release)))
    told: dict[str, list[Any]] = {"release": [release.name] * len(sums)}
    told |= {name: sums[name].tolist() for name in ("unit", "code", "violence", *SUMS)}
    told["month"] = sums["month"].dt.strftime("%Y-%m").tolist() if len(sums) else []
    insert_many(connection, release_months, told)
    known = {name: dyads[name].tolist() for name in ("dyad", "name", "gwno_a", "gwno_b")}
    insert_many(connection, release_dyads, {"release": [release.name] * len(dyads), **known})


def _row(release: Release) -> dict[str, object]:
    return {
        "release": release.name,
        "kind": release.kind,
        "first_month": release.first_month.isoformat(),
        "last_month": release.last_month.isoformat(),
        "published_on": release.published_on.isoformat(),
        "simulated": release.simulated,
    }


def read_releases(connection: Connection, theatre: str) -> list[Release]:
    """The releases that have landed for the theatre, in the order of their publication."""
    return sorted(
        Release(
            date.fromisoformat(row.published_on),
            row.release,
            row.kind,
            date.fromisoformat(row.first_month),
            date.fromisoformat(row.last_month),
            row.simulated,
        )
        for row in connection.execute(sa.select(releases).filter_by(theatre=theatre))
    )


def blind_months(connection: Connection, theatre: str, known: Sequence[Release]) -> set[date]:
    """The months of which the newest of the known releases has a row that could not be read."""
    newest = latest_for_months(known, date.max)
    months = ((row.release, row.day.replace(day=1)) for row in _unread(connection, theatre))
    return {month for release, month in months if newest.get(month) == release}


def unread_rows(connection: Connection, theatre: str, release: str) -> int:
    """How many rows of the release could not be read, of months that no newer one tells."""
    blind = blind_months(connection, theatre, read_releases(connection, theatre))
    rows = (row for row in _unread(connection, theatre) if row.release == release)
    return sum(row.day.replace(day=1) in blind for row in rows)


class _Unread(NamedTuple):
    release: str
    day: date


def _unread(connection: Connection, theatre: str) -> list[_Unread]:
    table = release_events.c
    query = sa.select(table.release, table.ended_on).where(
        table.theatre == theatre, sa.func.length(table.said) == 0, table.ended_on != ""
    )
    rows = connection.execute(query)
    return [_Unread(row.release, date.fromisoformat(row.ended_on)) for row in rows]


def told_until(store: Store, vintage: date) -> date | None:
    """The last day that the releases published by `vintage` tell without a gap from 1989 on;
    None where no final release has landed: candidates alone say nothing of the years before."""
    with reading(store.engine) as connection:
        landed = read_releases(connection, store.theatre)
        known = [one for one in landed if one.published_on <= vintage]
        blind = blind_months(connection, store.theatre, known)
    span = covered(known, blind)
    return span[1] if span is not None and span[0] == FIRST else None


def country_months(store: Store, vintage: date) -> pd.DataFrame:
    """Monthly events and deaths of each country, as the releases tell that were published by
    `vintage` and have landed for the store's theatre.

    Columns: code (Gleditsch-Ward number), month (datetime64), release, and for each kind of
    violence (sb, ns, os) events, deaths_low, deaths_best, deaths_high, deaths_civilians. A month
    is told by the newest release that covers it, with what later candidates say of its events; a
    month that no row names had no event, where some release covers it. Nothing published after
    `vintage` is in it.
    """
    return _told(store, "country", vintage)


def dyad_months(store: Store, vintage: date) -> pd.DataFrame:
    """The same of each dyad, its code UCDP's number of it; with its name and its sides.

    gwno_a and gwno_b are the sides' Gleditsch-Ward numbers, empty for a side that is no
    government: with both it is a dyad of states.
    """
    months = _told(store, "dyad", vintage)
    with reading(store.engine) as connection:
        rows = connection.execute(sa.select(release_dyads)).all()
    sides = ["name", "gwno_a", "gwno_b"]
    names = pd.DataFrame(rows, columns=["release", "code", *sides])
    named = months.merge(names, on=["release", "code"], how="left")
    # Of a month's event that a later release tells the month's own release may not know the dyad.
    others = names.drop_duplicates("code").set_index("code")
    return named.assign(
        **{each: named[each].fillna(named["code"].map(others[each])) for each in sides}
    )


def _told(store: Store, unit: str, vintage: date) -> pd.DataFrame:
    table = release_months.c
    with reading(store.engine) as connection:
        landed = read_releases(connection, store.theatre)
        chosen = latest_for_months(landed, vintage)
        query = sa.select(release_months).where(
            table.unit == unit, table.release.in_(set(chosen.values()))
        )
        rows = connection.execute(query).all()
        told = {month.strftime("%Y-%m"): name for month, name in chosen.items()}
        known = [one for one in landed if one.published_on <= vintage]
        late = changes(connection, unit, known, told)
    frame = pd.DataFrame(rows, columns=list(table.keys()))
    frame = pd.concat([frame[frame["month"].map(told) == frame["release"]], late])
    frame = frame.groupby(["release", *_KEYS], as_index=False)[list(SUMS)].sum()
    frame = frame[frame["events"] > 0]
    wide = frame.assign(violence=frame["violence"].map(VIOLENCE)).pivot_table(
        index=["code", "month", "release"], columns="violence", values=list(SUMS), fill_value=0
    )
    wide = wide.reindex(columns=[(s, v) for v in VIOLENCE.values() for s in SUMS], fill_value=0)
    wide.columns = [f"{v}_{s}" for v in VIOLENCE.values() for s in SUMS]
    flat = wide.astype("int64").reset_index()
    return flat.assign(
        code=flat["code"].astype("int64"), month=pd.to_datetime(flat["month"], format="%Y-%m")
    )
