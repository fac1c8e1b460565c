"""The theatres: one TOML file each, and the loader that checks them."""

from theatres.counts import Count
from theatres.rules import (
    Channel,
    Crosses,
    LevelRises,
    NoForecast,
    Notify,
    ProbabilityJumps,
    RowRule,
    Rule,
    StreamSilent,
    VerificationFails,
)
from theatres.theatre import (
    DYAD,
    Crossing,
    Level,
    Segment,
    Target,
    Theatre,
    TheatreError,
    known_theatres,
    load_theatre,
)

__all__ = [
    "DYAD",
    "Channel",
    "Count",
    "Crosses",
    "Crossing",
    "Level",
    "LevelRises",
    "NoForecast",
    "Notify",
    "ProbabilityJumps",
    "RowRule",
    "Rule",
    "Segment",
    "StreamSilent",
    "Target",
    "Theatre",
    "TheatreError",
    "VerificationFails",
    "known_theatres",
    "load_theatre",
]
