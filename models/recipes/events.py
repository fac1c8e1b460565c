"""Events between the two sides by week: what is asked of the dyad and its segments, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import numpy as np

from features.arrays import Bools, Floats, Ints, to_day
from features.history import History
from features.rates import POOLED, RATES, rates_at
from features.table import OWN_FAMILIES, column_family, event_features
from features.targets import WEEK, Labels, weekly_origins
from features.watching import Watched
from models.combining.rule import Rule
from models.learners import prior
from models.learners.boosting import Boosting
from models.learners.design import Learner
from models.learners.hazard import Hazard
from models.learners.logistic import MemoryLogistic
from models.learners.rate import Rate
from models.problems.problem import Problem, Record
from models.problems.sampling import Sampling
from models.recipes.recipe import Recipe
from theatres import DYAD, Theatre

REFIT_WEEKS: Final = 4
LEARN_YEARS: Final = 7
"""The first out-of-sample origin comes so long after coverage begins."""
RECENCY_YEARS: Final = 3.0
"""Half-life of a training row's weight."""
BLOCK_WEEKS: Final = 26
SINCE: Final = {"2012 on": date(2012, 1, 2), "2019 on": date(2019, 1, 1)}
"""The record is shown from 2012; settings were chosen before 2019, so 2019 on is told apart."""
YEAR: Final = 365.25
RECORD_DAYS: Final = 366
"""An ensemble needs at least a year of its own forecasts before it says anything."""
PRESENT: Final = 2**30
"""A day after everything."""

PRIOR: Final = {
    "climatology": 0.5,
    "memory_26": 0.5,
    "memory_52": 3.0,
    "memory_104": 3.0,
    "pooled_52": 10.0,
    "persistence": 0.1,
    "logistic": 1.0,
    "hazard": 3.0,
    "boosting": 0.5,
    "pooled": 1.0,
}
"""What the ensemble believes of each member before it has a record: the memories, and the hazard
model that starts from them, over rules that forget nothing and models with many terms."""
RULE: Final = Rule("tempered", calibration=400.0, trust=0.1, prior=PRIOR)
SOON: Final = 80.0
"""What the ensemble believes of `pooled` a week ahead; see `believed_soon`."""

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


def members(problem: Problem, seed: int, own: bool, pooled: bool) -> dict[str, Learner]:
    """Every member of the ensemble, unfitted, by name: the baselines first.

    `own` adds the segment's own columns; `pooled` starts one model from what other dyads teach.
    """
    k = problem.thresholds
    near, state = (OWN, OWN_STATE) if own else ((), ())
    return {
        **{rate: Rate(rate, k) for rate in remembered(len(problem.units))},
        "logistic": MemoryLogistic(k, (*RECENT, *STATE, *near, *state)),
        "hazard": Hazard(k, (*RECENT, *near)),
        "boosting": Boosting(k, (*RECENT, *near, *state), seed=seed),
        **({"pooled": Hazard(k, prior.COLUMNS, pooled=True)} if pooled else {}),
    }


def rates_of(units: int) -> tuple[str, ...]:
    """The base rates: of several units that share a model the memory that leans on all, too."""
    return (*RATES, POOLED) if units > 1 else RATES


def remembered(units: int) -> tuple[str, ...]:
    """The base rates that are members: of several units none that remembers one of them alone."""
    return ("climatology", POOLED) if units > 1 else RATES


def columns(own: bool) -> tuple[str, ...]:
    """The event columns that any member looks at, sorted."""
    return tuple(sorted({*RECENT, *STATE, *prior.COLUMNS, *((*OWN, *OWN_STATE) if own else ())}))


def believed_soon(days: tuple[int, ...], gap: int) -> dict[int, dict[str, float]]:
    """What the ensemble believes of `pooled` by horizon: the more, the sooner after what is known
    the window ends.

    It starts from other states' dyads and rises at once when a spell of force begins, memories
    weeks later (benchmarks.alarm): SOON a week ahead, a quarter at twice the lead time, and so on,
    at least as much as PRIOR says. On 2012 to 2018 it costs 0.2, 0.4 and 0.1% of log score at 7, 14
    and 30 days. Across a gap what it starts from is the older the wider that is.
    """
    return {
        horizon: {"pooled": max(PRIOR["pooled"], SOON * (WEEK / (gap + horizon)) ** 2)}
        for horizon in days
    }


def event_recipe(theatre: Theatre, target: str, units: tuple[str, ...], gap: int = 0) -> Recipe:
    """How one target's dyad, or its segments together, are learnt across a gap.

    What other dyads teach about force starts the dyad's own model where the theatre asks for it.
    Segments are held against the memory that leans on all of theirs, and no member of their pool
    remembers a segment alone: what comes there is too seldom.
    """
    own = units != (DYAD,)
    pooled = theatre.targets[target].prior == "interstate" and not own
    rates, first = rates_of(len(units)), remembered(len(units))
    names = (*first, "logistic", "hazard", "boosting", *(("pooled",) if pooled else ()))
    return Recipe(
        members=partial(members, own=own, pooled=pooled),
        joint=True,
        sampling=_sampling,
        rates=rates,
        pool=names,
        rule=replace(RULE, prior_at=believed_soon(theatre.targets[target].days, gap)),
        baseline=POOLED if POOLED in rates else theatre.baseline,
        families=OWN_FAMILIES,
        family_of=column_family,
        nests=True,
        block=BLOCK_WEEKS,
        spans=spans,
    )


