"""The pooled prior: how the hazard of state-on-state force leans on recent force, over all dyads.

One complementary log-log regression on every dyad's months, with the dyad's own memory as offset,
so that what is learnt is how much more (or less) than the memory recent events mean. The embedded
chronicle knows one dyad; this is what several hundred others have to say to it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from errors import DyadcastError
from features.arrays import Floats

FILE: Final = Path(__file__).parent / "data" / "prior.json"
HALF_LIVES: Final = (30, 90, 365)
"""Days; a month is taken as 30, a year as twelve months."""
COLUMNS: Final = tuple(f"dyad.force.decayed_{days}" for days in HALF_LIVES)


class PriorError(DyadcastError):
    """The file of the pooled prior is not what it should be."""


@dataclass(frozen=True)
class PooledPrior:
    """Coefficients of (1, log1p of each decayed count) on the log hazard, and their covariance."""

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    source: str
    made_on: str
    dyads: int
    months: int
    """Dyad-months that it was fitted on."""

    def __post_init__(self) -> None:
        """Raises PriorError where the covariance does not fit the mean or is none."""
        size = len(self.columns) + 1
        matrix = np.array(self.covariance)
        if len(self.mean) != size or matrix.shape != (size, size):
            raise PriorError(
                "the covariance does not fit the coefficients",
                found=f"{len(self.mean)} coefficients, covariance {matrix.shape}",
                expected=f"{size} and {(size, size)}",
                do="make it anew with 'make prior'",
            )
        if not np.isfinite(matrix).all() or (np.linalg.eigvalsh(matrix) <= 0).any():
            raise PriorError("the covariance is not positive", do="make it anew with 'make prior'")


@cache
def read_prior(path: Path = FILE) -> PooledPrior:
    """The prior of that file; raises PriorError where it is missing or broken."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        covariance = tuple(tuple(map(float, row)) for row in raw.pop("covariance"))
        columns, mean = tuple(raw.pop("columns")), tuple(map(float, raw.pop("mean")))
        return PooledPrior(columns=columns, mean=mean, covariance=covariance, **raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PriorError(
            f"cannot be read: {error}", where=str(path), do="make it anew with 'make prior'"
        ) from None


def whitened(prior: PooledPrior, between: float) -> tuple[Floats, npt.NDArray[np.float64]]:
    """The mean, and a root L of covariance + between x identity: coefficients are mean + L z.

    `between` is how far a dyad's own coefficients are taken to lie from the pool's (variance).
    """
    covariance = np.array(prior.covariance) + between * np.eye(len(prior.mean))
    return np.array(prior.mean), np.asarray(np.linalg.cholesky(covariance), np.float64)
