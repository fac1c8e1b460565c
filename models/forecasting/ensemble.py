"""One problem's model, ready to forecast: members, weights, calibration, band, quantiles."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.arrays import Floats, Ints
from models.combining.calibration import band, fit_band, fit_map
from models.combining.combine import Past, Weights, ordered
from models.combining.conformal import LEAST, edges_of, in_step, transform
from models.forecasting.explain import Drivers, coalition_rows, drivers
from models.numerics.bootstrap import redrawn
from models.numerics.distribution import bent, counts_at, quantiles
from models.problems.problem import Problem, Rows
from models.recipes.recipe import Recipe, block_of
from models.walk import Fits, answers, fit_at

LEVELS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""Of the published quantiles: what forecast hubs ask for, and the 80 and 90% intervals."""


@dataclass
class Fall:
    """Where past counts fell in their forecasts: what published quantiles are read through.

    `edges` cut the first threshold's forecasts into bins; `levels`, (bin, level), are those at
    which the stated ones are read.
    """

    edges: Floats
    levels: Floats


@dataclass
class Reading:
    """What of its recipe a fitted ensemble needs: see models.recipes.recipe.

    `family` is each column's, in the rows' order.
    """

    joint: bool
    nests: bool
    baseline: str
    distribution: str | None
    rungs: tuple[float, ...]
    families: tuple[str, ...]
    family: tuple[str, ...]


@dataclass
class Ensemble:
    """One problem's fitted members, weights, calibration and band.

    `fits` are by run of horizons: one for all where they are fitted together, else one each.
    `shown` says whether the ensemble is published, or in its place the baseline. `bands` are maps
    of redrawn records of what is published, (threshold, horizon, redraw, 2); `typical` is each
    column's median over the past.
    """

    target: str
    units: tuple[str, ...]
    horizons: tuple[int, ...]
    thresholds: tuple[float, ...]
    reading: Reading
    fits: list[Fits]
    weights: tuple[tuple[Weights, ...], ...]
    shown: bool
    bands: Floats
    typical: Floats
    falls: list[Fall]
    """By horizon; none where the recipe gives no distribution."""

    def baseline(self, rows: Rows) -> Floats:
        """What the base rate says: (row, horizon, threshold)."""
        rate = rows.rates[self.reading.baseline]
        return np.sort(rate, axis=1) if self.reading.nests else rate

    def members(self, rows: Rows) -> tuple[Floats, Floats | None]:
        """What every member of the pool says, (member, row, horizon, threshold), each in order, and
        the distribution at the rungs."""
        parts = [self._answers(i, rows) for i in range(len(self.fits))]
        p = np.concatenate([each for each, _ in parts], axis=2)
        ladders = [ladder for _, ladder in parts if ladder is not None]
        p = np.stack([_in_order(each, self.reading.nests) for each in p])
        if not ladders:
            return p, None
        ladder = np.concatenate(ladders, axis=1)
        return p, _in_order(ladder, nests=True) if self.reading.nests else ladder

    def _answers(self, i: int, rows: Rows) -> tuple[Floats, Floats | None]:
        asked = rows if self.reading.joint else rows.at_horizon(i)
        return answers(self.fits[i], asked, self.reading.distribution)

    def _mixed(self, rows: Rows, calibrate: bool) -> Floats:
        p, _ = self.members(rows)
        q = np.empty(p.shape[1:])
        for k, by_horizon in enumerate(self.weights):
            for h, weights in enumerate(by_horizon):
                pooled = weights.pooled(p[:, :, h, k])
                q[:, h, k] = weights.calibrated(pooled) if calibrate else pooled
        return q

    def pooled(self, rows: Rows) -> Floats:
        """The pool before calibration: (row, horizon, threshold)."""
        return self._mixed(rows, calibrate=False)

    def ensemble(self, rows: Rows) -> Floats:
        """The ensemble's probabilities: (row, horizon, threshold), never rising with the threshold
        and, where windows nest, never falling with the horizon."""
        return _in_order(self._mixed(rows, calibrate=True), self.reading.nests)

    def predict(self, rows: Rows) -> Floats:
        """What is published: the ensemble's probabilities, or the baseline's."""
        return self.ensemble(rows) if self.shown else self.baseline(rows)

    def interval(self, rows: Rows) -> tuple[Floats, Floats]:
        """The 80% band of each probability, which always lies inside: (row, horizon, threshold)
        twice."""
        p = self.predict(rows)
        base = self.pooled(rows) if self.shown else p
        low, high = np.empty_like(p), np.empty_like(p)
        for k in range(p.shape[2]):
            for h in range(p.shape[1]):
                low[:, h, k], high[:, h, k] = band(self.bands[k, h], base[:, h, k])
        if self.reading.nests:
            low, high = np.sort(low, axis=1), np.sort(high, axis=1)
        return np.minimum(low, p), np.maximum(high, p)

    def quantiles(self, rows: Rows) -> Floats | None:
        """The count's quantiles at LEVELS, (row, horizon, level), read through where past counts
        fell as far as the probabilities of the thresholds allow; None without a distribution."""
        if not self.falls:
            return None
        p, (_, ladder) = self.predict(rows), self.members(rows)
        assert ladder is not None  # noqa: S101 - a recipe with falls has a distribution
        rungs, stated = self.reading.rungs, np.array(LEVELS)
        counts = np.zeros((len(rows), len(self.horizons), len(LEVELS)))
        for h, fall in enumerate(self.falls):
            whole = bent(ladder[:, h], rungs, self.thresholds, p[:, h])
            which = np.searchsorted(fall.edges, p[:, h, 0], side="right")
            for b in np.unique(which):
                mine = which == b
                at = np.tile(fall.levels[b], (int(mine.sum()), 1))
                at = in_step(at, stated, p[mine, h])
                counts[mine, h] = counts_at(quantiles(whole[mine], rungs, at))
        return np.maximum.accumulate(counts, axis=2)

    def drivers(self, rows: Rows) -> Drivers | None:
        """What moves each forecast from the base rate; None where the base rate is published."""
        if not self.shown:
            return None
        asked = coalition_rows(rows, self.reading.families, self.reading.family, self.typical)
        return drivers(self.ensemble(asked), self.baseline(rows), self.reading.families)


