"""The gate: a challenger is promoted only where its record beats the champion's and the baselines'.

It works from out-of-sample forecasts alone, so a model that is better only on what it was fitted to
has nothing to show here. One law holds for every problem.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from models.combining.combine import Past
from models.numerics.bootstrap import redrawn
from models.numerics.losses import episodes, log_loss
from models.recipes.recipe import Recipe, block_of, reach_of

ENSEMBLE: Final = "ensemble"
DRAWS: Final = 500
INTERVAL: Final = (0.05, 0.95)
EPISODES: Final = 5
"""Fewer separate spells are anecdotes: no interval from them is believed."""
LEAST_ORIGINS: Final = 52
"""Fewer shared origins do not tell two champions apart."""
TINY: Final = 1e-12
Interval = tuple[float, float, float]
"""A skill and its 90% interval."""


@dataclass(frozen=True)
class Verdict:
    """One problem's horizon, in log score: is the challenger better than every baseline?

    `rival` is the hardest.
    """

    target: str
    units: str
    horizon: int
    rival: str
    skill: float
    low: float
    high: float
    episodes: int
    forecasts: int
    shown: bool
    reason: str
    worse_than: str
    """The hardest base rate than which the record is clearly worse, and the score; or empty."""


@dataclass(frozen=True)
class Decision:
    """Whether the challenger takes the champion's place, why, and the figures it stands on."""

    promoted: bool
    reason: str
    verdicts: tuple[Verdict, ...]
    against_champion: Interval | None
    """Mean skill in log score against the champion over all problems, with its 90% interval."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a file kept with the run."""
        return asdict(self)


@dataclass(frozen=True)
class Losses:
    """Log scores of one horizon by model, (cluster, origin), summed over what is closed.

    `y` says whether each threshold was reached, (threshold, unit, origin), NaN where not closed;
    `clusters` are the units' numbers. `reach` is how many origins a window is long, `block` the
    bootstrap's mean block.
    """

    by_model: Mapping[str, Floats]
    y: Floats
    clusters: Ints
    reach: int
    block: int

    def total(self, model: str) -> Floats:
        """One model's losses by origin."""
        loss: Floats = self.by_model[model].sum(axis=0)
        return loss

    @property
    def episodes(self) -> int:
        """How many separate spells there are, at the threshold that has fewest."""
        return min(episodes(y) for y in self.y)


Score = Callable[[Floats, Floats], Floats]
"""From probabilities and outcomes to losses, element by element."""


def brier(p: Floats, y: Floats) -> Floats:
    """The Brier score, element by element."""
    loss: Floats = (p - y) ** 2
    return loss


def losses_of(
    p: Mapping[str, Floats],
    y: Floats,
    clusters: Ints,
    reach: int,
    block: int,
    score: Score = log_loss,
) -> Losses:
    """Losses from forecasts by model and outcomes, (threshold, unit, origin) each.

    Origins at which nothing is closed, or a forecast is missing, are left out.
    """
    known = ~np.isnan(y) & np.all([~np.isnan(q) for q in p.values()], axis=0)
    kept = np.flatnonzero(known.any(axis=(0, 1)))
    y, known = np.where(known, y, np.nan)[..., kept], known[..., kept]
    numbers = np.unique(clusters)
    by_model = {}
    for name, q in p.items():
        loss = np.where(known, score(q[..., kept], np.nan_to_num(y)), 0.0).sum(axis=0)
        by_model[name] = np.stack([loss[clusters == c].sum(axis=0) for c in numbers])
    return Losses(by_model, y, clusters, reach, block)


def paired(loss: Floats, rival: Floats, block: int, seed: int) -> Interval:
    """Skill 1 - loss / rival's loss by origin, and its 90% interval.

    Paired stationary block bootstrap over origins (Politis and Romano, JASA 1994), mean block
    `block` origins.
    """
    times: Ints = redrawn(len(loss), block, seed, DRAWS)
    drawn = 1 - (times @ loss) / np.maximum(times @ rival, TINY)
    low, high = np.quantile(drawn, INTERVAL)
    return 1 - float(loss.sum() / max(rival.sum(), TINY)), float(low), float(high)


