"""The feature table: one row a (unit, as_of), columns named `scope.family.what`, grouped by family.

A scope says whose events are counted: `dyad` (all), `own` (the segment's), `near` (its
neighbours'), or the name of a source that the theatre counts apart. Every value is what was known
at the end of its as_of day, and nothing later.
"""

import hashlib
import json
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import diplomacy
from features.arrays import Floats, Ints
from features.history import History
from features.rates import RATES
from features.windows import Slots
from streams.events.event import FAMILIES, TYPES
from streams.incidents.reports import CROSSINGS
from theatres import DYAD, Theatre

VERSION: Final = 1
"""Raise it whenever a column keeps its name and changes its meaning."""

HALF_LIVES = (30, 90, 365)
WINDOWS = (30, 90, 365)
OWN_FAMILIES = ("force", "breakdown", "conciliation", "mediation", "crossings")
"""Families as drivers know them: the events' three, with mediation and crossings told apart."""


def family_of(kind: str) -> str:
    """The family that an event type counts towards."""
    if kind in CROSSINGS:
        return "crossings"
    return "mediation" if kind.startswith("mediation_") else FAMILIES[kind]


CATEGORIES = (*OWN_FAMILIES, *(f"{family_of(kind)}.{kind}" for kind in TYPES))


def column_family(name: str) -> str:
    """The family of a column; `rate` for those of past frequencies."""
    scope, family, *_ = name.split(".")
    return "rate" if scope == "rate" else family


def _scopes(history: History, theatre: Theatre) -> npt.NDArray[np.bool_]:
    """Which scopes each event counts in: the dyad, own by segment, near by segment."""
    bits = 1 << np.arange(len(theatre.segments))
    own = (history.segments[:, None] & bits) != 0
    near = np.zeros_like(own)
    near[:, 1:] |= own[:, :-1]
    near[:, :-1] |= own[:, 1:]
    return np.hstack([np.ones((len(history), 1), bool), own, near])


def _cells(history: History, scopes: npt.NDArray[np.bool_]) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Event numbers and their cells (scope x category): each counts by family and by type."""
    family = np.array([OWN_FAMILIES.index(family_of(kind)) for kind in TYPES])
    event, scope = np.nonzero(scopes)
    kind = history.kind[event]
    first = scope * len(CATEGORIES)
    cells = np.concatenate([first + family[kind], first + len(OWN_FAMILIES) + kind])
    return np.concatenate([event, event]).astype(np.int32), cells.astype(np.intp)


def _kernels(history: History, theatre: Theatre, origins: Ints) -> dict[str, Floats]:
    """Each statistic of each category in each scope: name -> (scope, category, origin)."""
    scopes = _scopes(history, theatre)
    event, cell = _cells(history, scopes)
    shape = (scopes.shape[1], len(CATEGORIES), len(origins))
    slots = Slots(
        history.day[event],
        history.known[event],
        history.until[event],
        cell,
        shape[0] * shape[1],
        origins,
    )
    deaths = history.deaths[event]
    named = zip(
        [f"decayed_{h}" for h in HALF_LIVES]
        + [f"count_{w}" for w in WINDOWS]
        + [f"deaths_{w}" for w in WINDOWS]
        + ["since"],
        [
            *slots.decayed(HALF_LIVES),
            *slots.counts(WINDOWS),
            *slots.sums(WINDOWS, deaths),
            slots.since(diplomacy.SINCE_CAP),
        ],
        strict=True,
    )
    return {name: np.asarray(values, np.float64).reshape(shape) for name, values in named}


def _columns(kernels: dict[str, Floats], scope: str, index: int) -> dict[str, Floats]:
    """One scope's columns; deaths for force alone, neighbours by family alone."""
    categories = CATEGORIES if scope != "near" else OWN_FAMILIES
    return {
        f"{scope}.{category}.{name}": values[index, i]
        for i, category in enumerate(categories)
        for name, values in kernels.items()
        if not name.startswith("deaths") or category.split(".")[0] == "force"
    }


def _apart(history: History, source: int, origins: Ints) -> dict[str, Floats]:
    """The dyad's decayed counts by family from the events of one source alone."""
    told = history.take(history.source == source)
    family = np.array([OWN_FAMILIES.index(family_of(kind)) for kind in TYPES])
    cells = family[told.kind].astype(np.intp)
    slots = Slots(told.day, told.known, told.until, cells, len(OWN_FAMILIES), origins)
    return {
        f"{name}.decayed_{half_life}": values[at]
        for half_life, values in zip(HALF_LIVES, slots.decayed(HALF_LIVES), strict=True)
        for at, name in enumerate(OWN_FAMILIES)
    }


def event_features(
    history: History, theatre: Theatre, origins: Ints, segments: bool
) -> pd.DataFrame:
    """Every event feature, indexed by (unit, as_of): the dyad's rows, or the segments'.

    `origins` are days since 1970, rising. Uses nothing known after each row's own as_of.
    """
    apart = {
        f"{source.name}.{family}": values
        for at, source in enumerate(theatre.sources)
        if source.apart and source.features
        for family, values in _apart(history, at, origins).items()
    }
    history = history.of_sources(source.features and not source.apart for source in theatre.sources)
    kernels = _kernels(history, theatre, origins)
    closed, closed_days = diplomacy.closures(history, theatre, origins)
    shared = {**_columns(kernels, "dyad", 0), **apart}
    states = {
        **diplomacy.talks(history, origins),
        **diplomacy.mediation(history, theatre, origins),
        "crossings.closed": closed.sum(axis=0),
    }
    shared |= {f"dyad.{name}": values for name, values in states.items()}
    if not segments:
        return _frame({DYAD: shared}, origins)
    rows = {}
    for i, name in enumerate(theatre.segment_names):
        rows[name] = {
            **shared,
            **_columns(kernels, "own", 1 + i),
            **_columns(kernels, "near", 1 + len(theatre.segments) + i),
            "own.crossings.closed": closed[i],
            "own.crossings.closed_days": closed_days[i],
        }
    return _frame(rows, origins)


def _frame(rows: dict[str, dict[str, Floats]], origins: Ints) -> pd.DataFrame:
    names = list(next(iter(rows.values())))
    values = np.concatenate([np.column_stack([row[n] for n in names]) for row in rows.values()])
    index = pd.MultiIndex.from_product([list(rows), origins], names=["unit", "as_of"])
    return pd.DataFrame(values, index=index, columns=names)


def contract(theatre: Theatre) -> str:
    """A hash of all that a trained model takes for granted: columns, targets, units, version."""
    targets = {name: target.model_dump() for name, target in theatre.events.items()}
    promise = [
        VERSION,
        CATEGORIES,
        HALF_LIVES,
        WINDOWS,
        RATES,
        targets,
        theatre.segment_names,
        theatre.mediators,
        theatre.actors,
        theatre.reporting_lag_days,
        [
            source.model_dump(include={"name", "features", "labels", "apart", "tells"})
            for source in theatre.sources
            if source.features or source.labels
        ],
    ]
    return hashlib.sha256(json.dumps(promise, sort_keys=True).encode()).hexdigest()
