"""How often a target has come true, as known on a day: the rates that baselines are made of."""

import numpy as np
import numpy.typing as npt

from features.arrays import Floats, Ints
from features.targets import WEEK, Labels
from features.windows import Slots

MEMORIES = (26, 52, 104)
"""Half-lives of the exponential memories, in weeks."""
RATES = ("climatology", *(f"memory_{weeks}" for weeks in MEMORIES), "persistence")
PRIOR_WINDOWS = 4.0
"""What the prior weighs, in windows: enough that no rate is 0 or 1."""
POOLED_WEEKS = 52
POOLED = f"pooled_{POOLED_WEEKS}"
"""Where several units share a model: a unit's 52-week memory, leaning on that of all of them."""
POOLED_WINDOWS = 30.0
"""What the memory of all weighs in it, in windows."""


def _shrunk(hits: Floats, weight: Floats, prior: Floats | float) -> Floats:
    rate: Floats = (hits + PRIOR_WINDOWS * prior) / (weight + PRIOR_WINDOWS)
    return rate


def active(labels: Labels, origins: Ints) -> npt.NDArray[np.bool_]:
    """Whether the last `horizon` days came true, as known then: (unit, horizon, origin)."""
    found = []
    for member in labels.members:
        seen = labels.events.take(member)
        slots = Slots(seen.day, seen.known, seen.until, np.zeros(len(seen), np.intp), 1, origins)
        weight = seen.deaths if labels.weigh_deaths else np.ones(len(seen))
        found.append(slots.sums(list(labels.horizons), weight)[:, 0] >= labels.threshold - 1e-9)
    return np.stack(found)


def rates_at(labels: Labels, grid: Ints, at: Ints, gap: int = 0) -> dict[str, Floats]:
    """Every rate on each day of `at`: name -> (unit, horizon, day).

    Windows begin on the grid (weekly); those closed `gap` days before the day count, none else. A
    memory weighs a window by 0.5 ** (its age in weeks / half-life) and leans on climatology;
    persistence is the rate among windows that came `gap` days after a spell like the one so many
    days before (active or calm). Of several units POOLED is told, too.
    """
    origins = np.union1d(grid - gap, at - gap).astype(np.int32)
    spells = active(labels, origins)
    on_grid, on_day = np.isin(origins, grid - gap), np.searchsorted(origins, at - gap)
    shape = (len(labels.members), len(labels.horizons), len(at))
    names = RATES if len(labels.members) == 1 else (*RATES, POOLED)
    found = {name: np.empty(shape) for name in names}
    for i, day in enumerate(at):
        past = grid[grid < day]
        known = labels.as_of(int(day) - gap, past)
        before = spells[:, :, on_grid][:, :, : len(past)]
        for name, rate in _rates(known, int(day) - past, before, spells[:, :, on_day[i]]).items():
            found[name][:, :, i] = rate
    return found


def _rates(
    known: Floats, age: Ints, before: npt.NDArray[np.bool_], now: npt.NDArray[np.bool_]
) -> dict[str, Floats]:
    closed = ~np.isnan(known)
    hits = np.where(closed, known, 0.0)
    climatology = _shrunk(hits.sum(axis=2), closed.sum(axis=2), 0.5)
    found = {"climatology": climatology}
    for weeks in MEMORIES:
        weight = 0.5 ** (age / (WEEK * weeks))
        found[f"memory_{weeks}"] = _shrunk(hits @ weight, closed @ weight, climatology)
    if len(known) > 1:
        weight = 0.5 ** (age / (WEEK * POOLED_WEEKS))
        mine, seen = hits @ weight, closed @ weight
        every = _shrunk(mine.sum(axis=0), seen.sum(axis=0), climatology.mean(axis=0))
        found[POOLED] = (mine + POOLED_WINDOWS * every) / (seen + POOLED_WINDOWS)
    alike = closed & (before == now[:, :, None])
    found["persistence"] = _shrunk((hits * alike).sum(axis=2), alike.sum(axis=2), climatology)
    return found
