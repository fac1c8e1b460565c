"""The gate: a challenger is promoted only where its record beats the champion's and the baselines'.

It works from out-of-sample forecasts alone, so a model that is better only on what it was fitted to
has nothing to show here.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from features.arrays import Floats, Ints
from features.targets import WEEK
from models.judging.scoring import ENSEMBLE
from models.learners.members import BASELINES
from models.numerics.bootstrap import redraw
from models.numerics.losses import episodes, log_loss

DRAWS: Final = 500
INTERVAL: Final = (0.05, 0.95)
EPISODES: Final = 5
"""Fewer separate spells are anecdotes: no interval from them is believed."""


@dataclass(frozen=True)
class Verdict:
    """One target, unit group and horizon: is the challenger better than the best baseline?"""

    target: str
    units: str
    horizon: int
    rival: str
    skill: float
    low: float
    high: float
    episodes: int
    shown: bool
    reason: str


@dataclass(frozen=True)
class Decision:
    """Whether the challenger takes the champion's place, why, and the figures it stands on."""

    promoted: bool
    reason: str
    verdicts: tuple[Verdict, ...]
    against_champion: tuple[float, float, float] | None
    """Mean skill in log score against the champion over all problems, with its 90% interval."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for a file kept with the run."""
        return asdict(self)


def paired(loss: Floats, rival: Floats, horizon: int, seed: int) -> tuple[float, float, float]:
    """Skill 1 - loss / rival's loss by origin, and its 90% interval.

    Paired stationary block bootstrap over origins, blocks at least as long as the horizon.
    """
    times: Ints = redraw(len(loss), horizon, seed, DRAWS)
    drawn = 1 - (times @ loss) / np.maximum(times @ rival, 1e-12)
    low, high = np.quantile(drawn, INTERVAL)
    return 1 - float(loss.sum() / max(rival.sum(), 1e-12)), float(low), float(high)


