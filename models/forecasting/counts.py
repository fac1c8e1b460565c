"""What is said of counts: a walked record goes on to today, and its past says how far to trust it.

The ensemble is published where its past log score is clearly better than the hardest baseline's;
else the baseline is, and it is said.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.arrays import Floats
from models.combining.calibration import band, fit_band
from models.combining.conformal import LEAST, bins_of, in_step, transform
from models.forecasting.explain import coalitions, largest_first, shared
from models.numerics.bootstrap import redrawn
from models.numerics.distribution import bent, counts_at, quantiles, reached
from models.numerics.odds import EDGE, log_odds

LEVELS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""Of the published quantiles: what forecast hubs ask for, and the 80 and 90% intervals."""
INTERVAL: Final = (0.05, 0.95)
ENSEMBLE: Final = "ensemble"
BANDS: Final = ("drivers", "drivers_log_odds", "quantiles")

Pairs = tuple[tuple[str, float], ...]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Track:
    """One horizon's forecasts from the first origin of the record to the last, which is today.

    `p` is by model, (threshold, unit, origin), NaN where a unit was not there; `ladder` the
    ensemble's P(count >= k), (ladder, unit, origin); `count` what came, (unit, origin), NaN where
    it is not known; `beside` what the ensemble would say today of each coalition of families,
    (threshold, unit, coalition).
    """

    horizon: int
    p: Mapping[str, Floats]
    ladder: Floats
    count: Floats
    beside: Floats


@dataclass(frozen=True)
class Question:
    """What is asked of a record, and how it is judged."""

    units: tuple[str, ...]
    thresholds: tuple[float, ...]
    ladder: tuple[float, ...]
    families: tuple[str, ...]
    baseline: str
    rivals: tuple[str, ...]
    judged: Bools
    """The units whose record counts: they are alike."""
    block: int
    """Mean block of the bootstrap, in origins."""


@dataclass(frozen=True)
class Said:
    """What is said of one unit, horizon and threshold; `shown` is False where it is the baseline.

    Drivers sum to 100 x (probability - baseline), those in log-odds to the difference of the
    log-odds; quantiles are the count's, by level.
    """

    unit: str
    horizon: int
    threshold: int
    probability: float
    low: float
    high: float
    baseline: float
    drivers: Pairs
    drivers_log_odds: Pairs
    quantiles: Pairs
    shown: bool


@dataclass(frozen=True)
class Verdict:
    """The ensemble's past log score against the hardest baseline's, with a 90% interval."""

    horizon: int
    rival: str
    skill: float
    low: float
    high: float
    brier: float
    rival_brier: float
    forecasts: int

    @property
    def shown(self) -> bool:
        """Whether the interval is clear of zero."""
        return self.low > 0


def without(
    families: Sequence[str], family_of: Callable[[str], str]
) -> Callable[[Sequence[str], Floats], Floats]:
    """A function from column names and features, (unit, origin, column), to the last origin's
    rows for every coalition, (unit, coalition, column): absent families are at their medians."""

    def rows(names: Sequence[str], X: Floats) -> Floats:
        family = np.array([family_of(name) for name in names])
        typical = np.median(X.reshape(-1, X.shape[2]), axis=0)
        now = X[:, -1]
        asked = [
            np.where(np.isin(family, [f for f in families if f not in present]), typical, now)
            for present in coalitions(families)
        ]
        return np.stack(asked, axis=1)

    return rows


def judge(track: Track, question: Question, seed: int) -> Verdict:
    """How the ensemble fared on what is known of the record, against its hardest baseline."""
    chosen = question.judged
    y = reached(track.count[chosen], question.thresholds).transpose(2, 0, 1)
    known = ~np.isnan(y) & ~np.isnan(track.p[ENSEMBLE][:, chosen])
    told = np.flatnonzero(known.any(axis=(0, 1)))
    loss, brier = {}, {}
    for name in (ENSEMBLE, *question.rivals):
        p = np.clip(track.p[name][:, chosen], EDGE, 1 - EDGE)
        each = -(y * np.log(p) + (1 - y) * np.log1p(-p))
        loss[name] = np.where(known, each, 0.0).sum(axis=(0, 1))[told]
        brier[name] = float(((p - y)[known] ** 2).mean())
    rival = min(question.rivals, key=lambda name: float(loss[name].sum()))
    times = redrawn(len(told), question.block, seed)
    drawn = 1 - (times @ loss[ENSEMBLE]) / (times @ loss[rival])
    low, high = np.quantile(drawn, INTERVAL)
    skill = 1 - float(loss[ENSEMBLE].sum() / loss[rival].sum())
    return Verdict(
        track.horizon,
        rival,
        skill,
        float(low),
        float(high),
        brier[ENSEMBLE],
        brier[rival],
        int(known.sum()),
    )


