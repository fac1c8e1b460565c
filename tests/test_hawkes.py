"""The self-exciting model finds what excites in a made world, and never a negative rate."""

import numpy as np
import pytest

from benchmarks.hawkes import Hawkes
from features.arrays import Floats
from models.problems.problem import Rows, Sample

RUNGS = (1.0, 10.0)


def sampled(rates: Floats, size: Floats) -> Sample:
    """Rows of the decayed counts `near` and `far`, and what came of each."""
    columns = ("near", "far")[: rates.shape[1]]
    rows = Rows(columns, np.log1p(rates), {}, (7,), RUNGS)
    return Sample(rows, size[:, None], np.ones(len(size)), np.ones(1))


def test_excitation_of_a_made_world_is_found() -> None:
    rng = np.random.default_rng(1)
    rates = rng.gamma(1.0, 2.0, (20000, 2))
    # background 0.5, the first column excites by 0.8, the second does nothing
    count = rng.poisson(0.5 + 0.8 * rates[:, 0])
    size = np.asarray(2.0**count - 1, np.float64)  # its severity is the count
    sample = sampled(rates, size)

    model = Hawkes(RUNGS, ("near", "far")).fit(sample)

    assert model.excitation_ == pytest.approx([0.5, 0.8, 0.0], abs=0.05)
    assert (model.excitation_ >= 0).all()
    assert model.intensity(sample.rows.X).mean() == pytest.approx(count.mean(), rel=0.02)
    p = model.predict(sample.rows)[:, 0]
    assert (p[:, 0] >= p[:, 1]).all()
    assert p.mean(axis=0) == pytest.approx([(size >= k).mean() for k in RUNGS], abs=0.01)


def test_a_calm_world_has_next_to_no_chance() -> None:
    sample = sampled(np.zeros((50, 1)), np.zeros(50))

    model = Hawkes((1.0,), ("near",)).fit(sample)

    assert model.predict(sample.rows).max() < 0.01