def _sampling(_horizon: int) -> Sampling:
    return Sampling(RECENCY_YEARS)


@dataclass(frozen=True)
class EventCounts:
    """What came of each window, as known on a day: the events (or deaths) of the labels.

    What is known on a day is what was known `gap` days before it.
    """

    labels: Labels
    gap: int = 0

    def as_of(self, day: int, origins: Ints) -> Floats:
        """The size of each window that is closed on `day`, else NaN: (unit, horizon, origin)."""
        return self.labels.sizes(day - self.gap, origins)

    def settled(self, origins: Ints) -> Floats:
        """The same by all that is known at present."""
        return self.labels.sizes(PRESENT, origins)


def spans(record: Record) -> dict[str, Bools]:
    """Since 2012, since 2019, and since 2012 the calm and the escalated origins, as then known."""
    since = {name: record.origins >= to_day(day) for name, day in SINCE.items()}
    shown = since["2012 on"]
    outcomes = record.problem.outcomes
    if not isinstance(outcomes, EventCounts):
        return since
    events = outcomes.labels.events
    recent = [
        bool(((events.known <= o) & (o < events.until) & (events.day > o - 30)).any())
        for o in record.origins
    ]
    escalated = np.array(recent, bool)
    return {**since, "calm": shown & ~escalated, "escalated": shown & escalated}


def unit_groups(theatre: Theatre, target: str) -> list[tuple[str, ...]]:
    """The units that share one model: the dyad alone, the segments pooled."""
    units = theatre.units(target)
    return [(DYAD,), units[1:]] if len(units) > 1 else [(DYAD,)]


def learning_grid(covered_from: date, until: date, gap: int = 0) -> Ints:
    """The weekly origins that can teach, up to the settled day; across a gap the first ones lie
    that much later."""
    return weekly_origins(covered_from + timedelta(days=gap), until)


def first_forecast(covered_from: date) -> date:
    """The first day with enough history before it to learn from."""
    return covered_from + timedelta(days=round(LEARN_YEARS * YEAR))


def earliest_as_of(covered_from: date, gap: int = 0) -> date:
    """The first day for which a forecast can be made: history to learn from, then a record."""
    return first_forecast(covered_from) + timedelta(days=RECORD_DAYS + gap)


def pose(
    history: History, theatre: Theatre, watched: Mapping[str, Watched], at: Ints, gap: int = 0
) -> dict[tuple[str, tuple[str, ...]], Problem]:
    """The problems of the theatre's event targets at the days `at`, by target and units.

    `watched` says of each target on which days somebody could have told. Across a `gap` every day
    is forecast from what was known, and closed, so many days before it.
    """
    asked = [(name, units) for name in watched for units in unit_groups(theatre, name)]
    tables = {
        own: event_features(history, theatre, (at - gap).astype(np.int32), segments=own)
        for own in {units != (DYAD,) for _, units in asked}
    }
    return {
        (name, units): _pose_one(
            EventCounts(Labels(history, theatre.targets[name], units, theatre, watched[name]), gap),
            (name, units),
            tables[units != (DYAD,)]
            .loc[list(units), list(columns(units != (DYAD,)))]
            .to_numpy()
            .reshape(len(units), len(at), -1),
            at,
        )
        for name, units in asked
    }


def _pose_one(
    outcomes: EventCounts, asked: tuple[str, tuple[str, ...]], X: Floats, at: Ints
) -> Problem:
    (target, units), labels = asked, outcomes.labels
    n = len(units)
    horizons = tuple(int(h) for h in labels.horizons)
    grid = learning_grid(labels.watched.first, labels.watched.until)
    rates: Mapping[str, Floats] = {
        name: rate[None] for name, rate in rates_at(labels, grid, at, outcomes.gap).items()
    }
    return Problem(
        target=target,
        group=DYAD if units == (DYAD,) else "segments",
        units=units,
        horizons=horizons,
        thresholds=(float(labels.threshold),),
        origins=at,
        year=YEAR,
        names=columns(units != (DYAD,)),
        X=X,
        rates=rates,
        outcomes=outcomes,
        share=WEEK / np.array(horizons),
        present=np.ones((n, len(at)), np.bool_),
        thin=np.ones((n, len(at))),
        unit_weight=np.ones(n),
        teaches=np.full(n, np.iinfo(np.int32).min, np.int32),
        judged=np.ones(n, np.bool_),
        clusters=np.zeros(n, np.int32),
    )


def walk_starts(problem: Problem, covered_from: date, gap: int = 0) -> Ints:
    """The places of the origins at which members are refitted, from the first forecast on."""
    start = int(np.searchsorted(problem.origins, to_day(first_forecast(covered_from)) + gap))
    return np.arange(start, len(problem.origins), REFIT_WEEKS, dtype=np.int32)
