"""From an article to proposals: read from where it is, coded, held against what the store knows."""

import sys
from datetime import date
from pathlib import Path

import pandas as pd

from errors import DyadcastError
from flows.pipeline.settings import Settings
from streams.net.web import Request, open_client, request
from streams.sources import chronicle
from streams.sources.news import classifier
from streams.sources.news.classifier import Classifier
from streams.sources.news.document import BYTES_MAX, Page, article_of, read_bytes, read_file
from streams.sources.news.known import mark_known
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns import coder as patterns
from streams.sources.news.patterns.coder import PatternCoder
from streams.sources.news.proposal import NOTABLE, Proposal
from streams.store.store import Store, connect
from theatres import Theatre

CODERS = (patterns.NAME, classifier.NAME)
_ADDRESS = ("http://", "https://")


def read_source(source: str, settings: Settings) -> Page:
    """The article in a file, at an address of an allowed host, or (`-`) on standard input.

    Raises StreamError, in one line, where there is none or it is no text.
    """
    if source == "-":
        return read_bytes(sys.stdin.buffer.read(BYTES_MAX + 1), "standard input")
    if not source.casefold().startswith(_ADDRESS):
        return read_file(Path(source))
    with open_client() as client:
        answer = request(client, Request.to(source, settings.news_hosts))
    return read_bytes(answer.content, source)


def propose(
    page: Page, published: date, theatre: Theatre, settings: Settings, coder: str = patterns.NAME
) -> list[Proposal]:
    """The events that an article of that day tells, known ones marked.

    Those that did not happen, by its words, are among them. Uses nothing known after that day.
    Raises DyadcastError for a coder that is not among CODERS.
    """
    if coder not in CODERS:
        raise DyadcastError("no such coder", found=coder, expected=" or ".join(CODERS))
    proposals = PatternCoder(Lexicon(theatre)).code(article_of(page, published))
    known = known_events(theatre, settings, published)
    if coder == classifier.NAME:
        proposals = Classifier(known).weigh(proposals)
    return mark_known([each for each in proposals if each.confidence >= NOTABLE], known)


def known_events(theatre: Theatre, settings: Settings, as_of: date) -> pd.DataFrame:
    """The events known by a day: the store's, or the theatre's chronicle where there is none."""
    if _is_there(settings.database_url):
        events = Store(connect(settings.database_url), theatre.name).events(as_of)
        if len(events):
            return events
    events = chronicle.read(theatre.chronicle).frame
    return events[events["known_at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)]


def _is_there(database_url: str) -> bool:
    """True but for an SQLite file that was not made yet: reading an article makes none."""
    scheme, _, path = database_url.partition(":///")
    return scheme != "sqlite" or Path(path).is_file()
