"""The embedded chronicle's questions of the dyad, and their records."""

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.panels import tell
from flows.pipeline import knowledge
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import Knowledge
from flows.pipeline.settings import read_settings
from models.combining.combine import Past, combine
from models.forecasting.training import SEED, Asked
from models.walk import walk
from theatres import DYAD


def embedded(theatre: str) -> Knowledge:
    """What is known at present, the theatre's own chronicle taken in first."""
    return knowledge.gather_embedded(read_settings(), theatre, datetime.now(UTC))


def of_dyad(known: Knowledge) -> list[Asked]:
    """The dyad's problems, a target each, with how they are learnt and where refits begin."""
    return [
        asked
        for asked in event_vintage(known, known.theatre.events, 0).learn()
        if asked.problem.units == (DYAD,)
    ]


def pasts(asked: Sequence[Asked], day: int) -> list[Past]:
    """The record of each, and the ensemble's beside it, combined as of `day` at its end."""
    records = walk([(each.problem, each.recipe, each.starts) for each in asked], SEED, None, tell)
    found = []
    for each, record in zip(asked, records, strict=True):
        recipe = each.recipe
        combined = combine(record, recipe.rule, recipe.pool, day, recipe.nests)
        found.append(Past(record, combined, 0))
    return found
