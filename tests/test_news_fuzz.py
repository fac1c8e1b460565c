"""Hostile articles and feeds: none crashes, none hangs, no evidence lies outside its text."""

from datetime import date

import pytest

from benchmarks import fuzz_feeds
from benchmarks.fuzz_news import run
from streams.sources.news.article import Article
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns.coder import PatternCoder
from theatres import load_theatre


def test_hostile_articles_are_read_or_refused() -> None:
    read, refused, slowest = run(270, seed=7)

    assert read > 150
    assert refused > 0
    assert slowest < 5


@pytest.mark.parametrize(
    "unit", ["pakistan ", "a", "Pakistan and ", "killed 5 on Monday, ", "((", "to "]
)
def test_one_line_without_an_end_is_read_in_bounded_time(unit: str) -> None:
    coder = PatternCoder(Lexicon(load_theatre("pak_afg")))

    proposals = coder.code(Article(unit * (3_000_000 // len(unit)), date(2025, 11, 15)))

    assert len(proposals) < 100


def test_feeds_whose_entities_multiply_are_refused() -> None:
    read, refused, slowest, _ = fuzz_feeds.run(fuzz_feeds.bombs())

    assert (read, refused) == (0, 15)
    assert slowest < 2


def test_feeds_without_an_end_are_read_in_bounded_time() -> None:
    read, refused, slowest, which = fuzz_feeds.run(fuzz_feeds.endless(200_000))

    assert read + refused == 60
    assert refused >= 3
    assert slowest < 15, which


def test_torn_feeds_are_read_or_refused() -> None:
    read, refused, _, _ = fuzz_feeds.run(fuzz_feeds.torn(150, seed=3))

    assert read > 20
    assert refused > 20
