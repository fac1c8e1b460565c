"""From an article to proposals: read from where it is, coded, held against what the store knows."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from errors import DyadcastError
from flows.pipeline.settings import Settings
from streams.net.web import Request, open_client, request
from streams.sources import chronicle
from streams.sources.news import classifier
from streams.sources.news.article import Article
from streams.sources.news.classifier import Classifier
from streams.sources.news.document import BYTES_MAX, Page, read_bytes, read_file
from streams.sources.news.endpoint import coder as endpoint
from streams.sources.news.endpoint.coder import EndpointCoder
from streams.sources.news.endpoint.settings import read_endpoint
from streams.sources.news.known import mark_known
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns import coder as patterns
from streams.sources.news.patterns.coder import PatternCoder
from streams.sources.news.proposal import NOTABLE, Proposal
from streams.store.store import Store, connect
from theatres import Theatre

CODERS = (patterns.NAME, classifier.NAME, endpoint.NAME)
_ADDRESS = ("http://", "https://")
DAYS_KEPT = 8
"""So many days' events are kept while articles are read: a flow of articles is of few days."""


def read_source(source: str, settings: Settings) -> Page:
    """The article in a file, at an address of an allowed host, or (`-`) on standard input.

    Raises StreamError, in one line, where there is none or it is no text.
    """
    if source == "-":
        return read_bytes(sys.stdin.buffer.read(BYTES_MAX + 1), "standard input")
    if not source.casefold().startswith(_ADDRESS):
        return read_file(Path(source))
    with open_client(public=True) as client:
        answer = request(client, Request.to(source, settings.news_hosts))
    page = read_bytes(answer.content, source)
    return page if page.url else replace(page, url=source)


class Reading:
    """Articles read for one theatre by one coder, held against the events known on their days."""

    def __init__(self, theatre: Theatre, coder: str, known: Callable[[date], pd.DataFrame]) -> None:
        """`known` gives the events (COLUMNS) known by the end of a day; it is called once a day.

        Raises DyadcastError for a coder that is not among CODERS, NotSetUpError for an endpoint
        that nobody has set up.
        """
        if coder not in CODERS:
            raise DyadcastError("no such coder", found=coder, expected=" or ".join(CODERS))
        lexicon = Lexicon(theatre)
        self._coder = coder
        self._endpoint = _endpoint(lexicon) if coder == endpoint.NAME else None
        self._code = (self._endpoint or PatternCoder(lexicon)).code
        self._known = lru_cache(maxsize=DAYS_KEPT)(known)
        self._classifier = lru_cache(maxsize=DAYS_KEPT)(lambda day: Classifier(self._known(day)))

    def propose(self, article: Article) -> list[Proposal]:
        """The events that the article tells with notable confidence, known ones marked.

        Those that did not happen, by its words, are among them. Uses nothing known after its day.
        """
        proposals = self._code(article)
        if self._coder == classifier.NAME:
            proposals = self._classifier(article.published).weigh(proposals)
        notable = [each for each in proposals if each.confidence >= NOTABLE]
        return mark_known(notable, self._known(article.published)) if notable else []

    @property
    def spent(self) -> str:
        """What the articles have cost, in one line; empty for a coder that costs nothing."""
        return self._endpoint.spent.line() if self._endpoint else ""


def _endpoint(lexicon: Lexicon) -> EndpointCoder:
    """The coder at the address that the environment names."""
    return EndpointCoder(lexicon, read_endpoint(os.environ), open_client(), time.sleep)


def known_events(theatre: Theatre, settings: Settings, as_of: date) -> pd.DataFrame:
    """The events known by a day as `known_in` gives them; without a store the chronicle's."""
    if not _is_there(settings.database_url):
        return _chronicled(theatre, as_of)
    return known_in(Store(connect(settings.database_url), theatre.name), theatre, as_of)


def known_in(store: Store, theatre: Theatre, as_of: date) -> pd.DataFrame:
    """The events (COLUMNS) known by a day: the store's, with the theatre's chronicle where that was
    never taken in. A source that is counted apart is too noisy to say that a thing is known."""
    sources = [source.name for source in theatre.sources if not source.apart]
    stored = store.events(as_of, sources=[*sources, "desk"])
    if chronicle.SOURCE in set(stored["source"]):
        return stored
    known = _chronicled(theatre, as_of)
    return known if stored.empty else pd.concat([known, stored])


def _chronicled(theatre: Theatre, as_of: date) -> pd.DataFrame:
    events = chronicle.read(theatre.chronicle).frame
    return events[events["known_at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]


def _is_there(database_url: str) -> bool:
    """True but for an SQLite file that was not made yet: reading an article makes none."""
    scheme, _, path = database_url.partition(":///")
    return scheme != "sqlite" or Path(path).is_file()
