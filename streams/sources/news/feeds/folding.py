"""Near-duplicates: the same agency text on ten sites is one report with ten addresses.

MinHash over runs of words finds the texts that are alike (Broder, On the resemblance and
containment of documents, 1997); of these the runs themselves are compared. What is told with other
numbers, days or places, or corrects what was told, is a report of its own, however alike it is.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import numpy as np
from datasketch import MinHash, MinHashLSH

from streams.sources.news.language.words import listed

ALIKE = 0.6
"""The share of runs of words in common from which on two texts are one report."""
CONTAINED = 0.85
"""The share of the shorter text's runs that the longer holds: a copy that was cut."""
NEAR = timedelta(days=4)
"""Reports of one text are published within so many days."""
COMPARED = 5
_CANDIDATES = 0.45
_NUMBERS = 64
_RUN = 4
_LEAST_WORDS, _SENTENCE_WORDS = 30, 8
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CORRECTS = re.compile(
    r"\b(?:correct(?:s|ed|ion|ing)|clarif(?:ies|ied|ication)|retract(?:s|ed|ion)|refiles?"
    r"|withdr(?:aws|ew|awn)|update[sd]?)\b",
    re.IGNORECASE,
)
_HEAD = 300
_COUNTED = listed(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"
    " hundred thousand dozen dozens several scores monday tuesday wednesday thursday friday"
    " saturday sunday january february march april june july august september october november"
    " december"
)
Told = dict[tuple[str, ...], set[str]]


def words_of(text: str) -> list[str]:
    """The text's words, small letters, in order."""
    return [match.group().casefold() for match in _WORD.finditer(text)]


def hash_of(text: str) -> str:
    """What names the text among all: a hash of its words."""
    return hashlib.sha256(" ".join(words_of(text)).encode()).hexdigest()


def signature_of(text: str) -> bytes:
    """The text's MinHash, as the store keeps it; empty where it is too short to tell."""
    words = words_of(text)
    if len(words) < _LEAST_WORDS:
        return b""
    made = MinHash(num_perm=_NUMBERS, scheme="affine32")
    made.update_batch([" ".join(run).encode() for run in _runs(words)])
    return np.asarray(made.hashvalues, dtype="<u4").tobytes()


class Folder:
    """The reports of the last days, for a text to be held against. `places` are names that make
    a report another where they are exchanged."""

    def __init__(self, places: Iterable[str], text_of: Callable[[str], str | None]) -> None:
        """`text_of` gives a report's text by its name, None where it is forgotten."""
        self._telling = _COUNTED | {word for name in places for word in words_of(name)}
        self._text_of = text_of
        self._index = MinHashLSH(threshold=_CANDIDATES, num_perm=_NUMBERS)
        self._days: dict[str, datetime] = {}
        self._signatures: dict[str, bytes] = {}

    def add(self, name: str, signature: bytes, published: datetime) -> None:
        """The report is one that others may be folded into."""
        if signature and name not in self._days:
            self._index.insert(name, _hashes(signature), check_duplication=False)
            self._days[name], self._signatures[name] = published, signature

    def same_as(self, text: str, signature: bytes, published: datetime) -> str:
        """The name of the report that this text tells too; empty where there is none."""
        if not signature:
            return ""
        near: list[str] = [
            name
            for name in self._index.query(_hashes(signature))
            if abs(self._days[name] - published) <= NEAR
        ]
        # Texts made by one template are all a little alike: the likest alone are compared.
        alike = sorted(near, key=lambda name: -_share(self._signatures[name], signature))
        # The first published of them: that is what the others copied.
        for name in sorted(alike[:COMPARED], key=lambda each: (self._days[each], each)):
            other = self._text_of(name)
            if other is not None and self.is_same(other, text):
                return name
        return ""

    def is_same(self, first: str, second: str) -> bool:
        """Whether two texts are one report."""
        ours, theirs = (set(_runs(words_of(text))) for text in (first, second))
        common = len(ours & theirs)
        alike = common >= ALIKE * len(ours | theirs)
        if not alike and common < CONTAINED * min(len(ours), len(theirs)):
            return False
        corrects = [bool(_CORRECTS.search(text[:_HEAD])) for text in (first, second)]
        return corrects[0] == corrects[1] and not self._differ(first, second)

    def _differ(self, first: str, second: str) -> bool:
        """Whether, in the same words, one tells another number, day or place than the other."""
        ours, theirs = self._told(first), self._told(second)
        return any(
            ours[key] - theirs[key] and theirs[key] - ours[key] for key in ours & theirs.keys()
        )

    def _told(self, text: str) -> Told:
        """Of each two words before or after a number, day or place which ones stand there."""
        told: Told = defaultdict(set)
        for sentence in _SENTENCE.split(text):
            words = words_of(sentence)
            if len(words) < _SENTENCE_WORDS:
                continue  # dates of pages, times of reading, bylines
            marks = ["#" if self._tells(word) else word for word in words]
            for at, word in enumerate(words):
                if marks[at] == "#":
                    told[("before", *marks[max(0, at - 2) : at])].add(word)
                    told[("after", *marks[at + 1 : at + 3])].add(word)
        return {key: several for key, several in told.items() if len(key) == 3 and "#" not in key}

    def _tells(self, word: str) -> bool:
        return word in self._telling or word[0].isdigit()


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1)))


def _share(first: bytes, second: bytes) -> float:
    """The share of runs in common, as two signatures tell it."""
    ours, theirs = (np.frombuffer(each, dtype="<u4") for each in (first, second))
    return float((ours == theirs).mean())


def _hashes(signature: bytes) -> MinHash:
    values = np.frombuffer(signature, dtype="<u4").astype(np.uint32)
    return MinHash(num_perm=_NUMBERS, scheme="affine32", hashvalues=values)
