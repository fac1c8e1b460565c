"""A walk over a panel: later months change no earlier forecast, and quiet is told from war."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.peer import peer_features, peer_forecast
from features.arrays import Floats
from features.monthly.panel import Panel
from models.learners.memories import frequencies, leaning_memories
from models.walks.months import Study, Walked, table, walk

THRESHOLDS = (1.0, 10.0)
MONTHS, FIRST, HORIZON = 84, 66, 2


def study_of(deaths: Floats, stacked: bool = False) -> Study:
    """Eight units, judged at two thresholds, two months ahead."""
    units = len(deaths)
    panel = Panel(
        tuple(f"U{i}" for i in range(units)),
        0,
        deaths,
        {},
        np.zeros(units, np.int32),
        ("all",) * units,
    )
    ladder = (1.0, 3.0, 10.0, 50.0)
    return Study(
        panel,
        deaths,
        THRESHOLDS,
        ladder,
        (HORIZON,),
        np.ones(units),
        np.empty((units, 0)),
        stacked=stacked,
    )


def made(seed: int) -> Floats:
    """Units of rising restlessness."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(0.5, np.linspace(0.05, 30, 8)[:, None], (8, MONTHS))).astype(float)


def walked(deaths: Floats, stacked: bool) -> Walked:
    """The record of the made panel."""
    study = study_of(deaths, stacked)

    def others(horizon: int) -> dict[str, Floats]:
        return frequencies(study.panel, deaths, THRESHOLDS, horizon)

    [found] = walk(study, FIRST, 12, 6, 0, others)
    return found


@pytest.mark.filterwarnings("ignore")  # a made panel is small: separation, few positives
@pytest.mark.parametrize("stacked", [False, True])
def test_walk_is_the_same_whatever_comes_later(stacked: bool) -> None:
    deaths = made(5)
    changed = 9  # origins from the first that stay what they were
    later = deaths.copy()
    later[:, FIRST + changed :] = 7.0

    before, after = walked(deaths, stacked), walked(later, stacked)

    for name, p in before.p.items():
        np.testing.assert_allclose(p[:, :, :changed], after.p[name][:, :, :changed], err_msg=name)
    np.testing.assert_allclose(before.ladder[:, :, :changed], after.ladder[:, :, :changed])
    p = before.p["ensemble"]
    assert (np.diff(p, axis=0) <= 0).all()
    assert p[0, -1].mean() > 2 * p[0, 0].mean()


def test_peer_forecast_is_the_same_whatever_comes_later() -> None:
    deaths = made(6)
    later = deaths.copy()
    later[:, 70:] = 99.0
    groups = ("a", "b") * 4

    def told(values: Floats) -> Floats:
        X = peer_features(study_of(values).panel, groups)
        assert X.shape[2] == 9
        return peer_forecast(X, values, 1.0, 3, 69)

    np.testing.assert_allclose(told(deaths), told(later))


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


def test_leaning_memories_are_the_same_whatever_comes_later() -> None:
    deaths = made(7)
    later = deaths.copy()
    later[:, 70:] = 99.0

    before, after = (
        leaning_memories(study_of(values).panel, values, THRESHOLDS) for values in (deaths, later)
    )

    for name, p in before.items():
        np.testing.assert_allclose(p[:, :, :70], after[name][:, :, :70])


def test_table_holds_the_further_columns() -> None:
    study = study_of(made(8))
    names, X = table(study)

    more, wide = table(replace(study, extra={"tide": study.size}))

    assert more == (*names, "tide")
    assert wide[:, :, :-1].tolist() == X.tolist()
    assert wide[:, :, -1].tolist() == study.size.tolist()


def test_walked_since_forgets_what_came_before() -> None:
    p = np.arange(6.0).reshape(1, 1, 6)
    whole = Walked(1, np.arange(6, dtype=np.int32), {"a": p}, p, p[0])

    found = whole.since(4)

    assert found.origins.tolist() == [4, 5]
    assert found.p["a"].tolist() == found.ladder.tolist() == [[[4, 5]]]
    assert found.y.tolist() == [[4, 5]]
