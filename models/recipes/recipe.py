"""How a kind of problem is learnt, combined, explained and judged: all of it data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from features.arrays import Bools
from models.combining.rule import Rule
from models.learners.design import Learner
from models.problems.problem import Problem, Record
from models.problems.sampling import Sampling

Members = Callable[[Problem, int], dict[str, Learner]]
"""Unfitted learners by name, from the problem (its horizons are those asked) and a seed."""


@dataclass(frozen=True)
class Recipe:
    """What a walk and a forecast need to know beside the problem.

    `joint` fits all horizons together; else each has learners of its own. `rates` are the baselines
    that stand in the record, `pool` the members that are combined. `distribution` names the member
    whose answers at `rungs` are the count's distribution. A member in `slow` is fitted anew only
    every so many origins. `nests`: a longer window holds the shorter ones. `block` is the mean
    block of the bootstrap in origins, where a horizon is not longer.
    """

    members: Members
    joint: bool
    sampling: Callable[[int], Sampling]
    """By horizon."""
    rates: tuple[str, ...]
    pool: tuple[str, ...]
    rule: Rule
    baseline: str
    families: tuple[str, ...]
    family_of: Callable[[str], str]
    nests: bool
    block: int
    spans: Callable[[Record], Mapping[str, Bools]]
    """Which origins of a record belong to each span that scores are told of."""
    distribution: str | None = None
    rungs: tuple[float, ...] = ()
    slow: Mapping[str, int] = field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """Every model of the record by name: the rates, then the members that are no rate."""
        return (*self.rates, *(name for name in self.pool if name not in self.rates))


def block_of(problem: Problem, recipe: Recipe, horizon: int) -> int:
    """The bootstrap's mean block in origins: the recipe's, or the horizon where that is longer."""
    return max(recipe.block, reach_of(problem, horizon))


def step_between(problem: Problem) -> int:
    """Days, or months, between two origins."""
    return int(problem.origins[-1] - problem.origins[-2]) if len(problem.origins) > 1 else 1


def reach_of(problem: Problem, horizon: int) -> int:
    """How many origins a window of that place among the horizons is long."""
    return -(-problem.horizons[horizon] // step_between(problem))


def whole(record: Record) -> dict[str, Bools]:
    """The record in one piece."""
    return {"record": np.ones(len(record.origins), np.bool_)}
