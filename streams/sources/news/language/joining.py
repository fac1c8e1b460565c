"""Mentions that are one: 'Qatar and Turkey', 'Pakistan-Afghanistan', 'Iran, China and Russia'."""

from collections.abc import Sequence
from dataclasses import replace

from streams.sources.news.language.items import ACTOR, PLACE, Item
from streams.sources.news.language.words import listed

ARTICLES = listed("the a an its their his her this that these those")
_LINKS = frozenset(("and", "&"))


def joined(items: Sequence[Item]) -> list[Item]:
    """The items, those mentions made one that a link, a comma of a list or nothing parts."""
    made: list[Item] = []
    for item in items:
        made.append(item)
        while (shorter := _last_joined(made)) is not None:
            made = shorter
    return made


def _last_joined(items: list[Item]) -> list[Item] | None:
    """The items with the last two mentions made one, where a link stands between; else None."""
    last = items[-1]
    if last.kind not in (ACTOR, PLACE) or len(items) < 2:
        return None
    if items[-2].kind == last.kind == ACTOR and items[-2].codes == last.codes:
        return [*items[:-2], replace(last, start=items[-2].start, agent=last.agent)]
    if (
        items[-2].kind == last.kind == ACTOR
        and items[-2].end + 1 >= last.start
        and not items[-2].tag
    ):
        return _one(items, 2) if _differ(items[-2], last) else None
    if len(items) < 3:
        return None
    link, first = items[-2], items[-3]
    if first.lemma == "," and link.lemma in _LINKS and len(items) > 3:
        first, size = items[-4], 4
    else:
        size = 3
    articled = link.lemma in ARTICLES and len(items) > 3 and items[-3].lemma in _LINKS
    if articled:
        link, first, size = items[-3], items[-4], 4
    if link.lemma not in _LINKS or first.kind != last.kind or first.drawn == "pair":
        return None
    if not _differ(first, last):
        return None
    whole = _one(items, size)
    # The members of a list before its 'and' are parted by commas.
    while len(whole) >= 3 and whole[-2].lemma == "," and whole[-3].kind == last.kind == ACTOR:
        whole = _one(whole, 3)
    return whole


def _differ(first: Item, last: Item) -> bool:
    if last.kind == PLACE:
        return bool(first.place and last.place)
    return not set(first.codes) & set(last.codes) and first.head != "pair"


def _one(items: list[Item], size: int) -> list[Item]:
    first, last = items[-size], items[-1]
    whole = replace(
        last,
        start=first.start,
        codes=tuple(dict.fromkeys(first.codes + last.codes)),
        place=" and ".join(filter(None, (first.place, last.place))),
        side=first.side if first.side == last.side else first.side or last.side,
        agent=last.agent,
        prep="",
    )
    return [*items[:-size], whole]
