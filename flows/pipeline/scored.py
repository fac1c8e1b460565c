"""What a model says of a vintage, under the names of the theatre."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from flows.pipeline.vintage import Vintage
from models.forecasting.training import RiskModel, Score, scores

Window = tuple[str, str, date | int]
"""What a probability is about: unit, published target, and a calendar month's last day, or a
horizon in days."""


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


def spoken(model: RiskModel, data: Vintage) -> Iterator[Spoken]:
    """What the model says of every unit of the theatre and every window that is not over.

    The model may be a later one than the data: then this is no forecast, but tells one change from
    another.
    """
    ours: dict[str, list[str]] = {}
    for unit, name in data.names.items():
        ours.setdefault(name, []).append(unit)
    for ensemble, (units, rows) in zip(model.ensembles, data.now(), strict=True):
        at = np.array([i for i, name in enumerate(units) if name in ours], np.int32)
        published = {
            k: name for name, k in data.targets[ensemble.target].published(ensemble.target).items()
        }
        for score in scores(ensemble, tuple(units[i] for i in at), rows.take(at)):
            start, end = data.spans[score.horizon]
            if end <= data.as_of:
                continue
            for unit in ours[score.unit]:
                yield Spoken(unit, published[int(score.threshold)], score, start, end)