def without_best_spell(loss: Floats, rival: Floats, y: Floats, horizon: int) -> float:
    """The skill that is left without the one episode that favours the challenger most.

    An episode is a spell of origins whose window came true, with a horizon's origins on either
    side; y is (origin, unit). With none it is the skill of the whole.
    """
    came = (y > 0).any(axis=1)
    starts = np.flatnonzero(np.diff(came.astype(np.int8), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(came.astype(np.int8), append=0) == -1)
    reach = -(-horizon // WEEK)
    left = [1 - float(loss.sum() / max(rival.sum(), 1e-12))]
    for start, end in zip(starts, ends, strict=True):
        kept = np.ones(len(loss), bool)
        kept[max(start - reach, 0) : end + 1 + reach] = False
        if kept.any():
            left.append(1 - float(loss[kept].sum() / max(rival[kept].sum(), 1e-12)))
    return min(left)


def judge(
    losses: dict[str, Floats], y: Floats, horizon: int, seed: int, challenger: str = ENSEMBLE
) -> tuple[bool, str, str, tuple[float, float, float]]:
    """Whether the challenger beats every rival: (shown, reason, best rival, its skill's interval).

    `losses` are by origin, a row a model; y is (origin, unit). Every rival must be beaten, so that
    the best of several by chance is no easier to beat than it is.
    """
    ours = losses[challenger]
    rivals = sorted(
        losses.keys() - {challenger}, key=lambda name: (float(losses[name].sum()), name)
    )
    skills = {name: paired(ours, losses[name], horizon, seed) for name in rivals}
    best, found = rivals[0], skills[rivals[0]]
    spells = episodes(y.T)
    if spells < EPISODES:
        return False, f"{spells} episodes, {EPISODES} are needed", best, found
    for name, (skill, low, high) in skills.items():
        if not low > 0:
            why = f"not clear of {name}: skill {skill:+.3f} (90% {low:+.3f} to {high:+.3f})"
            return False, why, best, found
        if (left := without_best_spell(ours, losses[name], y, horizon)) <= 0:
            why = f"one episode carries it: without it the skill against {name} is {left:+.3f}"
            return False, why, best, found
    return True, f"clear of every baseline, {best} the best", best, found


def _by_origin(rows: pd.DataFrame) -> tuple[dict[str, Floats], Floats]:
    """Losses by model and origin, and outcomes (origin, unit), of closed windows."""
    rows = rows.dropna(subset=["outcome"])
    loss = rows.assign(
        loss=log_loss(rows["probability"].to_numpy(float), rows["outcome"].to_numpy(float))
    )
    table = loss.pivot_table(index="origin", columns="model", values="loss", aggfunc="mean")
    one = rows[rows["model"] == ENSEMBLE]
    y = one.pivot_table(index="origin", columns="unit", values="outcome")
    return {str(name): table[name].to_numpy() for name in table}, y.to_numpy()


def verdicts(record: pd.DataFrame, seed: int) -> tuple[Verdict, ...]:
    """A verdict a target, unit group and horizon of a record, in log score.

    `record` is what `scoring.predictions` gives: unit, target, origin, horizon, model,
    probability, outcome.
    """
    groups = record.assign(units=np.where(record["unit"] == "dyad", "dyad", "segments"))
    chosen = groups[groups["model"].isin([*BASELINES, ENSEMBLE])]
    found = []
    for key, rows in chosen.groupby(["target", "units", "horizon"]):
        target, units, horizon = str(key[0]), str(key[1]), int(str(key[2]))
        losses, y = _by_origin(rows)
        if not len(y):
            continue
        shown, reason, rival, (skill, low, high) = judge(losses, y, horizon, seed)
        found.append(
            Verdict(
                target,
                units,
                horizon,
                rival,
                skill,
                low,
                high,
                episodes(y.T),
                shown,
                reason,
            )
        )
    return tuple(found)


def against(
    record: pd.DataFrame, champion: pd.DataFrame, seed: int
) -> tuple[float, float, float] | None:
    """Mean skill of the record's ensemble against the champion's, on the forecasts both made.

    Each problem's losses are divided by the champion's mean, so that none rules by its size. None
    where fewer than a year of origins are shared.
    """
    keys = ["unit", "target", "origin", "horizon"]
    ours = record[record["model"] == ENSEMBLE].dropna(subset=["outcome"])
    theirs = champion[champion["model"] == ENSEMBLE][[*keys, "probability"]]
    both = ours.assign(origin=pd.to_datetime(ours["origin"])).merge(
        theirs.assign(origin=pd.to_datetime(theirs["origin"])), on=keys, suffixes=("", "_then")
    )
    if both["origin"].nunique() < 52:
        return None
    y = both["outcome"].to_numpy(float)
    both["ours"] = log_loss(both["probability"].to_numpy(float), y)
    both["theirs"] = log_loss(both["probability_then"].to_numpy(float), y)
    scale = both.groupby(["target", "unit", "horizon"])["theirs"].transform("mean")
    both["ours"], both["theirs"] = both["ours"] / scale, both["theirs"] / scale
    mean = both.groupby("origin")[["ours", "theirs"]].mean()
    return paired(
        mean["ours"].to_numpy(), mean["theirs"].to_numpy(), int(both["horizon"].max()), seed
    )


def decide(
    record: pd.DataFrame, champion: pd.DataFrame | None, same_method: bool, seed: int
) -> Decision:
    """What becomes of a newly trained model.

    With no champion that can still forecast, it takes the place, proven or not, since a forecast
    must come from somewhere; the reason says which. The champion's own method on newer data is a
    refit: it passes unless it is clearly worse. Another method passes only where it is clearly
    better than the champion and somewhere clearly better than every baseline.
    """
    found = verdicts(record, seed)
    shown = [v for v in found if v.shown]
    proof = (
        f"skill shown in {len(shown)} of {len(found)} problems"
        if shown
        else "no skill beyond the base rate shown yet"
    )
    if champion is None:
        return Decision(True, f"no champion that can forecast; {proof}", found, None)
    skill = against(record, champion, seed)
    if skill is None:
        return Decision(
            same_method, f"too little shared record with the champion; {proof}", found, skill
        )
    told = f"skill against the champion {skill[0]:+.3f} (90% {skill[1]:+.3f} to {skill[2]:+.3f})"
    if same_method:
        worse = skill[2] < 0
        return Decision(not worse, f"the champion's method refitted; {told}; {proof}", found, skill)
    better = skill[1] > 0 and bool(shown)
    return Decision(better, f"{told}; {proof}", found, skill)
