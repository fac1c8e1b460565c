"""Members' records made into one forecast: combined by past score, calibrated, kept in order."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from features.arrays import Floats
from models.combining.calibration import apply_map, fit_map
from models.combining.pool import SURE, pool, stack, tempered
from models.combining.rule import Rule
from models.numerics.distribution import falling, rising
from models.numerics.odds import log_odds
from models.problems.problem import Record


@dataclass(frozen=True)
class Weights:
    """What combines the members of one horizon and threshold, learnt from a past."""

    rule: Rule
    values: Floats
    """(member,), for `stacked` with a shift before them."""
    map: Floats
    """(2,): the calibration map, the identity where the rule has none."""

    def pooled(self, p: Floats) -> Floats:
        """The members' forecasts combined, before calibration: (member, ...) to (...)."""
        if self.rule.kind == "tempered":
            linear: Floats = np.einsum("m,m...->...", self.values, p)
            return linear
        if self.rule.kind == "stacked":
            odds = self.values[0] + np.tensordot(self.values[1:], log_odds(p), 1)
        elif self.rule.kind == "mixture":
            odds = np.tensordot(self.values, log_odds(np.clip(p, SURE, 1 - SURE)), 1)
        else:
            odds = log_odds(np.clip(p, SURE, 1 - SURE)).mean(axis=0)
        q: Floats = expit(odds)
        return q

    def calibrated(self, pooled: Floats) -> Floats:
        """The same after calibration."""
        return pooled if self.rule.calibration is None else apply_map(self.map, pooled)


@dataclass(frozen=True)
class Combined:
    """The ensemble's own out-of-sample record, (threshold, unit, horizon, origin), and its
    weights by threshold and horizon at the record's end."""

    pooled: Floats
    p: Floats
    weights: tuple[tuple[Weights, ...], ...]


@dataclass(frozen=True)
class Past:
    """A record cut to the origins that judge it, its ensemble beside it."""

    record: Record
    combined: Combined
    first: int
    """The place of the first origin that counts."""

    def forecasts(self, model: str | None, calibrated: bool = True) -> Floats:
        """One model's, or the ensemble's: (threshold, unit, horizon, origin)."""
        if model is not None:
            return self.record.of(model)[..., self.first :]
        combined = self.combined
        return (combined.p if calibrated else combined.pooled)[..., self.first :]


Closed = tuple[Floats, Floats, Floats, Floats]
"""Members' forecasts (member, unit, origin), outcomes and weights (unit, origin), the pool's own
forecasts (unit, origin)."""


def learn(
    rule: Rule, past: Closed, share: float, names: tuple[str, ...], horizon: int = 0
) -> Weights:
    """The weights that a past teaches; with nothing in it those that the rule begins with.

    `share` is what a window of this length, `horizon`, tells of its own.
    """
    p, y, weight, pooled = past
    known = ~np.isnan(y)
    before, came, rows = p[:, known], y[known], weight[known]
    identity = np.zeros(2)
    if rule.kind == "tempered":
        values = tempered(p, y, share, rule.believed(names, horizon), rule.trust)
    elif rule.kind == "mixture":
        values = pool(before, came, rows, prior=rule.ridge)
    elif rule.kind == "stacked":
        values = stack(before, came, rows, rule.ridge)
    else:
        values = np.full(len(p), 1 / len(p))
    if rule.calibration is None:
        return Weights(rule, values, identity)
    return Weights(rule, values, fit_map(pooled[known], came, rows, rule.calibration))


def combine(record: Record, rule: Rule, names: tuple[str, ...], day: int, nests: bool) -> Combined:
    """The ensemble at every origin of the record, each with the weights and map of its time.

    Weights are renewed at every refit (`stacked`: at every origin). `day` is when the last are
    taken; `nests` says that a longer window holds the shorter ones. Nothing known after an origin
    touches it.
    """
    members = record.p[[record.models.index(name) for name in names]]
    pooled, calibrated = np.empty_like(members[0]), np.empty_like(members[0])
    last, how = len(record.origins), (rule, names)
    starts = np.arange(last) if rule.kind == "stacked" else record.refits
    for start, end in zip(starts, [*starts[1:], last], strict=True):
        span = slice(int(start), int(end))
        weights = _weights(record, how, members, pooled, int(record.origins[start]), start)
        for k, by_horizon in enumerate(weights):
            for h, each in enumerate(by_horizon):
                pooled[k, :, h, span] = each.pooled(members[:, k, :, h, span])
                calibrated[k, :, h, span] = each.calibrated(pooled[k, :, h, span])
    final = _weights(record, how, members, pooled, day, last)
    return Combined(pooled, ordered(calibrated, nests), final)


def _weights(
    record: Record,
    how: tuple[Rule, tuple[str, ...]],
    members: Floats,
    pooled: Floats,
    day: int,
    upto: int,
) -> tuple[tuple[Weights, ...], ...]:
    """The weights as of a day from the first `upto` origins, by threshold and horizon."""
    problem, (rule, names) = record.problem, how
    y = record.reached(day, upto)
    fading = np.ones(upto)
    if rule.half_life_years is not None:
        fading = 0.5 ** ((day - record.origins[:upto]) / (problem.year * rule.half_life_years))
    units = problem.unit_weight[problem.forecast, None] * fading
    return tuple(
        tuple(
            learn(
                rule,
                (members[:, k, :, h, :upto], y[k, :, h], units * share, pooled[k, :, h, :upto]),
                float(share),
                names,
                problem.horizons[h],
            )
            for h, share in enumerate(problem.share)
        )
        for k in range(len(problem.thresholds))
    )


def ordered(p: Floats, nests: bool) -> Floats:
    """Probabilities, (threshold, unit, horizon, origin), that never rise with the threshold, and
    where windows nest never fall with the horizon."""
    if len(p) > 1:
        p = falling(np.moveaxis(p, 0, -1))
        p = np.moveaxis(p, -1, 0)
    return np.moveaxis(rising(np.moveaxis(p, 2, -1)), -1, 2) if nests else p
