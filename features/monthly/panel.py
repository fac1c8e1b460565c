"""A pooled panel: many units (countries, dyads) by month, and what was known of each by then.

Month m's row holds what had happened by the end of month m; the label of horizon h is what happens
in month m + h. Everything runs forward over the months once, for all units together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.arrays import Floats, Ints, faded

MONTHS_A_YEAR = 12
WINDOWS = (1, 3, 6, 12, 24, 60)
HALF_LIVES = (1.0, 3.0, 6.0, 12.0, 36.0, 120.0)
"""Months; the short ones follow a campaign, the long ones say what kind of unit it is."""
SPANS = (12, 24, 60)
SINCE_CAP = 240
KIND_HALF_LIVES = (2.0, 12.0)


@dataclass(frozen=True)
class Panel:
    """Units by month: `deaths` and further counts, each (unit, month), none of them negative.

    `first` is the first month, counted as 12 x year + month - 1. A unit is in the panel from its
    `entered` month on (an index into the months), and its cells before are zero. `groups` names
    each unit's group (a region, a government), whose other units count as its neighbours.
    """

    units: tuple[str, ...]
    first: int
    deaths: Floats
    kinds: dict[str, Floats]
    entered: Ints
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises ValueError where shapes differ, a count is negative, or one precedes its unit."""
        shape = (len(self.units), self.deaths.shape[1])
        for name, values in {"deaths": self.deaths, **self.kinds}.items():
            if values.shape != shape:
                raise ValueError(f"{name} has shape {values.shape}, expected {shape}")
            if not (values >= 0).all():
                raise ValueError(f"{name} holds a negative or missing count")
            if values[~self.present].any():
                raise ValueError(f"{name} holds a count before its unit entered the panel")
        if len(self.entered) != shape[0] or len(self.groups) != shape[0]:
            raise ValueError(f"{shape[0]} units, {len(self.entered)} entries, {len(self.groups)}")

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether the unit is in the panel: (unit, month)."""
        there: npt.NDArray[np.bool_] = np.arange(self.deaths.shape[1]) >= self.entered[:, None]
        return there

    def until(self, months: int) -> "Panel":
        """The same panel as it stood after so many months: what came later is not in it."""
        kept = self.entered < months
        return Panel(
            tuple(np.array(self.units, object)[kept]),
            self.first,
            self.deaths[kept, :months],
            {name: values[kept, :months] for name, values in self.kinds.items()},
            self.entered[kept],
            tuple(np.array(self.groups, object)[kept]),
        )


def label(values: Floats, horizon: int) -> Floats:
    """What happens `horizon` months after each month: (unit, month), NaN where it is not known."""
    ahead = np.full(values.shape, np.nan)
    ahead[:, :-horizon] = values[:, horizon:]
    return ahead


def decayed(x: Floats, half_life: float) -> Floats:
    """The exponentially weighted mean along months, weight halving every `half_life`.

    Starts at zero and is divided by the weight gathered so far, so that a short history is a
    mean and not a small number.
    """
    return faded(x, half_life) / faded(np.ones(x.shape[1]), half_life)


def windowed(x: Floats, months: int) -> Floats:
    """Sums of the last `months` months, the month itself included: (unit, month)."""
    total = np.cumsum(x, axis=1)
    total[:, months:] -= total[:, :-months].copy()
    return total


def since(active: npt.NDArray[np.bool_], cap: int = SINCE_CAP) -> Floats:
    """Months since the last active one: 0 in it, at most `cap`, `cap` where there was none."""
    months = np.arange(active.shape[1])
    last = np.maximum.accumulate(np.where(active, months, -cap), axis=1)
    return np.asarray(np.minimum(months - last, cap), np.float64)


def streak(active: npt.NDArray[np.bool_], cap: int = SINCE_CAP) -> Floats:
    """Active months in a row, up to the month itself, at most `cap`."""
    return since(~active, cap)


def others_mean(x: Floats, panel: Panel, groups: Sequence[str]) -> Floats:
    """The mean over the group's other units that are in the panel: (unit, month), 0 for none."""
    there = panel.present
    found = np.zeros_like(x)
    for group in dict.fromkeys(groups):
        mine = np.array([name == group for name in groups])
        total = (x * there)[mine].sum(axis=0) - x[mine] * there[mine]
        count = there[mine].sum(axis=0) - there[mine]
        found[mine] = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return found


