"""The pooled prior: read back as written, refused when broken, and where a dyad's model starts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from learning import lesson

from benchmarks.prior import fit_prior, memory, write_prior
from features.arrays import Floats
from features.monthly.panel import Panel
from features.rates import RATES
from models.learners.design import anchor
from models.learners.hazard import Hazard
from models.learners.prior import (
    COLUMNS,
    PriorError,
    read_prior,
    whitened,
)
from models.problems.problem import Rows

HORIZONS = (7, 30)


def made_dyads(seed: int) -> Panel:
    """Sixty dyads whose month to month hazard leans on the month before."""
    rng = np.random.default_rng(seed)
    events = np.zeros((60, 200))
    for t in range(1, 200):
        hazard = 0.05 * np.exp(1.2 * np.log1p(events[:, t - 1]))
        events[:, t] = rng.poisson(np.minimum(hazard, 2))
    units = tuple(str(i) for i in range(60))
    return Panel(units, 0, events, {"events": events}, np.zeros(60, np.int32), units)


def rows(counts: Floats) -> Rows:
    """Feature rows with the prior's columns and the same memory everywhere."""
    p = np.tile(0.1 + np.array(HORIZONS) / 200, (len(counts), 1))[:, :, None]
    X = np.tile(counts[:, None], len(COLUMNS))
    return Rows(COLUMNS, X, dict.fromkeys(RATES, p), HORIZONS, (1.0,))


def test_prior_finds_that_recent_events_raise_the_hazard() -> None:
    found = fit_prior(made_dyads(1), np.ones(60), "made", "2026-01-01")

    assert found.columns == COLUMNS
    assert found.mean[1] > 0.3
    assert (found.dyads, found.months) == (60, 60 * (199 - 12))
    assert found.mean[1] > 2 * found.mean[3]  # what is old tells less


def test_memory_by_hand() -> None:
    found = memory(np.array([[1.0, 0.0]]), np.ones((1, 2)), 12.0)

    assert found[0, 0] == pytest.approx((1 + 0.75) / 2)
    keep = 0.5 ** (1 / 12)
    assert found[0, 1] == pytest.approx((keep + 0.5) / (1 + keep + 1))


def test_prior_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "data" / "prior.json"
    made = fit_prior(made_dyads(2), np.ones(60), "made", "2026-01-01")

    write_prior(made, path)

    assert read_prior(path) == made


@pytest.mark.parametrize("text", ["", "{}", '{"columns": ["a"], "mean": [1], "covariance": [[1]]}'])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prior.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(PriorError, match="make prior"):
        read_prior(path)


def test_a_covariance_that_is_none_is_refused() -> None:
    kept = read_prior()

    with pytest.raises(PriorError, match="positive"):
        replace(kept, covariance=tuple(tuple(-v for v in row) for row in kept.covariance))
    with pytest.raises(PriorError, match="does not fit"):
        replace(kept, mean=kept.mean[:2])


def test_the_kept_prior_was_made_before_the_record_begins() -> None:
    kept = read_prior()

    assert kept.source.endswith("to 2011-12")
    assert kept.dyads > 200


def test_a_model_without_evidence_says_what_the_pool_says() -> None:
    X = rows(np.array([0.0, 5.0]))

    told = Hazard((1.0,), COLUMNS, pooled=True).fit(lesson(X, np.full((2, 2), np.nan))).predict(X)

    line = np.column_stack([np.ones(2), np.log1p(X.X)]) @ np.array(read_prior().mean)
    expected = -np.expm1(np.log1p(-anchor(X)) * np.exp(line)[:, None, None])
    assert told == pytest.approx(expected)


def test_evidence_moves_the_model_away_from_the_pool() -> None:
    X = rows(np.random.default_rng(3).gamma(1, 2, 4000))
    pooled = Hazard((1.0,), COLUMNS, pooled=True)

    before = pooled.fit(lesson(X, np.full((4000, 2), np.nan))).predict(X)
    after = pooled.fit(lesson(X, np.zeros((4000, 2)))).predict(X)

    assert after.mean() < 0.5 * before.mean()


def test_whitened_root_gives_the_covariance_back() -> None:
    kept = read_prior()

    mean, root = whitened(kept, 0.01)

    assert mean == pytest.approx(kept.mean)
    assert root @ root.T == pytest.approx(np.array(kept.covariance) + 0.01 * np.eye(4))
