"""What looks like an event and is none: a charge, another's time, a noun's description."""

from collections.abc import Sequence

from streams.sources.news.language.items import Item
from streams.sources.news.language.words import listed
from streams.sources.news.patterns.patterns import Match

_CHARGING = listed("accuse blame condemn criticise criticize suspect denounce")
_WHILE = listed("while as during before ahead")
_BEFORE_NOUN = listed("the a an one this its their of at for")


def is_no_event(items: Sequence[Item], match: Match) -> bool:
    """True where what the pattern holds tells no event of its own."""
    return _charged(items, match) or _aside(items, match) or _describes(items, match)


def _charged(items: Sequence[Item], match: Match) -> bool:
    """What somebody is accused of: 'accused Kabul of shelling' tells an accusation alone."""
    head = items[match.head]
    if head.tag != "g" and not head.lemma.endswith("ing"):
        return False
    before = items[max(0, match.head - 9) : match.head]
    led = any(item.lemma in ("of", "for") for item in before[-3:])
    return led and any(item.lemma in _CHARGING for item in before)


def _aside(items: Sequence[Item], match: Match) -> bool:
    """Talks that are but the time of something else: 'while the talks went on'."""
    if match.type not in ("talks_held", "high_level_visit"):
        return False
    before = items[max(0, match.start - 3) : match.start]
    return any(item.lemma in _WHILE for item in before)


def _describes(items: Sequence[Item], match: Match) -> bool:
    """A past that but describes a noun: 'one closed gate', 'the planned talks'."""
    first = match.head == match.start and match.pattern.roles in ("active", "joint")
    if not first or items[match.head].tag != "d" or not match.head:
        return False
    return items[match.head - 1].lemma in _BEFORE_NOUN
