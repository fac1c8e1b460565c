"""Spellings of one name: accents, apostrophes, ways of transliteration, a slip of a key."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

LONGEST = 40
_SLIP_FROM = 6
"""Shorter names are not held against slips: Iran is one letter from Iraq."""
_MARKS = re.compile(r"['’‘ʼ`´ʻʿʾ.]")
_EXCHANGES = (
    ("kh", "k"),
    ("gh", "g"),
    ("ph", "f"),
    ("q", "k"),
    ("ee", "i"),
    ("oo", "u"),
    ("ou", "u"),
    ("w", "v"),
    ("o", "u"),
    ("e", "i"),
    ("y", "i"),
)
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """The word in small letters without accents, apostrophes and points: Türkiye is turkiye."""
    word = word[:LONGEST]
    if not word.isascii():
        parts = unicodedata.normalize("NFKD", word.replace("ı", "i"))
        word = "".join(part for part in parts if not unicodedata.combining(part))
    return _MARKS.sub("", word).casefold()


def sound(name: str) -> str:
    """A folded name as its transliterations share it: Qandahar is Kandahar."""
    for one, other in _EXCHANGES:
        name = name.replace(one, other)
    return _DOUBLED.sub(r"\1", name)


def _shortened(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


class Speller:
    """Finds the name of a list that a word misspells: by sound, or by one slip."""

    def __init__(self, names: Iterable[str], words: Iterable[str]) -> None:
        self._names = {name for name in names if len(name) > 3}
        self._words = set(words)
        self._sounds: dict[str, str] = {}
        self._slips: dict[str, str] = {}
        for name in sorted(self._names):
            self._sounds.setdefault(sound(name), name)
            if len(name) >= _SLIP_FROM:
                for short in {name, *_shortened(name)}:
                    self._slips.setdefault(short, name)
        self.name_of = lru_cache(maxsize=65536)(self._name_of)

    def _name_of(self, word: str) -> str:
        """The name meant by a folded word; the word itself where it is one, or is like none."""
        if word in self._names or word in self._words or len(word) < 5:
            return word
        if (name := self._sounds.get(sound(word))) is not None:
            return name
        if len(word) < _SLIP_FROM:
            return word
        for short in (word, *sorted(_shortened(word))):
            name = self._slips.get(short)
            # Two words that share a shortening may still be two slips apart.
            if name and name[0] == word[0] and _one_slip(word, name):
                return name
        return word


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less, another, or two exchanged."""
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return short in _shortened(long)
    apart = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 2 and apart[1] == apart[0] + 1:
        return one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]
    return len(apart) == 1
