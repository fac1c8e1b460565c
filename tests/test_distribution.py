"""A ladder of exceedance probabilities falls, is bent in place, and is read as a law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.numerics.distribution import bent, counts_at, falling, quantiles, reached

LADDER = (1.0, 5.0, 25.0)


def test_reached_keeps_what_is_not_known() -> None:
    found = reached(np.array([0.0, 5.0, np.nan]), LADDER)

    assert found[:2].tolist() == [[0, 0, 0], [1, 1, 0]]
    assert np.isnan(found[2]).all()


@given(st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3))
def test_bent_ladder_passes_through_what_it_is_bent_to(raw: list[float]) -> None:
    ladder = falling(np.array([[0.6, 0.3, 0.1]]))
    asked = falling(np.array([[raw[0], raw[2]]]))

    found = bent(ladder, LADDER, (1.0, 25.0), asked)

    assert found[:, [0, 2]] == pytest.approx(asked, abs=2e-6)
    assert (np.diff(found, axis=1) <= 0).all()


def test_quantiles_by_hand() -> None:
    found = quantiles(np.array([[0.5, 0.25, 0.1]]), LADDER, np.array([0.4, 0.5, 0.75, 0.9]))

    assert found[0] == pytest.approx([0, np.log(2), np.log(6), np.log(26)])


def test_count_of_a_quantile_is_the_least_that_reaches_its_level() -> None:
    ladder = np.array([[0.5, 0.25, 0.1]])
    # 1 or more with 50%: half the time nought; 5 or more with 25%; 25 or more with 10%
    q = quantiles(ladder, LADDER, np.array([[0.4, 0.5, 0.500001, 0.75, 0.9, 0.900001]]))

    assert counts_at(q).tolist() == [[0, 0, 1, 4, 24, 25]]
