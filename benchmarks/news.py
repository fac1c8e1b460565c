"""A day of news from a local server: 2,000 articles of ten sites fetched, folded, coded and filed.

Run: python -m benchmarks.news [--articles 2000] [--json]

The server is a process of its own; the ten sites are ten addresses of this machine. Each article
has about 400 words: a labelled text among sentences about other things; every fifth is another
site's, word for word but for its own header and footer. No host is paused for: what is measured
is the work.
"""

import argparse
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.coder import SETS, TEXTS, read_texts
from flows.pipeline.coding import code_waiting
from streams.net.download import Downloads
from streams.sources.news.feeds.ingest import ingest_new
from streams.store.store import Store, connect
from theatres import Source, load_theatre

SITES, COPIED = 10, 5
WORDS = 400
BOUND_SECONDS, BOUND_GROWTH = 180.0, 100.0
"""Three minutes, and the megabytes that the last three quarters may add to the first."""
OTHER_THINGS = (
    ("The harbour board of", "A weather office in", "The cricket club of", "One bakery in"),
    ("expects for", "has measured in", "reported to", "will publish with", "doubts like"),
    ("a dry spring for", "higher rents in", "the older figures of", "two late trains from"),
    ("near", "in the old town of", "behind the stadium of", "across from", "at the port of"),
    ("before the holidays in", "after the audit by", "for a third season in", "with the help of"),
)
AT = datetime(2025, 11, 15, 18, tzinfo=UTC)


def texts(count: int) -> Iterator[tuple[str, str]]:
    """So many articles: title and text. Every fifth is the text of another."""
    chance = random.Random(1)  # noqa: S311 (no secret)
    pool = [text.article.text for name in SETS for text in read_texts(TEXTS / f"{name}.toml")]
    made: list[str] = []
    for number in range(count):
        if number % COPIED == COPIED - 1:
            text = chance.choice(made[-50:])
        else:
            parts = [chance.choice(pool)]
            while sum(len(part.split()) for part in parts) < WORDS:
                words = (f"{chance.choice(each)} {name(chance)}" for each in OTHER_THINGS)
                parts.append(f"{' '.join(words)}.")
            text = "\n".join(parts)
            made.append(text)
        yield f"Report {number}", text


def name(chance: random.Random) -> str:
    """A name that nobody bears."""
    return "".join(chance.choice("lmnprstv") + chance.choice("aeiou") for _ in "123").title()


def page(site: int, title: str, text: str) -> bytes:
    """A page of a site."""
    body = "".join(f"<p>{part}</p>" for part in text.split("\n"))
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><nav>Site {site}</nav>"
        f"<article><h1>{title}</h1>{body}<p>Read more at site {site}.</p></article></body></html>"
    ).encode()


def serve(count: int, pipe: Connection) -> None:
    """Serves the articles and the feeds of the sites, until the process is ended."""
    pages = {f"/{number}": page(number % SITES, *each) for number, each in enumerate(texts(count))}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = pages.get(self.path) or self.feed()
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def feed(self) -> bytes:
            if self.path != "/feed":
                return b""
            host, port = self.connection.getsockname()[:2]
            site = int(host.rpartition(".")[2]) - 1
            items = "".join(
                f"<item><title>Report {number}</title><link>http://{host}:{port}/{number}</link>"
                "<pubDate>Sat, 15 Nov 2025 09:00:00 GMT</pubDate></item>"
                for number in range(site, count, SITES)
            )
            return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)  # noqa: S104 (127.0.0.1 to .10)
    pipe.send(server.server_port)
    server.serve_forever()


def megabytes() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def run(count: int, port: int, folder: Path) -> dict[str, float]:
    """Seconds of each step, what became of the articles, and memory by quarters of the pages."""
    theatre = load_theatre("pak_afg")
    feeds = tuple(f"http://127.0.0.{site + 1}:{port}/feed" for site in range(SITES))
    news = Source(name="news", feeds=feeds, pause_seconds=0)
    others = [each for each in theatre.sources if each.name != "news"]
    theatre = theatre.model_copy(update={"sources": (*others, news)})
    url = f"sqlite:///{folder}/news.db"
    store, held = Store(connect(url), theatre.name), dict[int, float]()

    def progress(_what: str, done: int, total: int) -> None:
        if total and done % max(1, total // 4) == 0:
            held[done * 4 // total] = megabytes()

    began, worked = time.monotonic(), time.process_time()
    counts, faults = ingest_new(store, theatre, Downloads(folder), AT, progress)
    fetched = time.monotonic()
    filed = code_waiting(store, theatre, AT)
    ended = time.monotonic()
    if faults:
        raise SystemExit(faults[0])
    return {
        "articles": count,
        "seconds_fetch_and_fold": round(fetched - began, 1),
        "seconds_code_and_file": round(ended - fetched, 1),
        "seconds": round(ended - began, 1),
        "seconds_of_cpu": round(time.process_time() - worked, 1),
        "waiting": counts.new,
        "folded": counts.folded,
        "unread": counts.refused,
        "proposals": filed.new,
        **{f"megabytes_{quarter}_of_4": round(size, 1) for quarter, size in held.items()},
        "megabytes_at_the_end": round(megabytes(), 1),
    }


def main() -> None:
    """Print what a day takes; exit status 1 where that is too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(given.articles, theirs), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder:
        measured = run(given.articles, ours.recv(), Path(folder))
    server.terminate()
    if given.json:
        print(json.dumps(measured))
    else:
        print("\n".join(f"{name}: {value}" for name, value in measured.items()))
    grown = measured["megabytes_at_the_end"] - measured["megabytes_1_of_4"]
    if measured["seconds"] > BOUND_SECONDS or grown > BOUND_GROWTH:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
