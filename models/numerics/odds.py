"""Log-odds."""

from typing import Final

import numpy as np
from scipy.special import logit

from features.arrays import Floats

EDGE: Final = 1e-6


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)), p kept within EDGE of 0 and 1."""
    odds: Floats = logit(np.clip(p, EDGE, 1 - EDGE))
    return odds
