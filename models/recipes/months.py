"""Countries and dyads by calendar month: one model for many units, each from its own history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from errors import DyadcastError
from features.arrays import Bools, Floats, Ints
from features.monthly.panel import (
    FAMILIES,
    MONTHS_A_YEAR,
    Panel,
    label,
    panel_family,
    panel_features,
)
from features.monthly.sides import Sides, side_features
from models.combining.rule import Rule
from models.learners.design import Learner
from models.learners.memories import frequencies
from models.learners.panel import COUNT_COLUMNS, Forest, Hurdle, Ridge, Trees
from models.problems.problem import Closed, Problem
from models.problems.sampling import Sampling
from models.recipes.recipe import Recipe, whole

LADDER: Final = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1000.0, 5000.0)
INTERSTATE_WEIGHT: Final = 10.0
"""Dyads between states are few: each of their rows weighs so many of the others'."""
BASELINE: Final = "memory_12"
RATES: Final = ("memory_12", "memory_24", "memory_36", "window_12", "climatology", "persistence")
BURN_MONTHS: Final = 24
"""A panel's first rows teach nothing: their histories are too short."""
QUIET: Final = 3
"""Where nothing happened for five years, every third row stands for its neighbours."""
QUIET_MONTHS: Final = 60
RECENCY_YEARS: Final = 15.0
"""Half-life of a training row's weight."""
RECORD_MONTHS: Final = 96
WARM_MONTHS: Final = 24
REFIT_MONTHS: Final = 24
"""Seldom, since the record only judges, bands and calibrates; today has a fit of its own."""
BLOCK_MONTHS: Final = 12
COUNTRY_RULE: Final = Rule("stacked", ridge=300.0, half_life_years=3.0)
DYAD_RULE: Final = Rule("mixture", calibration=10.0, ridge=20.0)


class ShortHistoryError(DyadcastError):
    """A panel too short to learn from and to be judged."""


Rates = Callable[[Panel, Floats, Sequence[float], int], dict[str, Floats]]
"""From panel, sizes, thresholds and horizon to baselines by name, (threshold, unit, month)."""


@dataclass(frozen=True)
class Study:
    """A panel and what is asked of it: thresholds, horizons in months.

    `size` is what is counted, (unit, month); `unit_weight` how much a unit's rows weigh in fitting,
    mixing and calibrating; `flags`, (unit, column), say what kind of unit it is and never change;
    `extra` are further columns by name, (unit, month), as known at each month's end.
    """

    target: str
    group: str
    panel: Panel
    size: Floats
    thresholds: tuple[float, ...]
    horizons: tuple[int, ...]
    unit_weight: Floats
    judged: Bools
    flags: Floats
    extra: Mapping[str, Floats] = field(default_factory=dict)


def country_study(
    target: str, panel: Panel, thresholds: Sequence[float], horizons: Sequence[int]
) -> Study:
    """What is asked of countries: every one weighs alike."""
    n = len(panel.units)
    return Study(
        target,
        "countries",
        panel,
        panel.deaths,
        tuple(map(float, thresholds)),
        tuple(horizons),
        np.ones(n),
        np.ones(n, np.bool_),
        np.empty((n, 0)),
    )


def dyad_study(
    target: str,
    panel: Panel,
    sides: tuple[Sequence[Sides], Bools],
    thresholds: Sequence[float],
    horizons: Sequence[int],
) -> Study:
    """What is asked of dyads: those between states weigh more and are told apart, and what either
    side is at elsewhere is seen. `sides` are each dyad's, and whether it is between states."""
    pairs, interstate = sides
    return Study(
        target,
        "dyads",
        panel,
        panel.deaths,
        tuple(map(float, thresholds)),
        tuple(horizons),
        np.where(interstate, INTERSTATE_WEIGHT, 1.0),
        interstate,
        interstate[:, None].astype(np.float64),
        side_features(panel, pairs, interstate),
    )


def rungs_of(thresholds: Sequence[float], ladder: Sequence[float] = LADDER) -> tuple[float, ...]:
    """The ladder with the thresholds among its rungs."""
    return tuple(sorted({*ladder, *thresholds}))


def members(
    problem: Problem, seed: int, names: tuple[str, ...], rungs: tuple[float, ...]
) -> dict[str, Learner]:
    """The members of these names, unfitted."""
    every: dict[str, Learner] = {
        "ridge": Ridge(problem.thresholds),
        "trees": Trees(problem.thresholds, seed=seed),
        "forest": Forest(rungs, seed=seed),
        "hurdle": Hurdle(rungs, COUNT_COLUMNS),
    }
    return {name: every[name] for name in names}


