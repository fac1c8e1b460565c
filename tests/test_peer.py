"""The rebuilt public baseline uses nothing after the month that it speaks from."""

import numpy as np
from learning import made_counts

from benchmarks.peer import peer_features, peer_forecast
from features.arrays import Floats
from features.monthly.panel import Panel


def test_peer_forecast_is_the_same_whatever_comes_later() -> None:
    deaths = made_counts(84, 6, units=8)
    later = deaths.copy()
    later[:, 70:] = 99.0
    groups = ("a", "b") * 4

    def told(values: Floats) -> Floats:
        panel = Panel(tuple("ABCDEFGH"), 0, values, {}, np.zeros(8, np.int32), groups)
        X = peer_features(panel, groups)
        assert X.shape[2] == 9
        return peer_forecast(X, values, 1.0, 3, 69)

    np.testing.assert_allclose(told(deaths), told(later))
