"""Which models there are, and what each may look at; settings chosen on origins before 2019."""

import hashlib
from typing import Final

from features import table
from features.rates import RATES
from features.table import OWN_FAMILIES
from models.learners import prior
from models.learners.boosting import Boosting
from models.learners.hazard import Hazard
from models.learners.logistic import MemoryLogistic
from models.learners.rate import Rate
from theatres import DYAD, Theatre

Learner = Rate | MemoryLogistic | Hazard | Boosting

BASELINES = RATES
METHOD_VERSION: Final = "2"
"""Raise it whenever the same data would give another forecast."""

PRIOR = {
    "climatology": 0.5,
    "memory_26": 0.5,
    "memory_52": 3.0,
    "memory_104": 3.0,
    "persistence": 0.1,
    "logistic": 1.0,
    "hazard": 3.0,
    "boosting": 0.5,
    "pooled": 1.0,
}
"""What the ensemble believes of each member before it has a record: the memories, and the hazard
model that starts from them, over rules that forget nothing and models with many terms."""

RECENT = tuple(f"dyad.{family}.decayed_30" for family in OWN_FAMILIES)
STATE = (
    "dyad.conciliation.ceasefire_in_force",
    "dyad.conciliation.talks_pending",
    "dyad.breakdown.talks_failed_since",
    "dyad.mediation.engaged",
    "dyad.crossings.closed",
)
OWN = (
    "own.force.decayed_30",
    "own.force.decayed_365",
    "own.crossings.decayed_30",
    "own.crossings.decayed_365",
    "near.force.decayed_30",
    "near.force.decayed_365",
)
OWN_STATE = (
    "own.crossings.closed",
    "own.breakdown.decayed_90",
    "own.conciliation.decayed_90",
)


def learners(
    target: str, units: tuple[str, ...], horizons: tuple[int, ...], seed: int
) -> dict[str, Learner]:
    """Every member of the ensemble, unfitted, by name: baselines first.

    What other dyads teach about force starts the dyad's own `clash` model, and no other.
    """
    pooled = Hazard(horizons, prior.COLUMNS, pooled=True)
    own, state = ((), ()) if units == (DYAD,) else (OWN, OWN_STATE)
    return {
        **{rate: Rate(rate, horizons) for rate in RATES},
        "logistic": MemoryLogistic(horizons, (*RECENT, *STATE, *own, *state)),
        "hazard": Hazard(horizons, (*RECENT, *own)),
        "boosting": Boosting(horizons, (*RECENT, *own, *state), seed=seed),
        **({"pooled": pooled} if (target, units) == ("clash", (DYAD,)) else {}),
    }


def contract(theatre: Theatre) -> str:
    """A hash of all that a trained model takes for granted: the feature contract, this method's
    version, and the columns of every learner."""
    promise = [table.contract(theatre), METHOD_VERSION, str(prior.read_prior())]
    for name, target in theatre.targets.items():
        for units in ((DYAD,), theatre.units(name)[1:]):
            models = learners(name, units, target.horizons, 0) if units else {}
            promise += [f"{name} {model}: {list(made.columns)}" for model, made in models.items()]
    return hashlib.sha256("\n".join(promise).encode()).hexdigest()
