"""Proper scores of out-of-sample forecasts, and skill against each baseline with its interval."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as mean_log_loss

from features.arrays import Floats, Ints, to_date
from features.monthly.panel import MONTHS_A_YEAR
from models.combining.combine import Past
from models.judging.gate import DRAWS, ENSEMBLE, INTERVAL, TINY
from models.numerics.bootstrap import redrawn
from models.numerics.losses import episodes, log_loss
from models.numerics.odds import EDGE
from models.recipes.recipe import Recipe, block_of


@dataclass(frozen=True)
class Judged:
    """One target, unit group, threshold and horizon over one span: forecasts (model, origin,
    unit), outcomes (origin, unit), NaN where a unit was not there."""

    target: str
    group: str
    threshold: float
    horizon: int
    span: str
    models: tuple[str, ...]
    baselines: tuple[str, ...]
    block: int
    p: Floats
    y: Floats

    @property
    def about(self) -> dict[str, object]:
        """What the row of a table is about."""
        return {
            "target": self.target,
            "units": self.group,
            "threshold": self.threshold,
            "horizon": self.horizon,
            "span": self.span,
        }


def judged(past: Past, recipe: Recipe) -> Iterator[Judged]:
    """Each threshold, horizon and span of a record with its outcomes by all that is known;
    origins none of whose windows closed are left out, and units whose record does not count."""
    record, problem = past.record, past.record.problem
    y = record.settled()[:, problem.judged]
    p = np.concatenate([record.p, past.combined.p[None]])[:, :, problem.judged]
    counts = np.arange(len(record.origins)) >= past.first
    for span, chosen in recipe.spans(record).items():
        for k, threshold in enumerate(problem.thresholds):
            for h, horizon in enumerate(problem.horizons):
                kept = ~np.isnan(y[k, :, h]).all(axis=0) & chosen & counts
                if not kept.any():
                    continue
                yield Judged(
                    problem.target,
                    problem.group,
                    threshold,
                    horizon,
                    span,
                    (*record.models, ENSEMBLE),
                    recipe.rates,
                    block_of(problem, recipe, h),
                    p[:, k, :, h][:, :, kept].transpose(0, 2, 1),
                    y[k, :, h][:, kept].T,
                )


def score_table(judgements: list[Judged]) -> pd.DataFrame:
    """Brier, log score, AUC and Murphy's parts, a row a model, threshold, horizon, group and span.

    Lower is better but for `auc` (None where only one outcome occurred). `episodes` counts the
    separate spells in which the target came true: the evidence is no larger than that.
    """
    return pd.DataFrame([row for each in judgements for row in _score_rows(each)])


def _score_rows(judged: Judged) -> Iterator[dict[str, object]]:
    known = ~np.isnan(judged.y)
    y = judged.y[known]
    both = 0 < y.sum() < len(y)
    for name, p in zip(judged.models, judged.p, strict=True):
        q = np.clip(p[known], EDGE, 1 - EDGE)
        yield {
            **judged.about,
            "model": name,
            "forecasts": len(y),
            "rate": y.mean(),
            "episodes": episodes(judged.y.T),
            "brier": brier_score_loss(y, q),
            "log_score": mean_log_loss(y, q, labels=[0, 1]),
            "auc": roc_auc_score(y, q) if both else None,
            **murphy(q, y),
        }


def murphy(p: Floats, y: Floats, bins: int = 10) -> dict[str, float]:
    """Reliability (lower is better), resolution (higher is better) and uncertainty.

    Brier = reliability - resolution + uncertainty, up to what binning loses (Murphy, J. Appl.
    Meteorol. 1973), over bins of equal count.
    """
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)))
    where = np.clip(np.searchsorted(edges, p, side="right") - 1, 0, max(len(edges) - 2, 0))
    count = np.bincount(where)
    kept = count > 0
    forecast = np.bincount(where, p)[kept] / count[kept]
    observed = np.bincount(where, y)[kept] / count[kept]
    share, rate = count[kept] / len(y), y.mean()
    return {
        "reliability": float(share @ (forecast - observed) ** 2),
        "resolution": float(share @ (observed - rate) ** 2),
        "uncertainty": float(rate * (1 - rate)),
    }


def skill_table(judgements: list[Judged], seed: int = 0) -> pd.DataFrame:
    """Skill of the ensemble and each learner against each baseline, in Brier and log score.

    skill = 1 - loss / baseline's loss, with a 90% interval from a paired stationary block
    bootstrap over origins; `better` and `worse` say where it is clear of zero.
    """
    return pd.DataFrame([row for each in judgements for row in _skill_rows(each, seed)])


def _skill_rows(judged: Judged, seed: int) -> Iterator[dict[str, object]]:
    losses = {
        "brier": np.nanmean((judged.p - judged.y) ** 2, axis=2),
        "log_score": np.nanmean(log_loss(judged.p, judged.y), axis=2),
    }
    times: Ints = redrawn(judged.p.shape[1], judged.block, seed, DRAWS)
    at = {name: i for i, name in enumerate(judged.models)}
    for score, loss in losses.items():
        drawn = loss @ times.T
        for name in judged.models:
            if name in judged.baselines:
                continue
            for rival in judged.baselines:
                skills = 1 - drawn[at[name]] / np.maximum(drawn[at[rival]], TINY)
                low, high = np.quantile(skills, INTERVAL)
                yield {
                    **judged.about,
                    "score": score,
                    "model": name,
                    "baseline": rival,
                    "skill": 1 - loss[at[name]].mean() / max(loss[at[rival]].mean(), TINY),
                    "low": low,
                    "high": high,
                    "better": low > 0,
                    "worse": high < 0,
                }


def predictions(past: Past, recipe: Recipe, since: int) -> pd.DataFrame:
    """Every out-of-sample forecast from the origin `since` on with its outcome: a row a unit,
    target, threshold, origin, horizon and model.

    `origin` is a date where origins are days, else the month's number; `outcome` is NaN where the
    window is not closed; `block` is the bootstrap's mean block in origins.
    """
    record, problem = past.record, past.record.problem
    first = max(past.first, int(np.searchsorted(record.origins, since)))
    p = np.concatenate([record.p, past.combined.p[None]])[..., first:]
    days = record.origins[first:]
    origins = [to_date(day) for day in days] if problem.year > MONTHS_A_YEAR else days.tolist()
    index = pd.MultiIndex.from_product(
        [(*record.models, ENSEMBLE), problem.thresholds, problem.units, problem.horizons, origins],
        names=["model", "threshold", "unit", "horizon", "origin"],
    )
    blocks = {h: block_of(problem, recipe, i) for i, h in enumerate(problem.horizons)}
    frame = index.to_frame(index=False).assign(target=problem.target, probability=p.ravel())
    frame["outcome"] = np.broadcast_to(record.settled()[..., first:], p.shape).ravel()
    frame["block"] = frame["horizon"].map(blocks)
    names = ["unit", "target", "threshold", "origin", "horizon", "model", "probability", "outcome"]
    return frame[[*names, "block"]].dropna(subset=["probability"])
