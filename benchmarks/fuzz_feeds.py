"""Hostile feeds: bombs, endless lists and lines, wrong encodings, torn and nested ones.

Run: python -m benchmarks.fuzz_feeds [--feeds 2000] [--seed 1]
"""

import argparse
import random
import resource
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime

from errors import StreamError
from streams.net.addresses import parse
from streams.sources.news.feeds.feed import BYTES_MAX, ENTRIES_MAX, read_feed

NOW = datetime(2025, 11, 15)  # noqa: DTZ001 (UTC)
SLOWEST_SECONDS, MOST_MEGABYTES = 30.0, 500.0
"""CPU time that one feed may take, and what all of them may add to the memory held."""
_ITEM = (
    "<item><title>Fire at Torkham</title><link>https://news.example/a?utm_source=feed</link>"
    "<pubDate>Sat, 15 Nov 2025 09:00:00 +0500</pubDate>"
    "<description>&lt;p&gt;Two armies exchanged fire.&lt;/p&gt;</description></item>"
)
_UNITS = (
    *("<", "&", "<![CDATA[", "<!--", "<?x ", "<a>", "<div><b>", '<a b="', '<a b="1" ', "&nbsp;"),
    *("&#60;", "&#x202e;", "\u202e\u200b", "a", "\x00", '<x:y xmlns:x="u">', "<item ", "]]>"),
)
_ENCODINGS = ("utf-7", "utf-16", "utf-32", "cp037", "punycode", "cp1251", "shift_jis")


def rss(inside: str, head: str = "") -> str:
    """A feed of RSS that holds this."""
    return f'{head}<rss version="2.0"><channel><title>News</title>{inside}</channel></rss>'


def endless(size: int) -> Iterator[tuple[str, bytes]]:
    """Feeds of about so many bytes, each of one thing over and over."""
    for unit in _UNITS:
        many = unit * (size // len(unit.encode()))
        told = f"<item><link>https://news.example/b</link><description>{many}</description></item>"
        yield f"{unit!r} after an entry", rss(_ITEM + many).encode()
        yield f"{unit!r} in an entry", rss(told).encode()
        quoted = many[: size // 5].replace("&", "&amp;").replace("<", "&lt;")
        yield f"{unit!r} quoted", rss(told.replace(many, quoted)).encode()
    attributes = " ".join(f"a{number}='1'" for number in range(size // 10))
    yield "attributes", rss(f"<item {attributes}/>").encode()
    yield "a million entries", rss("<item/>" * 1_000_000).encode()
    yield "as many entries as may be", rss(_ITEM * ENTRIES_MAX).encode()
    odd = _ITEM.replace("Sat, 15 Nov 2025 09:00:00 +0500", "9 " * 40)
    yield "dates that are none", rss(odd * min(ENTRIES_MAX, size // 2000)).encode()
    yield "50 MB of one line", b"a" * 50_000_000
    yield "deep", rss("<a>" * (size // 7) + "</a>" * (size // 7)).encode()


def bombs() -> Iterator[tuple[str, bytes]]:
    """Feeds whose entities multiply or lead elsewhere, in several encodings."""
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    multiplied = f'<!DOCTYPE rss [<!ENTITY e0 "ha">{levels}]>'
    outside = '<!DOCTYPE rss [<!ENTITY e12 SYSTEM "file:///etc/passwd">]>'
    for head in (multiplied, outside, multiplied.replace("ENTITY", "entity")):
        text = rss(_ITEM.replace("Fire", "&e12;"), head)
        for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-32", "utf-7"):
            yield f"entities in {encoding}", text.encode(encoding)


def torn(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many feeds, each torn, sprinkled, encoded or named in a way of its own."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    for _ in range(count):
        text = rss(_ITEM * chance.randrange(1, 6), '<?xml version="1.0" encoding="utf-8"?>')
        encoding = chance.choice(_ENCODINGS)
        if chance.random() < 0.5:
            text = text.replace(
                '"utf-8"', f'"{chance.choice((encoding, "idna", "zip", "unicode_escape"))}"'
            )
        marks = "\u202e\u200b\ufeff\x0b\ud800<>&\"'"
        sprinkled = (c + (chance.choice(marks) if chance.random() < 0.02 else "") for c in text)
        content = bytearray("".join(sprinkled).encode(encoding, errors="ignore"))
        for _ in range(chance.randrange(20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        yield f"torn, {encoding}", bytes(content[: chance.randrange(1, len(content) + 1)])


def run(feeds: Iterator[tuple[str, bytes]]) -> tuple[int, int, float, str]:
    """How many were read, how many refused, the slowest in seconds of CPU, and which that was.

    Raises AssertionError where one takes too long, or gives what cannot be shown; whatever else a
    feed raises comes through.
    """
    read, refused, slowest, which = 0, 0, 0.0, ""
    for name, content in feeds:
        began = time.process_time()
        try:
            feed = read_feed(content, "https://news.example/feed", "", NOW)
        except StreamError:
            refused += 1
        else:
            read += 1
            for entry in feed.entries:
                assert entry.address.startswith(("http://", "https://")), name  # noqa: S101
                assert parse(entry.address).host, name  # noqa: S101
                seen = {unicodedata.category(letter) for letter in entry.title}
                assert not seen & {"Cc", "Cf"}, name  # noqa: S101
        if (seconds := time.process_time() - began) > slowest:
            slowest, which = seconds, name
        assert slowest < SLOWEST_SECONDS, name  # noqa: S101
    return read, refused, slowest, which


def megabytes() -> float:
    """The most that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print what became of the feeds; exit status 1 where they took too much memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    before = megabytes()
    kinds = (bombs(), endless(BYTES_MAX - 1000), torn(given.feeds, given.seed))
    for what, feeds in zip(("bombs", "endless", "torn"), kinds, strict=True):
        read, refused, slowest, which = run(feeds)
        print(
            f"{what}: {read} read, {refused} refused, none crashed, "
            f"slowest {slowest:.1f} s of CPU ({which})"
        )
    grown = megabytes() - before
    print(f"memory: {grown:.0f} MB more than before")
    if grown > MOST_MEGABYTES:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
