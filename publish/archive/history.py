"""What past issues said: rows through time, the list of issues, and the links of the chain."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from publish.archive.archive import issues, scores
from streams.store.database import reading

# The canonical text begins with the issue's own fields, so its first bytes hold this one.
DATA_AS_OF: Final = re.compile(r'"data_as_of": "(\d{4}-\d\d-\d\d)"')
HEAD_LENGTH: Final = 1000
Place = tuple[str, str, str, int]
"""Where a row stands in the order of history: as_of, target, unit, horizon in days."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows: None takes all. Days are as_of's, both included."""

    unit: str | None = None
    target: str | None = None
    horizon_days: int | None = None
    level: str | None = None
    since: date | None = None
    until: date | None = None
    hindcasts: bool = False


def counting(theatre: str, *, hindcasts: bool) -> sa.Select[Any]:
    """The position of the issue that counts for each as_of, as the files' manifests have it.

    The one archived last; a hindcast only where nothing was issued at the time, and only where
    `hindcasts` asks for them.
    """
    timely = sa.func.max(sa.case((issues.c.status != "hindcast", issues.c.position)))
    chosen = sa.func.coalesce(timely, sa.func.max(issues.c.position)) if hindcasts else timely
    grouped = sa.select(chosen.label("position")).where(issues.c.theatre == theatre)
    return grouped.group_by(issues.c.as_of)


def counting_ids(theatre: str, hindcasts: bool) -> sa.Select[Any]:
    """The ids of those issues."""
    counted = issues.c.position.in_(counting(theatre, hindcasts=hindcasts))
    return sa.select(issues.c.issue_id).where(issues.c.theatre == theatre, counted)


def history(
    engine: Engine, theatre: str, wanted: Selection, after: Place | None, limit: int
) -> list[dict[str, Any]]:
    """Rows of the issues that count, the oldest first, at most `limit`, from behind `after` on.

    Values as in the archive, dates as dates, drivers and parts as JSON text; `data_as_of` too.
    """
    c = scores.c
    query = (
        sa.select(
            *(column for column in scores.c if column.name not in ("position", "line")),
            sa.func.substr(issues.c.body, 1, HEAD_LENGTH).label("head"),
        )
        .join(issues, sa.and_(issues.c.theatre == c.theatre, issues.c.position == c.position))
        .where(c.theatre == theatre, c.position.in_(counting(theatre, hindcasts=wanted.hindcasts)))
        .where(*_filters(wanted))
    )
    order = (c.as_of, c.target, c.unit, c.horizon_days)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*map(sa.literal, after)))
    with reading(engine) as connection:
        lines = connection.execute(query.order_by(*order).limit(limit)).mappings()
        return [_row(dict(line)) for line in lines]


def course(engine: Engine, theatre: str, wanted: Selection) -> Sequence[sa.Row[Any]]:
    """The selection's as_of (ISO text), probability, its band's ends and base rate, the oldest
    first; only where there is a probability."""
    c, key = scores.c, scores.alias("key").c
    ids = counting_ids(theatre, wanted.hindcasts)
    # An index of narrow rows finds the place of each; the archive's wide ones are not scanned.
    places = sa.select(key.position, key.line).where(
        key.theatre == theatre, key.issue_id.in_(ids), *_exact(key, wanted)
    )
    query = (
        sa.select(
            *(c.as_of, c.probability, c.probability_low, c.probability_high),
            c.baseline_probability,
        )
        .where(c.theatre == theatre, sa.tuple_(c.position, c.line).in_(places))
        .where(c.probability.is_not(None), *_filters(wanted))
        .order_by(c.as_of)
    )
    with reading(engine) as connection:
        return connection.execute(query).all()


def place_of(row: dict[str, Any]) -> Place:
    """Where that row of a history stands."""
    return str(row["as_of"]), row["target"], row["unit"], row["horizon_days"]


def _exact(c: Any, wanted: Selection) -> list[sa.ColumnElement[bool]]:
    values = {
        c.unit: wanted.unit,
        c.target: wanted.target,
        c.horizon_days: wanted.horizon_days,
        c.level: wanted.level,
    }
    return [column == value for column, value in values.items() if value is not None]


def _filters(wanted: Selection) -> list[sa.ColumnElement[bool]]:
    c = scores.c
    conditions = _exact(c, wanted)
    if wanted.since:
        conditions.append(c.as_of >= wanted.since.isoformat())
    if wanted.until:
        conditions.append(c.as_of <= wanted.until.isoformat())
    return conditions


def _row(line: dict[str, Any]) -> dict[str, Any]:
    covered = DATA_AS_OF.search(line.pop("head"))
    for name in ("as_of", "target_end_date", "target_start_date"):
        line[name] = date.fromisoformat(line[name]) if line[name] else None
    line["issued_at"] = datetime.fromisoformat(line["issued_at"])
    line["data_as_of"] = date.fromisoformat(covered[1]) if covered else None
    return line


def issues_before(
    engine: Engine, theatre: str, before: int | None, limit: int, as_of: date | None = None
) -> list[dict[str, Any]]:
    """Archived issues, the newest first, at most `limit`, from those before that position on."""
    c = issues.c
    query = sa.select(c.position, c.issue_id, c.as_of, c.issued_at, c.status, c.hash)
    query = query.where(c.theatre == theatre)
    if before is not None:
        query = query.where(c.position < before)
    if as_of is not None:
        query = query.where(c.as_of == as_of.isoformat())
    with reading(engine) as connection:
        lines = connection.execute(query.order_by(c.position.desc()).limit(limit)).mappings()
        return [
            {
                **line,
                "as_of": date.fromisoformat(line["as_of"]),
                "issued_at": datetime.fromisoformat(line["issued_at"]),
            }
            for line in lines
        ]


def links_from(
    engine: Engine, theatre: str, issue_id: str, start: int, limit: int
) -> Sequence[dict[str, Any]]:
    """The chain's links from that issue on, or from position `start` where that is later; empty
    where there is no such issue."""
    c = issues.c
    first = sa.select(c.position).where(c.theatre == theatre, c.issue_id == issue_id)
    query = (
        sa.select(c.position, c.issue_id, c.body_sha256, c.previous_hash, c.hash)
        .where(c.theatre == theatre, c.position >= first.scalar_subquery(), c.position >= start)
        .order_by(c.position)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [dict(line) for line in connection.execute(query).mappings()]
