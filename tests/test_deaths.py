"""Deaths along the border: features look back by what was known, labels ahead by the window."""

import numpy as np
import pytest

from features.deaths import Deaths, death_features, death_labels
from features.history import Ints
from models.weekly import climatologies, walk_weeks


def made(days: list[int], segments: list[int], deaths: list[float], late: int = 0) -> Deaths:
    """A few events on two segments, known so many days after."""
    day = np.array(days, np.int32)
    return Deaths(day, day + late, np.array(segments, np.int32), np.array(deaths, float), 2)


def weeks(first: int, count: int) -> Ints:
    """Weekly origins."""
    return np.arange(first, first + 7 * count, 7, dtype=np.int32)


def test_labels_count_the_window_and_not_the_origin() -> None:
    events = made([100, 107, 130], [0, 0, 1], [3, 4, 5])

    found = death_labels(events, np.array([100, 123], np.int32), (7, 30))

    assert found[0].tolist() == [[4, 0], [0, 5]]
    assert found[1].tolist() == [[4, 0], [5, 5]]


def test_features_count_an_event_from_the_day_it_is_known() -> None:
    names, X = death_features(made([100], [0], [12], late=20), np.array([119, 120], np.int32))

    own, near = names.index("own.large_7"), names.index("near.large_7")
    assert X[0, 0, own] == 0
    assert X[0, 1, own] > 0
    assert X[1, 1, near] > 0  # the neighbour sees it, the segment itself does not as its own
    assert X[1, 1, own] == 0


def test_events_elsewhere_are_no_segments_own() -> None:
    names, X = death_features(made([100], [-1], [12]), np.array([101], np.int32))

    assert X[:, 0, names.index("elsewhere.events_21")].min() > 0
    assert X[:, 0, names.index("belt.events_21")].max() == 0


def test_features_are_the_same_whatever_comes_later() -> None:
    rng = np.random.default_rng(1)
    days = np.sort(rng.integers(0, 400, 200)).tolist()
    segments, deaths = rng.integers(-1, 2, 200).tolist(), rng.integers(0, 30, 200).tolist()
    origins = weeks(10, 50)
    _, before = death_features(made(days, segments, deaths), origins)
    _, after = death_features(
        made([*days, 301, 302], [*segments, 0, 1], [*deaths, 99, 99]), origins
    )

    early = origins < 301
    np.testing.assert_array_equal(before[:, early], after[:, early])
    assert (before[:, ~early] != after[:, ~early]).any()


def test_climatologies_count_closed_windows_alone() -> None:
    origins = weeks(0, 6)
    deaths = np.array([[5.0, 5, 5, 5, 5, 5]])

    found = climatologies(deaths, origins, 7, 7)

    # a window closes two weeks after its origin: at the fourth origin two have closed
    assert found["climatology"][0, 0, 3] == pytest.approx(2.5 / 3)
    assert found["climatology"][1, 0, 3] == pytest.approx(0.5 / 3)


@pytest.mark.slow
def test_walk_is_the_same_whatever_comes_later() -> None:
    rng = np.random.default_rng(3)
    days = np.sort(rng.integers(0, 1400, 500))
    segments = rng.integers(-1, 2, 500)
    deaths = rng.poisson(4, 500).astype(float)
    origins = weeks(7, 190)
    end = int(origins[-20])

    def record(keep: "np.typing.NDArray[np.bool_]") -> dict[str, "np.typing.NDArray[np.float64]"]:
        events = made(days[keep].tolist(), segments[keep].tolist(), deaths[keep].tolist(), 5)
        [found] = walk_weeks(events, origins, int(origins[130]), 26, (30,), 5, 0)
        return {n: p[:, :, found.origins < end] for n, p in found.p.items()}

    every, cut = record(np.ones(500, bool)), record(days < end)

    assert set(every) == {"ridge", "forest", "hawkes", "climatology", "climatology_2y", "ensemble"}
    for name, p in every.items():
        np.testing.assert_allclose(p, cut[name], err_msg=name)
        assert (p[0] >= p[1] - 1e-9).all() or name.startswith("climatology")
