"""Arrays by what they hold, and days as numbers."""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

EPOCH = date(1970, 1, 1)


NEVER = np.iinfo(np.int32).max
"""The `until` of a version that nothing has superseded."""


Ints = npt.NDArray[np.int32]


Floats = npt.NDArray[np.float64]


Bools = npt.NDArray[np.bool_]


Masks = npt.NDArray[np.int64]


def to_day(when: date) -> int:
    """Days since 1970-01-01."""
    return (when - EPOCH).days


def to_date(day: int) -> date:
    """The date that is so many days after 1970-01-01."""
    return EPOCH + timedelta(days=int(day))


def faded(x: Floats, half_life: float) -> Floats:
    """Sums along the last axis in which what came before has half its weight every `half_life`.

    The same numbers as scipy.signal's lfilter, whose import takes longer than a day's forecast.
    """
    keep = 0.5 ** (1 / half_life)
    total, last = np.empty(x.shape), np.zeros(x.shape[:-1])
    for at in range(x.shape[-1]):
        last = x[..., at] + keep * last
        total[..., at] = last
    return total
