"""The scoreboard: what past issues said, what came of it, and what it cost."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from publish.archive.archive import scores
from publish.archive.closing import ROW_KEY, outcomes
from publish.archive.history import counting_ids
from streams.store.database import reading

MEANS: Final = ("probability", "outcome", "brier", "baseline_brier", "log_score")


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

    def standing(
        self, theatre: str, wanted: Part = ALL, *, start: int = 0, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The last revision of each closed row of the issues that count, the newest first.

        With days as dates; from the `start`-th on, at most `limit`. `target_start_date` is None
        where the window begins on the day after as_of.
        """
        names = [*outcomes.c.keys(), "target_start_date", "threshold"]
        query = _standing(theatre, wanted, names).offset(start).limit(limit)
        with reading(self._engine) as connection:
            return [_read(dict(line)) for line in connection.execute(query).mappings()]

    def columns(
        self, theatre: str, names: Sequence[str], wanted: Part = ALL
    ) -> Sequence[sa.Row[Any]]:
        """Those columns alone of the same rows, in the same order; days as ISO text."""
        with reading(self._engine) as connection:
            return connection.execute(_standing(theatre, wanted, names)).all()

    def summary(self, theatre: str, wanted: Part = ALL) -> list[dict[str, Any]]:
        """Mean Brier and log scores of the standing rows, as the function `summary` gives them."""
        return summary(map(Resolved._make, self.columns(theatre, Resolved._fields, wanted)))


def _standing(theatre: str, wanted: Part, names: Sequence[str]) -> sa.Select[Any]:
    """Those columns of the last revision of each closed row, the newest first."""
    c, newer = outcomes.c, outcomes.alias("newer")
    revised = sa.exists().where(
        *(newer.c[name] == c[name] for name in ROW_KEY), newer.c.revision == c.revision + 1
    )
    of_scores = [name for name in names if name not in c]
    chosen = {c.unit: wanted.unit, c.target: wanted.target, c.horizon_days: wanted.horizon_days}
    query = (
        sa.select(*(scores.c[name] if name in of_scores else c[name] for name in names))
        .where(c.theatre == theatre, ~revised)
        .where(c.issue_id.in_(counting_ids(theatre, hindcasts=True)))
        .where(*(column == value for column, value in chosen.items() if value is not None))
        .order_by(c.as_of.desc(), c.target, c.unit, c.horizon_days)
    )
    if of_scores:
        # An outer join: the archive's wide lines are not read, an index holds what is asked.
        its_row = sa.and_(*(scores.c[name] == c[name] for name in ROW_KEY))
        query = query.select_from(outcomes).outerjoin(scores, its_row)
    return query if wanted.hindcasts else query.where(c.hindcast.is_(False))


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
    groups: dict[_Group, list[Resolved]] = defaultdict(list)
    for row in rows:
        start = row.target_start_date
        month = None if start is None else _months_ahead(row.as_of, start)
        key = _group(row.target, row.horizon_days, month, row.unit, row.hindcast)
        groups[key].append(row)
    order = sorted(groups, key=lambda key: tuple(-1 if each is None else each for each in key))
    return [_summed(key, groups[key]) for key in order]


class _Group(NamedTuple):
    target: str
    horizon_days: int | None
    months_ahead: int | None
    units: str
    hindcast: bool


@lru_cache(10_000)
def _group(target: str, days: int, ahead: int | None, unit: str, hindcast: bool) -> _Group:
    # Countries go by their ISO codes, segments by names in small letters.
    units = "dyad" if unit == "dyad" else "countries" if unit.isupper() else "segments"
    return _Group(target, days if ahead is None else None, ahead, units, bool(hindcast))


def _months_ahead(as_of: str, start: str) -> int:
    return 12 * (int(start[:4]) - int(as_of[:4])) + int(start[5:7]) - int(as_of[5:7])


def _windows(rows: Sequence[Resolved], days: int | None) -> int:
    if days is None:
        return len({row.target_start_date for row in rows})
    windows, free_from = 0, 0
    for day in sorted({row.as_of for row in rows}):
        if (at := date.fromisoformat(day).toordinal()) >= free_from:
            windows, free_from = windows + 1, at + days
    return windows


def _summed(key: _Group, rows: list[Resolved]) -> dict[str, Any]:
    columns = zip(Resolved._fields, zip(*rows, strict=True), strict=True)
    mean = {name: float(np.mean(values)) for name, values in columns if name in MEANS}
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
