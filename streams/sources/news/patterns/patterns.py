"""Patterns of data/patterns.toml: made once, then found in a sentence's items."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from streams.events.event import FAMILIES
from streams.sources.news.language.items import ACTOR, PLACE, WORD, Item
from streams.sources.news.language.lexicon import KINDS
from streams.sources.news.language.words import DATA, Forms, load_words
from streams.sources.news.proposal import COUNTING
from theatres.tables import read_toml

ROLES = ("active", "announced", "joint", "offer", "reversed", "nominal", "agentless")
_TAG = r"(?:/\w+)?"
# Between two words of a pattern a date or an adverb may stand.
_SPACE = r"(?: %| [a-z]+ly| also| again| now| then| later| jointly)?"
_STOP = r"(?! (?:after|before|while|whereas|when|amid|despite|because|although|but)\b)"
_SHORT = rf"(?:{_STOP}(?! (?:that|which|who)\b) [^ ,;:.!?()—–\"“”]+){{0,3}}?"
_LONG = rf"(?:{_STOP}(?! ,\S* (?:and|but|while)\b) [^ ;:.!?—–]+){{0,12}}?"
_MARKS = {"@": r"@(?:/\w+)?", "#": r"#(?:/\w+)?", "#!": "#/b", "&": "&", "%": "%"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern: the type it tells, how its roles are read, how sure it is."""

    type: str
    roles: str
    rule: re.Pattern[str]
    heads: frozenset[str]
    strength: float
    rank: int
    needs: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern holds: items `start` to `end`, `head` carrying the event."""

    pattern: Pattern
    start: int
    end: int
    head: int

    @property
    def is_force(self) -> bool:
        """True for an event of force in which people may have died."""
        return self.type in COUNTING

    @property
    def type(self) -> str:
        """The event's type."""
        return self.pattern.type


class Patterns:
    """All patterns, by the words that carry them."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.classes = {name: text.split("|") for name, text in data["classes"].items()}
        self._by_head: dict[str, list[Pattern]] = {}
        self.words: set[str] = set()
        rank = 0
        for kind, table in data["types"].items():
            if kind not in FAMILIES:
                raise ValueError(f"patterns.toml: no such event type: {kind}")
            for roles in ROLES:
                for text in table.get(roles, ()):
                    pattern = self._made(kind, roles, text, float(table["strength"]), rank)
                    rank += 1
                    for head in pattern.heads:
                        self._by_head.setdefault(head, []).append(pattern)

    def _made(self, kind: str, roles: str, text: str, strength: float, rank: int) -> Pattern:
        rule, heads, headed, spaced = "", frozenset[str](), "^" in text, False
        needs: list[frozenset[str]] = []
        for element in text.split():
            if element in ("~", "~~"):
                rule += _SHORT if element == "~" else _LONG
                spaced = False
                continue
            is_head = element.startswith("^") or (not headed and not heads)
            optional = element.endswith("?")
            words = self._expanded(element.strip("^?"))
            if is_head and heads == frozenset():
                heads = frozenset(_lemma(word) for word in words)
                body = f" (?P<h>{self._one_of(words)})"
            else:
                body = f" {self._one_of(words)}"
            if not optional:
                needs.append(frozenset(_lemma(word) for word in words))
            space = _SPACE if spaced else ""
            rule += f"(?:{space}{body})?" if optional else space + body
            spaced = True
            self.words |= {re.split("[/!]", part)[0] for word in words for part in word.split()}
        return Pattern(
            kind, roles, re.compile(rule + "(?= |$)"), heads, strength, rank, tuple(needs)
        )

    def _expanded(self, element: str) -> list[str]:
        """The alternatives of an element, classes put in and compounds as words with a space."""
        made: list[str] = []
        for part in element.split("|"):
            options = [""]
            for word in part.split("_"):
                name, _, tag = word[1:].partition("/")
                words = self.classes[name] if word.startswith("$") else [word]
                words = (
                    [f"{each.split('!')[0]}/{tag}" for each in words]
                    if tag and word[0] == "$"
                    else words
                )
                flat = [each.replace("_", " ") for each in words]
                options = [f"{o} {w}".strip() for o in options for w in flat]
            made += options
        return made

    @staticmethod
    def _one_of(words: Sequence[str]) -> str:
        longest_first = sorted(words, key=len, reverse=True)
        made = [" ".join(_rule_of(part) for part in word.split()) for word in longest_first]
        return f"(?:{'|'.join(made)})(?=[ ]|$)"

    def find(self, items: Sequence[Item]) -> list[Match]:
        """The matches in a sentence, none over another's head; the longer first, then by rank."""
        lemmas = {item.lemma for item in items} | {
            _office(item) for item in items if item.kind == ACTOR
        }
        candidates = [
            pattern
            for lemma in lemmas
            for pattern in self._by_head.get(lemma, ())
            if not any(need.isdisjoint(lemmas) for need in pattern.needs)
        ]
        if not candidates:
            return []
        text, places = _encoded(items)
        matches = [match for pattern in candidates for match in _all(pattern, text, places)]
        return list(_apart(matches))


