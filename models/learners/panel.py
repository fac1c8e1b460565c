"""One model for many units: how likely each reaches each threshold, from its own history.

Every member gives P(size >= k) for a ladder of thresholds, falling with k by construction. `size`
is deaths, or any count whose thresholds are asked for.
"""

from collections.abc import Sequence
from typing import Final, Self, TypeAlias

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import nbinom
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.arrays import Floats
from models.learners.design import columns_of, one_window
from models.numerics.distribution import falling, reached
from models.problems.problem import Rows, Sample

LARGEST: Final = 5000.0
"""A count beyond says no more than this: one massacre would rule the fit."""
STILL: Final = 1e-6
"""A column that varied less says nothing; standardised, its next move would be a shock."""
GLM_DISPERSION: Final = 3.0
"""What the means are fitted at: about what the likelihood finds for active months."""
COUNT_COLUMNS: Final = ("level_1", "level_6", "level_36", "since_1", "near_12")
"""What the count model looks at: few columns, since its tail takes fright at many."""


class Ridge(BaseEstimator):  # type: ignore[misc]
    """A logistic regression a threshold on standardised columns, with an L2 penalty 1 / C."""

    def __init__(self, thresholds: Sequence[float], C: float = 0.003) -> None:
        self.thresholds = thresholds
        self.C = C

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        X, size, weight = one_window(sample)
        self.scaler_ = StandardScaler().fit(X, sample_weight=weight)
        self.scaler_.scale_[self.scaler_.scale_ < STILL] = np.inf
        Z, Y = self.scaler_.transform(X), reached(size, self.thresholds)
        self.models_ = [fitted(logistic(self.C), Z, y, weight) for y in Y.T]
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        Z = self.scaler_.transform(rows.X)
        return falling(np.column_stack([chance(m, Z) for m in self.models_]))[:, None]


Classifier: TypeAlias = LogisticRegression | HistGradientBoostingClassifier


def fitted(model: Classifier, X: Floats, y: Floats, weight: Floats) -> Classifier | float:
    """The fitted model, or the one outcome there was: nothing can be told apart from it."""
    return model.fit(X, y, weight) if 0 < y.sum() < len(y) else float(y.mean())


def chance(model: Classifier | float, X: Floats) -> Floats:
    """P(1) of each row."""
    if isinstance(model, float):
        return np.full(len(X), model)
    p: Floats = model.predict_proba(X)[:, 1]
    return p


def logistic(C: float) -> LogisticRegression:
    """An unfitted logistic regression with penalty 1 / C."""
    return LogisticRegression(C=C, solver="newton-cholesky", max_iter=50)


class Trees(BaseEstimator):  # type: ignore[misc]
    """Gradient boosting, one a threshold.

    Columns are cut into bins once for all thresholds: the library's own cutting of weighted rows
    takes nine tenths of a fit.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        trees: int = 40,
        rate: float = 0.13,
        bins: int = 127,
        seed: int = 0,
    ) -> None:
        self.thresholds = thresholds
        self.trees = trees
        self.rate = rate
        self.bins = bins
        self.seed = seed

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        X, size, weight = one_window(sample)
        self.edges_ = [edges(x, self.bins) for x in X.T]
        B, Y = self._binned(X), reached(size, self.thresholds)
        model = HistGradientBoostingClassifier(
            max_iter=self.trees,
            learning_rate=self.rate,
            max_leaf_nodes=8,
            min_samples_leaf=100,
            l2_regularization=10.0,
            max_features=0.3,
            early_stopping=False,
            random_state=self.seed,
        )
        self.models_ = [fitted(clone(model), B, y, weight) for y in Y.T]
        return self

    def _binned(self, X: Floats) -> Floats:
        found = [
            np.searchsorted(cut, x, side="right") for cut, x in zip(self.edges_, X.T, strict=True)
        ]
        return np.column_stack(found).astype(np.float64)

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        B = self._binned(rows.X)
        return falling(np.column_stack([chance(m, B) for m in self.models_]))[:, None]


def edges(x: Floats, bins: int) -> Floats:
    """The inner edges of at most `bins` bins that hold as many distinct values each.

    Of distinct values, not of rows: most rows are quiet, and would leave all wars one bin.
    """
    values = np.unique(x)
    if len(values) <= bins:
        middle: Floats = (values[1:] + values[:-1]) / 2
        return middle
    return np.unique(np.quantile(values, np.arange(1, bins) / bins))


class Forest(BaseEstimator):  # type: ignore[misc]
    """Extremely randomised trees on all thresholds at once (Geurts, Ernst and Wehenkel 2006).

    A leaf answers with the shares of its rows that reached each threshold, so the whole falls
    with the threshold without any sorting, and the ladder is the count's distribution.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        columns: Sequence[str] | None = None,
        trees: int = 100,
        leaf: int = 20,
        seed: int = 0,
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.trees = trees
        self.leaf = leaf
        self.seed = seed

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        X, size, weight = one_window(sample, self.columns)
        self.model_ = ExtraTreesRegressor(
            self.trees,
            min_samples_leaf=self.leaf,
            max_features=0.5,
            bootstrap=True,
            max_samples=0.5,
            random_state=self.seed,
        ).fit(X, reached(size, self.thresholds), weight)
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        X = columns_of(rows, self.columns)
        return falling(self.model_.predict(X).reshape(len(X), -1))[:, None]


