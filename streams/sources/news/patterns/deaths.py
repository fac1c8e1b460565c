"""How many died: the counts of dead in a sentence, as the report bounds them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.sources.news.language.sentences import Token
from streams.sources.news.language.words import load_words

_DEAD = load_words().dead
_KILLED, _HURT, _PERSONS = _DEAD["killed"], _DEAD["hurt"], _DEAD["persons"]
_STOP = frozenset((";", ".", ":"))
_REACH = 8
_TOLL_REACH = 18
DEAD_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Dead:
    """Deaths as told: the least, the figure itself, the most; None where it is not bounded."""

    low: int | None
    best: int
    high: int | None


def find_deaths(tokens: Sequence[Token], numbers: Mapping[str, int]) -> Dead | None:
    """The dead of a stretch of a sentence, its parts summed; None where it counts none."""
    total, low, high, seen = 0, False, False, False
    for at in range(len(tokens)):
        value = _value(tokens, at, numbers)
        if value is None or not (_before(tokens, at) or _after(tokens, at)):
            continue
        near = [token.norm for token in tokens[max(0, at - 4) : at]]
        if near[-1:] == ["not"]:
            continue
        if seen and {"including", "among", "them"} & set(near):
            continue
        total, seen = total + value, True
        low |= "least" in near or near[-2:] == ["more", "than"] or near[-1:] == ["over"]
        high |= near[-2:] == ["up", "to"] or near[-3:] == ["as", "many", "as"]
    if not seen or total > DEAD_MAX:
        return None
    return Dead(total if low else None, total, total if high else None)


def _value(tokens: Sequence[Token], at: int, numbers: Mapping[str, int]) -> int | None:
    token, after = tokens[at], tokens[at + 1].norm if at + 1 < len(tokens) else ""
    if token.norm in numbers:
        if token.norm in ("dozen", "hundred") or (
            token.norm in ("no", "one") and after not in _PERSONS | _KILLED
        ):
            return None
        return numbers[token.norm] * (numbers[after] if after in ("dozen", "hundred") else 1)
    text = token.text.replace(",", "")
    if not re.fullmatch(r"\d{1,5}", text) or (len(text) == 4 and text[:2] in ("19", "20")):
        return None
    return int(text)


def _after(tokens: Sequence[Token], at: int) -> bool:
    """True where the number counts persons who by what follows died: 'six men were killed'."""
    person = False
    for token in tokens[at + 1 : at + 1 + _REACH]:
        if token.norm in _STOP or token.norm in _HURT:
            return False
        person |= token.norm in _PERSONS
        if token.norm in _KILLED:
            return (
                person
                or token is tokens[at + 1]
                or tokens[at + 1].norm in ("were", "are", "was", "have")
            )
        if token.norm in (",", "including", "when", "after", "in"):
            return False
    return False


def _before(tokens: Sequence[Token], at: int) -> bool:
    """True where what stands before tells of the dead and then counts: 'killing at least six'."""
    for back in range(at - 1, max(-1, at - 1 - _TOLL_REACH), -1):
        norm = tokens[back].norm
        if norm in _STOP or norm in _HURT:
            return False
        if norm == "toll":
            return tokens[at - 1].norm in (
                "to",
                "at",
                "of",
                "as",
                "by",
                "is",
                "was",
                "reached",
                "passed",
                "around",
            )
        if norm in _KILLED and at - back <= _REACH + 2:
            return not _is_hurt(tokens, at) and _counts_persons(tokens, at)
    return False


def _is_hurt(tokens: Sequence[Token], at: int) -> bool:
    for token in tokens[at + 1 : at + 6]:
        if token.norm in (",", "and", "in", "on"):
            return False
        if token.norm in _HURT:
            return True
    return False


def _counts_persons(tokens: Sequence[Token], at: int) -> bool:
    after = [token.norm for token in tokens[at + 1 : at + 4]]
    return (
        not after
        or bool(_PERSONS & set(after))
        or not after[0].isalpha()
        or after[0] in ("in", "and", "on", "near", "at")
    )