def without_best_spell(losses: Losses, model: str, rival: str) -> float:
    """The skill that is left without the one episode that favours the model most.

    An episode is a spell of origins at which a threshold was reached somewhere in one cluster, with
    a window's origins on either side. With none it is the skill of the whole.
    """
    ours, theirs = losses.by_model[model], losses.by_model[rival]
    whole = ours.sum(), theirs.sum()
    left = [1 - float(whole[0] / max(whole[1], TINY))]
    last = ours.shape[1]
    for c, number in enumerate(np.unique(losses.clusters)):
        sums = [np.concatenate([[0.0], np.cumsum(loss[c])]) for loss in (ours, theirs)]
        for y in losses.y[:, losses.clusters == number]:
            came = (np.nan_to_num(y) > 0).any(axis=0).astype(np.int8)
            starts = np.flatnonzero(np.diff(came, prepend=0) == 1) - losses.reach
            ends = np.flatnonzero(np.diff(came, append=0) == -1) + 1 + losses.reach
            a, b = np.maximum(starts, 0), np.minimum(ends, last)
            rest = [w - (s[b] - s[a]) for w, s in zip(whole, sums, strict=True)]
            kept = rest[1] > TINY
            left += list(1 - rest[0][kept] / rest[1][kept])
    return float(min(left))


def judge(
    losses: Losses, seed: int, challenger: str = ENSEMBLE
) -> tuple[bool, str, str, Mapping[str, Interval]]:
    """Whether the challenger beats every rival: (shown, reason, hardest rival, skills by rival).

    Every rival must be beaten, so that the best of several by chance is no easier to beat than it
    is.
    """
    ours = losses.total(challenger)
    total = {name: float(losses.total(name).sum()) for name in losses.by_model}
    rivals = sorted(total.keys() - {challenger}, key=lambda name: (total[name], name))
    skills = {name: paired(ours, losses.total(name), losses.block, seed) for name in rivals}
    hardest = rivals[0]
    if losses.episodes < EPISODES:
        return False, f"{losses.episodes} episodes, {EPISODES} are needed", hardest, skills
    for name, (skill, low, high) in skills.items():
        if not low > 0:
            why = f"not clear of {name}: skill {skill:+.3f} (90% {low:+.3f} to {high:+.3f})"
            return False, why, hardest, skills
        if (left := without_best_spell(losses, challenger, name)) <= 0:
            why = f"one episode carries it: without it the skill against {name} is {left:+.3f}"
            return False, why, hardest, skills
    return True, f"clear of every baseline, {hardest} the best", hardest, skills


def verdicts(past: Past, recipe: Recipe, since: int, seed: int) -> tuple[Verdict, ...]:
    """A verdict a horizon of a record, from the origin `since` on, by all that is known of it."""
    record, problem = past.record, past.record.problem
    first = max(past.first, int(np.searchsorted(record.origins, since)))
    y = record.settled()[..., first:]
    forecasts = {name: record.of(name)[..., first:] for name in recipe.rates}
    forecasts[ENSEMBLE] = past.combined.p[..., first:]
    judgements = []
    mine = problem.judged
    for h, horizon in enumerate(problem.horizons if mine.any() else ()):
        cut = {name: p[:, mine, h] for name, p in forecasts.items()}
        shape = problem.clusters[mine], reach_of(problem, h), block_of(problem, recipe, h)
        losses, squared = (
            losses_of(cut, y[:, mine, h], *shape),
            losses_of(cut, y[:, mine, h], *shape, brier),
        )
        if not losses.y.shape[-1]:
            continue
        shown, reason, rival, skills = judge(losses, seed)
        judgements.append(
            Verdict(
                problem.target,
                problem.group,
                horizon,
                rival,
                *skills[rival],
                losses.episodes,
                int((~np.isnan(losses.y)).sum()),
                shown,
                reason,
                _worse_than(skills, rival, squared, seed),
            )
        )
    return tuple(judgements)


