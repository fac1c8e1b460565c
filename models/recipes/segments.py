"""Deaths along the border by week: segments that share a model, and blocks beyond that teach it."""

from functools import partial
from typing import Final

import numpy as np

from features.arrays import Floats, Ints
from features.targets import WEEK
from features.weekly.deaths import MEMORIES, Deaths, death_features, death_labels, memories, seasons
from models.combining.rule import Rule
from models.learners.design import Learner
from models.learners.ordinal import Neighbouring, Parallel
from models.learners.panel import Forest
from models.numerics.distribution import reached
from models.numerics.odds import log_odds
from models.problems.problem import Closed, Problem
from models.problems.sampling import Sampling, step_of
from models.recipes.recipe import Recipe, whole

THRESHOLDS: Final = (1.0, 10.0)
LADDER: Final = (1.0, 2.0, 4.0, 7.0, 10.0, 15.0, 25.0, 50.0, 100.0, 250.0, 1000.0)
RUNGS: Final = {1.0: (1.0, 3.0, 8.0), 10.0: (4.0, 10.0, 25.0)}
"""The thresholds whose answers are used for each."""
REFIT_WEEKS: Final = 4
YEARLY: Final = 52
"""The forest costs more, and changes less with a few weeks' rows."""
LEAF: Final = 30
EVERY_DAYS: Final = 25
"""For every so many days that a window takes to close, one week in so many is learnt from."""
RECENCY_YEARS: Final = 6.0
KEPT_WEEKS: Final = 780
"""Fifteen years: older rows weigh less than a fifth of the newest, and cost as much."""
PENALTY: Final = 0.03
"""C, the inverse: a slope's prior variance."""
POOLED: Final = ("ridge", "anchored", "forest")
START_FROM: Final = MEMORIES[:2]
TWO_YEARS: Final = 104
FAINT: Final = 1e-3
"""No nearer to 0 or 1 than a thousandth: the record is a thousand weeks long."""
FAMILIES: Final = ("own_history", "neighbours")
BASELINE: Final = "climatology_2y"
RATES: Final = ("climatology", "climatology_2y")
RECORD_WEEKS: Final = 65 * REFIT_WEEKS
"""Five years in whole fits."""
LEARN_WEEKS: Final = 15 * 52
"""Before the record; what comes before teaches the features alone."""
BLOCK_WEEKS: Final = 26
YEAR: Final = 365.25
ASKED: Final = tuple(sorted({rung for rungs in RUNGS.values() for rung in rungs}))


def segment_family(column: str) -> str:
    """The family of a column: what lies around the segment, or what happened in it."""
    return "neighbours" if column.startswith("around") else "own_history"


def memory_columns(rung: float, horizon: int) -> tuple[str, ...]:
    """The names of a threshold's memories at a horizon, the shortest first."""
    return tuple(f"memory.{rung:g}_{half_life}@{horizon}" for half_life in MEMORIES)


