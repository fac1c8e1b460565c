"""What the sides are at elsewhere: the dyad itself left out, nothing of later months in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats
from features.monthly.panel import Panel
from features.monthly.sides import side_features

SIDES = (
    (frozenset({"700"}), frozenset({"770"})),
    (frozenset({"770"}), frozenset[str]()),
    (frozenset({"2", "700"}), frozenset[str]()),
)
"""Two states against each other; a rebellion in one; a rebellion that the other fights jointly."""
INTERSTATE = np.array([True, False, False])


def told(deaths: Floats) -> dict[str, Floats]:
    """The side features of the three dyads."""
    panel = Panel(("A", "B", "C"), 0, deaths, {}, np.zeros(3, np.int32), ("g",) * 3)
    return side_features(panel, SIDES, INTERSTATE)


def test_side_features_by_hand() -> None:
    found = told(np.array([[5.0], [3.0], [0.0]]))

    # the rebellion counts for its state, and the dyad itself for neither side
    assert found["side_deaths_more_2"][0, 0] == pytest.approx(np.log1p(3))
    assert found["side_deaths_less_2"][0, 0] == 0
    assert found["side_dyads_more_2"][2, 0] == pytest.approx(np.log1p(1))
    # a rebellion's state is at war with another state; the rebels are at nothing
    assert found["side_deaths_more_2"][1, 0] == pytest.approx(np.log1p(5))
    assert found["side_deaths_less_2"][1, 0] == 0
    assert found["world_interstate_6"][:, 0].tolist() == [1, 1, 1]


@given(st.integers(0, 2**31), st.integers(3, 19))
def test_side_features_are_the_same_whatever_comes_later(seed: int, months: int) -> None:
    rng = np.random.default_rng(seed)
    deaths = rng.poisson(rng.gamma(0.3, 20, (3, 20))).astype(np.float64)
    later = deaths.copy()
    later[:, months:] = rng.poisson(50, later[:, months:].shape)

    before, after = told(deaths), told(later)

    for name, values in before.items():
        np.testing.assert_allclose(values[:, :months], after[name][:, :months], err_msg=name)
