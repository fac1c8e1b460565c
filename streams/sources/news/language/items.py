"""A sentence as items: who, where, when, and the words between, on which patterns are read."""

from dataclasses import dataclass, field
from datetime import date

from streams.sources.news.language.dates import When

ACTOR, PLACE, PEOPLE, DATE, WORD = "@", "#", "&", "%", "w"


@dataclass(frozen=True, slots=True)
class Item:
    """A word, or a mention. `codes` are who is meant; `side` is on whose ground a place lies.

    `agent` acts (a state, its ministry); without it a mention of a state is an adjective or an
    owner ('Pakistani shelling'). `drawn` was inferred from the text before: 'the two sides', 'it'.
    """

    kind: str
    lemma: str
    tag: str
    start: int
    end: int
    codes: tuple[str, ...] = ()
    place: str = ""
    side: str = ""
    agent: bool = False
    drawn: str = ""
    prep: str = ""
    when: When | None = None
    head: str = ""
    crossing: bool = False


@dataclass
class Context:
    """What the text has told so far: of whom, of which pair of states, and of which day.

    `carried`: a sentence without a day of its own is of that day. `roundup`: the text tells a
    week, and this weekday, the article's own, is still the one a week before.
    """

    principals: tuple[str, ...]
    published: date
    pair: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    state: str = ""
    mediators: tuple[str, ...] = ()
    day: When | None = None
    carried: bool = False
    roundup: str = ""
    people: dict[str, str] = field(default_factory=dict)
