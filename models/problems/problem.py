"""What is asked: units, origins, columns, sizes, thresholds; and the record of what was answered.

An event target is a count with one threshold. Every axis has one place: a forecast is (threshold,
unit, horizon, origin), a feature (unit, origin, column), a row (unit, origin) unit by unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from features.arrays import Bools, Floats, Ints


class ShapeError(ValueError):
    """An array whose axes are not those that its name promises."""


def check(name: str, array: Floats | Ints | Bools, shape: tuple[int, ...]) -> None:
    """Raises ShapeError where the array has another shape."""
    if array.shape != shape:
        raise ShapeError(f"{name} has shape {array.shape}, expected {shape}")


class Outcomes(Protocol):
    """What came of each window, as known on a day."""

    def as_of(self, day: int, origins: Ints) -> Floats:
        """The size of each window that is closed on `day`, else NaN: (unit, horizon, origin).

        Uses nothing known after `day`.
        """

    def settled(self, origins: Ints) -> Floats:
        """The same by all that is known at present: what a record is judged by."""


@dataclass(frozen=True)
class Closed:
    """Sizes that are learnt from as they were known on the day on which their window closed.

    `size` is (unit, horizon, origin) at `origins`; `closes` is (horizon, origin), in their unit;
    `revised` are the sizes by all that is known at present, NaN where a window is not closed.
    """

    origins: Ints
    size: Floats
    closes: Ints
    revised: Floats

    def as_of(self, day: int, origins: Ints) -> Floats:
        """The size of each window that is closed on `day`, else NaN: (unit, horizon, origin)."""
        at = np.searchsorted(self.origins, origins)
        return np.where(self.closes[:, at] <= day, self.size[:, :, at], np.nan)

    def settled(self, origins: Ints) -> Floats:
        """The same by all that is known at present."""
        return self.revised[:, :, np.searchsorted(self.origins, origins)]


@dataclass(frozen=True)
class Rows:
    """Feature rows, and beside each what every base rate says of it.

    `X` is (row, column), `rates` by name (row, horizon, threshold), `horizons` and `thresholds`
    what they stand for.
    """

    names: tuple[str, ...]
    X: Floats
    rates: Mapping[str, Floats]
    horizons: tuple[int, ...]
    thresholds: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.X)

    def pick(self, names: Iterable[str]) -> Floats:
        """The named columns: (row, column). Raises ShapeError for one that is not there."""
        wanted = list(names)
        if missing := [name for name in wanted if name not in self.names]:
            raise ShapeError(f"no column {missing[0]}, expected one of {', '.join(self.names)}")
        return self.X[:, [self.names.index(name) for name in wanted]]

    def take(self, chosen: Ints | Bools | slice) -> "Rows":
        """The chosen rows."""
        rates = {name: values[chosen] for name, values in self.rates.items()}
        return replace(self, X=self.X[chosen], rates=rates)

    def at_horizon(self, horizon: int) -> "Rows":
        """The same rows asked for one horizon, by its place."""
        h = slice(horizon, horizon + 1)
        rates = {name: values[:, h] for name, values in self.rates.items()}
        return replace(self, rates=rates, horizons=self.horizons[h])

    def at_typical(self, typical: Floats, columns: Sequence[int]) -> "Rows":
        """The same rows with the columns of these places at their typical value."""
        X = self.X.copy()
        X[:, list(columns)] = typical[list(columns)]
        return replace(self, X=X)


def stacked(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one after another."""
    first = parts[0]
    return replace(
        first,
        X=np.concatenate([part.X for part in parts]),
        rates={n: np.concatenate([part.rates[n] for part in parts]) for n in first.rates},
    )


@dataclass(frozen=True)
class Sample:
    """Rows to learn from: sizes (row, horizon), NaN where none may be learnt; weights (row,).

    `share` says by horizon what a window tells of its own, windows of neighbouring origins
    overlapping.
    """

    rows: Rows
    size: Floats
    weight: Floats
    share: Floats

    def reached(self, threshold: float) -> Floats:
        """Whether each size reaches the threshold: (row, horizon), NaN where it is not known."""
        return np.where(np.isnan(self.size), np.nan, self.size >= threshold)


