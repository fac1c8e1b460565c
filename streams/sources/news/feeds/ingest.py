"""The source `news`: feeds asked, what they list kept, pages read, near-duplicates folded.

A feed's listing is kept, with what its server may compare it with, in one transaction; each page's
text in another. Whenever it dies, the next run goes on where it stopped.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from errors import NotSetUpError, OutageError, StreamError
from streams.formats.files import Progress, silent
from streams.net.addresses import parse, place
from streams.net.download import Downloads
from streams.net.web import open_client
from streams.sources.news.document import read_file
from streams.sources.news.feeds.feed import canonical, one_line
from streams.sources.news.feeds.folding import hash_of
from streams.sources.news.feeds.manners import Visitor
from streams.sources.news.feeds.pages import Due, Shelf, due
from streams.sources.news.feeds.stored import FOLDED, UNREAD, WAITING, forget_texts, name_of
from streams.sources.news.feeds.visits import visit
from streams.store.database import writing
from streams.store.landing import Ingested
from streams.store.store import Store
from theatres import Source, Theatre
from theatres.source import NEWS

TOTAL_SECONDS, ATTEMPTS = 120.0, 3
"""What a feed or a page may take, retries and all, and how often it is asked for in a run."""
OUTAGES_IN_A_ROW = 3
"""A host that did not answer so often is left alone until the next run."""


def ingest_new(
    store: Store, theatre: Theatre, downloads: Downloads, at: datetime, progress: Progress = silent
) -> tuple[Ingested, list[str]]:
    """What became of the articles that the theatre's feeds list, and what is not as it should be:
    a line for each feed that is not ok, and for each host whose pages could not be read.

    What is known already changes nothing. Raises NotSetUpError where the theatre names no feeds.
    """
    source = _settings(theatre)
    if not source.feeds:
        do = f"name feeds in its file, at the source {NEWS}: docs/news.md"
        raise NotSetUpError("no feeds", where=f"theatre {theatre.name}", do=do)
    _forget(store, source, at)
    policy = downloads.policy
    policy = replace(
        policy, total=min(policy.total, TOTAL_SECONDS), attempts=min(policy.attempts, ATTEMPTS)
    )
    with open_client(public=True) as client:
        visitor = Visitor(client, source.news_hosts, source.pause_seconds, policy, downloads.sleep)
        visits = [visit(store, visitor, feed, at, source.silent_days) for feed in source.feeds]
        statuses, faults = _read_pages(Shelf(store, theatre, at), visitor, due(store), progress)
    listed, new = sum(each.entries for each in visits), sum(each.new for each in visits)
    counts = replace(_counted(statuses), files=len(visits), read=listed, unchanged=listed - new)
    return counts, [*filter(None, (each.fault for each in visits)), *faults]


def ingest_files(
    store: Store, theatre: Theatre, path: Path, at: datetime
) -> tuple[Ingested, list[str]]:
    """What became of an article in a file, or of all in a folder, and a line for each that is no
    text. The same words from a file of that name change nothing."""
    _forget(store, _settings(theatre), at)
    shelf, faults = Shelf(store, theatre, at), list[str]()
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    statuses: Counter[str] = Counter()
    for file in files:
        try:
            page = read_file(file)
        except StreamError as error:
            faults.append(str(error))
            continue
        page = replace(page, url=canonical(page.url))
        name = name_of(page.url or file.name, hash_of(page.text))
        statuses[shelf.put(name, page, one_line(page.title))] += 1
    counts = _counted(statuses)
    return replace(counts, files=len(files), read=len(files), unchanged=statuses[""]), faults


def _settings(theatre: Theatre) -> Source:
    named = (each for each in theatre.sources if each.name == NEWS)
    return next(named, Source(name=NEWS))


def _forget(store: Store, source: Source, at: datetime) -> None:
    with writing(store.engine) as connection:
        forget_texts(connection, store.theatre, at - timedelta(days=source.keep_text_days))


def _counted(statuses: Counter[str]) -> Ingested:
    return Ingested(new=statuses[WAITING], folded=statuses[FOLDED], refused=statuses[UNREAD])


def _read_pages(
    shelf: Shelf, visitor: Visitor, listed: list[Due], progress: Progress
) -> tuple[Counter[str], list[str]]:
    """What became of the pages, by status, and a line for each host that did not answer."""
    statuses: Counter[str] = Counter()
    outages: dict[str, list[str]] = defaultdict(list)
    for number, article in enumerate(_in_turn(listed, visitor, outages)):
        progress("news: pages", number, len(listed))
        host = place(parse(article.address))
        try:
            statuses[shelf.read(article, visitor)] += 1
            outages.pop(host, None)
        except OutageError as error:
            outages[host].append(str(error))
    progress("news: pages", len(listed), len(listed))
    return statuses, [f"{host} does not answer: {errors[-1]}" for host, errors in outages.items()]


def _in_turn(listed: list[Due], visitor: Visitor, outages: dict[str, list[str]]) -> Iterator[Due]:
    """The articles, each time one of the host that is free first; none of a host that has not
    answered several times in a row."""
    queues: dict[str, deque[Due]] = defaultdict(deque)
    for article in listed:
        queues[place(parse(article.address))].append(article)
    while queues:
        host = min(queues, key=lambda each: visitor.wait_of(queues[each][0].address))
        yield queues[host].popleft()
        if not queues[host] or len(outages.get(host, ())) >= OUTAGES_IN_A_ROW:
            del queues[host]
