"""Proper scores of out-of-sample forecasts, and skill against each baseline with its interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as mean_log_loss

from features.arrays import Floats, Ints, to_date, to_day
from models.forecasting.ensemble import Combined
from models.learners.members import BASELINES
from models.numerics.bootstrap import redraw
from models.numerics.losses import episodes, log_loss
from models.walks.events import Record
from theatres import DYAD

SINCE: Final = {"2012 on": date(2012, 1, 2), "2019 on": date(2019, 1, 1)}
"""The record is shown from 2012; settings were chosen before 2019, so 2019 on is told apart."""
ENSEMBLE: Final = "ensemble"
DRAWS: Final = 500
INTERVAL: Final = (0.05, 0.95)
EDGE: Final = 1e-9


@dataclass(frozen=True)
class Judged:
    """One target, unit group and horizon over one span: forecasts (model, origin, unit)."""

    target: str
    group: str
    horizon: int
    span: str
    models: tuple[str, ...]
    p: Floats
    y: Floats


def group_of(units: tuple[str, ...]) -> str:
    """`dyad`, or `segments` for the pooled ones."""
    return DYAD if units == (DYAD,) else "segments"


def _spans(record: Record) -> dict[str, npt.NDArray[np.bool_]]:
    """Which origins belong to each span; calm and escalated as then known, from 2012 on."""
    since = {name: record.origins >= to_day(day) for name, day in SINCE.items()}
    shown = since["2012 on"]
    events = record.problem.labels.events
    recent = [
        bool(((events.known <= o) & (o < events.until) & (events.day > o - 30)).any())
        for o in record.origins
    ]
    escalated = np.array(recent, bool)
    return {**since, "calm": shown & ~escalated, "escalated": shown & escalated}


def judged(record: Record, combined: Combined) -> Iterator[Judged]:
    """Each horizon and span of a record with its outcomes; windows that never closed left out."""
    problem = record.problem
    outcomes = problem.labels.outcomes(record.origins)
    p = np.concatenate([record.p, combined.p[None]])
    for i, horizon in enumerate(problem.horizons):
        closed = ~np.isnan(outcomes[:, i]).any(axis=0)
        for span, chosen in _spans(record).items():
            kept = closed & chosen
            if not kept.any():
                continue
            yield Judged(
                problem.target,
                group_of(problem.units),
                horizon,
                span,
                (*record.models, ENSEMBLE),
                p[:, :, i, kept].transpose(0, 2, 1),
                outcomes[:, i, kept].T,
            )


def score_table(judgements: list[Judged]) -> pd.DataFrame:
    """Brier, log score, AUC and Murphy's parts, a row a model, horizon, group and span.

    Lower is better but for `auc` (None where only one outcome occurred). `episodes` counts the
    separate spells in which the target came true: the evidence is no larger than that.
    """
    return pd.DataFrame([row for found in judgements for row in _score_rows(found)])


def _score_rows(found: Judged) -> Iterator[dict[str, object]]:
    y = found.y.ravel()
    both = 0 < y.sum() < len(y)
    for name, p in zip(found.models, found.p, strict=True):
        q = np.clip(p.ravel(), EDGE, 1 - EDGE)
        yield {
            "target": found.target,
            "units": found.group,
            "horizon": found.horizon,
            "span": found.span,
            "model": name,
            "forecasts": len(y),
            "rate": y.mean(),
            "episodes": episodes(found.y.T),
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
    return pd.DataFrame([row for found in judgements for row in _skill_rows(found, seed)])


def _skill_rows(found: Judged, seed: int) -> Iterator[dict[str, object]]:
    losses = {
        "brier": ((found.p - found.y) ** 2).mean(axis=2),
        "log_score": log_loss(found.p, found.y).mean(axis=2),
    }
    times: Ints = redraw(found.p.shape[1], found.horizon, seed, DRAWS)
    at = {name: i for i, name in enumerate(found.models)}
    for score, loss in losses.items():
        drawn = loss @ times.T
        for name in found.models:
            if name in BASELINES:
                continue
            for rival in BASELINES:
                skills = 1 - drawn[at[name]] / np.maximum(drawn[at[rival]], EDGE)
                low, high = np.quantile(skills, INTERVAL)
                yield {
                    "target": found.target,
                    "units": found.group,
                    "horizon": found.horizon,
                    "span": found.span,
                    "score": score,
                    "model": name,
                    "baseline": rival,
                    "skill": 1 - loss[at[name]].mean() / max(loss[at[rival]].mean(), EDGE),
                    "low": low,
                    "high": high,
                    "better": low > 0,
                    "worse": high < 0,
                }


def predictions(record: Record, combined: Combined) -> pd.DataFrame:
    """Every out-of-sample forecast since 2012 with its outcome (NaN where not closed): a row a
    unit, target, origin, horizon and model."""
    problem = record.problem
    shown = record.origins >= to_day(SINCE["2012 on"])
    origins = [to_date(day) for day in record.origins[shown]]
    outcomes = problem.labels.outcomes(record.origins)[:, :, shown]
    p = np.concatenate([record.p, combined.p[None]])[:, :, :, shown]
    names = (*record.models, ENSEMBLE)
    index = pd.MultiIndex.from_product(
        [names, problem.units, problem.horizons, origins],
        names=["model", "unit", "horizon", "origin"],
    )
    frame = index.to_frame(index=False)
    frame["target"] = problem.target
    frame["probability"] = p.ravel()
    frame["outcome"] = np.broadcast_to(outcomes, p.shape).ravel()
    return frame[["unit", "target", "origin", "horizon", "model", "probability", "outcome"]]
