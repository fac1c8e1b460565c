"""Members' probabilities made into one forecast: mixed by past score, calibrated, kept in order."""

from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from features.arrays import Floats
from models.combining.calibration import apply_map, fit_map
from models.numerics.odds import log_odds

SURE: Final = 1e-3
"""In log-odds no member is surer than this: one empty leaf would outweigh all the others."""


def pool(p: Floats, y: Floats, weight: Floats, steps: int = 60, prior: float = 20.0) -> Floats:
    """Weights of the linear pool with the best past log score: (member,), sum 1.

    p is (member, row), y (row,). Expectation-maximisation of the mixture's likelihood (Geweke and
    Amisano, J. Econometrics 2011) from equal weights, with a Dirichlet prior worth `prior` rows a
    member; without a record the weights are equal.
    """
    members = len(p)
    share = np.full(members, 1 / members)
    if not len(y):
        return share
    likelihood = np.where(y > 0, p, 1 - p)
    for _ in range(steps):
        joint = share[:, None] * likelihood
        share = (joint / joint.sum(axis=0)) @ weight + prior
        share /= share.sum()
    return share


def mixed(
    before: Floats,
    y: Floats,
    weight: Floats,
    pooled_before: Floats,
    now: Floats,
    prior: float,
    penalty: float,
) -> tuple[Floats, Floats]:
    """The pool of the members' present forecasts, and the same calibrated, each shaped as a
    member's.

    `before` are the members' closed forecasts, (member, row), y what came of them and `weight`
    what each tells; `pooled_before` is what the pool itself then said, (row,), on which the
    calibration is fitted; `now` is (member, ...). What is mixed is
    log-odds (Satopää et al., Int. J. Forecasting 2014).
    """
    share = pool(before, y, weight, prior=prior)
    pooled: Floats = expit(np.tensordot(share, log_odds(np.clip(now, SURE, 1 - SURE)), 1))
    return pooled, apply_map(fit_map(pooled_before, y, weight, penalty), pooled)


def stack(p: Floats, y: Floats, weight: Floats, penalty: float) -> Floats:
    """The shift and the members' weights with the best past log score: (1 + member,).

    logit q = shift + sum of weight x logit p, weights not negative and free in their sum, since
    members that know different things are each too timid (Ranjan and Gneiting, J. Royal
    Statistical Society B 2010; Satopää et al., Int. J. Forecasting 2014). A ridge of `penalty`
    pulls towards no shift and equal weights of sum 1, which it is without a record. p is
    (member, row), y (row,), `weight` what each row tells.
    """
    start = np.append(0.0, np.full(len(p), 1 / len(p)))
    if not len(y):
        return start
    Z = np.column_stack([np.ones(len(y)), log_odds(p).T])

    def loss(b: Floats) -> tuple[float, Floats]:
        odds = Z @ b
        value = weight @ np.logaddexp(0, np.where(y > 0, -odds, odds))
        slope = Z.T @ (weight * (expit(odds) - y)) + penalty * (b - start)
        return float(value + penalty * ((b - start) ** 2).sum() / 2), slope

    bounds = [(None, None)] + [(0, None)] * len(p)
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def stacked(before: Floats, y: Floats, weight: Floats, now: Floats, penalty: float) -> Floats:
    """The members' present forecasts combined in log-odds, shaped as a member's: calibrated too,
    since shift and weights are fitted together.

    `before` are the members' closed forecasts, (member, row), y what came of them and `weight`
    what each tells; `now` is (member, ...).
    """
    b = stack(before, y, weight, penalty)
    combined: Floats = expit(b[0] + np.tensordot(b[1:], log_odds(now), 1))
    return combined
