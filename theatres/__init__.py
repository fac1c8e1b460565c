"""The theatres: one TOML file each, and the loader that checks them."""

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
    "Crossing",
    "Level",
    "Segment",
    "Target",
    "Theatre",
    "TheatreError",
    "known_theatres",
    "load_theatre",
]