@dataclass(frozen=True)
class Problem:
    """One target for units that share a model, at every origin as known then.

    The first units are those forecast; more may follow that only teach. `present` says where a
    unit is there to be forecast; `thin` (unit, origin) how many neighbours a row stands for in
    learning, 0 for none; `teaches` from which day on a unit is learnt from. Origins are days since
    1970, or months, `year` of them a year.
    """

    target: str
    group: str
    """What its units are together: dyad, segments, countries, dyads."""
    units: tuple[str, ...]
    horizons: tuple[int, ...]
    thresholds: tuple[float, ...]
    origins: Ints
    year: float
    names: tuple[str, ...]
    X: Floats
    rates: Mapping[str, Floats]
    outcomes: Outcomes
    share: Floats
    present: Bools
    thin: Floats
    unit_weight: Floats
    teaches: Ints
    judged: Bools
    """The forecast units whose record counts: they are alike."""
    clusters: Ints
    """Forecast units whose windows come true together, by number."""

    def __post_init__(self) -> None:
        """Raises ShapeError where an axis does not fit the others."""
        units, origins = len(self.unit_weight), len(self.origins)
        check("X", self.X, (units, origins, len(self.names)))
        shape = (len(self.thresholds), units, len(self.horizons), origins)
        for name, rate in self.rates.items():
            check(f"rate {name}", rate, shape)
        check("share", self.share, (len(self.horizons),))
        check("present", self.present, (len(self.units), origins))
        check("thin", self.thin, (units, origins))
        check("teaches", self.teaches, (units,))
        check("judged", self.judged, (len(self.units),))
        check("clusters", self.clusters, (len(self.units),))
        if origins > 1 and (np.diff(self.origins) <= 0).any():
            raise ShapeError("origins must rise strictly")
        if list(self.thresholds) != sorted(set(self.thresholds)):
            raise ShapeError(f"thresholds must rise, found {self.thresholds}")

    @property
    def forecast(self) -> slice:
        """The places of the units that are forecast."""
        return slice(len(self.units))

    def rows(self, span: slice, units: Ints | slice | None = None) -> Rows:
        """The rows of a span of origins, unit by unit: those forecast, or the units given."""
        chosen = self.forecast if units is None else units
        return Rows(
            self.names,
            self.X[chosen][:, span].reshape(-1, len(self.names)),
            {name: _by_row(rate[:, chosen][..., span]) for name, rate in self.rates.items()},
            self.horizons,
            self.thresholds,
        )

    def only(self, horizon: int) -> "Problem":
        """The same problem asked for one horizon, by its place."""
        h = slice(horizon, horizon + 1)
        return replace(
            self,
            horizons=self.horizons[h],
            rates={name: rate[:, :, h] for name, rate in self.rates.items()},
            outcomes=_OneHorizon(self.outcomes, horizon),
            share=self.share[h],
        )

    def sizes(self, day: int, origins: Ints) -> Floats:
        """Sizes of the forecast units' windows as known on a day: (unit, horizon, origin)."""
        return self.outcomes.as_of(day, origins)[self.forecast]

    def shaped(self, p: Floats) -> Floats:
        """Row-wise forecasts (row, horizon, threshold) as (threshold, unit, horizon, origin)."""
        parts = p.reshape(len(self.units), -1, *p.shape[1:])
        return parts.transpose(3, 0, 2, 1)


@dataclass(frozen=True)
class _OneHorizon:
    outcomes: Outcomes
    horizon: int

    def as_of(self, day: int, origins: Ints) -> Floats:
        return self.outcomes.as_of(day, origins)[:, self.horizon : self.horizon + 1]

    def settled(self, origins: Ints) -> Floats:
        return self.outcomes.settled(origins)[:, self.horizon : self.horizon + 1]


def _by_row(rate: Floats) -> Floats:
    """(threshold, unit, horizon, origin) as (row, horizon, threshold)."""
    moved = rate.transpose(1, 3, 2, 0)
    return moved.reshape(-1, *moved.shape[2:])


@dataclass(frozen=True)
class Record:
    """Out-of-sample forecasts of one problem: p is (model, threshold, unit, horizon, origin).

    `refits` are the places of the origins at which everything was fitted anew; `ladder`, where a
    member gives the count's distribution, is P(size >= rung): (rung, unit, horizon, origin).
    """

    problem: Problem
    models: tuple[str, ...]
    origins: Ints
    refits: Ints
    p: Floats
    ladder: Floats | None = None

    def __post_init__(self) -> None:
        """Raises ShapeError where the forecasts do not fit the problem."""
        problem = self.problem
        cell = (len(problem.units), len(problem.horizons), len(self.origins))
        check("p", self.p, (len(self.models), len(problem.thresholds), *cell))
        if self.ladder is not None:
            check("ladder", self.ladder, (len(self.ladder), *cell))

    def of(self, model: str) -> Floats:
        """One model's forecasts: (threshold, unit, horizon, origin)."""
        values: Floats = self.p[self.models.index(model)]
        return values

    def reached(self, day: int, upto: int | None = None) -> Floats:
        """Whether each threshold was reached, as known on a day, in the first `upto` origins.

        (threshold, unit, horizon, origin), NaN where a window was not closed or a unit not there.
        """
        origins = self.origins[:upto]
        return self._flags(self.problem.sizes(day, origins), origins)

    def settled(self) -> Floats:
        """The same of every origin by all that is known at present."""
        size = self.problem.outcomes.settled(self.origins)[self.problem.forecast]
        return self._flags(size, self.origins)

    def sizes(self, day: int) -> Floats:
        """What came of each window, as known on a day: (unit, horizon, origin), else NaN."""
        size = self.problem.sizes(day, self.origins)
        return np.where(self._present(self.origins), size, np.nan)

    def _present(self, origins: Ints) -> Bools:
        at = np.searchsorted(self.problem.origins, origins)
        there: Bools = self.problem.present[:, None, at]
        return there

    def _flags(self, size: Floats, origins: Ints) -> Floats:
        size = np.where(self._present(origins), size, np.nan)
        k = np.array(self.problem.thresholds)[:, None, None, None]
        return np.where(np.isnan(size), np.nan, size >= k)
