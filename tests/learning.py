"""Rows, outcomes and whole problems made up for tests of the models."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from features.arrays import Floats
from features.monthly.panel import decayed
from features.rates import RATES
from features.table import OWN_FAMILIES
from models.combining.rule import Rule
from models.learners.design import Learner, anchor
from models.learners.logistic import MemoryLogistic
from models.learners.rate import Rate
from models.problems.problem import Closed, Problem, Rows, Sample
from models.problems.sampling import Sampling
from models.recipes.recipe import Recipe, whole

HORIZONS = (7, 30, 90)
COLUMNS = tuple(f"dyad.{family}.decayed_30" for family in OWN_FAMILIES)
MEMORIES = ("memory_52", "memory_104")


def made_rows(count: int, seed: int) -> Rows:
    """Feature rows: decayed counts of each family, and rates that rise with the horizon."""
    rng = np.random.default_rng(seed)
    X = rng.gamma(1.0, 2.0, (count, len(COLUMNS)))
    rates = {
        name: np.sort(rng.uniform(0.02, 0.9, (count, len(HORIZONS), 1)), axis=1) for name in RATES
    }
    return Rows(COLUMNS, X, rates, HORIZONS, (1.0,))


def recorded(rows: Rows, seed: int) -> Floats:
    """Outcomes drawn as the memory has it: what came true by a horizon stays true beyond it."""
    draw = np.random.default_rng(seed).random(len(rows))[:, None]
    return (draw < anchor(rows)[:, :, 0]).astype(np.float64)


def lesson(rows: Rows, size: Floats, weight: Floats | None = None) -> Sample:
    """The rows with what came of them, (row, horizon); a week is shared among a window's days."""
    given = np.ones(len(rows)) if weight is None else weight
    return Sample(rows, size, given, 7 / np.array(rows.horizons, np.float64))


def plain_rows(X: Floats, thresholds: tuple[float, ...] = (1.0,)) -> Rows:
    """Rows of one horizon whose columns are `c0`, `c1`, without rates."""
    return Rows(tuple(f"c{i}" for i in range(X.shape[1])), X, {}, (1,), thresholds)


def plain(X: Floats, size: Floats, weight: Floats | None = None) -> Sample:
    """The same with the size of the one window of each."""
    given = np.ones(len(X)) if weight is None else weight
    return Sample(plain_rows(X), size[:, None], given, np.ones(1))


def made_counts(origins: int, seed: int, units: int = 4) -> Floats:
    """Units of rising restlessness: (unit, origin)."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(0.5, np.linspace(0.5, 20, units)[:, None], (units, origins))
    return rng.poisson(mean).astype(np.float64)


def made_problem(counts: Floats, horizons: tuple[int, ...] = (1, 3)) -> Problem:
    """Counts of the next origins, which nest, against 1 and 10; each row as known at its origin."""
    units, n = counts.shape
    thresholds, origins = (1.0, 10.0), np.arange(n, dtype=np.int32)
    total = np.concatenate([np.zeros((units, 1)), counts.cumsum(axis=1)], axis=1)
    size = np.full((units, len(horizons), n), np.nan)
    for h, ahead in enumerate(horizons):
        size[:, h, : n - ahead] = total[:, ahead + 1 :] - total[:, 1 : n + 1 - ahead]
    rates = {}
    for name, half_life in zip(MEMORIES, (6.0, 24.0), strict=True):
        monthly = [
            np.clip(decayed((counts >= k).astype(float), half_life), 0.02, 0.9) for k in thresholds
        ]
        calm = 1 - np.stack(monthly)
        rates[name] = np.stack([1 - calm**ahead for ahead in horizons], axis=2)
    own = [decayed(counts, half_life) for half_life in (1.0, 6.0)]
    world = np.broadcast_to(own[1].mean(axis=0), counts.shape)
    return Problem(
        target="raids",
        group="countries",
        units=tuple(f"U{i}" for i in range(units)),
        horizons=horizons,
        thresholds=thresholds,
        origins=origins,
        year=12.0,
        names=("own_1", "own_6", "world_6"),
        X=np.stack([*own, world], axis=2),
        rates=rates,
        outcomes=Closed(origins, size, origins + np.array(horizons, np.int32)[:, None], size),
        share=1 / np.array(horizons, np.float64),
        present=np.ones((units, n), np.bool_),
        thin=np.ones((units, n)),
        unit_weight=np.ones(units),
        teaches=np.zeros(units, np.int32),
        judged=np.ones(units, np.bool_),
        clusters=np.arange(units, dtype=np.int32),
    )


def made_members(problem: Problem, _seed: int) -> dict[str, Learner]:
    """Two memories and a regression that starts from them."""
    k = problem.thresholds
    rates: Mapping[str, Learner] = {name: Rate(name, k) for name in MEMORIES}
    return {**rates, "logistic": MemoryLogistic(k, problem.names, penalty=5.0)}


def made_recipe(**changes: Any) -> Recipe:
    """How the made problem is learnt: quickly."""
    recipe = Recipe(
        members=made_members,
        joint=True,
        sampling=lambda _horizon: Sampling(10.0),
        rates=MEMORIES,
        pool=(*MEMORIES, "logistic"),
        rule=Rule(
            "tempered",
            calibration=50.0,
            trust=0.1,
            prior=dict.fromkeys((*MEMORIES, "logistic"), 1.0),
        ),
        baseline="memory_104",
        families=("own", "world"),
        family_of=lambda column: column.split("_")[0],
        nests=True,
        block=6,
        spans=whole,
    )
    return replace(recipe, **changes)
