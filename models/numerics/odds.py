"""Log-odds."""

from typing import Final

import numpy as np
from scipy.special import logit

from features.arrays import Floats

EDGE: Final = 1e-6
"""The one clip: no probability is nearer to 0 or 1 in a log score or in log-odds."""


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)), p kept within EDGE of 0 and 1."""
    odds: Floats = logit(np.clip(p, EDGE, 1 - EDGE))
    return odds
