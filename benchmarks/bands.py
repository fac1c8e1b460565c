"""The 80% band of a probability: Venn-Abers held against the redrawn record.

python -m benchmarks.bands --json

In made worlds the true frequency behind every forecast is known: how often a band holds it, and how
wide it is. On the embedded chronicle nobody knows it: how wide the bands are, how often the share
that came lay between their mean ends, and how far the ends move in half a year.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm
from sklearn.isotonic import IsotonicRegression

from benchmarks.chronicle import embedded, of_dyad, pasts
from features.arrays import Floats, to_day
from features.targets import WEEK
from models.combining.calibration import apply_map, band, fit_band, fit_map
from models.combining.combine import Past
from models.numerics import bootstrap
from models.recipes.events import BLOCK_WEEKS

Band: TypeAlias = Callable[[Floats, Floats, int, Floats, int], tuple[Floats, Floats]]
"""Past forecasts, their outcomes, the horizon, the forecasts of now, a seed -> both ends."""
MEAN_ODDS: Final = -1.5
FADING: Final = 0.97
"""What a week keeps of the week before's risk in a made world."""
BLUR: Final = 0.7
RECORDS: Final = (200, 700)
"""Weeks: a young record, and one as long as the chronicle's."""
HORIZONS: Final = (7, 30)
ASKED: Final = 40
SHARE: Final = 0.8
STEP_WEEKS: Final = 26
FIXED: Final = np.array([0.05, 0.1, 0.2, 0.4, 0.6])