def _rule_of(word: str) -> str:
    """The rule of one word: a mark, a word in one form (`shut/d`), or in any; `open!fire` is not
    followed by fire. An office or a weapon counts within a mention: 'Pakistani jets' is @/jet."""
    if word in _MARKS:
        return _MARKS[word]
    word, _, after = word.partition("!")
    form = "" if "/" in word else _TAG
    return "(?:@/)?" + re.escape(word) + form + (f"(?! {after})" if after else "")


def _lemma(word: str) -> str:
    return re.split("[/!]", word.split()[0])[0]


def _encoded(items: Sequence[Item]) -> tuple[str, list[int]]:
    parts, places, at = [], [], 0
    for item in items:
        part = f" {item.lemma}{_suffix(item)}"
        parts.append(part)
        places.append(at)
        at += len(part)
    return "".join(parts), places


def _suffix(item: Item) -> str:
    if item.kind == WORD:
        return f"/{item.tag}" if item.tag else ""
    if item.kind == PLACE:
        return "/b" if item.crossing else ""
    return f"/{_office(item)}" if item.kind == ACTOR and _office(item) else ""


def _office(item: Item) -> str:
    """The word for who acts within a mention, as 'jet' in 'Pakistani jets'; nothing for a name."""
    if item.head == "group":
        return "militant"
    return "" if item.head in KINDS else item.head


def _all(pattern: Pattern, text: str, places: list[int]) -> Iterator[Match]:
    for match in pattern.rule.finditer(text):
        start = bisect_right(places, match.start()) - 1
        end = bisect_right(places, match.end() - 1)
        # The head's group begins after its space.
        head = bisect_right(places, match.start("h") - 1) - 1
        yield Match(pattern, start, end, head)


def _apart(matches: list[Match]) -> Iterator[Match]:
    """Of matches that share a head, or lie in one another, the first of the order."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.pattern.rank, m.start)):
        if not any(_overlap(match, other) for other in kept):
            kept.append(match)
    yield from sorted(kept, key=lambda match: match.head)


def _overlap(one: Match, other: Match) -> bool:
    if one.head == other.head or (
        one.type == other.type and one.start < other.end and other.start < one.end
    ):
        return True
    inside = other.start <= one.head < other.end or one.start <= other.head < one.end
    return inside and (one.start < other.end and other.start < one.end)


@cache
def load_patterns() -> tuple[Patterns, Forms]:
    """The patterns beside this code, and the forms of their words."""
    data = read_toml(DATA / "patterns.toml")
    patterns, words = Patterns(data), load_words()
    others = (
        patterns.words
        | words.agents
        | words.people
        | words.grounds
        | words.agents_unnamed
        | words.reporting
    )
    modal = frozenset().union(*words.modality.values())
    nouns = {word for word in patterns.words if word.endswith("ing")}
    nouns |= {word for word in words.agent_modifiers if word.endswith(("ing", "ed"))}
    more = others | modal | words.agent_modifiers | words.mediation
    irregular = {line.split()[0] for line in data["irregular"]}
    moods = (modal | words.reporting) - irregular - {"will", "can", "may"}
    forms = Forms(nouns, data["verbs"].split(), data["irregular"], sorted(more), sorted(moods))
    return patterns, forms
