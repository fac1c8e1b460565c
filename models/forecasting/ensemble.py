"""The ensemble: members pooled by their past out-of-sample log score, then calibrated."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import softmax

from features.arrays import Floats, Ints
from features.targets import WEEK
from models.combining.calibration import apply_map, band, fit_band, fit_map
from models.learners.members import PRIOR, Learner, learners
from models.numerics.distribution import rising
from models.numerics.losses import log_loss
from models.walks.events import REFIT_WEEKS, Record, fit_at

TRUST: Final = 0.1
"""How fast a record moves the weights: the power to which past likelihood is raised."""


def pool_weights(models: tuple[str, ...], loss: Floats, horizons: tuple[int, ...]) -> Floats:
    """Linear pool weights from past losses (model, horizon, origin): (horizon, model), sums 1.

    weight ~ prior x exp(-TRUST x sum of losses x WEEK / horizon): a Bayesian mixture with a
    tempered likelihood, in which overlapping windows count for what they tell of their own.
    Nothing in the record: the prior, most of it on the memories.
    """
    told = WEEK / np.array(horizons)
    total = np.nansum(loss, axis=2) * told
    prior = np.log([PRIOR[name] for name in models])
    weights: Floats = softmax(prior[:, None] - TRUST * total, axis=0).T
    return weights


@dataclass(frozen=True)
class Combined:
    """The ensemble's own out-of-sample record, and what it is at the record's end."""

    pooled: Floats
    """Before calibration: (unit, horizon, origin)."""
    p: Floats
    """After: (unit, horizon, origin)."""
    weights: Floats
    """(horizon, model)."""
    maps: Floats
    """(horizon, 2)."""


def _known(record: Record, day: int, upto: int) -> Floats:
    """Outcomes of the record's first origins, as closed on a day: (unit, horizon, origin)."""
    return record.problem.labels.as_of(day, record.origins[:upto])


def _weights(record: Record, known: Floats) -> Floats:
    upto = known.shape[2]
    loss = log_loss(record.p[:, :, :, :upto], known[None]).mean(axis=1)
    return pool_weights(record.models, loss, record.problem.horizons)


def _maps(record: Record, pooled: Floats, known: Floats) -> Floats:
    """Calibration maps from the pooled forecasts whose outcome is known: (horizon, 2)."""
    maps = []
    for i, horizon in enumerate(record.problem.horizons):
        p, y = pooled[:, i], known[:, i]
        closed = ~np.isnan(y)
        weight = np.full(int(closed.sum()), WEEK / horizon)
        maps.append(fit_map(p[closed], y[closed], weight))
    return np.stack(maps)


def _calibrated(maps: Floats, pooled: Floats) -> Floats:
    """Calibrated and rising with the horizon: (unit, horizon, origin)."""
    q = apply_map(maps[None, :, None, :], pooled)
    return rising(q.transpose(0, 2, 1)).transpose(0, 2, 1)


def combine(record: Record, day: int) -> Combined:
    """The ensemble at every origin of the record, each with the weights and maps of its time.

    `day` is when the last weights and maps are taken. Nothing known after an origin touches it.
    """
    pooled, calibrated = np.empty_like(record.p[0]), np.empty_like(record.p[0])
    for start in range(0, len(record.origins), REFIT_WEEKS):
        span = slice(start, start + REFIT_WEEKS)
        known = _known(record, int(record.origins[start]), start)
        weights = _weights(record, known)
        pooled[:, :, span] = np.einsum("hm,muho->uho", weights, record.p[:, :, :, span])
        maps = _maps(record, pooled[:, :, :start], known)
        calibrated[:, :, span] = _calibrated(maps, pooled[:, :, span])
    known = _known(record, day, len(record.origins))
    weights, maps = _weights(record, known), _maps(record, pooled, known)
    return Combined(pooled, calibrated, weights, maps)


@dataclass
class Ensemble:
    """One problem's fitted members, weights, calibration and band, ready to forecast."""

    target: str
    units: tuple[str, ...]
    horizons: tuple[int, ...]
    members: dict[str, Learner]
    weights: Floats
    maps: Floats
    bands: Floats
    """Maps of redrawn records: (horizon, redraw, 2)."""
    typical: dict[str, float]
    """The median of each column over the training rows: what a family is set to when left out."""

    def member(self, name: str, X: pd.DataFrame) -> Floats:
        """One member's probabilities, (row, horizon)."""
        return self.members[name].predict_proba(X)

    def pooled(self, X: pd.DataFrame) -> Floats:
        """The pool before calibration, (row, horizon)."""
        p = np.stack([model.predict_proba(X) for model in self.members.values()])
        mixed: Floats = np.einsum("hm,mrh->rh", self.weights, p)
        return mixed

    def predict(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon), never falling with the horizon."""
        return rising(apply_map(self.maps, self.pooled(X)))

    def interval(self, X: pd.DataFrame) -> tuple[Floats, Floats]:
        """The 80% band of each probability, which always lies inside: (row, horizon) twice."""
        pooled, p = self.pooled(X), self.predict(X)
        spans = [band(self.bands[i], pooled[:, i]) for i in range(len(self.horizons))]
        low = rising(np.column_stack([low for low, _ in spans]))
        high = rising(np.column_stack([high for _, high in spans]))
        return np.minimum(low, p), np.maximum(high, p)


def _bands(record: Record, combined: Combined, known: Floats, seed: int) -> Floats:
    found = []
    for i, horizon in enumerate(record.problem.horizons):
        closed = ~np.isnan(known[:, i]).any(axis=0)
        p, y = combined.pooled[:, i, closed].T, known[:, i, closed].T
        weight = np.full(len(p), WEEK / horizon)
        found.append(fit_band(p, y, weight, horizon, combined.maps[i], seed))
    return np.stack(found)


def past_band(
    record: Record, combined: Combined, horizon: int, since: int, seed: int
) -> tuple[Ints, Floats, Floats]:
    """Origins from day `since` on, and the 80% band of the first unit's forecast at each.

    Each band is made from what was closed at the refit before: nothing later touches it.
    """
    i = record.problem.horizons.index(horizon)
    origins = record.origins
    spans = []
    for start in range(0, len(origins), REFIT_WEEKS):
        span = slice(start, start + REFIT_WEEKS)
        if not start or origins[span][-1] < since:
            continue
        known = _known(record, int(origins[start]), start)
        before = Combined(
            combined.pooled[:, :, :start],
            combined.p[:, :, :start],
            combined.weights,
            _maps(record, combined.pooled[:, :, :start], known),
        )
        maps = _bands(record, before, known, seed)[i]
        low, high = band(maps, combined.pooled[0, i, span])
        p = combined.p[0, i, span]
        spans.append((origins[span], np.minimum(low, p), np.maximum(high, p)))
    if not spans:
        return origins[:0], np.empty(0), np.empty(0)
    days, low, high = (np.concatenate(parts) for parts in zip(*spans, strict=True))
    kept = days >= since
    return days[kept], low[kept], high[kept]


def build(record: Record, combined: Combined, day: int, seed: int) -> Ensemble:
    """The ensemble as of `day`: members fitted on all that is closed, weights and maps of then."""
    problem = record.problem
    models = learners(problem.target, problem.units, problem.horizons, seed)
    known = _known(record, day, len(record.origins))
    past = problem.rows(slice(0, int(np.searchsorted(problem.grid, day))))
    return Ensemble(
        problem.target,
        problem.units,
        problem.horizons,
        fit_at(problem, day, models),
        combined.weights,
        combined.maps,
        _bands(record, combined, known, seed),
        {str(name): float(value) for name, value in past.median().items()},
    )
