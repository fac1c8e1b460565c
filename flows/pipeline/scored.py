"""What a group's models say of a vintage, under the names of the theatre."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import log

import numpy as np

from flows.pipeline.vintage import Vintage
from models.forecasting.explain import largest_first
from models.forecasting.training import RiskModel, Score, base_rates, scores

Window = tuple[str, str, date | int]
"""What a probability is about: unit, published target, and a calendar month's last day, or a
horizon in days."""
Models = Callable[[Vintage], RiskModel | None]
"""The model that answers a vintage; None where there is none."""


@dataclass(frozen=True)
class Spoken:
    """One score under the names of the theatre, with its window."""

    unit: str
    target: str
    """The published target."""
    score: Score
    start: date | None
    end: date

    @property
    def window(self) -> Window:
        """What the score is about, on whatever day it is said."""
        return window(self.unit, self.target, self.score.horizon, self.start, self.end)


def window(unit: str, target: str, horizon: int, start: date | None, end: date) -> Window:
    """What a row is about, whatever day it is said on."""
    return unit, target, horizon if start is None else end


def spoken(data: Vintage, model_of: Models) -> Iterator[Spoken]:
    """What is said of every unit of the theatre and every window that is not over.

    Beyond the widest gap it is the base rate over all history. What was told of the gap is
    believed as far as the vintage trusts it: the rest of the number is as if nothing had been told.
    The models may be later ones than the data: then this is no forecast, but tells one change from
    another.
    """
    blind = _scores(data, model_of)
    told = [
        ({each.window: each.score for each in _answered(reports, model)}, trust)
        for reports, trust in data.reports
        if (model := model_of(reports)) is not None
    ]
    for each in blind:
        score = each.score
        for scores_told, trust in told:
            score = mixed(score, scores_told[each.window], trust)
        yield replace(each, score=score)


def _scores(data: Vintage, model_of: Models) -> Iterator[Spoken]:
    if data.beyond:
        for name, units, rows in data.now():
            yield from _named(data, name, base_rates(name, units, rows))
    elif (model := model_of(data)) is not None:
        yield from _answered(data, model)


def _answered(data: Vintage, model: RiskModel) -> Iterator[Spoken]:
    for ensemble, (name, units, rows) in zip(model.ensembles, data.now(), strict=True):
        ours = set(data.names.values())
        at = np.array([i for i, unit in enumerate(units) if unit in ours], np.int32)
        asked = scores(ensemble, tuple(units[i] for i in at), rows.take(at))
        yield from _named(data, name, asked)


def _named(data: Vintage, name: str, asked: Iterable[Score]) -> Iterator[Spoken]:
    ours: dict[str, list[str]] = {}
    for unit, own in data.names.items():
        ours.setdefault(own, []).append(unit)
    published = {k: each for each, k in data.targets[name].published(name).items()}
    for score in asked:
        start, end = data.spans[score.horizon]
        if end <= data.as_of:
            continue
        for unit in ours[score.unit]:
            yield Spoken(unit, published[int(score.threshold)], score, start, end)


def mixed(blind: Score, told: Score, trust: float) -> Score:
    """The one score with weight 1 - trust, the other with weight trust.

    Each driver moves the log-odds by the share that it has of the probability's move.
    """

    def mean(one: float, other: float) -> float:
        return (1 - trust) * one + trust * other

    p, base = mean(blind.probability, told.probability), mean(blind.baseline, told.baseline)
    names = dict.fromkeys(name for name, _ in (*blind.drivers, *told.drivers))
    one, other = dict(blind.drivers), dict(told.drivers)
    points = {name: mean(one.get(name, 0.0), other.get(name, 0.0)) for name in names}
    scale = (_log_odds(p) - _log_odds(base)) / (100 * (p - base)) if p != base else 0.0
    return replace(
        blind,
        probability=p,
        low=mean(blind.low, told.low),
        high=mean(blind.high, told.high),
        baseline=base,
        drivers=largest_first(points),
        drivers_log_odds=largest_first({name: each * scale for name, each in points.items()}),
        shown=blind.shown or told.shown,
    )


def _log_odds(p: float) -> float:
    return log(p / (1 - p))
