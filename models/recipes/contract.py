"""What a trained model takes for granted, as one hash a group of problems."""

import hashlib
import json
from typing import Final

from features import table
from models.learners import prior
from models.recipes import events, months, segments
from theatres import Theatre

METHOD_VERSION: Final = "4"
"""Raise it whenever the same data would give another forecast."""
EVENTS: Final = "events"
"""The group of the targets that count events between the two sides; every other target is a group
of its own, named as in the theatre's file."""


def groups(theatre: Theatre) -> tuple[str, ...]:
    """The theatre's groups of problems: those of one group share their data and their model."""
    return (*((EVENTS,) if theatre.events else ()), *theatre.counts)


def contract(theatre: Theatre, group: str) -> str:
    """A hash of all that the group's model takes for granted: features, method, members, targets.

    A stored model of another contract cannot be used.
    """
    promise: list[object] = [METHOD_VERSION]
    if group == EVENTS:
        promise += [table.contract(theatre), str(prior.read_prior()), str(events.RULE), events.SOON]
        promise += [events.columns(own) for own in (False, True)]
    else:
        promise += [theatre.targets[group].model_dump(exclude={"meaning"})]
        rules = (months.COUNTRY_RULE, months.DYAD_RULE, segments.POOLED, segments.LADDER)
        promise += [str(rules), months.LADDER, theatre.belt_km, theatre.segment_names]
    text = json.dumps(promise, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def method(theatre: Theatre, group: str) -> str:
    """The version of the method, and of the features and settings that it takes for granted."""
    return f"{METHOD_VERSION}-{contract(theatre, group)[:8]}"
