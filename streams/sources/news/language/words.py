"""The words that the coder knows for any pair of states: read from data/, their forms made."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from theatres.tables import read_toml

DATA = Path(__file__).parents[1] / "data"
_VOWELS = "aeiou"


def listed(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


BE = listed("be is are was were been being am get gets got getting")


@dataclass(frozen=True)
class Words:
    """The word lists of words.toml, each a set of lemmas."""

    agents: frozenset[str]
    agent_modifiers: frozenset[str]
    people: frozenset[str]
    grounds: frozenset[str]
    agents_unnamed: frozenset[str]
    pair: tuple[tuple[str, ...], ...]
    pronouns: frozenset[str]
    reporting: frozenset[str]
    barriers: frozenset[str]
    prepositions: frozenset[str]
    modality: Mapping[str, frozenset[str]]
    numbers: Mapping[str, int]
    mediation: frozenset[str]
    correction: frozenset[str]
    corrections: tuple[str, ...]
    dead: Mapping[str, frozenset[str]]


@cache
def load_words() -> Words:
    """The word lists beside this code."""
    data = read_toml(DATA / "words.toml")
    sets = {name: frozenset(text.split()) for name, text in data.items() if isinstance(text, str)}
    return Words(
        **sets,
        pair=tuple(tuple(phrase.split()) for phrase in data["pair"]),
        pronouns=frozenset(data["pronouns"]),
        modality={name: frozenset(text.split()) for name, text in data["modality"].items()},
        numbers=data["numbers"],
        mediation=frozenset(data["mediation"]["words"].split()),
        correction=frozenset(data["correction"]["words"].split()),
        corrections=tuple(data["correction"]["phrases"]),
        dead={name: frozenset(text.split()) for name, text in data["dead"].items()},
    )


class Forms:
    """From an inflected word to its lemma and form: 0 base, s, d (past), g (-ing)."""

    def __init__(
        self,
        nouns: Iterable[str],
        verbs: Iterable[str],
        irregular: Iterable[str],
        others: Iterable[str],
        moods: Iterable[str] = (),
    ) -> None:
        self.known: dict[str, tuple[str, str]] = {}
        # Nouns in -ing that patterns name, as meeting and shelling, are no forms of their verbs.
        for noun in nouns:
            self._add(noun, [(_plural(noun), "s")])
        self.progressive: dict[str, str] = {}
        self.verbs = set(verbs)
        for line in irregular:
            base, *pasts = line.split()
            self.verbs.add(base)
            self.progressive[_participle(base)] = base
            for past in pasts:
                self.known[past] = (base, "d")
            self._add(base, _present(base))
        for base in verbs:
            self._add(base, _regular(base))
            self.progressive[_participle(base)] = base
        for base in moods:
            self._add(base, _regular(base))
        for word in others:
            self._add(word, [(_plural(word), "s")] if len(word) > 2 and word != "new" else ())

    def _add(self, lemma: str, forms: Iterable[tuple[str, str]]) -> None:
        # A past that is also a base, as shut, stays a past: reports tell of what was.
        self.known.setdefault(lemma, (lemma, "0"))
        for form, tag in forms:
            self.known.setdefault(form, (lemma, tag))

    def of(self, word: str) -> tuple[str, str]:
        """Lemma and form of a folded word; the word itself and nothing where it is not known."""
        return self.known.get(word, (word, ""))


def _present(base: str) -> Iterator[tuple[str, str]]:
    yield _plural(base), "s"
    yield _participle(base), "g"


def _regular(base: str) -> Iterator[tuple[str, str]]:
    yield from _present(base)
    if _is_british(base):
        yield from ((base + "led", "d"), (base + "ling", "g"))
    yield _past(base), "d"


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _doubles(word: str) -> bool:
    one = len(re.findall(r"[aeiou]+", word)) == 1 or word in _DOUBLING
    return one and bool(re.search(r"[^aeiou][aeiou][^aeiouwxy]$", word))


_DOUBLING = listed("commit refer defer transfer admit repel expel begin submit infer")


def _is_british(word: str) -> bool:
    """True for travel, cancel and their like, whose l may be doubled."""
    return bool(re.search(r"[aeiou][^aeiou]+[aeu]l$", word))


def _past(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ied"
    return word + (word[-1] if _doubles(word) else "") + "ed"


def _participle(word: str) -> str:
    if word.endswith("ie"):
        return word[:-2] + "ying"
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")) and word != "be":
        return word[:-1] + "ing"
    return word + (word[-1] if _doubles(word) else "") + "ing"