def _own(deaths: Floats) -> dict[str, Floats]:
    logged = np.log1p(deaths)
    found = {f"sum_{w}": np.log1p(windowed(deaths, w)) for w in WINDOWS}
    found |= {f"level_{h:g}": decayed(logged, h) for h in HALF_LIVES}
    lagged = np.zeros_like(logged)
    lagged[:, 1:] = logged[:, :-1]
    found["before"] = lagged
    for span in SPANS[:2]:
        mean = windowed(logged, span) / span
        found[f"spread_{span}"] = np.sqrt(np.maximum(windowed(logged**2, span) / span - mean**2, 0))
    found["rise"] = found["level_1"] - found["level_12"]
    found["drift"] = found["level_6"] - found["level_36"]
    return found


def _reached(deaths: Floats, thresholds: Sequence[float]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for k in thresholds:
        active = deaths >= k
        flag = active.astype(np.float64)
        found |= {f"share_{k:g}_{h:g}": decayed(flag, h) for h in (3.0, 12.0, 36.0, 120.0)}
        found |= {f"share_{k:g}_last_{s}": windowed(flag, s) / s for s in SPANS}
        found[f"since_{k:g}"] = np.log1p(since(active))
        found[f"streak_{k:g}"] = np.log1p(streak(active))
        ever = np.cumsum(flag, axis=1)
        found[f"ever_{k:g}"] = np.log1p(ever)
    return found


def _around(panel: Panel, high: float) -> dict[str, Floats]:
    logged = np.log1p(panel.deaths)
    found: dict[str, Floats] = {}
    for half_life in (2.0, 12.0):
        level = decayed(logged, half_life)
        found[f"near_{half_life:g}"] = others_mean(level, panel, panel.groups)
    active = (panel.deaths >= 1).astype(np.float64)
    world = (active * panel.present).sum(axis=0) / np.maximum(panel.present.sum(axis=0), 1)
    found["world"] = np.broadcast_to(decayed(world[None], 6.0), logged.shape)
    reached = (panel.deaths >= high).astype(np.float64)
    found["near_high"] = decayed(others_mean(reached, panel, panel.groups), 3.0)
    return found


def panel_features(panel: Panel, thresholds: Sequence[float]) -> tuple[tuple[str, ...], Floats]:
    """Column names and values, (unit, month, column), each month's row as known at its end.

    Lengths of history, decays, streaks, volatility, kinds of violence, the group's other units
    and the world. Uses nothing after the month of the row.
    """
    found = {
        **_own(panel.deaths),
        **_reached(panel.deaths, thresholds),
        **_around(panel, thresholds[1]),
    }
    for name, values in panel.kinds.items():
        logged = np.log1p(values)
        found |= {f"{name}_{h:g}": decayed(logged, h) for h in KIND_HALF_LIVES}
    months = np.arange(panel.deaths.shape[1])
    age = np.maximum(months - panel.entered[:, None], 0)
    found["age"] = np.log1p(age)
    return tuple(found), np.stack(list(found.values()), axis=2)


def month_number(year: int, month: int) -> int:
    """Months since the year 0."""
    return MONTHS_A_YEAR * year + month - 1


FAMILIES = ("own_history", "kinds_of_violence", "neighbours", "world")
_PREFIXES = {
    **dict.fromkeys(("near", "side"), "neighbours"),
    "world": "world",
    **dict.fromkeys(("sum", "level", "before", "spread", "rise", "drift"), "own_history"),
    **dict.fromkeys(("share", "since", "streak", "ever", "age", "flag"), "own_history"),
}


def panel_family(column: str) -> str:
    """The family of a column of `panel_features`, one of FAMILIES."""
    return _PREFIXES.get(column.split("_")[0], "kinds_of_violence")
