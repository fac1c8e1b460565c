"""The scoreboard: what past issues said, what came of it, and what it cost; kept for ever.

One line a published row and revision: where history is revised and an outcome with it, a further
line is added and both stay, each with the vintage of the events that it was judged on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from publish.archive.archive import issues, scores
from publish.archive.history import counting
from streams.store.database import reading, writing
from streams.store.schema import TEXT, metadata

EDGE: Final = 1e-9
"""The log score of a forecast nearer than this to 0 or 1 is that of EDGE."""
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
Key = tuple[str, str, str, int]
"""Issue, unit, target, horizon in days."""


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
    threshold: float | None = None

    @property
    def key(self) -> Key:
        """What tells it from every other row."""
        return self.issue_id, self.unit, self.target, self.horizon_days


class Resolved(NamedTuple):
    """A closed row as it is summed up; days are ISO text."""

    target: str
    horizon_days: int
    target_start_date: str | None
    as_of: str
    unit: str
    hindcast: bool
    probability: float
    outcome: int
    brier: float
    baseline_brier: float
    log_score: float


@dataclass(frozen=True, slots=True)
class Part:
    """Which closed rows: None takes all."""

    unit: str | None = None
    target: str | None = None
    horizon_days: int | None = None
    hindcasts: bool = True


ALL: Final = Part()


class Scoreboard:
    """The outcomes in a database. StoreError for its faults."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def passed(self, theatre: str, until: date) -> list[PastRow]:
        """Every archived row with a probability whose window has passed by that day."""
        c = scores.c
        columns = {**c, "hindcast": (c.issue_status == "hindcast").label("hindcast")}
        query = sa.select(*(columns[name] for name in PastRow._fields)).where(
            c.theatre == theatre,
            c.probability.is_not(None),
            c.target_end_date <= until.isoformat(),
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(c.position, c.line))
            return list(map(PastRow._make, rows))

    def close(
        self, judged: Iterable[tuple[PastRow, int]], vintage: str, now: datetime
    ) -> tuple[int, int]:
        """How many rows were closed, and how many closed before came out otherwise now.

        `judged` are rows with their outcomes (1 or 0), judged on the events of `vintage`. What
        stands already changes nothing. One transaction: all of it lands or nothing.
        """
        judged = list(judged)
        with writing(self._engine) as connection:
            theatres = {row.theatre for row, _ in judged}
            last = {key: line for each in theatres for key, line in _last(connection, each)}
            new = [
                _line(row, outcome, revision + 1, vintage, now)
                for row, outcome in judged
                for revision, before in [last.get(row.key, (0, None))]
                if before != outcome
            ]
            if new:
                connection.execute(sa.insert(outcomes), new)
        first = sum(line["revision"] == 1 for line in new)
        return first, len(new) - first

    def standing(
        self, theatre: str, wanted: Part = ALL, *, start: int = 0, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The last revision of each closed row of the issues that count, the newest first.

        With days as dates; from the `start`-th on, at most `limit`. `target_start_date` is None
        where the window begins on the day after as_of.
        """
        columns = [*outcomes.c, scores.c.target_start_date, scores.c.threshold]
        query = _standing(theatre, wanted, columns)
        with reading(self._engine) as connection:
            lines = connection.execute(query.offset(start).limit(limit)).mappings()
            return [_read(dict(line)) for line in lines]

    def summary(self, theatre: str, wanted: Part = ALL) -> list[dict[str, Any]]:
        """Mean Brier and log scores of the standing rows, as the function `summary` gives them."""
        columns = {**outcomes.c, "target_start_date": scores.c.target_start_date}
        query = _standing(theatre, wanted, [columns[name] for name in Resolved._fields])
        with reading(self._engine) as connection:
            return summary(map(Resolved._make, connection.execute(query)))


def _standing(
    theatre: str, wanted: Part, columns: Sequence[sa.ColumnElement[Any]]
) -> sa.Select[Any]:
    """Those columns of the last revision of each closed row, the newest first."""
    c, newer = outcomes.c, outcomes.alias("newer")
    key = [name for name in outcomes.primary_key.columns.keys() if name != "revision"]  # noqa: SIM118
    revised = sa.exists().where(
        *(newer.c[name] == c[name] for name in key), newer.c.revision == c.revision + 1
    )
    its_row = [scores.c[name] == c[name] for name in key]
    kept = issues.c.position.in_(counting(theatre, hindcasts=True))
    ids = sa.select(issues.c.issue_id).where(issues.c.theatre == theatre, kept)
    chosen = {c.unit: wanted.unit, c.target: wanted.target, c.horizon_days: wanted.horizon_days}
    query = (
        sa.select(*columns)
        .select_from(outcomes)
        # An outer join: the archive's wide lines are not read, an index holds what is asked.
        .outerjoin(scores, sa.and_(*its_row))
        .where(c.theatre == theatre, ~revised)
        .where(c.issue_id.in_(ids))
        .where(*(column == value for column, value in chosen.items() if value is not None))
        .order_by(c.as_of.desc(), c.target, c.unit, c.horizon_days)
    )
    return query if wanted.hindcasts else query.where(c.hindcast.is_(False))


def _last(connection: Connection, theatre: str) -> Iterable[tuple[Key, tuple[int, int]]]:
    c = outcomes.c
    query = (
        sa.select(c.issue_id, c.unit, c.target, c.horizon_days, c.revision, c.outcome)
        .where(c.theatre == theatre)
        .order_by(c.revision)
    )
    for *key, revision, outcome in connection.execute(query):
        yield (key[0], key[1], key[2], key[3]), (revision, outcome)


def _line(
    score: PastRow, outcome: int, revision: int, vintage: str, now: datetime
) -> dict[str, Any]:
    p, base = score.probability, score.baseline_probability
    kept = {name: value for name, value in score._asdict().items() if name != "threshold"}
    return {
        **kept,
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


def _read(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("as_of", "target_end_date", "target_start_date"):
        row[name] = None if row[name] is None else date.fromisoformat(row[name])
    row["hindcast"] = bool(row["hindcast"])
    return row


def summary(rows: Iterable[Resolved]) -> list[dict[str, Any]]:
    """Mean Brier and log scores by target, horizon and unit group, hindcasts apart: a line each.

    A calendar month is told by `months_ahead`, how many months it lies after that of as_of, and
    its `horizon_days` is None; for a window of days the other way round. `skill` is 1 - Brier /
    the base rate's, None where that is 0. `windows` is how many windows fit without overlapping:
    the evidence is no larger than that.
    """
    groups: dict[_Group, list[Resolved]] = {}
    for row in rows:
        start = row.target_start_date
        # Countries go by their ISO codes, segments by names in small letters.
        units = "dyad" if row.unit == "dyad" else "countries" if row.unit.isupper() else "segments"
        ahead = None if start is None else _month(start) - _month(row.as_of)
        days = row.horizon_days if start is None else None
        key = _Group(row.target, days, ahead, units, bool(row.hindcast))
        groups.setdefault(key, []).append(row)
    order = sorted(groups, key=lambda key: tuple(-1 if each is None else each for each in key))
    return [_summed(key, groups[key]) for key in order]


class _Group(NamedTuple):
    target: str
    horizon_days: int | None
    months_ahead: int | None
    units: str
    hindcast: bool


def _month(day: str) -> int:
    return 12 * int(day[:4]) + int(day[5:7])


def _windows(rows: Sequence[Resolved], days: int | None) -> int:
    if days is None:
        return len({row.target_start_date for row in rows})
    windows, free_from = 0, 0
    for day in sorted({row.as_of for row in rows}):
        if (at := date.fromisoformat(day).toordinal()) >= free_from:
            windows, free_from = windows + 1, at + days
    return windows


def _summed(key: _Group, rows: list[Resolved]) -> dict[str, Any]:
    names = ("probability", "outcome", "brier", "baseline_brier", "log_score")
    mean = {name: float(np.mean([getattr(row, name) for row in rows])) for name in names}
    return {
        **key._asdict(),
        "forecasts": len(rows),
        "windows": _windows(rows, key.horizon_days),
        "mean_probability": mean["probability"],
        "rate": mean["outcome"],
        "brier": mean["brier"],
        "baseline_brier": mean["baseline_brier"],
        "log_score": mean["log_score"],
        "skill": 1 - mean["brier"] / mean["baseline_brier"] if mean["baseline_brier"] else None,
    }
