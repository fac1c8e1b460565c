"""The pool trusts its members by their record; what it says rises and lies within its band."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from histories import PAK_AFG, happen, history_from
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.arrays import Floats, to_day
from features.targets import weekly_origins
from models.forecasting.ensemble import build, combine, past_band, pool_weights
from models.learners.members import BASELINES, PRIOR
from models.numerics.losses import episodes, log_loss
from models.walks.events import REFIT_WEEKS, Record, pose, walk
from streams.events.event import Event

MODELS = tuple(PRIOR)
HORIZONS = (7, 30)
SHARE = np.array(list(PRIOR.values())) / sum(PRIOR.values())

SMALL = PAK_AFG.model_copy(
    update={
        "targets": {"clash": PAK_AFG.targets["clash"].model_copy(update={"horizons": HORIZONS})},
        "segments": PAK_AFG.segments[2:4],
    }
)
COVERED = (date(2016, 1, 4), date(2018, 12, 30))
FROM, END = date(2018, 1, 1), to_day(date(2019, 2, 1))


def test_log_loss_by_hand() -> None:
    found = log_loss(np.array([0.25, 0.25, 0.5]), np.array([1.0, 0.0, np.nan]))

    assert found[:2] == pytest.approx([np.log(4), np.log(4 / 3)], abs=1e-12)
    assert np.isnan(found[2])


def test_log_loss_of_a_sure_error_is_finite() -> None:
    assert np.isfinite(log_loss(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


def test_pool_weights_without_a_record_are_the_prior() -> None:
    for empty in (np.empty((len(MODELS), 2, 0)), np.full((len(MODELS), 2, 5), np.nan)):
        assert pool_weights(MODELS, empty, HORIZONS) == pytest.approx(np.tile(SHARE, (2, 1)))


def test_pool_weights_move_to_the_member_with_the_smaller_loss() -> None:
    loss = np.full((len(MODELS), 2, 100), 0.7)
    loss[2] = 0.4

    weights = pool_weights(MODELS, loss, HORIZONS)

    assert (weights[:, 2] > SHARE[2]).all()
    # A week of a long window tells less, so the long horizon's weights move less.
    assert weights[0, 2] > weights[1, 2]
    others = np.delete(weights, 2, axis=1) / np.delete(SHARE, 2)
    assert others == pytest.approx(np.tile(others[:, :1], (1, len(MODELS) - 1)))


def test_pool_weights_by_hand() -> None:
    loss = np.zeros((len(MODELS), 2, 10))
    loss[0] = 1.0

    weights = pool_weights(MODELS, loss, HORIZONS)

    raw = SHARE * np.where(np.arange(len(MODELS)) == 0, np.exp(-0.1 * 10 * 7 / 7), 1)
    assert weights[0] == pytest.approx(raw / raw.sum(), abs=1e-12)


@given(arrays(np.float64, (len(MODELS), 2, 8), elements=st.floats(0, 20)))
def test_pool_weights_are_shares_of_one(loss: Floats) -> None:
    weights = pool_weights(MODELS, loss, HORIZONS)

    assert (weights >= 0).all()
    assert weights.sum(axis=1) == pytest.approx([1, 1])


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
        history_from(*some_years(), theatre=SMALL), SMALL, COVERED, weekly_origins(*COVERED)
    )
    return walk(problems, FROM, seed=1, jobs=1)


def test_walk_forecasts_every_origin_from_the_first_on(records: list[Record]) -> None:
    dyad, segments = records
    origins = weekly_origins(FROM, COVERED[1])

    assert dyad.models == MODELS
    assert segments.models == tuple(name for name in MODELS if name != "pooled")
    assert dyad.origins.tolist() == segments.origins.tolist() == origins.tolist()
    assert dyad.p.shape == (len(MODELS), 1, 2, len(origins))
    assert segments.p.shape == (len(MODELS) - 1, 2, 2, len(origins))
    for record in records:
        assert ((record.p > 0) & (record.p < 1)).all()
        assert (np.diff(record.p, axis=2) >= 0).all()


def test_walk_baselines_are_the_rates_of_their_time(records: list[Record]) -> None:
    for record in records:
        problem = record.problem
        rows = problem.values[:, problem.grid >= to_day(FROM)]
        names = list(problem.columns)
        for i, rate in enumerate(BASELINES):
            at = [names.index(f"rate.{rate}@{h}") for h in HORIZONS]
            expected = np.sort(rows[:, :, at].transpose(0, 2, 1), axis=1)
            assert np.array_equal(record.p[i], expected), rate


def test_combine_starts_from_the_prior_and_no_calibration(records: list[Record]) -> None:
    combined = combine(records[0], END)

    first = np.einsum("m,muho->uho", SHARE, records[0].p[..., :REFIT_WEEKS])
    assert combined.pooled[..., :REFIT_WEEKS] == pytest.approx(first, abs=1e-12)
    assert combined.p[..., :REFIT_WEEKS] == pytest.approx(first, abs=1e-9)


def test_combine_rises_and_stays_among_its_members(records: list[Record]) -> None:
    for record in records:
        combined = combine(record, END)

        assert combined.p.shape == record.p.shape[1:]
        assert (np.diff(combined.p, axis=1) >= 0).all()
        assert (combined.pooled >= record.p.min(axis=0) - 1e-12).all()
        assert (combined.pooled <= record.p.max(axis=0) + 1e-12).all()
        assert combined.weights.sum(axis=1) == pytest.approx([1, 1])


def test_ensemble_s_forecast_rises_and_lies_within_its_band(records: list[Record]) -> None:
    for record in records:
        ensemble = build(record, combine(record, END), END, seed=1)
        X = record.problem.rows(slice(-10, None))

        p = ensemble.predict(X)
        low, high = ensemble.interval(X)

        assert ((p > 0) & (p < 1)).all()
        assert (np.diff(p, axis=1) >= 0).all()
        assert (low <= p).all()
        assert (p <= high).all()
        assert (high - low > 0).any()


def test_ensemble_pools_its_members_by_their_weights(records: list[Record]) -> None:
    ensemble = build(records[0], combine(records[0], END), END, seed=1)
    X = records[0].problem.rows(slice(-3, None))

    mixed = sum(ensemble.weights[:, i] * ensemble.member(name, X) for i, name in enumerate(MODELS))

    assert ensemble.pooled(X) == pytest.approx(mixed, abs=1e-12)


def test_ensemble_is_the_same_from_the_same_seed(records: list[Record]) -> None:
    X = records[1].problem.rows(slice(-3, None))
    one, two = (build(records[1], combine(records[1], END), END, seed=4) for _ in range(2))

    assert np.array_equal(one.predict(X), two.predict(X))
    assert np.array_equal(one.interval(X), two.interval(X))


@pytest.mark.parametrize(
    ("y", "spells"),
    [
        ([0, 0, 0], 0),
        ([1, 1, 0, 1], 2),
        ([[1, 0, 1], [0, 1, 1]], 3),
        ([1, np.nan, 1], 2),
        ([], 0),
    ],
)
def test_episodes_counts_spells_of_ones(y: list[float], spells: int) -> None:
    assert episodes(np.array(y, np.float64)) == spells


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_past_band_holds_what_was_said_and_later_outcomes_leave_it_unchanged(
    records: list[Record],
) -> None:
    dyad, origins = records[0], records[0].origins
    combined = combine(dyad, END)
    cut = int(origins[30])

    days, low, high = past_band(dyad, combined, 30, int(origins[0]), seed=3)

    later = [
        event
        for event in some_years()
        if to_day(event.occurred_on) < cut or event.event_id.endswith("0")
    ]
    other = pose(history_from(*later, theatre=SMALL), SMALL, COVERED, weekly_origins(*COVERED))[0]
    changed = past_band(replace(dyad, problem=other), combined, 30, int(origins[0]), seed=3)
    known = days < cut
    said = combined.p[0, 1, np.searchsorted(origins, days)]
    assert ((low <= said) & (said <= high)).all()
    assert (high > low).any()
    assert known.any()
    assert np.array_equal(low[known], changed[1][known])
    assert np.array_equal(high[known], changed[2][known])
    assert not np.array_equal(low[~known], changed[1][~known])