class Hurdle(BaseEstimator):  # type: ignore[misc]
    """Whether anything happens, and if so how much: a logit and a negative binomial of size - 1.

    A hurdle model (Mullahy, J. Econometrics 1986), the count part a statsmodels GLM whose
    dispersion is the maximum likelihood one at the Poisson means.
    """

    def __init__(self, thresholds: Sequence[float], columns: Sequence[str]) -> None:
        self.thresholds = thresholds
        self.columns = columns

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        Z, size, weight = one_window(sample, self.columns)
        self.zero_ = make_pipeline(StandardScaler(), logistic(1.0)).fit(
            Z, size > 0, logisticregression__sample_weight=weight
        )
        some = size > 0
        self.count_ = NegativeBinomial().fit(Z[some], size[some] - 1, weight[some])
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold), at or below 1 whether anything does: (row, 1, threshold)."""
        Z = rows.pick(self.columns)
        tail = self.count_.reaching(Z, np.array(self.thresholds) - 1)
        return falling(self.zero_.predict_proba(Z)[:, 1:] * tail)[:, None]


class NegativeBinomial(BaseEstimator):  # type: ignore[misc]
    """A log-linear negative binomial (NB2): variance = mean + dispersion x mean^2.

    The dispersion is fitted apart in fifths of the mean: quiet units are not noisy as wars are.
    """

    def fit(self, X: Floats, count: Floats, weight: Floats) -> Self:
        """The fitted estimator: the means by a statsmodels GLM, then the dispersions."""
        from statsmodels.genmod.families import NegativeBinomial as Family
        from statsmodels.genmod.generalized_linear_model import GLM

        count = np.minimum(count, LARGEST)
        Z = np.column_stack([np.ones(len(X)), X])
        # from the log-linear least squares: from the data itself a massacre throws the means off
        start = np.linalg.lstsq(Z * weight[:, None], np.log1p(count) * weight, rcond=None)[0]
        model = GLM(count, Z, Family(alpha=GLM_DISPERSION), var_weights=weight)
        found = model.fit(start_params=start, method="bfgs", disp=False)
        self.coefficients_ = np.asarray(found.params)
        self.spread_ = Dispersion().fit(self.mean(X), count, weight)
        return self

    def mean(self, X: Floats) -> Floats:
        """The expected count of each row."""
        line = self.coefficients_[0] + X @ self.coefficients_[1:]
        mean: Floats = np.exp(np.clip(line, -14, 14))
        return mean

    def reaching(self, X: Floats, counts: Floats) -> Floats:
        """P(count >= c): (row, count)."""
        return self.spread_.reaching(self.mean(X), counts)


class Dispersion(BaseEstimator):  # type: ignore[misc]
    """Negative-binomial dispersions by fifth of the mean, each by maximum likelihood."""

    def __init__(self, bins: int = 5) -> None:
        self.bins = bins

    def fit(self, mean: Floats, count: Floats, weight: Floats) -> Self:
        """The fitted estimator."""
        self.edges_ = np.unique(np.quantile(mean, np.linspace(0, 1, self.bins + 1)[1:-1]))
        where = np.searchsorted(self.edges_, mean)
        self.dispersions_ = np.array(
            [
                _dispersion(count[where == i], mean[where == i], weight[where == i])
                for i in range(len(self.edges_) + 1)
            ]
        )
        return self

    def reaching(self, mean: Floats, counts: Floats) -> Floats:
        """P(count >= c): (row, count)."""
        size = 1 / self.dispersions_[np.searchsorted(self.edges_, mean)]
        tail: Floats = nbinom.sf(
            np.maximum(counts, 0)[None, :] - 1, size[:, None], (size / (size + mean))[:, None]
        )
        return tail


def _dispersion(count: Floats, mean: Floats, weight: Floats) -> float:
    def loss(log_dispersion: float) -> float:
        size = np.exp(-log_dispersion)
        return -float(weight @ nbinom.logpmf(count, size, size / (size + mean)))

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 7), method="bounded").x))
