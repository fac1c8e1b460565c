"""What a candidate release says of the months of earlier ones: events told late, or told anew.

A monthly file is not one month only: it holds events of the months before, and says of some that an
earlier file holds something else. Of an event the newest candidate counts that holds it, unless the
release that tells its month is newer and lacks it. Of a month that a final release tells nothing is
changed: its rows are not kept one by one.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.sources.ucdp.releases import Release, rank
from streams.store.database import insert_many
from streams.store.schema import release_rows

SUMS = ("events", "deaths_low", "deaths_best", "deaths_high", "deaths_civilians")
KINDS = ("monthly", "cumulative")
"""The kinds of release of which rows are kept one by one."""
_NUMBERS = ("country", "dyad", "violence", *SUMS)


def write_rows(connection: Connection, release: Release, parts: Sequence[pd.DataFrame]) -> None:
    """Keeps the rows of `ged.Part` of a release of KINDS; what it told before is gone."""
    connection.execute(sa.delete(release_rows).filter_by(release=release.name))
    if not parts:
        return
    rows = pd.concat(parts)
    told = {name: rows[name].tolist() for name in ("event_id", *_NUMBERS)}
    told["month"] = rows["month"].dt.strftime("%Y-%m").tolist()
    insert_many(connection, release_rows, {"release": [release.name] * len(rows), **told})


def changes(
    connection: Connection, unit: str, known: Sequence[Release], chosen: Mapping[str, str]
) -> pd.DataFrame:
    """What must be added to the sums by month, less than nothing where rows were told anew.

    `known` are the releases of the vintage, `chosen` names of each month (YYYY-MM) the one that
    tells it. Columns as in the table of sums: release (the month's), code, month, violence, SUMS.
    """
    place = {release.name: at for at, release in enumerate(sorted(known, key=rank))}
    query = sa.select(release_rows).where(release_rows.c.release.in_(list(place)))
    rows = pd.DataFrame(connection.execute(query).all(), columns=list(release_rows.c.keys()))
    home, at = rows["month"].map(chosen), rows["release"].map(place)
    newest = at == at.groupby(rows["event_id"]).transform("max")
    counts = newest & home.isin(set(rows["release"])) & (at >= home.map(place))
    summed = rows["release"] == home
    signed = [rows[counts & ~summed], rows[summed & ~counts].assign(**_negative(rows))]
    moved = pd.concat(signed).rename(columns={unit: "code"}).assign(unit=unit)
    moved["release"] = moved["month"].map(chosen)
    return moved[["release", "unit", "code", "month", "violence", *SUMS]]


def _negative(rows: pd.DataFrame) -> dict[str, "pd.Series[int]"]:
    return {name: -rows[name] for name in SUMS}