def _in_order(p: Floats, nests: bool) -> Floats:
    """`ordered` for row-wise forecasts, (row, horizon, threshold)."""
    moved = ordered(p.transpose(2, 0, 1)[..., None], nests)
    back: Floats = moved[..., 0].transpose(1, 2, 0)
    return back


def build(past: Past, recipe: Recipe, day: int, seed: int, shown: bool) -> Ensemble:
    """The ensemble as of `day`: members fitted on all that is closed, weights and maps of then.

    `shown` says whether it is published, or the baseline in its place.
    """
    problem = past.record.problem
    asked = [problem] if recipe.joint else [problem.only(h) for h in range(len(problem.horizons))]
    before = slice(0, int(np.searchsorted(problem.origins, day)))
    return Ensemble(
        problem.target,
        problem.units,
        problem.horizons,
        problem.thresholds,
        _reading(problem, recipe),
        [fit_at(each, recipe, day, seed) for each in asked],
        past.combined.weights,
        shown,
        bands(past, recipe, day, seed, shown),
        np.median(problem.rows(before).X, axis=0),
        falls(past, recipe, day, seed, shown),
    )


def _reading(problem: Problem, recipe: Recipe) -> Reading:
    return Reading(
        recipe.joint,
        recipe.nests,
        recipe.baseline,
        recipe.distribution,
        recipe.rungs,
        recipe.families,
        tuple(map(recipe.family_of, problem.names)),
    )


