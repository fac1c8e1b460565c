"""The theatres: a folder each, and the loader that checks them."""

from theatres.codes import Codes, State
from theatres.folder import (
    default_theatre,
    known_theatres,
    load_theatre,
    load_theatres,
    theatre_folders,
)
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
from theatres.source import Source
from theatres.tables import TheatreError
from theatres.target import DYAD, Target
from theatres.theatre import ABROAD, Crossing, Level, Place, Point, Segment, Theatre
from theatres.words import Headline, Side, Words

__all__ = [
    "ABROAD",
    "DYAD",
    "Channel",
    "Codes",
    "Crosses",
    "Crossing",
    "Headline",
    "Level",
    "LevelRises",
    "NoForecast",
    "Notify",
    "Place",
    "Point",
    "ProbabilityJumps",
    "RowRule",
    "Rule",
    "Segment",
    "Side",
    "Source",
    "State",
    "StreamSilent",
    "Target",
    "Theatre",
    "TheatreError",
    "VerificationFails",
    "Words",
    "default_theatre",
    "known_theatres",
    "load_theatre",
    "load_theatres",
    "theatre_folders",
]