def _worse_than(skills: Mapping[str, Interval], rival: str, squared: Losses, seed: int) -> str:
    """The hardest base rate in log or in Brier score, where the ensemble is clearly worse than it.

    `rival` is the hardest in log score.
    """
    if skills[rival][2] < 0:
        return f"{rival} in log score"
    ours = squared.total(ENSEMBLE)
    hardest = min(skills, key=lambda name: (float(squared.total(name).sum()), name))
    if paired(ours, squared.total(hardest), squared.block, seed)[2] < 0:
        return f"{hardest} in Brier score"
    return ""


def clearly_worse(judgements: Sequence[Verdict]) -> bool:
    """Whether the record at some horizon is clearly worse than a base rate's.

    Then the base rate is published at every horizon of the problem: a mixture of the two could
    contradict itself, for a longer window holds the shorter ones.
    """
    return any(each.worse_than for each in judgements)


def against(record: pd.DataFrame, champion: pd.DataFrame, seed: int) -> Interval | None:
    """Mean skill of the record's ensemble against the champion's, on the forecasts both made.

    Each problem's losses are divided by the champion's mean, so that none rules by its size. None
    where fewer than LEAST_ORIGINS are shared, or the labels are not the same.
    """
    keys = ["unit", "target", "threshold", "origin", "horizon"]
    if "threshold" not in champion:
        champion = champion.assign(threshold=1.0)
    ours = record[record["model"] == ENSEMBLE].dropna(subset=["outcome"])
    theirs = champion[champion["model"] == ENSEMBLE][[*keys, "probability"]]
    both = ours.merge(theirs, on=keys, suffixes=("", "_then"))
    if both["origin"].nunique() < LEAST_ORIGINS:
        return None
    y = both["outcome"].to_numpy(float)
    both["ours"] = log_loss(both["probability"].to_numpy(float), y)
    both["theirs"] = log_loss(both["probability_then"].to_numpy(float), y)
    scale = both.groupby(["target", "unit", "threshold", "horizon"])["theirs"].transform("mean")
    both["ours"], both["theirs"] = both["ours"] / scale, both["theirs"] / scale
    mean = both.groupby("origin")[["ours", "theirs"]].mean()
    block = int(both["block"].max())
    return paired(mean["ours"].to_numpy(), mean["theirs"].to_numpy(), block, seed)


def decide(
    judgements: Sequence[Verdict],
    record: pd.DataFrame,
    champion: pd.DataFrame | None,
    same_method: bool,
    seed: int,
) -> Decision:
    """What becomes of a newly trained model.

    With no champion that can still forecast, it takes the place, proven or not, since a forecast
    must come from somewhere; the reason says which. The champion's own method on newer data is a
    refit: it passes unless it is clearly worse. Another method passes only where it is clearly
    better than the champion and somewhere clearly better than every baseline.
    """
    judgements = tuple(judgements)
    shown = [v for v in judgements if v.shown]
    proof = (
        f"skill shown in {len(shown)} of {len(judgements)} problems"
        if shown
        else "no skill beyond the base rate shown yet"
    )
    if champion is None:
        reason = f"no champion that can forecast; {proof}"
        return Decision(True, reason, judgements, None)
    skill = against(record, champion, seed)
    if skill is None:
        reason = f"too little shared record with the champion; {proof}"
        return Decision(same_method, reason, judgements, skill)
    compared = (
        f"skill against the champion {skill[0]:+.3f} (90% {skill[1]:+.3f} to {skill[2]:+.3f})"
    )
    if same_method:
        reason = f"the champion's method refitted; {compared}; {proof}"
        return Decision(not skill[2] < 0, reason, judgements, skill)
    better = skill[1] > 0 and bool(shown)
    return Decision(better, f"{compared}; {proof}", judgements, skill)
