"""A problem's arrays have the shapes that their names promise, and its past is as it was known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from learning import MEMORIES, made_counts, made_problem

from models.problems.problem import Closed, Problem, Record, ShapeError, stacked
from models.problems.sampling import Sampling, sample

COUNTS = made_counts(40, 1)
PROBLEM = made_problem(COUNTS)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("X", PROBLEM.X[:, :, :2], "X has shape (4, 40, 2), expected (4, 40, 3)"),
        ("X", PROBLEM.X[:3], "X has shape (3, 40, 3), expected (4, 40, 3)"),
        (
            "rates",
            {"climatology": PROBLEM.rates[MEMORIES[0]][:1]},
            "rate climatology has shape (1, 4, 2, 40), expected (2, 4, 2, 40)",
        ),
        ("share", np.ones(3), "share has shape (3,), expected (2,)"),
        ("present", PROBLEM.present.T, "present has shape (40, 4), expected (4, 40)"),
        ("thin", PROBLEM.thin[:, 1:], "thin has shape (4, 39), expected (4, 40)"),
        ("teaches", PROBLEM.teaches[:1], "teaches has shape (1,), expected (4,)"),
        ("judged", PROBLEM.judged[:1], "judged has shape (1,), expected (4,)"),
        ("clusters", PROBLEM.clusters[:1], "clusters has shape (1,), expected (4,)"),
        ("origins", PROBLEM.origins[::-1], "origins must rise strictly"),
        ("thresholds", (10.0, 1.0), "thresholds must rise, found (10.0, 1.0)"),
    ],
)
def test_problem_refuses_an_array_of_another_shape(name: str, value: Any, said: str) -> None:
    with pytest.raises(ShapeError) as caught:
        replace(PROBLEM, **{name: value})
    assert str(caught.value) == said


def record(**changes: Any) -> Record:
    """One model's forecasts of the last ten origins."""
    plain = Record(
        PROBLEM,
        ("memory",),
        PROBLEM.origins[30:],
        np.zeros(1, np.int32),
        np.full((1, 2, 4, 2, 10), 0.5),
        np.full((3, 4, 2, 10), 0.5),
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("p", (2, 2, 4, 2, 10), (1, 2, 4, 2, 10)),
        ("p", (1, 2, 4, 2, 9), (1, 2, 4, 2, 10)),
        ("ladder", (3, 4, 1, 10), (3, 4, 2, 10)),
    ],
)
def test_record_refuses_forecasts_that_do_not_fit_its_problem(
    name: str, shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError) as caught:
        record(**{name: np.zeros(shape)})
    assert str(caught.value) == f"{name} has shape {shape}, expected {expected}"


def test_rows_stand_unit_by_unit_and_go_back_into_shape() -> None:
    rows = PROBLEM.rows(slice(10, 15))

    assert rows.X.tolist() == PROBLEM.X[:, 10:15].reshape(20, 3).tolist()
    rate = rows.rates[MEMORIES[0]]
    assert rate.shape == (20, 2, 2)
    assert np.array_equal(PROBLEM.shaped(rate), PROBLEM.rates[MEMORIES[0]][..., 10:15])
    assert np.array_equal(PROBLEM.only(1).rows(slice(10, 15)).rates[MEMORIES[0]], rate[:, 1:])
    assert np.array_equal(rows.at_horizon(1).rates[MEMORIES[0]], rate[:, 1:])
    whole = stacked([rows.take(slice(0, 8)), rows.take(slice(8, None))])
    assert np.array_equal(whole.X, rows.X)
    assert np.array_equal(whole.rates[MEMORIES[1]], rows.rates[MEMORIES[1]])


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no column own_2"):
        PROBLEM.rows(slice(0, 1)).pick(["own_1", "own_2"])


def test_size_of_a_window_is_known_once_it_is_closed() -> None:
    found = PROBLEM.sizes(20, PROBLEM.origins)

    # horizons 1 and 3: the last windows closed on day 20 begin on 19 and 17
    assert np.isnan(found[:, 0, 20:]).all()
    assert np.isnan(found[:, 1, 18:]).all()
    assert found[:, 0, :20].tolist() == COUNTS[:, 1:21].tolist()
    assert found[:, 1, 17].tolist() == COUNTS[:, 18:21].sum(axis=1).tolist()
    assert np.array_equal(PROBLEM.only(1).sizes(20, PROBLEM.origins), found[:, 1:], equal_nan=True)


def test_size_is_learnt_as_it_was_told_first_and_judged_as_revised() -> None:
    origins = np.arange(3, dtype=np.int32)
    told = Closed(origins, np.full((1, 1, 3), 2.0), origins[None] + 1, np.full((1, 1, 3), 5.0))

    assert told.as_of(2, origins)[0, 0, :2].tolist() == [2.0, 2.0]
    assert np.isnan(told.as_of(2, origins)[0, 0, 2])
    assert told.settled(origins)[0, 0].tolist() == [5.0, 5.0, 5.0]


def test_record_s_outcomes_are_those_of_units_that_were_there() -> None:
    present = PROBLEM.present.copy()
    present[0, :35] = False
    kept = record(problem=replace(PROBLEM, present=present))

    y = kept.reached(38)
    assert np.isnan(y[:, 0, :, :5]).all()
    assert y[1, 1:, 0, :8].tolist() == (COUNTS[1:, 31:39] >= 10).tolist()
    assert 1 in COUNTS[1:, 31:39]
    assert y[0, 1:, 0, :8].tolist() == (COUNTS[1:, 31:39] >= 1).tolist()
    assert np.isnan(y[..., 0, 8:]).all()
    assert np.isnan(kept.sizes(38)[0, :, :5]).all()
    assert kept.reached(38, 3).shape == (2, 4, 2, 3)
    assert not np.isnan(kept.settled()[:, 1:, 0, :-1]).any()


def test_sample_holds_nothing_that_came_later() -> None:
    later = COUNTS.copy()
    later[:, 21:] = 99.0
    before, after = (sample(p, 20, Sampling(5.0)) for p in (PROBLEM, made_problem(later)))

    assert len(before.rows) == 4 * 20
    assert np.array_equal(before.rows.X, after.rows.X)
    assert np.array_equal(before.size, after.size, equal_nan=True)
    assert before.weight[19] == pytest.approx(0.5 ** (1 / 60))
    # no row at all from a unit that does not teach yet, none double where one stands for two
    taught = replace(PROBLEM, teaches=np.array([0, 0, 21, 20], np.int32))
    assert len(sample(taught, 20, Sampling(5.0)).rows) == 3 * 20
    thin = PROBLEM.thin.copy()
    thin[:, ::2], thin[:, 1::2] = 0.0, 2.0
    halved = sample(replace(PROBLEM, thin=thin), 20, Sampling(5.0))
    assert halved.weight == pytest.approx(2 * before.weight[1::2])


def test_sample_keeps_the_newest_closed_windows_and_spares_overlapping_ones() -> None:
    def kept(problem: Problem, how: Sampling) -> list[float]:
        return list(np.unique(sample(problem, 30, how).rows.X[:, 0]))

    counted = replace(PROBLEM, X=np.tile(np.arange(40.0)[None, :, None], (4, 1, 3)))

    short, long = counted.only(0), counted.only(1)
    assert kept(short, Sampling(5.0, last=4, every=1)) == [26, 27, 28, 29]
    # one window in three: closed ones begin on 27 at the latest
    assert kept(long, Sampling(5.0, last=7, every=1)) == [21, 24, 27]
    assert sample(long, 30, Sampling(5.0, last=7, every=1)).share == pytest.approx([1.0])
