"""The self-exciting model finds what excites in a made world, and never a negative rate."""

import numpy as np
import pytest

from models.learners.hawkes import Hawkes


def test_excitation_of_a_made_world_is_found() -> None:
    rng = np.random.default_rng(1)
    rates = rng.gamma(1.0, 2.0, (20000, 2))
    # background 0.5, the first column excites by 0.8, the second does nothing
    count = rng.poisson(0.5 + 0.8 * rates[:, 0])
    X = np.column_stack([np.ones(len(rates)), np.log1p(rates)])
    size = np.asarray(2.0**count - 1, np.float64)  # its severity is the count

    found = Hawkes((1.0, 10.0), (1, 2), (0,)).fit(X, size, np.ones(len(X)))

    assert found.excitation_ == pytest.approx([0.5, 0.8, 0.0], abs=0.05)
    assert (found.excitation_ >= 0).all()
    assert found.intensity(X).mean() == pytest.approx(count.mean(), rel=0.02)
    p = found.predict(X)
    assert (p[:, 0] >= p[:, 1]).all()
    assert p.mean(axis=0) == pytest.approx([(size >= 1).mean(), (size >= 10).mean()], abs=0.01)


def test_a_calm_world_has_next_to_no_chance() -> None:
    X = np.column_stack([np.ones(50), np.zeros(50)])

    found = Hawkes((1.0,), (1,), (0,)).fit(X, np.zeros(50), np.ones(50))

    assert found.predict(X).max() < 0.01
