"""An article's text in sentences and tokens, each with its place in the text as it was read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from streams.sources.news.language.spelling import fold

TEXT_MAX = 200_000
"""Characters that are coded: no article is longer."""
TOKENS_MAX = 120
"""Of one sentence; a longer one is cut, so that a line without an end costs no more than any."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufe0f]")
_TOKEN = re.compile(
    r"(?:https?://|www\.)\S+|\w+\.(?:com|org|net|pk|af)\b\S*|@\w+|(?:[A-Z]\.){2,}|\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’ʼ][^\W\d_]+)*|[^\w\s]|_+",
    re.UNICODE,
)
_GLUED = re.compile(r"(?<=[a-z])(?=[A-Z][a-z]{2})")
_ABBREVIATION = re.compile(
    r"(?:\b(?:gen|lt|col|maj|brig|dr|mr|mrs|ms|no|st|sen|rep|gov|prof|capt|sgt|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|approx|vs|al|hon|amb)|\b[A-Za-z]|\b[ap]\.m|\b[A-Z]\.[A-Z])\.$",
    re.IGNORECASE,
)
_END = re.compile(
    r"[.!?…]+[\"'”’)\]]*(?=\s|[A-Z]|$)|[।۔。！？]|;\s|\n[ \t]*\n"
    r"|\n(?=[ \t]*(?:[-–—•*#>@]|\d{1,2}[:.]\d\d\b|\d+[.)]\s))|\n"
)
_DATELINE = re.compile(
    r"\s*[A-Z][A-Z.'’/-]{2,}(?: [A-Z][A-Z.'’/-]+){0,3}(?:, [^-–—:\n]{0,40}| ?\([^)\n]{1,40}\)){0,3}"
    r"\s*(?:-|–|—|--|:)\s*"
)
"""'ISLAMABAD, Oct 12 (Agency) -': where and when it was written, no part of the first sentence."""
_POSSESSIVE = re.compile(r"['’ʼ]s?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark; `start` and `end` are characters of the article's text."""

    text: str
    norm: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's tokens and span; `text` is what its dates are read from, `offset` its start."""

    tokens: tuple[Token, ...]
    start: int
    end: int
    text: str


def clean(text: str) -> tuple[str, list[int] | None]:
    """The text without what is not seen (zero-width and direction marks, soft hyphens), and for
    each character its place in the text given; None where every character stands where it was."""
    if not _UNSEEN.search(text):
        return text, None
    kept = [at for at, char in enumerate(text) if not _UNSEEN.match(char)]
    return "".join(text[at] for at in kept), [*kept, len(text)]


def sentences(text: str, split: Callable[[str], int] = lambda _: 0) -> Iterator[Sentence]:
    """The sentences of a text, in order. `split` says where a word is two that lost their space
    (0: it is one), by the words that the coder knows."""
    cleaned, places = clean(text[:TEXT_MAX])
    dateline = _DATELINE.match(cleaned)
    for start, end in _spans(cleaned):
        if dateline and start < dateline.end() < end:
            start = dateline.end()
        tokens = list(_tokens(cleaned, start, end, split))
        for at in range(0, len(tokens), TOKENS_MAX):
            part = tokens[at : at + TOKENS_MAX]
            first, last = part[0].start, part[-1].end
            moved = tuple(part) if places is None else tuple(_moved(t, places) for t in part)
            shown = (first, last) if places is None else (places[first], places[last - 1] + 1)
            yield Sentence(moved, *shown, text[shown[0] : shown[1]])


def _moved(token: Token, places: list[int]) -> Token:
    return Token(token.text, token.norm, places[token.start], places[token.end - 1] + 1)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    wide = _width(text)
    for end in _END.finditer(text):
        if end.group() == "\n" and not _breaks(text, end.start(), wide):
            continue
        if end.group()[0] == "." and _goes_on(text, end):
            continue
        stop = end.start() if end.group()[0] == "\n" else end.end()
        if text[start:stop].strip():
            yield start, stop
        start = end.end()
    if text[start:].strip():
        yield start, len(text)


def _width(text: str) -> int:
    """The length of the lines of a text that is wrapped; 0 where it is not."""
    lines = [len(line) for line in text[:20_000].split("\n") if line.strip()]
    lengths = sorted(lines)
    middle = lengths[len(lengths) // 2] if lengths else 0
    return middle if 40 <= middle <= 110 and len(lines) > 3 and lengths[-1] <= 1.5 * middle else 0


def _breaks(text: str, end: int, wide: int) -> bool:
    """True where a single line's end ends a sentence: in no wrapped text, or after a short line."""
    line = text[text.rfind("\n", 0, end) + 1 : end]
    if not wide:
        return not line.rstrip().endswith((",", "-", "–", " and", " the", " of"))
    return len(line) < 0.6 * wide and not line.rstrip().endswith(",")


def _goes_on(text: str, end: re.Match[str]) -> bool:
    if end.group() != ".":
        return False
    before = text[max(0, end.start() - 8) : end.end()]
    after = text[end.end() : end.end() + 3].lstrip()
    if _ABBREVIATION.search(before):
        month = re.search(r"\b[ap]\.m\.$", before)
        return not (month and after[:1].isupper())
    # An address or an abbreviation within a word; a lost space begins with a capital.
    glued = end.end() < len(text) and not text[end.end()].isspace()
    return glued and (end.start() < 2 or not text[end.start() - 2 : end.start()].islower())


def _tokens(text: str, start: int, end: int, split: Callable[[str], int]) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        word, at = match.group(), match.start()
        if word[0].isalpha() and len(word) > 1:
            yield from _word(word, at, split)
        else:
            yield Token(word, fold(word) or word, at, match.end())


def _word(word: str, at: int, split: Callable[[str], int]) -> Iterator[Token]:
    """A word as tokens: its possessive apart, and what lost a space as two."""
    owned = _POSSESSIVE.search(word) if len(word) > 2 else None
    stem = word[: owned.start()] if owned else word
    cut = _GLUED.search(stem) if not stem.startswith(("Mc", "Mac")) else None
    where = cut.start() if cut and len(stem) > 8 else split(fold(stem)) if len(stem) > 6 else 0
    if 0 < where < len(stem):
        yield Token(stem[:where], fold(stem[:where]), at, at + where)
        yield Token(stem[where:], fold(stem[where:]), at + where, at + len(stem))
    else:
        yield Token(stem, fold(stem) or stem, at, at + len(stem))
    if owned:
        yield Token(owned.group(), "'s", at + owned.start(), at + len(word))