def members(problem: Problem, seed: int, lag: int) -> dict[str, Learner]:
    """The members for the problem's one horizon, unfitted, by name.

    All see the decayed counts and the horizon's memories; `ridge` starts from nothing, `anchored`
    from the log-odds of the short memories.
    """
    (horizon,) = problem.horizons
    common = tuple(name for name in problem.names if not name.startswith("memory."))
    short = [MEMORIES.index(half_life) for half_life in START_FROM]
    plain, anchored = {}, {}
    for k, rungs in RUNGS.items():
        seen = (*common, *memory_columns(k, horizon))
        starts = [[memory_columns(rung, horizon)[i] for i in short] for rung in rungs]
        plain[k] = Parallel(rungs, seen, C=PENALTY)
        anchored[k] = Parallel(rungs, seen, starts, C=PENALTY)
    every = (*common, *(name for k in THRESHOLDS for name in memory_columns(k, horizon)))
    leaf = max(LEAF // step_of(horizon, sampling(horizon, lag)), 1)
    return {
        "ridge": Neighbouring(plain),
        "anchored": Neighbouring(anchored),
        "forest": Forest(LADDER, every, leaf=leaf, seed=seed),
    }


def sampling(_horizon: int, lag: int) -> Sampling:
    """The rows that teach, where a window closes `lag` days after its end."""
    return Sampling(RECENCY_YEARS, KEPT_WEEKS, EVERY_DAYS, lag)


def segment_recipe(lag: int) -> Recipe:
    """How segments are learnt, where a window closes `lag` days after its end."""
    return Recipe(
        members=partial(members, lag=lag),
        joint=False,
        sampling=partial(sampling, lag=lag),
        rates=RATES,
        pool=POOLED,
        rule=Rule("equal"),
        baseline=BASELINE,
        families=FAMILIES,
        family_of=segment_family,
        nests=True,
        block=BLOCK_WEEKS,
        spans=whole,
        distribution="forest",
        rungs=LADDER,
        slow={"forest": YEARLY},
    )


def climatologies(y: Floats, weeks: int, wait: int) -> dict[str, Floats]:
    """All-history and two-year shares of closed windows: (threshold, unit, origin).

    `y` is (threshold, unit, origin) over `weeks` weekly origins; a window is known `wait` days
    after its origin.
    """
    gap = -(-wait // WEEK)
    total = np.concatenate([np.zeros((*y.shape[:2], 1)), np.cumsum(y, axis=2)], axis=2)
    closed = np.maximum(np.arange(weeks) - gap + 1, 0)
    from_two = np.maximum(closed - TWO_YEARS, 0)
    long = (total[:, :, closed] + 0.5) / (closed + 1)
    short = total[:, :, closed] - total[:, :, from_two]
    return {"climatology": long, "climatology_2y": (short + long) / (closed - from_two + 1)}


def weeks_until(day: int) -> Ints:
    """The weekly origins that end on that day, days since 1970."""
    return day - WEEK * np.arange(RECORD_WEEKS + LEARN_WEEKS, -1, -1, dtype=np.int32)


def pose(
    target: str,
    units: tuple[str, ...],
    events: Deaths,
    origins: Ints,
    since: int,
    horizons: tuple[int, ...],
    lag: int,
) -> Problem:
    """Deaths of the segments in windows from each origin on; a window closes `lag` days after its
    end, and is learnt from as it was known then.

    `origins` are weekly days. The climatologies count windows from the day `since` on. Every row
    uses events known by its origin alone.
    """
    names, common = death_features(events, origins)
    size = death_labels(events, origins, horizons, lag)
    count, weeks = len(events.away), len(origins)
    columns = [common]
    for horizon, sizes in zip(horizons, size, strict=True):
        names += tuple(memory_columns(r, horizon)[i] for i in range(len(MEMORIES)) for r in ASKED)
        columns.append(_remembered(sizes, horizon + lag, events.segments))
    wait = np.array(horizons, np.int32)[:, None] + lag
    closes = origins + wait
    came = death_labels(events, origins, horizons).transpose(1, 0, 2)
    came = np.where(closes <= origins[-1], came, np.nan)
    return Problem(
        target=target,
        group="segments",
        units=units,
        horizons=horizons,
        thresholds=THRESHOLDS,
        origins=origins,
        year=YEAR,
        names=names,
        X=np.concatenate(columns, axis=2),
        rates=_rates(size, horizons, lag, int(np.searchsorted(origins, since))),
        outcomes=Closed(origins, size.transpose(1, 0, 2), closes, came),
        share=np.minimum(1.0, 2 * WEEK / wait[:, 0]),
        present=np.ones((len(units), weeks), np.bool_),
        thin=np.ones((count, weeks)),
        unit_weight=np.ones(count),
        teaches=seasons(events),
        judged=np.ones(len(units), np.bool_),
        clusters=np.zeros(len(units), np.int32),
    )


def _rates(size: Floats, horizons: tuple[int, ...], lag: int, old: int) -> dict[str, Floats]:
    """The climatologies from the origin at place `old` on, by name: (threshold, unit, horizon,
    origin), NaN before. `size` is (horizon, unit, origin)."""
    _, count, weeks = size.shape
    rates = {
        name: np.full((len(THRESHOLDS), count, len(horizons), weeks), np.nan) for name in RATES
    }
    for h, horizon in enumerate(horizons):
        y = reached(size[h, :, old:], THRESHOLDS).transpose(2, 0, 1)
        for name, values in climatologies(y, weeks - old, horizon + lag).items():
            rates[name][:, :, h, old:] = values
    return rates


def _remembered(told: Floats, wait: int, segments: int) -> Floats:
    """The log-odds of the memories of one horizon: (unit, origin, column), as memory_columns."""
    shares = memories(reached(told, ASKED).transpose(2, 0, 1), wait, segments)
    odds = log_odds(np.clip(shares, FAINT, 1 - FAINT))
    return odds.reshape(-1, *told.shape).transpose(1, 2, 0)


def record_starts(problem: Problem) -> Ints:
    """The refits of the record behind a forecast from the problem's last origin."""
    last = len(problem.origins) - 1
    return np.arange(last - RECORD_WEEKS, last, REFIT_WEEKS, dtype=np.int32)
