"""How members become one forecast: the rule is data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """What combines members, and what its record may move.

    tempered  a linear pool whose weights are `prior` x exp(-`trust` x past log scores)
    mixture   log-odds, weighted by expectation-maximisation, each member worth `ridge` rows at
              first
    stacked   a regression on log-odds with a `ridge` towards equal weights, anew at every origin,
              past forecasts halving in weight every `half_life_years`
    equal     the mean of the log-odds

    `calibration` is the ridge that holds the calibration map to the identity; None for no map.
    """

    kind: Literal["tempered", "mixture", "stacked", "equal"]
    calibration: float | None = None
    ridge: float = 0.0
    trust: float = 0.0
    prior: Mapping[str, float] = field(default_factory=dict)
    prior_at: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """By horizon, what stands in place of `prior`, for the members that it names."""
    half_life_years: float | None = None

    def believed(self, names: Sequence[str], horizon: int) -> list[float]:
        """The prior of each of the members at a horizon."""
        own = self.prior_at.get(horizon, {})
        return [own.get(name, self.prior[name]) for name in names]
