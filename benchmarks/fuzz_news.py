"""Hostile articles: texts, pages and PDFs torn, nested, marked and mixed; none may crash or hang.

Run: python -m benchmarks.fuzz_news [--texts 20000] [--seed 1]
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from datetime import date

from benchmarks.coder import TEXTS, read_texts
from errors import StreamError
from streams.sources.news.document import article_of, read_bytes
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns.coder import PatternCoder
from theatres import load_theatre

SLOWEST_SECONDS = 5.0
"""CPU time that one article may take."""
_UNSEEN = "\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u00ad\u0301\x00\x1b"
_SCRIPTS = "پاکستانافغانستان塔利班巴基斯坦Пакистан🇵🇰💥"
Mutation = Callable[[str, random.Random], bytes]


def _sprinkled(text: str, chance: random.Random) -> bytes:
    marks = _UNSEEN + _SCRIPTS
    made = "".join(char + (chance.choice(marks) if chance.random() < 0.1 else "") for char in text)
    return made.encode("utf-8", errors="replace")


def _one_line(text: str, chance: random.Random) -> bytes:
    joiner = chance.choice(["", " ", ",", " and ", "-", "@#%&"])
    return joiner.join(text.split() * chance.choice([1, 20, 200])).encode()


def _nested(text: str, chance: random.Random) -> bytes:
    tag = chance.choice(["div", "table", "b", "svg", "script", "article", "!--", "p"])
    depth = chance.choice([1, 50, 2000])
    close = f"</{tag}>" * chance.choice([0, depth])
    return f"<html><body>{f'<{tag}>' * depth}{text}{close}</body></html>".encode()


def _entities(text: str, chance: random.Random) -> bytes:
    levels = "".join(f'<!ENTITY e{n + 1} "&e{n};&e{n};&e{n};&e{n};">' for n in range(12))
    head = f'<!DOCTYPE html [<!ENTITY e0 "ha">{levels}]>'
    return f"{head}<html><p>{text} &e12; &#{chance.randrange(2**20)};</p></html>".encode()


def _encoded(text: str, chance: random.Random) -> bytes:
    encoding = chance.choice(["utf-16", "utf-32", "cp1252", "shift_jis", "utf-7", "cp037"])
    content = text.encode(encoding, errors="ignore")
    return content[chance.randrange(3) :]


def _torn(text: str, chance: random.Random) -> bytes:
    content = bytearray(text.encode())
    for _ in range(chance.randrange(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randrange(len(content))])


def _shuffled(text: str, chance: random.Random) -> bytes:
    words = text.split()
    chance.shuffle(words)
    return " ".join(words * chance.choice([1, 5])).encode()


def _pdf(text: str, chance: random.Random) -> bytes:
    body = text.encode("latin-1", errors="ignore")[: chance.randrange(400)]
    return b"%PDF-1.4\n1 0 obj<</Length 9>>stream\n" + body + b"\nendstream endobj\ntrailer<<>>"


def _numbers(text: str, chance: random.Random) -> bytes:
    words = text.split()
    for _ in range(20):
        number = "9" * chance.randrange(1, 400)
        words.insert(chance.randrange(len(words)), f"{number} killed on {number}/{number}/2025")
    return " ".join(words).encode()


MUTATIONS: tuple[Mutation, ...] = (
    *(_sprinkled, _one_line, _nested, _entities, _encoded, _torn, _shuffled, _pdf, _numbers),
)


def hostile(count: int, seed: int) -> Iterator[bytes]:
    """So many contents, each a labelled text made hostile in one way."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    texts = [text.article.text for text in read_texts(TEXTS / "first.toml")]
    for at in range(count):
        yield MUTATIONS[at % len(MUTATIONS)](chance.choice(texts), chance)


def run(count: int, seed: int) -> tuple[int, int, float]:
    """How many were read, how many refused as no text, and the slowest in seconds of CPU.

    Raises AssertionError where one takes too long or evidence is not in its text; whatever else
    an article raises comes through.
    """
    coder = PatternCoder(Lexicon(load_theatre("pak_afg")))
    refused, slowest = 0, 0.0
    for content in hostile(count, seed):
        began = time.process_time()
        try:
            article = article_of(read_bytes(content, "fuzz"), date(2025, 11, 15))
        except StreamError:
            refused += 1
            continue
        for proposal in coder.code(article):
            span = proposal.evidence
            assert article.text[span.start : span.end] == span.text  # noqa: S101
        slowest = max(slowest, time.process_time() - began)
        assert slowest < SLOWEST_SECONDS  # noqa: S101
    return count - refused, refused, slowest


def main() -> None:
    """Print what became of the texts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    read, refused, slowest = run(given.texts, given.seed)
    print(
        f"{read} read, {refused} refused as no text, none crashed, slowest {slowest:.2f} s of CPU"
    )


if __name__ == "__main__":
    main()
