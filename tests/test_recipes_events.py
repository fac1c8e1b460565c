"""Weekly events between the two sides: the members, and a record that starts from the prior."""

from datetime import date, timedelta

import numpy as np
import pytest
from histories import PAK_AFG, happen, history_from

from features.arrays import to_day
from features.rates import POOLED, RATES
from features.targets import weekly_origins
from features.watching import Watched
from models.combining.combine import combine
from models.learners.design import Learner
from models.problems.problem import Problem, Record
from models.recipes.events import (
    PRIOR,
    REFIT_WEEKS,
    believed_soon,
    columns,
    event_recipe,
    members,
    pose,
    spans,
    walk_starts,
)
from models.walk import walk
from streams.events.event import Event
from theatres import DYAD

HORIZONS = (7, 30)
SMALL = PAK_AFG.model_copy(
    update={
        "targets": {"clash": PAK_AFG.targets["clash"].model_copy(update={"days": HORIZONS})},
        "segments": PAK_AFG.segments[2:4],
    }
)
COVERED = (date(2016, 1, 4), date(2018, 12, 30))
FROM, END = date(2018, 7, 2), to_day(date(2019, 2, 1))
ORIGINS = weekly_origins(*COVERED)


def some_years() -> list[Event]:
    """A clash every three weeks in every second half-year, on one segment and the other."""
    days = range(0, (COVERED[1] - COVERED[0]).days, 21)
    return [
        happen(
            f"e{number}",
            (COVERED[0] + timedelta(days=number)).isoformat(),
            "border_clash",
            segment=SMALL.segment_names[number % 2],
        )
        for number in days
        if number // 182 % 2
    ]


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The backtest of the small theatre: the dyad's record, then the segments'."""
    problems = pose(
        history_from(*some_years(), theatre=SMALL),
        SMALL,
        dict.fromkeys(SMALL.events, Watched((COVERED,))),
        ORIGINS,
    )
    starts = np.flatnonzero(to_day(FROM) <= ORIGINS)[::REFIT_WEEKS].astype(np.int32)
    asked = [(p, event_recipe(SMALL, *about), starts) for about, p in problems.items()]
    return walk(asked, seed=1, jobs=1)


def test_members_are_baselines_first_and_each_has_a_prior() -> None:
    dyad, segment = (
        event_recipe(PAK_AFG, "clash", units) for units in ((DYAD,), ("khyber", "chaman"))
    )

    assert dyad.models[: len(RATES)] == RATES
    assert set(dyad.pool) == set(PRIOR) - {POOLED}
    assert segment.pool == ("climatology", POOLED, "logistic", "hazard", "boosting")
    assert segment.models[: len(RATES) + 1] == (*RATES, POOLED)
    assert "pooled" not in event_recipe(PAK_AFG, "closure", (DYAD,)).pool


def test_members_see_columns_that_the_problem_has(records: list[Record]) -> None:
    for record, own in zip(records, (False, True), strict=True):
        problem = record.problem
        assert problem.names == columns(own)
        told: dict[str, Learner] = members(problem, 0, own, pooled=not own)
        seen = {name for m in told.values() for name in getattr(m, "columns", ())}
        assert seen == set(problem.names) if not own else seen <= set(problem.names)


def test_walk_forecasts_every_origin_from_the_first_on(records: list[Record]) -> None:
    dyad, segments = records
    n = len(weekly_origins(FROM, COVERED[1]))

    assert set(dyad.models) == set(PRIOR) - {POOLED}
    assert (dyad.problem.group, segments.problem.group) == ("dyad", "segments")
    assert dyad.p.shape == (len(PRIOR) - 1, 1, 1, 2, n)
    assert segments.p.shape == (len(PRIOR) - 1, 1, 2, 2, n)
    for record in records:
        assert ((record.p > 0) & (record.p < 1)).all()
        assert (np.diff(record.p, axis=3) >= 0).all()
        for name in RATES:
            rates = record.problem.rates[name][..., to_day(FROM) <= ORIGINS]
            assert np.array_equal(record.of(name), np.sort(rates, axis=2)), name


def test_combine_starts_from_the_prior_and_no_calibration(records: list[Record]) -> None:
    dyad, rule = records[0], event_recipe(SMALL, "clash", (DYAD,)).rule
    combined = combine(dyad, rule, dyad.models, END, nests=True)

    shares = [rule.believed(dyad.models, horizon) for horizon in dyad.problem.horizons]
    weight = np.array([np.array(each) / sum(each) for each in shares])
    first = np.einsum("hm,mkuho->kuho", weight, dyad.p[..., :REFIT_WEEKS])
    assert combined.pooled[..., :REFIT_WEEKS] == pytest.approx(first, abs=1e-12)
    assert combined.p[..., :REFIT_WEEKS] == pytest.approx(first, abs=1e-9)


def test_pooled_counts_the_less_the_later_a_window_ends() -> None:
    here, across = (believed_soon((7, 14, 90), gap) for gap in (0, 7))

    assert here == {7: {"pooled": 80.0}, 14: {"pooled": 20.0}, 90: {"pooled": 1.0}}
    assert across[7] == here[14]
    assert event_recipe(PAK_AFG, "clash", (DYAD,), 7).rule.prior_at[7] == here[14]


def test_spans_tell_the_calm_from_the_escalated(records: list[Record]) -> None:
    found = spans(records[0])

    assert not found["2019 on"].any()
    assert (found["calm"] ^ found["escalated"]).all()
    recent = [
        any(0 <= o - to_day(e.occurred_on) < 30 for e in some_years()) for o in records[0].origins
    ]
    assert found["escalated"].tolist() == recent


def test_members_are_first_fitted_after_seven_years(records: list[Record]) -> None:
    problem: Problem = records[0].problem

    assert len(walk_starts(problem, COVERED[0])) == 0
    starts = walk_starts(problem, date(2011, 1, 3))
    assert ORIGINS[starts[0] - 1] < to_day(date(2018, 1, 3)) <= ORIGINS[starts[0]]
    assert set(np.diff(starts)) == {REFIT_WEEKS}
