"""The pooled prior: how the hazard of state-on-state force leans on recent force, over all dyads.

One complementary log-log regression on every dyad's months, with the dyad's own memory as offset,
so that what is learnt is how much more (or less) than the memory recent events mean. The embedded
chronicle knows one dyad; this is what several hundred others have to say to it.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from errors import DyadcastError
from features.arrays import Floats, faded
from features.monthly.panel import MONTHS_A_YEAR, Panel

FILE: Final = Path(__file__).parent / "data" / "prior.json"
HALF_LIVES: Final = (30, 90, 365)
"""Days; a month is taken as 30, a year as twelve months."""
COLUMNS: Final = tuple(f"dyad.force.decayed_{days}" for days in HALF_LIVES)
MEMORIES: Final = (12, 24)
LEAN_MONTHS: Final = 1.0
"""What climatology weighs in a memory: four weekly windows, as in the chronicle's memories."""
BURN_MONTHS: Final = 12
FAINT: Final = 1e-4


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


def memory(flag: Floats, there: Floats, months: float) -> Floats:
    """The exponential memory that leans on climatology: (unit, month), as known at its end."""
    climatology = (np.cumsum(flag, axis=1) + LEAN_MONTHS / 2) / (
        np.cumsum(there, axis=1) + LEAN_MONTHS
    )
    found: Floats = (faded(flag, months) + LEAN_MONTHS * climatology) / (
        faded(there, months) + LEAN_MONTHS
    )
    return found


def fit_prior(panel: Panel, weight: Floats, source: str, made_on: str) -> PooledPrior:
    """The prior from a panel of dyads with an `events` count, each dyad's rows
    counted `weight` (whole) times.

    The covariance is robust to what a dyad's months share (clustered by dyad).
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import CLogLog
    from statsmodels.genmod.generalized_linear_model import GLM

    events = panel.kinds["events"]
    flag, there = (events > 0).astype(np.float64), panel.present.astype(np.float64)
    start = np.mean([memory(flag, there, m) for m in MEMORIES], axis=0)
    counts = [np.log1p(faded(events, days / 365 * MONTHS_A_YEAR)) for days in HALF_LIVES]
    months = np.arange(flag.shape[1])
    kept = months[None, :-1] >= panel.entered[:, None] + BURN_MONTHS
    dyad, _ = np.nonzero(kept)
    D = np.column_stack([np.ones(kept.sum()), *(c[:, :-1][kept] for c in counts)])
    offset = np.log(-np.log1p(-np.clip(start[:, :-1][kept], FAINT, 1 - FAINT)))
    # rows are repeated rather than weighted: the robust covariance knows no weights
    row = np.repeat(np.arange(len(D)), np.asarray(weight, np.int64)[dyad])
    model = GLM(flag[:, 1:][kept][row], D[row], Binomial(CLogLog()), offset=offset[row])
    found = model.fit(cov_type="cluster", cov_kwds={"groups": dyad[row]})
    return PooledPrior(
        COLUMNS,
        tuple(round(float(b), 5) for b in found.params),
        tuple(tuple(round(float(v), 7) for v in row) for row in found.cov_params()),
        source,
        made_on,
        len(np.unique(dyad)),
        int(kept.sum()),
    )


def write_prior(prior: PooledPrior, path: Path = FILE) -> None:
    """Writes the prior as a small file of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(prior), indent=1) + "\n", encoding="utf-8")


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
