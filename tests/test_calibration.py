"""A calibration map is the identity until a record says otherwise, and the band is its noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

from features.arrays import Floats
from models.combining.calibration import (
    BAND_PENALTY,
    apply_map,
    band,
    fit_band,
    fit_map,
    reliability,
)
from models.numerics.bootstrap import BLOCK_WEEKS, redraw

IDENTITY = np.zeros(2)
TOLD = np.array([0.05, 0.1, 0.2, 0.4, 0.6])


def made_record(rng: np.random.Generator, origins: int, horizon: int) -> tuple[Floats, Floats]:
    """A record, (origin, 1) twice, whose forecasts are the true probabilities of its outcomes.

    The risk drifts; outcomes of overlapping windows share what happens in them.
    """
    drift = np.zeros(origins)
    for i in range(1, origins):
        drift[i] = 0.97 * drift[i - 1] + rng.normal() * np.sqrt(1 - 0.97**2)
    p = expit(drift - 1.5)
    weeks = max(1, round(horizon / 7))
    shocks = np.convolve(rng.normal(size=origins + weeks - 1), np.ones(weeks), "valid")
    y = (norm.cdf(shocks / np.sqrt(weeks)) < p).astype(np.float64)
    return p[:, None], y[:, None]


def drawn(rng: np.random.Generator, p: Floats) -> Floats:
    """Outcomes, each by its own probability."""
    y: Floats = (rng.random(p.shape) < p).astype(np.float64)
    return y


def test_map_without_evidence_is_the_identity() -> None:
    p = np.array([0.001, 0.2, 0.9])

    maps = fit_map(p, np.ones(3), np.zeros(3))
    empty = fit_map(np.empty(0), np.empty(0), np.empty(0))

    assert np.array_equal(maps, IDENTITY)
    assert np.array_equal(empty, IDENTITY)
    assert apply_map(maps, p) == pytest.approx(p, abs=1e-12)


def test_map_of_a_short_record_stays_near_the_identity() -> None:
    p = np.full(20, 0.1)

    q = apply_map(fit_map(p, np.ones(20), np.ones(20)), p)

    assert (q > p).all()
    assert (q < 0.12).all()


@pytest.mark.parametrize(("shift", "slope"), [(0.8, 0.0), (-0.5, -0.4), (0.0, 0.6)])
def test_map_recovers_a_known_distortion(shift: float, slope: float) -> None:
    rng = np.random.default_rng(5)
    p = rng.uniform(0.05, 0.95, 40_000)
    y = drawn(rng, expit(logit(p) * (1 + slope) + shift))

    found = fit_map(p, y, np.ones(len(p)), penalty=1.0)

    assert found == pytest.approx([shift, slope], abs=0.06)


def test_map_of_true_forecasts_changes_little() -> None:
    rng = np.random.default_rng(6)
    p = rng.uniform(0.05, 0.95, 20_000)

    q = apply_map(fit_map(p, drawn(rng, p), np.ones(len(p))), p)

    assert q == pytest.approx(p, abs=0.02)


def test_map_never_says_nought_or_one() -> None:
    q = apply_map(np.array([0.5, 0.2]), np.array([0.0, 1.0]))

    assert ((q > 0) & (q < 1)).all()


def test_map_is_applied_over_leading_axes() -> None:
    p = np.array([0.1, 0.5])
    maps = np.array([[0.0, 0.0], [1.0, 0.5]])

    q = apply_map(maps[:, None], p[None])

    assert q[0] == pytest.approx(p, abs=1e-12)
    assert q[1] == pytest.approx(expit(1.5 * logit(p) + 1), abs=1e-12)


def test_redraw_draws_as_many_origins_in_long_blocks() -> None:
    times = redraw(300, 7, seed=1, draws=50)

    assert times.shape == (50, 300)
    assert (times.sum(axis=1) == 300).all()
    # Neighbours go together: a block ends, and another begins, about once in 26 weeks.
    changes = (np.diff(times, axis=1) != 0).mean()
    assert 0.5 / BLOCK_WEEKS < changes < 3 / BLOCK_WEEKS


def test_redraw_takes_its_randomness_from_the_seed() -> None:
    assert np.array_equal(redraw(60, 7, 1, draws=5), redraw(60, 7, 1, draws=5))
    assert not np.array_equal(redraw(60, 7, 1, draws=5), redraw(60, 7, 2, draws=5))


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), units=st.integers(1, 3))
def test_band_has_its_low_end_below_its_high_end(seed: int, units: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.01, 0.99, (60, units))

    maps = fit_band(p, drawn(rng, p), np.ones(60), IDENTITY, redraw(60, 7, seed))
    low, high = band(maps, TOLD)

    assert (low <= high).all()
    assert ((low > 0) & (high < 1)).all()


def test_band_of_a_record_that_tells_nothing_is_the_forecast() -> None:
    p = np.full((60, 1), 0.3)

    low, high = band(fit_band(p, p, np.zeros(60), IDENTITY, redraw(len(p), 7, 1)), TOLD)

    assert low == pytest.approx(TOLD, abs=1e-9)
    assert high == pytest.approx(TOLD, abs=1e-9)


def test_band_narrows_as_the_record_grows() -> None:
    widths = []
    for origins in (100, 400, 1600):
        p, y = made_record(np.random.default_rng(8), origins, 7)
        low, high = band(fit_band(p, y, np.ones(origins), IDENTITY, redraw(len(p), 7, 1)), TOLD)
        widths.append(float((high - low).mean()))

    assert widths[0] > widths[1] > widths[2]


def coverage(origins: int, horizon: int, seeds: int) -> float:
    """How often another record of the same world moves the forecast to within the band."""
    inside = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        weight = np.full(origins, 7 / horizon)
        p, y = made_record(rng, origins, horizon)
        low, high = band(fit_band(p, y, weight, IDENTITY, redraw(len(p), horizon, seed)), TOLD)
        p, y = made_record(rng, origins, horizon)
        other = apply_map(fit_map(p.ravel(), y.ravel(), weight, BAND_PENALTY), TOLD)
        inside.append((low <= other) & (other <= high))
    return float(np.mean(inside))


@pytest.mark.parametrize("horizon", [7, 30])
def test_band_holds_what_another_past_would_have_said_about_four_times_in_five(
    horizon: int,
) -> None:
    # Measured: 0.75 at both horizons. Blocks this long leave few of them, so somewhat under 0.8.
    assert 0.6 <= coverage(400, horizon, seeds=60) <= 0.9


def test_reliability_bins_hold_equal_counts() -> None:
    p = np.repeat([0.1, 0.5, 0.9], 10)
    y = np.concatenate([np.zeros(10), np.tile([0.0, 1.0], 5), np.ones(10)])

    table = reliability(p, y, bins=3)

    assert table["count"].sum() == 30
    assert (table["forecast"].diff().dropna() > 0).all()
    assert (table["forecast"] * table["count"]).sum() == pytest.approx(p.sum())
    assert (table["observed"] * table["count"]).sum() == pytest.approx(y.sum())


def test_reliability_of_one_forecast_is_one_bin() -> None:
    table = reliability(np.full(4, 0.25), np.array([1.0, 0, 0, 0]))

    assert table.to_dict("records") == [{"forecast": 0.25, "observed": 0.25, "count": 4}]
