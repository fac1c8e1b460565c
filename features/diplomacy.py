"""The diplomatic state at every origin: ceasefire, talks, mediators, crossings."""

from collections.abc import Sequence

import numpy as np

from features.arrays import NEVER, Floats, Ints
from features.history import History
from features.windows import Slots
from theatres import Theatre

CEASEFIRE_DAYS = 180
"""A ceasefire that nobody extends, breaks or ends is taken to have lapsed after half a year."""
TALKS_DAYS = 60
"""Talks announced and not held within two months are no longer pending."""
MEDIATOR_DAYS = 90
"""A mediator counts as engaged for a quarter after the last mediated step."""
CLOSURE_DAYS = 365
"""A crossing whose reopening no row tells is taken as open after a year."""
SINCE_CAP = 1826
"""Days since something are told up to five years."""


def _latest(history: History, origins: Ints) -> Ints:
    """The newest known day at each origin."""
    cell = np.zeros(len(history), np.intp)
    newest: Ints = Slots(history.day, history.known, history.until, cell, 1, origins).latest()[0]
    return newest


def _age(latest: Ints, origins: Ints, cap: int = SINCE_CAP) -> Floats:
    return np.minimum(origins - latest.astype(np.int64), cap).astype(np.float64)


def _state(
    history: History, origins: Ints, begin: Sequence[str], end: Sequence[str], lasts: int
) -> tuple[Floats, Floats]:
    """Whether a state holds (begun, not ended since, not lapsed), and for how many days."""
    begun = _latest(history.of_types(begin), origins)
    ended = _latest(history.of_types(end), origins)
    age = _age(begun, origins, NEVER)
    holds = (begun >= ended) & (begun > -NEVER) & (age <= lasts)
    return holds.astype(np.float64), np.where(holds, age, 0.0)


def talks(history: History, origins: Ints) -> dict[str, Floats]:
    """Ceasefire and talks: columns by `family.state`, one value an origin."""
    ceasefire, ceasefire_days = _state(
        history,
        origins,
        ("ceasefire", "ceasefire_extended"),
        ("ceasefire_ended", "declaration_of_hostilities"),
        CEASEFIRE_DAYS,
    )
    announced = _latest(history.of_types(("talks_announced", "mediation_accepted")), origins)
    met = _latest(
        history.of_types(("talks_held", "talks_failed", "talks_postponed", "agreement")), origins
    )
    # Announced and held on one day: no longer pending.
    pending = (announced > met) & (_age(announced, origins, NEVER) <= TALKS_DAYS)
    return {
        "conciliation.ceasefire_in_force": ceasefire,
        "conciliation.ceasefire_days": ceasefire_days,
        "conciliation.talks_pending": pending.astype(np.float64),
        "breakdown.talks_failed_since": _age(
            _latest(history.of_types(("talks_failed", "mediation_declined")), origins), origins
        ),
    }


def mediation(history: History, theatre: Theatre, origins: Ints) -> dict[str, Floats]:
    """Whether any mediator is engaged, and each of the theatre's by code."""
    columns = {}
    for i, code in enumerate(theatre.mediators):
        steps = history.take((history.mediators & (1 << i)) != 0)
        columns[f"mediation.engaged_{code}"] = _recent(steps, origins)
    return {"mediation.engaged": _recent(history.take(history.mediators != 0), origins), **columns}


def _recent(steps: History, origins: Ints) -> Floats:
    return (_age(_latest(steps, origins), origins, NEVER) <= MEDIATOR_DAYS).astype(np.float64)


def closures(history: History, theatre: Theatre, origins: Ints) -> tuple[Floats, Floats]:
    """Whether each segment's crossing is closed, and for how many days: (segment, origin) twice."""
    closed, days = [], []
    for i, _ in enumerate(theatre.segments):
        here = history.take((history.segments & (1 << i)) != 0)
        holds, lasted = _state(
            here,
            origins,
            ("crossing_closed", "trade_suspended"),
            ("crossing_reopened",),
            CLOSURE_DAYS,
        )
        closed.append(holds)
        days.append(lasted)
    return np.stack(closed), np.stack(days)
