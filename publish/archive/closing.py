"""Closing: what came of published rows, written once a row and revision and kept for ever.

Where history is revised and an outcome with it, a further line is added and both stay, each with
the vintage of the events that it was judged on. Only rows whose outcome may be another than before
are looked at: what a group's rows were judged by last is kept as its mark.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from publish.archive.archive import scores
from streams.store.database import reading, writing
from streams.store.schema import COUNT, TEXT, metadata

EDGE: Final = 1e-6
"""The log score of a forecast nearer than this to 0 or 1 is that of EDGE, as in the models' record
(models.numerics.odds)."""
outcomes = sa.Table(
    "outcomes",
    metadata,
    *(sa.Column(name, TEXT, primary_key=True) for name in ("theatre", "issue_id")),
    *(sa.Column(name, TEXT, primary_key=True) for name in ("unit", "target")),
    sa.Column("horizon_days", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("as_of", "target_end_date")),
    sa.Column("hindcast", sa.Boolean, nullable=False),
    *(
        sa.Column(name, sa.Double, nullable=False)
        for name in (
            "probability",
            "baseline_probability",
            "brier",
            "baseline_brier",
            "log_score",
            "baseline_log_score",
        )
    ),
    sa.Column("outcome", sa.Integer, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("vintage", "resolved_at")),
    sqlite_with_rowid=False,
)
# What each group's rows were last judged by: one line a group, replaced by the next run's.
closings = sa.Table(
    "closings",
    metadata,
    *(sa.Column(name, TEXT, primary_key=True) for name in ("theatre", "group")),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("landing", COUNT, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("known_on", "open_from", "basis")),
)
ROW_KEY: Final = ("theatre", "issue_id", "unit", "target", "horizon_days")
"""What tells a published row from every other."""


class PastRow(NamedTuple):
    """One published row with a probability; days are ISO text."""

    theatre: str
    issue_id: str
    unit: str
    target: str
    horizon_days: int
    as_of: str
    target_end_date: str
    hindcast: bool
    probability: float
    baseline_probability: float

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from every other row."""
        return tuple(getattr(self, name) for name in ROW_KEY)


@dataclass(frozen=True, slots=True)
class ClosingMark:
    """What a group's rows were judged by: the last issue archived, the last landing read, the day
    as of which it was known, and a hash of all else that decides an outcome (`basis`). A row that
    is still open ends on `open_from` or later. Days are ISO text.
    """

    theatre: str
    group: str
    position: int
    landing: int
    known_on: str
    open_from: str
    basis: str


def read_mark(engine: Engine, theatre: str, group: str) -> ClosingMark | None:
    """What the group's rows were last judged by; None where they never were."""
    query = sa.select(closings).filter_by(theatre=theatre, group=group)
    with reading(engine) as connection:
        line = connection.execute(query).first()
    return None if line is None else ClosingMark(*line)


def passed(
    engine: Engine,
    theatre: str,
    targets: Collection[str],
    until: date,
    last: ClosingMark | None = None,
    changed: date | None = None,
) -> list[PastRow]:
    """The targets' archived rows whose window has passed by `until` and whose outcome may be new.

    Those with a probability; of rows judged as `last` says those that are open still, and those
    whose window ends on the day `changed` or later. All of them without `last`.
    """
    c = scores.c
    columns = {**c, "hindcast": (c.issue_status == "hindcast").label("hindcast")}
    mine = sa.select(*(columns[name] for name in PastRow._fields)).where(
        c.theatre == theatre, c.target.in_(targets), c.probability.is_not(None)
    )
    query: sa.Select[Any] | sa.CompoundSelect[Any] = mine
    if last is not None:
        closed = sa.exists().where(*(outcomes.c[name] == c[name] for name in ROW_KEY))
        since = "9999" if changed is None else changed.isoformat()
        older = c.target_end_date >= min(since, last.open_from)
        again = sa.or_(c.target_end_date >= since, ~closed)
        # Two queries, for each goes by an index of its own.
        query = sa.union(mine.where(c.position > last.position), mine.where(older, again))
    with reading(engine) as connection:
        rows = map(PastRow._make, connection.execute(query))
        return sorted(row for row in rows if row.target_end_date <= until.isoformat())


def close(
    engine: Engine,
    judged: Iterable[tuple[PastRow, int]],
    vintage: str,
    now: datetime,
    mark: ClosingMark | None = None,
) -> tuple[int, int]:
    """How many rows were closed, and how many closed before came out otherwise now.

    `judged` are rows with their outcomes (1 or 0), judged on the events of `vintage`. What
    stands already changes nothing. `mark` is kept. One transaction: all of it lands or
    nothing.
    """
    judged = list(judged)
    with writing(engine) as connection:
        standing = _standing(connection, {row.issue_id for row, _ in judged})
        new = [
            _line(row, outcome, revision + 1, vintage, now)
            for row, outcome in judged
            for revision, before in [standing.get(row.key, (0, None))]
            if before != outcome
        ]
        if new:
            connection.execute(sa.insert(outcomes), new)
        if mark is not None:
            place = {"theatre": mark.theatre, "group": mark.group}
            connection.execute(sa.delete(closings).filter_by(**place))
            connection.execute(sa.insert(closings), [asdict(mark)])
    first = sum(line["revision"] == 1 for line in new)
    return first, len(new) - first


def _standing(
    connection: Connection, ids: Collection[str]
) -> dict[tuple[Any, ...], tuple[int, int]]:
    """The last revision and its outcome of each closed row of those issues, by the row's key."""
    key = [outcomes.c[name] for name in ROW_KEY]
    query = sa.select(*key, outcomes.c.revision, outcomes.c.outcome)
    lines = connection.execute(
        query.where(outcomes.c.issue_id.in_(ids)).order_by(outcomes.c.revision)
    )
    return {tuple(line[:-2]): (line.revision, line.outcome) for line in lines}


def _line(row: PastRow, outcome: int, revision: int, vintage: str, now: datetime) -> dict[str, Any]:
    p, base = row.probability, row.baseline_probability
    return {
        **row._asdict(),
        "outcome": outcome,
        "brier": (p - outcome) ** 2,
        "baseline_brier": (base - outcome) ** 2,
        "log_score": log_score(p, outcome),
        "baseline_log_score": log_score(base, outcome),
        "revision": revision,
        "vintage": vintage,
        "resolved_at": now.isoformat(),
    }


def log_score(probability: float, outcome: int) -> float:
    """Minus the log of the probability that was given to what came; lower is better (Good 1952)."""
    given = probability if outcome else 1 - probability
    return float(-np.log(np.clip(given, EDGE, 1 - EDGE)))
