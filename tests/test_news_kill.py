"""Feeds whose reading dies, at any point: run again, the store holds what it would have."""

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from faults import Killed, dying_at
from newsfeeds import AT, CLOSED, OFFER, serve, theatre_with
from servers import Server

from streams.net.download import Downloads
from streams.sources.news.feeds import stored
from streams.sources.news.feeds.ingest import ingest_new
from streams.store.database import connected, writing
from streams.store.store import Store

TEXTS = {"/offer": OFFER, "/copy": f"{OFFER} Follow us.", "/closed": CLOSED}
State = list[tuple[object, ...]]


def run(database: Path, feeds: list[str], downloads: Downloads, at: datetime = AT) -> None:
    """Asks the feeds, then marks one article as coded."""
    with connected(f"sqlite:///{database}") as engine:
        store = Store(engine, "pak_afg")
        ingest_new(store, theatre_with(feeds), downloads, at)
        with writing(engine) as connection:
            names = [each.article for each in stored.waiting(connection, "pak_afg", limit=1)]
            stored.mark_coded(connection, "pak_afg", names)


def state_of(database: Path) -> State:
    """All that is kept of the articles, but for how often their pages were asked for."""
    kept = [column for column in stored.articles.columns if column.name != "attempts"]
    with connected(f"sqlite:///{database}") as engine, engine.connect() as connection:
        query = sa.select(*kept).order_by(stored.articles.c.article)
        return [tuple(row) for row in connection.execute(query)]


def test_run_that_dies_at_any_point_and_runs_again_keeps_the_same(
    server: Server, downloads: Downloads, tmp_path: Path
) -> None:
    feeds = [serve(server, TEXTS), serve(server, {"/closed": CLOSED}, "/second")]
    with dying_at(None) as points:
        run(tmp_path / "whole.db", feeds, downloads)
    whole = state_of(tmp_path / "whole.db")
    statuses = sorted(str(row[-2]) for row in whole)
    assert (statuses, len(points) > 6) == (["coded", "folded", "waiting"], True)

    for number in range(len(points)):
        database = tmp_path / f"{number}.db"
        with dying_at(number), pytest.raises(Killed):
            run(database, feeds, downloads)

        run(database, feeds, downloads)
        assert state_of(database) == whole, f"died at point {number}, before {points[number]}"
