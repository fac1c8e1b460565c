"""Rates that change at once: an online change-point, and two regimes that switch (statsmodels).

Both look at weeks with and without an event, and give the rate of such weeks as each week is known.
"""

import warnings
from typing import Final

import numpy as np
from scipy.special import expit

from features.arrays import Floats

CHANGE_WEEKS: Final = 104.0
"""How long a rate lasts on average, before it is looked at."""
PRIOR: Final = (0.5, 4.5)
"""What a new rate is taken to be: one week in ten, worth five weeks."""
REGIMES: Final = 2
WARM_WEEKS: Final = 156
"""Fewer weeks tell no regimes apart."""
EDGE: Final = 1e-4


def change_point_rates(flags: Floats) -> Floats:
    """The expected rate after each week, of weekly flags (1 or 0): (week,).

    Bayesian online change-point detection (Adams and MacKay 2007, arXiv:0710.3742): the run since
    the last change has every length with some probability, and a Beta law of its rate. Uses no
    later week.
    """
    hazard = 1 / CHANGE_WEEKS
    mass, hits, misses = np.ones(1), np.full(1, PRIOR[0]), np.full(1, PRIOR[1])
    rates = np.empty(len(flags))
    for week, flag in enumerate(flags):
        rate = hits / (hits + misses)
        grown = mass * np.where(flag > 0, rate, 1 - rate)
        mass = np.concatenate([[hazard * grown.sum()], (1 - hazard) * grown])
        mass /= mass.sum()
        hits = np.concatenate([[PRIOR[0]], hits + (flag > 0)])
        misses = np.concatenate([[PRIOR[1]], misses + (flag <= 0)])
        rates[week] = mass @ (hits / (hits + misses))
    return rates


def regime_rates(flags: Floats, weeks: int, refit: int) -> Floats:
    """The expected rate of each of the next weeks after each week: (week, week ahead).

    A Markov-switching mean and variance (Hamilton, Econometrica 1989) of the weekly flags, by
    statsmodels, fitted anew every `refit` weeks; the filtered regimes are carried forward by
    their transitions. Before WARM_WEEKS, and where no fit is found, it is the mean so far.
    """
    found = np.empty((len(flags), weeks))
    for start in range(0, len(flags), refit):
        span = slice(start, start + refit)
        found[span] = _regimes(flags, start, min(start + refit, len(flags)), weeks)
    return np.clip(found, EDGE, 1 - EDGE)


def _regimes(flags: Floats, start: int, stop: int, weeks: int) -> Floats:
    from statsmodels.tools.sm_exceptions import EstimationWarning
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    past = flags[: start + 1]
    plain = np.repeat(
        (np.cumsum(flags)[start:stop] / np.arange(start + 1, stop + 1))[:, None], weeks, axis=1
    )
    if start < WARM_WEEKS or past.sum() < 2 * REGIMES:
        return plain
    try:
        # A regime of calm alone has no variance, of which EM complains at every step: what is not
        # finite in the end is put aside below.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", EstimationWarning)
            model = MarkovRegression(past, k_regimes=REGIMES, switching_variance=True)
            fitted = model.fit(disp=False, maxiter=100)
            whole = MarkovRegression(flags[:stop], k_regimes=REGIMES, switching_variance=True)
            states = np.asarray(whole.filter(fitted.params).filtered_marginal_probabilities)[start:]
    except (ValueError, np.linalg.LinAlgError):
        return plain
    means = np.clip(fitted.params[-2 * REGIMES : -REGIMES], EDGE, 1 - EDGE)
    carry = np.asarray(fitted.regime_transition)[:, :, 0]
    ahead = np.empty((stop - start, weeks))
    for week in range(weeks):
        states = states @ carry.T
        ahead[:, week] = states @ means
    return ahead if np.isfinite(ahead).all() else plain


def within(rates: Floats, horizons: tuple[int, ...]) -> Floats:
    """The chance of at least one such week within each horizon (days): (horizon, week).

    `rates` are (week, week ahead); a part of a week counts as that part of its log survival.
    """
    survival = np.log1p(-rates)
    found = []
    for horizon in horizons:
        whole, part = divmod(horizon, 7)
        total = survival[:, :whole].sum(axis=1)
        if part:
            total = total + survival[:, whole] * part / 7
        found.append(-np.expm1(total))
    return np.stack(found)


def shrunk(p: Floats, towards: Floats, share: float) -> Floats:
    """The probability drawn towards another in log-odds, by that share."""
    odds, other = np.log(p / (1 - p)), np.log(towards / (1 - towards))
    mixed: Floats = expit((1 - share) * odds + share * other)
    return mixed
