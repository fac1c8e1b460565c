"""Made worlds whose truth is known: how often the gate promotes skill, and how often it is fooled.

python -m benchmarks.gate --worlds 200 --json
"""

import argparse
import json

import numpy as np
from scipy.special import expit, logit

from features.arrays import Floats
from models.judging.gate import ENSEMBLE, judge, losses_of
from models.numerics.losses import log_loss
from models.recipes.events import BLOCK_WEEKS

ORIGINS = 700
STEPS = 5
"""Weekly origins that a window of 30 days reaches over."""
PERSISTENCE = 0.97
SPREAD = 1.2
RATE = 0.2
SIGNAL = 0.9
"""How much of the wave the model reads."""
NOISE = 0.1


def world(seed: int) -> tuple[Floats, Floats]:
    """A slow wave of log-odds and the outcomes of overlapping windows: (origin,) each."""
    rng = np.random.default_rng(seed)
    wave = np.zeros(ORIGINS + STEPS)
    noise = rng.normal(size=len(wave)) * SPREAD * np.sqrt(1 - PERSISTENCE**2)
    for t in range(1, len(wave)):
        wave[t] = PERSISTENCE * wave[t - 1] + noise[t]
    weekly = 1 - (1 - expit(logit(RATE) + wave)) ** (1 / STEPS)
    event = rng.random(len(weekly)) < weekly
    came = np.array([event[t : t + STEPS].any() for t in range(ORIGINS)], np.float64)
    return wave[:ORIGINS], came


def promoted(seed: int, kind: str) -> bool:
    """Whether the gate lets a model through.

    `skilled` knows the wave, `wrong` knows another world's, `copy` is the better baseline with a
    little meaningless noise: as good as the baseline, and no better.
    """
    wave, y = world(seed)
    other = world(seed + 1_000_003)[0]
    closed = np.concatenate([np.zeros(STEPS), y[:-STEPS]])  # the last window closed by then
    fading = 0.97 ** np.arange(104)
    past = (np.cumsum(closed) + 4 * RATE) / (np.arange(len(y)) + 4)
    weight = np.convolve(np.ones(len(y)), fading)[: len(y)]
    memory = (np.convolve(closed, fading)[: len(y)] + 4 * past) / (weight + 4)
    p = {"climatology": past, "memory": memory}
    best = min(p.values(), key=lambda q: float(log_loss(q, y).sum()))
    made = {
        "skilled": logit(past) + SIGNAL * wave,
        "wrong": logit(past) + SIGNAL * other,
        "copy": logit(best) + NOISE * other,
    }
    p[ENSEMBLE] = expit(made[kind])
    by_model = {name: q[None, None] for name, q in p.items()}
    one = np.zeros(1, np.int32)
    return judge(losses_of(by_model, y[None, None], one, STEPS, BLOCK_WEEKS), seed)[0]


def rates(worlds: int) -> dict[str, float]:
    """The share of worlds in which a model of each kind was promoted."""
    found = {
        kind: float(np.mean([promoted(seed, kind) for seed in range(worlds)]))
        for kind in ("skilled", "wrong", "copy")
    }
    return {"worlds": worlds, **found}


def main() -> None:
    """Print both rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = rates(options.worlds)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:20} {value:g}")


if __name__ == "__main__":
    main()