def published(verdicts: Sequence[Verdict], nests: bool) -> list[bool]:
    """Whether the ensemble is published, by horizon: where its skill is shown. Where each window
    holds the shorter ones it is all or none, for a mixture could contradict itself."""
    shown = [each.shown for each in verdicts]
    return [all(shown)] * len(shown) if nests else shown


def say(track: Track, question: Question, shown: bool, seed: int) -> list[Said]:
    """What is said today of every unit that is there, by threshold: from the record alone.

    The ensemble's forecasts where its skill is `shown`, else the baseline's.
    """
    model = ENSEMBLE if shown else question.baseline
    p, base = track.p[model][:, :, -1], track.p[question.baseline][:, :, -1]
    low, high = _bands(track, question, model, seed)
    counts = _quantiles(track, question, model, seed)
    moved = _drivers(track, question, base) if shown else None
    found = []
    for u, unit in enumerate(question.units):
        if np.isnan(p[:, u]).any():
            continue
        for k, threshold in enumerate(question.thresholds):
            found.append(
                Said(
                    unit,
                    track.horizon,
                    int(threshold),
                    float(p[k, u]),
                    float(min(low[k, u], p[k, u])),
                    float(max(high[k, u], p[k, u])),
                    float(base[k, u]),
                    largest_first({n: 100 * v[k, u] for n, v in moved[0].items()}) if moved else (),
                    largest_first({n: v[k, u] for n, v in moved[1].items()}) if moved else (),
                    tuple((f"{at:g}", float(q)) for at, q in zip(LEVELS, counts[u], strict=True)),
                    shown,
                )
            )
    return found


def _bands(track: Track, question: Question, model: str, seed: int) -> tuple[Floats, Floats]:
    """The 80% band by redrawn records, (threshold, unit): see models.combining.calibration.band."""
    y = reached(track.count, question.thresholds).transpose(2, 0, 1)
    told = ~np.isnan(y[0][question.judged]).all(axis=0)
    whole = question.judged & ~np.isnan(track.p[model][0][:, told]).any(axis=1)
    times = redrawn(int(told.sum()), question.block, seed)
    ends = []
    for k in range(len(question.thresholds)):
        past, came = track.p[model][k][whole][:, told].T, y[k][whole][:, told].T
        maps = fit_band(past, came, np.ones(len(past)), 0, np.zeros(2), seed, times)
        ends.append(band(maps, track.p[model][k, :, -1]))
    return np.stack([e[0] for e in ends]), np.stack([e[1] for e in ends])


def _quantiles(track: Track, question: Question, model: str, seed: int) -> Floats:
    """The model's quantiles of the count today, (unit, level), read through where past counts fell,
    as far as its probabilities of reaching the thresholds allow."""
    p = track.p[model].transpose(1, 2, 0)
    ladder = bent(track.ladder.transpose(1, 2, 0), question.ladder, question.thresholds, p)
    known = question.judged[:, None] & ~np.isnan(track.count) & ~np.isnan(p[..., 0])
    level, stated = p[..., 0], np.array(LEVELS)
    pit = transform(ladder[known], question.ladder, track.count[known], seed)
    before, now = bins_of(level[known], level[known]), bins_of(level[:, -1], level[known])
    found = np.zeros((len(question.units), len(LEVELS)))
    for b in np.unique(now):
        mine, fell = now == b, pit[before == b]
        at = np.quantile(fell, LEVELS) if len(fell) >= LEAST else stated
        at = in_step(np.tile(at, (int(mine.sum()), 1)), stated, p[mine, -1])
        found[mine] = counts_at(quantiles(ladder[mine, -1], question.ladder, at))
    return np.maximum.accumulate(found, axis=1)


def _drivers(
    track: Track, question: Question, base: Floats
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Shapley values by family in probability and in log-odds: name -> (threshold, unit)."""
    asked = coalitions(question.families)
    value = {present: track.beside[:, :, i] for i, present in enumerate(asked)}
    odds = {present: log_odds(p) for present, p in value.items()}
    families = question.families
    return shared(value, base, families), shared(odds, log_odds(base), families)


def to_table(said: Sequence[Said]) -> pd.DataFrame:
    """One line a Said; drivers and quantiles as JSON text."""
    lines = [asdict(each) for each in said]
    for line in lines:
        line |= {name: json.dumps(line[name]) for name in BANDS}
    return pd.DataFrame(lines, columns=list(Said.__dataclass_fields__))


def from_table(table: pd.DataFrame) -> list[Said]:
    """What `to_table` was made from."""
    return [_said(line) for line in table.to_dict("records")]


def _said(line: dict[Any, Any]) -> Said:
    pairs = {name: tuple((n, v) for n, v in json.loads(line[name])) for name in BANDS}
    return Said(**{**line, **pairs})