def _recipe(names: tuple[str, ...], rule: Rule, rungs: tuple[float, ...]) -> Recipe:
    return Recipe(
        members=partial(members, names=names, rungs=rungs),
        joint=False,
        sampling=_sampling,
        rates=RATES,
        pool=names,
        rule=rule,
        baseline=BASELINE,
        families=FAMILIES,
        family_of=panel_family,
        nests=False,
        block=BLOCK_MONTHS,
        spans=whole,
        distribution="forest",
        rungs=rungs,
    )


def country_recipe(rungs: tuple[float, ...] = LADDER) -> Recipe:
    """How countries are learnt: members are stacked."""
    return _recipe(("ridge", "trees", "forest"), COUNTRY_RULE, rungs)


def dyad_recipe(rungs: tuple[float, ...] = LADDER) -> Recipe:
    """How dyads are learnt: members are mixed in log-odds."""
    return _recipe(("ridge", "trees", "forest", "hurdle"), DYAD_RULE, rungs)


def _sampling(_horizon: int) -> Sampling:
    return Sampling(RECENCY_YEARS)


def table(study: Study) -> tuple[tuple[str, ...], Floats]:
    """Feature names and values, (unit, month, column), of the study's panel."""
    names, X = panel_features(study.panel, study.thresholds)
    if study.extra:
        names, X = (*names, *study.extra), np.dstack([X, *study.extra.values()])
    if not study.flags.size:
        return names, X
    flags = np.repeat(study.flags[:, None, :], X.shape[1], axis=1)
    kept = [names.index(name) for name in COUNT_COLUMNS]
    crossed = (flags[:, :, :1] * X[:, :, kept]).reshape(*X.shape[:2], -1)
    extra = tuple(f"flag_{i}" for i in range(flags.shape[2]))
    crosses = tuple(f"flag_0_{name}" for name in COUNT_COLUMNS)
    return (*names, *extra, *crosses), np.concatenate([X, flags, crossed], axis=2)


def pose(study: Study, rates: Rates = frequencies) -> Problem:
    """The study as a problem at every month of its panel, each month's row as known at its end.

    `rates` gives the baselines. Uses nothing after the month of the row.
    """
    names, X = table(study)
    units, months = study.size.shape
    origins = np.arange(months, dtype=np.int32)
    base = [rates(study.panel, study.size, study.thresholds, h) for h in study.horizons]
    ahead = np.array(study.horizons, np.int32)[:, None]
    size = np.stack([label(study.size, h) for h in study.horizons], axis=1)
    return Problem(
        target=study.target,
        group=study.group,
        units=study.panel.units,
        horizons=study.horizons,
        thresholds=study.thresholds,
        origins=origins,
        year=float(MONTHS_A_YEAR),
        names=names,
        X=X,
        rates={name: np.stack([each[name] for each in base], axis=2) for name in base[0]},
        outcomes=Closed(origins, size, origins + ahead, size),
        share=np.ones(len(study.horizons)),
        present=study.panel.present,
        thin=_thin(study),
        unit_weight=study.unit_weight,
        teaches=np.zeros(units, np.int32),
        judged=study.judged,
        clusters=np.arange(units, dtype=np.int32),
    )


def _thin(study: Study) -> Floats:
    """How many neighbours a row stands for, 0 for none: (unit, month)."""
    months = study.size.shape[1]
    total = study.size.cumsum(axis=1)
    before = np.zeros_like(total)
    before[:, QUIET_MONTHS:] = total[:, :-QUIET_MONTHS]
    quiet = (total - before) == 0
    turn = np.arange(months) % QUIET == 0
    there = study.panel.present & (~quiet | turn)
    there[:, :BURN_MONTHS] = False
    return np.where(there, np.where(quiet, float(QUIET), 1.0), 0.0)


def walk_starts(first: int, last: int, warm: int, refit: int) -> Ints:
    """The months at which members are refitted: yearly in the `warm` months before `first`, then
    every `refit` months up to `last`, which is not among them."""
    warmed = range(first - warm, first, MONTHS_A_YEAR)
    return np.array([*warmed, *range(first, last, refit)], np.int32)


def record_starts(months: int) -> Ints:
    """The refits of the record behind a forecast from a panel's last month.

    Raises ShortHistoryError where the panel is too short for a record.
    """
    first = months - 1 - RECORD_MONTHS
    if first - WARM_MONTHS < max(WARM_MONTHS, BLOCK_MONTHS):
        raise ShortHistoryError(
            "too few months for a record",
            found=str(months),
            expected=f"more than {RECORD_MONTHS + WARM_MONTHS + max(WARM_MONTHS, BLOCK_MONTHS)}",
        )
    return walk_starts(first, months - 1, WARM_MONTHS, REFIT_MONTHS)
