"""Monthly deaths by country: the pooled ensemble against the strongest public baseline.

python -m benchmarks.country_month --data country_month_v25_1.csv --json --predictions out.parquet

An origin is the last month known; a horizon of h asks for the month h later. Settings were chosen
on `--first 2008-01 --until 2014-12`.
"""

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import scoringrules as sr

from benchmarks.levels import conformal_levels
from benchmarks.panels import (
    Walked,
    arguments,
    countries,
    month_names,
    month_of,
    predictions,
    scored,
    show,
    walked_months,
)
from benchmarks.peer import peer_features, peer_forecast
from features.arrays import Floats
from features.monthly.panel import MONTHS_A_YEAR, Panel, label
from models.combining.conformal import in_step, transform
from models.learners.memories import frequencies
from models.learners.panel import NegativeBinomial
from models.numerics.distribution import quantiles
from models.recipes.months import (
    BURN_MONTHS,
    Rates,
    Study,
    country_recipe,
    country_study,
    rungs_of,
    table,
)
from streams.places.regions import region

THRESHOLDS = (1.0, 25.0, 100.0)
HORIZONS = (1, 3, 6)
REFIT_MONTHS = 6
WARM_MONTHS = 60
LEVELS = np.arange(1, 100) / 100
RIVALS = ("peer", "memory_12", "climatology", "persistence")
RIVAL_COLUMNS = ("level_120", "level_12", "level_1")
"""Climatology and persistence of two lengths: what the negative-binomial rival looks at."""


def baselines(first: int, continents: list[str]) -> Rates:
    """The peer, refitted at every origin from `first` on, and the frequencies."""

    def rates(
        panel: Panel, size: Floats, thresholds: Sequence[float], horizon: int
    ) -> dict[str, Floats]:
        X = peer_features(panel, continents)
        peer = np.full((len(thresholds), *size.shape), np.nan)
        for k, threshold in enumerate(thresholds):
            for origin in range(first, size.shape[1] - horizon):
                peer[k, :, origin] = peer_forecast(X, size, threshold, horizon, origin)
        return {"peer": peer, **frequencies(panel, size, thresholds, horizon)}

    return rates


def count_scores(study: Study, walked: Walked, seed: int) -> dict[str, float]:
    """Mean CRPS of log1p deaths: the ensemble's, the negative-binomial rival's, climatology's.

    And how often what came lay inside the ensemble's 90% interval, as stated and conformal.
    """
    ladder, size = walked.rows()
    y = np.log1p(size)
    ours = quantiles(ladder, walked.rungs, LEVELS)
    found = {
        "crps": _crps(y, ours),
        "crps_nb": _crps(y, _negative_binomial(study, walked)),
        "crps_climatology": _crps(y, _climatology(study, walked)),
    }
    return {
        **found,
        "below_nb": 1 - found["crps"] / found["crps_nb"],
        "skill": 1 - found["crps"] / found["crps_climatology"],
        **_coverage(walked, seed),
        "forecasts": float(len(y)),
    }


def _coverage(walked: Walked, seed: int) -> dict[str, float]:
    """How often what came lay in the 90% interval: as the forecast states it, and conformal as far
    as its probabilities of the thresholds allow, which is what is published.

    Randomised, overall and by thirds of the forecast; the first year only teaches.
    """
    shape = walked.size.shape
    ladder, size = walked.rows()
    pit = transform(ladder, walked.rungs, size, seed).reshape(shape)
    level = walked.p["ensemble"][0]
    levels, third = conformal_levels(pit, level, walked.origins, walked.horizon)
    p = walked.p["ensemble"].transpose(1, 2, 0).reshape(pit.size, -1)
    for i, end in enumerate((0.05, 0.95)):
        levels[i] = in_step(levels[i].reshape(-1, 1), np.array([end]), p).reshape(shape)
    late = np.broadcast_to(np.arange(shape[1]) >= MONTHS_A_YEAR, shape)
    stated = (pit >= 0.05) & (pit <= 0.95)
    inside = (pit >= levels[0]) & (pit <= levels[1])
    return {
        "stated_90": float(stated[late].mean()),
        "conformal_90": float(inside[late].mean()),
        **{
            f"conformal_90_{name}": float(inside[late & (third == at)].mean())
            for at, name in enumerate(("calm", "middle", "escalated"))
        },
    }


def _crps(y: Floats, q: Floats) -> float:
    return float(np.mean(sr.crps_quantile(y, q, LEVELS)))


def _climatology(study: Study, walked: Walked) -> Floats:
    """The quantiles of each unit's own months so far: (unit x origin, level)."""
    logged = np.log1p(study.size)
    each = [np.quantile(logged[:, : o + 1], LEVELS, axis=1).T for o in walked.origins]
    return np.stack(each, axis=1).reshape(-1, len(LEVELS))


def _negative_binomial(study: Study, walked: Walked) -> Floats:
    """Quantiles of a negative binomial on climatology and persistence: (unit x origin, level).

    Refitted every REFIT_MONTHS on the unit's level over ten years, over one, and the last month.
    """
    names, X = table(study)
    X = X[:, :, [names.index(name) for name in RIVAL_COLUMNS]]
    y = label(study.size, walked.horizon)
    grid = np.unique(np.round(np.expm1(np.linspace(0, np.log1p(20000), 160)))).astype(np.float64)
    found = []
    for start in range(0, len(walked.origins), REFIT_MONTHS):
        span = walked.origins[start : start + REFIT_MONTHS]
        past = slice(BURN_MONTHS, int(span[0]) - walked.horizon + 1)
        A = X[:, past].reshape(-1, X.shape[2])
        model = NegativeBinomial().fit(A, y[:, past].ravel(), np.ones(len(A)))
        at_most = 1 - model.reaching(X[:, span].reshape(-1, X.shape[2]), grid + 1)
        q = [np.interp(LEVELS, row, np.log1p(grid), left=0.0) for row in at_most]
        found.append(np.array(q).reshape(len(study.panel.units), len(span), -1))
    return np.concatenate(found, axis=1).reshape(-1, len(LEVELS))


def main() -> None:
    """Walk the panel, print the scores, write the forecasts."""
    options = arguments(__doc__, "data")
    start = time.perf_counter()
    panel = countries(options.data, region)
    if options.until:
        panel = panel.until(month_of(options.until) - panel.first + 1)
    study = country_study("country_deaths", panel, THRESHOLDS, HORIZONS)
    first = month_of(options.first) - panel.first
    rates = baselines(first, [region(unit, "continent") for unit in panel.units])
    plan = (WARM_MONTHS, REFIT_MONTHS, options.seed)
    whole = walked_months(study, country_recipe(rungs_of(THRESHOLDS)), rates, first, plan)
    walked = [each.since(first) for each in whole]
    if options.predictions:
        frames = [predictions(each, panel.units, month_names(panel)) for each in walked]
        pd.concat(frames).to_parquet(options.predictions, index=False)
    every = np.ones(len(panel.units), np.bool_)
    rows = [
        row for each in walked for row in scored(each, every, RIVALS, "countries", options.seed)
    ]
    counts = {str(each.horizon): count_scores(study, each, options.seed) for each in walked}
    show(rows, {"counts": counts, "seconds": time.perf_counter() - start}, options.json)


if __name__ == "__main__":
    main()
