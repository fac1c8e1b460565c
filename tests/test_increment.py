"""An increment leaves forecasts alone until its own past says otherwise, and looks back only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.increment import EVIDENCE, FIRST_ROWS, increment, log_score
from features.arrays import Floats


def made(months: int, told: float, seed: int = 4) -> tuple[Floats, Floats, Floats]:
    """Forecasts of a third throughout, and a column that moves the log-odds by `told`."""
    rng = np.random.default_rng(seed)
    column = rng.normal(size=(months, 1))
    p = np.full(months, 1 / 3)
    y = (rng.random(months) < 1 / (1 + 2 * np.exp(-told * column[:, 0]))).astype(float)
    return p, y, column


def test_column_that_tells_is_used_once_it_has_shown_it() -> None:
    p, y, column = made(400, told=3.0)

    found = increment(p, y, column, 1, (25.0,))

    first = int(np.flatnonzero(found.earned != p)[0])
    assert first > FIRST_ROWS
    shown = slice(None, first)
    assert (log_score(p, y) - log_score(found.corrected, y))[shown].sum() >= EVIDENCE
    assert log_score(found.earned, y).mean() < log_score(p, y).mean() - 0.05


def test_column_that_tells_nothing_is_not_used() -> None:
    p, y, column = made(150, told=0.0)

    found = increment(p, y, column, 1)

    assert found.earned.tolist() == p.tolist()
    assert np.abs(found.corrected - p).max() < 0.1


def test_without_forecast_there_is_no_increment() -> None:
    p, y, column = made(60, told=2.0)
    p[:10] = np.nan

    found = increment(p, y, column, 3)

    assert np.isnan(found.earned[:10]).all()
    assert not np.isnan(found.corrected[10:]).any()


def test_outcomes_of_one_kind_teach_nothing() -> None:
    p, _, column = made(60, told=2.0)

    assert increment(p, np.zeros(60), column, 1).corrected.tolist() == p.tolist()


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.integers(1, 4), st.integers(40, 78))
def test_increment_is_the_same_whatever_comes_later(seed: int, horizon: int, now: int) -> None:
    p, y, column = made(80, told=2.0, seed=seed)
    later_p, later_y, later = p.copy(), y.copy(), column.copy()
    later_p[now + 1 :], later[now + 1 :] = 0.9, 5.0
    later_y[now - horizon + 1 :] = 1 - later_y[now - horizon + 1 :]

    before = increment(p, y, column, horizon)
    after = increment(later_p, later_y, later, horizon)

    kept = slice(None, now + 1)
    assert before.corrected[kept].tolist() == after.corrected[kept].tolist()
    assert before.earned[kept].tolist() == after.earned[kept].tolist()


def test_log_score_is_missing_where_nothing_came() -> None:
    found = log_score(np.array([0.25, 0.25, 0.5]), np.array([1.0, 0.0, np.nan]))

    assert found[:2] == pytest.approx([np.log(4), np.log(4 / 3)])
    assert np.isnan(found[2])