def bands(past: Past, recipe: Recipe, day: int, seed: int, shown: bool) -> Floats:
    """Calibration maps of redrawn records of what is published: (threshold, horizon, redraw, 2)."""
    problem = past.record.problem
    p = past.forecasts(None if shown else recipe.baseline, calibrated=False)
    y = past.record.reached(day)[..., past.first :]
    every = []
    for k in range(len(problem.thresholds)):
        for h, share in enumerate(problem.share):
            came, said = y[k, problem.judged, h], p[k, problem.judged, h]
            known = np.flatnonzero(~np.isnan(came).all(axis=0))
            whole = ~np.isnan(said[:, known]).any(axis=1) & ~np.isnan(came[:, known]).any(axis=1)
            block = block_of(problem, recipe, h)
            times = redrawn(len(known), block, seed)
            published = past.combined.weights[k][h].map if shown else np.zeros(2)
            weight = np.full(len(known), float(share))
            pairs = said[whole][:, known].T, came[whole][:, known].T
            every.append(fit_band(*pairs, weight, published, times))
    return np.stack(every).reshape(len(problem.thresholds), len(problem.horizons), -1, 2)


def falls(past: Past, recipe: Recipe, day: int, seed: int, shown: bool) -> list[Fall]:
    """Where past counts fell in what is published, by horizon."""
    ladder = past.record.ladder
    if ladder is None:
        return []
    problem, stated = past.record.problem, np.array(LEVELS)
    p = past.forecasts(None if shown else recipe.baseline)
    size = past.record.sizes(day)[..., past.first :]
    by_horizon = []
    for h in range(len(problem.horizons)):
        now = p[:, :, h].transpose(1, 2, 0)
        whole = bent(
            ladder[:, :, h, past.first :].transpose(1, 2, 0), recipe.rungs, problem.thresholds, now
        )
        known = problem.judged[:, None] & ~np.isnan(size[:, h]) & ~np.isnan(now[..., 0])
        level = now[..., 0][known]
        pit = transform(whole[known], recipe.rungs, size[:, h][known], seed)
        edges = edges_of(level)
        which = np.searchsorted(edges, level, side="right")
        at = [pit[which == b] for b in range(len(edges) + 1)]
        levels = [np.quantile(each, LEVELS) if len(each) >= LEAST else stated for each in at]
        by_horizon.append(Fall(edges, np.stack(levels)))
    return by_horizon


def past_band(
    past: Past, recipe: Recipe, horizon: int, since: int, seed: int
) -> tuple[Ints, Floats, Floats]:
    """Origins from `since` on, and the 80% band of the first unit's forecast at each.

    `horizon` is its place; of the first threshold. Each band is made from what was closed at the
    refit before: nothing later touches it.
    """
    record, combined = past.record, past.combined
    problem, origins = record.problem, record.origins
    spans = []
    for start, end in zip(record.refits, [*record.refits[1:], len(origins)], strict=True):
        if not start or origins[end - 1] < since:
            continue
        y = record.reached(int(origins[start]), int(start))[0, :, horizon]
        p = combined.pooled[0, :, horizon, :start]
        known = np.flatnonzero(~np.isnan(y).any(axis=0))
        weight = np.full(len(known), float(problem.share[horizon]))
        published = np.zeros(2)
        if recipe.rule.calibration is not None:
            flat = ~np.isnan(y)
            each = np.full(int(flat.sum()), float(problem.share[horizon]))
            published = fit_map(p[flat], y[flat], each, recipe.rule.calibration)
        times = redrawn(len(known), block_of(problem, recipe, horizon), seed)
        maps = fit_band(p[:, known].T, y[:, known].T, weight, published, times)
        low, high = band(maps, combined.pooled[0, 0, horizon, start:end])
        q = combined.p[0, 0, horizon, start:end]
        spans.append((origins[start:end], np.minimum(low, q), np.maximum(high, q)))
    if not spans:
        return origins[:0], np.empty(0), np.empty(0)
    days, low, high = (np.concatenate(parts) for parts in zip(*spans, strict=True))
    kept = days >= since
    return days[kept], low[kept], high[kept]
