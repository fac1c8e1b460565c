"""Hostile articles: none crashes, none hangs, and no evidence lies outside its text."""

from datetime import date

import pytest

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
