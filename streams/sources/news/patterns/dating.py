"""When an event happened: of a sentence's times its own, or what the words leave to infer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from streams.sources.news.language.dates import MONTH_DAY, When
from streams.sources.news.language.items import WORD, Context, Item
from streams.sources.news.language.words import Words, listed
from streams.sources.news.patterns.patterns import Match

LONG_AGO = timedelta(days=10)
_LATELY = listed("recent recently latest")
_ANNOUNCED = listed("talks_announced mediation_offer")
"""Types that are of the day they are told, whatever day they speak of."""
_LASTING = listed("crossing_closed trade_suspended deportation_drive")
"""Types that a beginning dates: 'closed since Sunday'."""
_OTHER_CLAUSE, _AFTER, _VAGUE = 4, 2, 8
"""What a comma, standing after the event and a span of days cost, in items."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A day and its precision; `inferred` where the text gives none, `back` where it looks back."""

    day: date
    precision: str
    inferred: bool
    back: bool


def date_of(
    items: Sequence[Item], match: Match, happened: bool, context: Context, words: Words
) -> Dated:
    """The event's day: the nearest time of its clause, else what 'previous' or 'recent' leave to
    infer, else the article's own. What happened is never dated ahead of the article."""
    times, published = _nearest(items, match, words), context.published
    if happened and match.type in _ANNOUNCED:
        times = [when for when in times if published - when.day < LONG_AGO]
        times = times if match.type == "mediation_offer" else []
    if happened:
        times = [when for when in times if not when.ahead and when.day <= published]
    if times:
        when = times[0]
        back = when.precision == "month" or published - when.day > LONG_AGO
        return Dated(when.day, when.precision, False, back)
    near = items[max(0, match.start - 12) : match.end + 2]
    lemmas = {item.lemma for item in near if item.kind == WORD}
    if _LATELY & lemmas:
        return Dated(published - timedelta(days=7), "week", True, True)
    if words.modality["background"] & lemmas:
        month_before = published.replace(day=1) - timedelta(days=1)
        return Dated(month_before.replace(day=MONTH_DAY), "month", True, True)
    if context.carried and context.day and happened:
        return Dated(context.day.day, "day", True, False)
    return Dated(published, "day", True, False)


def _nearest(items: Sequence[Item], match: Match, words: Words) -> list[When]:
    """The sentence's times, the nearest to the event first; of force the report's own time last."""
    ranked = []
    for at, item in enumerate(items):
        if item.when is None or (item.when.onward and at > match.head):
            continue
        if item.when.since and match.type not in _LASTING:
            continue
        of_report = any(_reports(i, words) for i in items[max(0, at - 2) : at])
        between = items[min(at, match.head) + 1 : max(at, match.head)]
        parted = sum(i.lemma == "," or i.lemma in words.barriers for i in between)
        apart = len(between) + _OTHER_CLAUSE * parted + _AFTER * (at > match.head)
        apart += _VAGUE * (item.when.precision != "day")
        ranked.append((of_report and match.is_force, apart, at, item.when))
    return [when for _, _, _, when in sorted(ranked, key=lambda rank: rank[:3])]


def _reports(item: Item, words: Words) -> bool:
    return (
        item.kind == WORD
        and item.lemma in words.reporting
        and (item.tag == "d" or item.lemma == "say")
    )
