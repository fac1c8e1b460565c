"""The log score, and how many episodes stand behind a record."""

import numpy as np

from features.arrays import Floats, Ints
from models.numerics.odds import EDGE


def log_loss(p: Floats, y: Floats) -> Floats:
    """The log score, element by element, p kept within EDGE of 0 and 1; NaN without outcome."""
    p = np.clip(p, EDGE, 1 - EDGE)
    loss: Floats = -(y * np.log(p) + (1 - y) * np.log1p(-p))
    return loss


def episodes(y: Floats) -> int:
    """How many separate spells of ones there are along the last axis, summed over the rest."""
    ones = np.nan_to_num(y) > 0
    starts: Ints = np.diff(ones.astype(np.int32), axis=-1, prepend=0) == 1
    return int(starts.sum())
