"""Addresses that others write lead to no machine of the operator's, and texts leave no door."""

import ast
from pathlib import Path

import pytest
from newsfeeds import AT, OFFER, gather, item, rows, rss
from servers import Reply, Server

from errors import StreamError
from streams.net.download import Downloads
from streams.net.web import Request, open_client, request
from streams.store.store import Store

HOUSE = Path(__file__).parent.parent
READERS = {"streams/sources/news/feeds/pages.py", "streams/sources/news/feeds/visits.py"}
COUNTER = "streams/sources/desk/reading.py"
"""What touches the table of articles, besides the file where it stands; the last counts alone."""


def test_name_of_a_private_address_is_not_asked(server: Server) -> None:
    address = server.plays("/a", Reply(b"secret")).replace("127.0.0.1", "localhost")
    wanted = Request.to(address, frozenset({f"localhost:{server.port}"}))

    with (
        open_client(public=True) as client,
        pytest.raises(StreamError, match="localhost: a name of a private address is not asked"),
    ):
        request(client, wanted)
    assert server.requests == []
    with open_client() as client:
        assert request(client, wanted).content == b"secret"


def test_private_address_that_the_operator_wrote_is_asked(server: Server) -> None:
    with open_client(public=True) as client:
        address = server.plays("/a", Reply(b"mine"))
        assert request(client, Request.to(address, frozenset({server.host}))).content == b"mine"


def test_feed_s_page_at_a_name_of_a_private_address_is_not_read(
    store: Store, server: Server, downloads: Downloads
) -> None:
    name = f"localhost:{server.port}"
    server.plays("/offer", Reply(OFFER.encode()))
    feed = server.plays("/feed", Reply(rss(item(f"http://{name}/offer"))))

    gather(store, downloads, [feed], AT, hosts=(name,))

    (row,) = rows(store).values()
    assert (row.status, "private address" in row.reason) == ("unread", True)
    assert [each.path for each in server.requests] == ["/robots.txt", "/feed"]


def importers(module: str, name: str = "") -> set[str]:
    """The files of the product that import it, or that name of it."""
    packages = ("streams", "features", "models", "publish", "flows", "commands")
    return {
        path.relative_to(HOUSE).as_posix()
        for package in packages
        for path in (HOUSE / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == module
        and (not name or name in {alias.name for alias in node.names})
    }


def test_texts_have_one_door_and_it_leads_to_coders_alone() -> None:
    feeds = "streams.sources.news.feeds"
    outside = importers(f"{feeds}.stored") - importers(f"{feeds}.stored", "articles")

    assert importers(f"{feeds}.stored", "articles") == {*READERS, COUNTER}
    counting = (HOUSE / COUNTER).read_text(encoding="utf-8")
    assert "table.text" not in counting
    assert "articles.c.text" not in counting
    assert "sa.select(articles)" not in counting
    assert {each.rpartition("/")[0] for each in outside} == {
        "streams/sources/news/feeds",
        "flows/pipeline",
    }
    assert importers(feeds) == {"flows/pipeline/sources.py"}
