"""Weights of members by their past forecasts."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, softmax

from features.arrays import Floats
from models.numerics.losses import log_loss
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


def tempered(p: Floats, y: Floats, share: float, prior: Sequence[float], trust: float) -> Floats:
    """Linear pool weights from past forecasts: (member,), sum 1.

    weight ~ prior x exp(-trust x sum of losses x share): a Bayesian mixture with a tempered
    likelihood, in which overlapping windows count for what they tell of their own. Nothing in the
    record: the prior. p is (member, unit, origin), y (unit, origin), NaN where not closed.
    """
    total = np.nansum(log_loss(p, y[None]).mean(axis=1), axis=1) * share
    weights: Floats = softmax(np.log(prior) - trust * total)
    return weights
