"""A group's model as of one day: every problem walked, judged and fitted; and what it forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from errors import DyadcastError
from features.arrays import Floats, Ints
from models.combining.combine import Past, combine
from models.forecasting.ensemble import LEVELS, Ensemble, build
from models.forecasting.explain import largest_first
from models.judging.gate import Verdict, clearly_worse, verdicts
from models.problems.problem import Problem, Record, Rows
from models.recipes.recipe import Recipe
from models.walk import Progress, walk

Pairs = tuple[tuple[str, float], ...]
SEED: Final = 0


class TrainingError(DyadcastError):
    """There is not enough history to learn from, or a model has seen too much of it."""


@dataclass(frozen=True)
class Asked:
    """A problem, how it is learnt, the places of its refits, and from which origin on it is judged.

    Origins from `judged_from` on, in the origins' unit, judge it and make its bands; those before
    only teach the weights.
    """

    problem: Problem
    recipe: Recipe
    starts: Ints
    judged_from: int = 0
    shown_from: int = 0
    """The first origin whose forecasts the gate weighs and the record shows."""


@dataclass
class RiskModel:
    """What is trained, registered and loaded: a group's ensembles, and what they take for granted.

    It was trained to speak across so wide a `gap`, in days.
    """

    theatre: str
    group: str
    trained_as_of: str
    contract: str
    data_fingerprint: str
    method_version: str
    ensembles: list[Ensemble]
    gap: int = 0

    @property
    def trained_on(self) -> date:
        """The as_of of the training: nothing known later is in the model."""
        return date.fromisoformat(self.trained_as_of)

    @property
    def targets(self) -> set[str]:
        """The targets that it answers."""
        return {ensemble.target for ensemble in self.ensembles}


@dataclass(frozen=True)
class Trained:
    """One problem's record, the ensemble's beside it, the gate's verdicts and the model."""

    past: Past
    recipe: Recipe
    shown_from: int
    verdicts: tuple[Verdict, ...]
    ensemble: Ensemble


@dataclass(frozen=True)
class Training:
    """A trained model with the out-of-sample records it stands on, problem by problem."""

    model: RiskModel
    problems: tuple[Trained, ...]


@dataclass(frozen=True)
class Score:
    """One forecast probability: its 80% band, its base rate, what moves it in percentage points.

    `shown` is False where the base rate is published in the ensemble's place; `quantiles` are the
    count's, by level, none without a distribution.
    """

    unit: str
    target: str
    threshold: float
    horizon: int
    probability: float
    low: float
    high: float
    baseline: float
    drivers: Pairs
    drivers_log_odds: Pairs
    quantiles: Pairs
    shown: bool


def train(
    asked: Sequence[Asked],
    day: int,
    seed: int = SEED,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[Trained, ...]:
    """Every problem walked up to `day`, combined, judged, and fitted as of it.

    `day` is in the origins' unit. Uses nothing that the problems' outcomes tell later than it.
    """
    records = walk([(a.problem, a.recipe, a.starts) for a in asked], seed, jobs, progress, day)
    return tuple(_trained(a, record, day, seed) for a, record in zip(asked, records, strict=True))


def _trained(asked: Asked, record: Record, day: int, seed: int) -> Trained:
    recipe = asked.recipe
    combined = combine(record, recipe.rule, recipe.pool, day, recipe.nests)
    past = Past(record, combined, int((record.origins < asked.judged_from).sum()))
    judgements = verdicts(past, recipe, asked.shown_from, seed)
    shown = not clearly_worse(judgements)
    ensemble = build(past, recipe, day, seed, shown)
    return Trained(past, recipe, asked.shown_from, judgements, ensemble)


def scores(ensemble: Ensemble, units: Sequence[str], rows: Rows) -> list[Score]:
    """What the ensemble says of each row, a unit each: by unit, horizon and threshold."""
    p, (low, high) = ensemble.predict(rows), ensemble.interval(rows)
    base, moved, counts = ensemble.baseline(rows), ensemble.drivers(rows), ensemble.quantiles(rows)

    def parts(values: dict[str, Floats], at: tuple[int, int, int], scale: float) -> Pairs:
        return largest_first({name: scale * float(v[at]) for name, v in values.items()})

    return [
        Score(
            unit,
            ensemble.target,
            threshold,
            horizon,
            float(p[u, h, k]),
            float(low[u, h, k]),
            float(high[u, h, k]),
            float(base[u, h, k]),
            () if moved is None else parts(moved.probability, (u, h, k), 100.0),
            () if moved is None else parts(moved.log_odds, (u, h, k), 1.0),
            () if counts is None else _levels(counts[u, h]),
            ensemble.shown,
        )
        for u, unit in enumerate(units)
        for h, horizon in enumerate(ensemble.horizons)
        for k, threshold in enumerate(ensemble.thresholds)
    ]


def base_rates(target: str, units: Sequence[str], rows: Rows) -> list[Score]:
    """How often each has come over all history, where nothing else is left to tell: by unit,
    horizon and threshold, as `scores`.

    The band reaches over what every base rate says, those that forget and those that do not.
    """
    every = np.sort(np.stack(list(rows.rates.values())), axis=2)
    p = np.sort(rows.rates["climatology"], axis=1)
    low, high = every.min(axis=0), every.max(axis=0)
    return [
        Score(unit, target, k, horizon, q, float(low[at]), float(high[at]), q, (), (), (), False)
        for u, unit in enumerate(units)
        for h, horizon in enumerate(rows.horizons)
        for i, k in enumerate(rows.thresholds)
        for at in ((u, h, i),)
        for q in (float(p[at]),)
    ]


def _levels(counts: Floats) -> Pairs:
    return tuple((f"{at:g}", float(q)) for at, q in zip(LEVELS, counts, strict=True))
