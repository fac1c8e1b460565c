"""Monthly baselines by hand, and the same whatever comes later."""

import numpy as np
import pytest
from learning import made_counts

from benchmarks.memories import leaning_memories
from features.arrays import Floats
from features.monthly.panel import Panel
from models.learners.memories import frequencies


def test_frequencies_by_hand() -> None:
    size = np.array([[0.0, 2, 0, 2]])
    panel = Panel(("A",), 0, size, {}, np.zeros(1, np.int32), ("g",))

    found = frequencies(panel, size, (1.0,), 1)

    assert found["climatology"][0, 0, 3] == pytest.approx(0.5)
    fading = 0.5 ** (np.arange(4) / 12)
    assert found["memory_12"][0, 0, 3] == pytest.approx((fading[0] + fading[2]) / fading.sum())
    # after an active month: one was followed by calm; (0 + 1/2) / (1 + 1)
    assert found["persistence"][0, 0, 3] == pytest.approx(0.25)


def test_leaning_memories_by_hand() -> None:
    size = np.array([[0.0, 2, 0, 2]])
    panel = Panel(("A",), 0, size, {}, np.ones(1, np.int32), ("g",))
    fading = 0.5 ** (np.arange(4) / 12)
    hits = fading[0] + fading[2]

    found = leaning_memories(panel, size, (1.0,))

    # three months since it entered, two of them with an event
    climatology = (2 + 2) / (3 + 4)
    house = (hits + 4 * climatology) / (fading[:3].sum() + 4)
    assert found["memory_12_house"][0, 0, 3] == pytest.approx(house)
    prior = (hits + 6 * 0.05) / (fading.sum() + 6)
    assert found["memory_12"][0, 0, 3] == pytest.approx(prior)


def test_memories_are_the_same_whatever_comes_later() -> None:
    deaths = made_counts(84, 7, units=8)
    later = deaths.copy()
    later[:, 70:] = 99.0

    def told(values: Floats) -> dict[str, Floats]:
        panel = Panel(tuple("ABCDEFGH"), 0, values, {}, np.zeros(8, np.int32), ("all",) * 8)
        plain = frequencies(panel, values, (1.0, 10.0), 2)
        leaning = leaning_memories(panel, values, (1.0, 10.0))
        return plain | {f"leaning {name}": p for name, p in leaning.items()}

    before, after = told(deaths), told(later)

    for name, p in before.items():
        np.testing.assert_allclose(p[:, :, :70], after[name][:, :, :70], err_msg=name)