def redrawn(p: Floats, y: Floats, horizon: int, now: Floats, seed: int) -> tuple[Floats, Floats]:
    """The published band: the calibration map of redrawn records, about the published one."""
    weight = np.full(len(p), WEEK / horizon)
    published = fit_map(p, y, weight)
    block = max(BLOCK_WEEKS, -(-horizon // WEEK))
    times = bootstrap.redrawn(len(p), block, seed)
    low, high = band(fit_band(p[:, None], y[:, None], weight, published, times), now)
    calibrated = apply_map(published, now)
    return np.minimum(low, calibrated), np.maximum(high, calibrated)


def venn_abers(
    p: Floats, y: Floats, horizon: int, now: Floats, _seed: int
) -> tuple[Floats, Floats]:
    """The two probabilities of an inductive Venn-Abers predictor: (row,) twice, low and high.

    Each forecast joins the record once as a miss and once as a hit, and is read off the isotonic
    regression of each (Vovk, Petej and Fedorova, NeurIPS 2015). An overlapping window of the
    record weighs WEEK / horizon, the forecast itself a whole one.
    """
    weight = np.append(np.full(len(p), WEEK / horizon), 1.0)
    ends = np.empty((2, len(now)))
    for row, asked in enumerate(now):
        for came in (0, 1):
            model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
            model.fit(np.append(p, asked), np.append(y, came), weight)
            ends[came, row] = model.predict([asked])[0]
    return ends[0], ends[1]


BANDS: Final[dict[str, Band]] = {"redrawn": redrawn, "venn_abers": venn_abers}


def _same(odds: Floats, _rng: np.random.Generator) -> tuple[Floats, Floats]:
    return odds, expit(odds)


def _bold(odds: Floats, _rng: np.random.Generator) -> tuple[Floats, Floats]:
    return MEAN_ODDS + 1.6 * (odds - MEAN_ODDS), expit(odds)


def _crooked(odds: Floats, _rng: np.random.Generator) -> tuple[Floats, Floats]:
    return odds + np.maximum(odds - MEAN_ODDS, 0), expit(odds)


def _blurred(odds: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    told = odds + rng.normal(0, BLUR, odds.shape)
    keep = 1 / (1 + BLUR**2)
    nodes, shares = np.polynomial.hermite_e.hermegauss(15)
    centre = MEAN_ODDS + keep * (told - MEAN_ODDS)
    spread = BLUR * np.sqrt(keep)
    true: Floats = expit(centre[..., None] + spread * nodes) @ (shares / shares.sum())
    return told, true


WORLDS: Final = {"true": _same, "bold": _bold, "crooked": _crooked, "blurred": _blurred}
"""Log-odds of the risk -> those of the forecast, and the frequency behind a forecast: the risk
itself where the forecast tells it, else its mean given the forecast."""


def made_record(
    rng: np.random.Generator, world: str, weeks: int, horizon: int
) -> tuple[Floats, Floats]:
    """Weekly forecasts and outcomes: the risk drifts, and windows share what happens in them."""
    odds = np.empty(weeks)
    odds[0] = rng.normal()
    for i in range(1, weeks):
        odds[i] = FADING * odds[i - 1] + rng.normal() * np.sqrt(1 - FADING**2)
    odds += MEAN_ODDS
    lap = max(1, round(horizon / WEEK))
    shocks = np.convolve(rng.normal(size=weeks + lap - 1), np.ones(lap), "valid") / np.sqrt(lap)
    told, _ = WORLDS[world](odds, rng)
    return expit(told), (norm.cdf(shocks) < expit(odds)).astype(np.float64)


def made_worlds(worlds: int, seed: int) -> Iterator[dict[str, Any]]:
    """A row a world, horizon, record length and band: how often it holds the truth, how wide."""
    for world in WORLDS:
        for horizon in HORIZONS:
            for weeks in RECORDS:
                for name, found in _made(world, horizon, weeks, worlds, seed).items():
                    yield {
                        "world": world,
                        "horizon": horizon,
                        "weeks": weeks,
                        "band": name,
                        **found,
                    }


def _made(
    world: str, horizon: int, weeks: int, worlds: int, seed: int
) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in BANDS}
    for i in range(worlds):
        rng = np.random.default_rng([seed, i])
        p, y = made_record(rng, world, weeks, horizon)
        told, truth = WORLDS[world](rng.normal(MEAN_ODDS, 1, ASKED), rng)
        for name, make in BANDS.items():
            found[name].append(judged(*make(p, y, horizon, expit(told), i), truth))
    return {
        name: {score: float(np.mean([row[score] for row in rows])) for score in rows[0]}
        for name, rows in found.items()
    }


def judged(low: Floats, high: Floats, truth: Floats) -> dict[str, float]:
    """Share of truths held, mean width, and the interval score of an 80% band (less is better).

    The score is the width and, where the truth lies outside, 2 / (1 - 0.8) times by how much
    (Gneiting and Raftery, JASA 2007).
    """
    missed = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
    return {
        "held": float(np.mean(missed == 0)),
        "width": float(np.mean(high - low)),
        "score": float(np.mean(high - low + 2 / (1 - SHARE) * missed)),
    }


def chronicle(theatre: str) -> Iterator[dict[str, Any]]:
    """A row a target of the dyad, horizon and band: widths, the record's check, stability."""
    known = embedded(theatre)
    for past in pasts(of_dyad(known), to_day(known.as_of)):
        problem = past.record.problem
        for i, horizon in enumerate(problem.horizons):
            for name, make in BANDS.items():
                walked = list(_walked(past, i, make))
                yield {"target": problem.target, "horizon": horizon, "band": name, **_told(walked)}


Walked: TypeAlias = tuple[Floats, Floats, Floats, Floats, Floats]
"""Both ends of the next half year's forecasts, what came, both ends at FIXED."""


def _walked(past: Past, i: int, make: Band) -> Iterator[Walked]:
    """Every half year the bands of the forecasts until the next, from what was closed then."""
    record, p = past.record, past.combined.pooled[0, 0, i]
    origins, horizon = record.origins, record.problem.horizons[i]
    came = record.settled()[0, 0, i]
    for start in range(4 * STEP_WEEKS, len(origins), STEP_WEEKS):
        y = record.reached(int(origins[start]), start)[0, 0, i]
        closed = ~np.isnan(y)
        span = slice(start, start + STEP_WEEKS)
        now = np.concatenate([p[span], FIXED])
        low, high = make(p[:start][closed], y[closed], horizon, now, start)
        n = len(p[span])
        yield low[:n], high[:n], came[span], low[n:], high[n:]


def _told(found: list[Walked]) -> dict[str, float]:
    low, high, came = (np.concatenate([each[i] for each in found]) for i in range(3))
    fixed = np.array([[each[3], each[4]] for each in found])
    known = ~np.isnan(came)
    return {
        "forecasts": float(known.sum()),
        "width": float(np.mean(high - low)),
        "widest": float(np.quantile(high - low, 0.95)),
        "mean_low": float(low[known].mean()),
        "came": float(came[known].mean()),
        "mean_high": float(high[known].mean()),
        "moved": float(np.abs(np.diff(fixed, axis=0)).mean()),
    }


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=20, help="made worlds a row")
    parser.add_argument("--theatre", default="pak_afg")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    start = time.perf_counter()
    made = list(made_worlds(options.worlds, options.seed))
    real = list(chronicle(options.theatre))
    if options.json:
        seconds = time.perf_counter() - start
        print(json.dumps({"made": made, "chronicle": real, "seconds": seconds}))
        return
    for rows in (made, real):
        print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
