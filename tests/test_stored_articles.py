"""Articles in the store: what waits to be coded, what was folded, what is forgotten."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from streams.sources.news.feeds import stored
from streams.store.database import reading, writing
from streams.store.store import Store
from streams.store.versions import stamp

DAY = datetime(2025, 11, 15)  # noqa: DTZ001 (UTC)


def put(store: Store, name: str, **changes: Any) -> None:
    """An article that waits to be coded, with the changes asked for."""
    row = {
        "theatre": store.theatre,
        "article": name,
        "feed": "https://news.example/feed",
        "address": f"https://news.example/{name}?from=feed",
        "canonical": f"https://news.example/{name}",
        "title": f"Title of {name}",
        "published_at": stamp(DAY),
        "updated_at": "",
        "listed_at": stamp(DAY),
        "fetched_at": stamp(DAY),
        "sha256": name,
        "text": f"Text of {name}.",
        "signature": b"1",
        "folded_into": "",
        "status": stored.WAITING,
        "reason": "",
        "attempts": 1,
    }
    with writing(store.engine) as connection:
        connection.execute(sa.insert(stored.articles).values(**(row | changes)))


def names(store: Store) -> list[str]:
    """The articles that wait to be coded."""
    with reading(store.engine) as connection:
        return [each.article for each in stored.waiting(connection, store.theatre)]


def test_waiting_articles_come_in_the_order_of_their_publication(store: Store) -> None:
    put(store, "late", published_at=stamp(DAY + timedelta(hours=3)))
    put(store, "early")
    put(store, "listed", status=stored.LISTED)
    put(store, "others", theatre="elsewhere")

    with reading(store.engine) as connection:
        first, second = stored.waiting(connection, "pak_afg")
        (only,) = stored.waiting(connection, "pak_afg", limit=1)

    assert (first.article, second.article, only) == ("early", "late", first)
    article = first.coded_as
    assert (article.text, article.published) == ("Text of early.", DAY.date())
    assert (article.title, article.url) == ("Title of early", "https://news.example/early")


def test_coded_article_waits_no_longer(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    put(store, "a", theatre="elsewhere")

    with writing(store.engine) as connection:
        stored.mark_coded(connection, "pak_afg", ["a"])

    assert names(store) == ["b"]
    assert names(Store(store.engine, "elsewhere")) == ["a"]


def test_article_has_the_addresses_of_those_that_were_folded_into_it(store: Store) -> None:
    put(store, "b")
    put(store, "a", folded_into="b", status=stored.FOLDED)
    put(store, "c", folded_into="b", status=stored.FOLDED, canonical="https://other.example/c")

    with reading(store.engine) as connection:
        addresses = stored.addresses_of(connection, "pak_afg", "b")

    assert addresses == [f"https://{each}" for each in ADDRESSES]


ADDRESSES = ("news.example/b", "news.example/a", "other.example/c")


def test_texts_are_forgotten_and_what_names_them_stays(store: Store) -> None:
    put(store, "old", status=stored.CODED, sha256="hash")
    put(store, "uncoded")
    put(store, "young", listed_at=stamp(DAY + timedelta(days=2)))

    with writing(store.engine) as connection:
        assert stored.forget_texts(connection, "pak_afg", DAY + timedelta(days=1)) == 2
        assert stored.forget_texts(connection, "pak_afg", DAY + timedelta(days=1)) == 0

    with reading(store.engine) as connection:
        rows = {row.article: row for row in connection.execute(sa.select(stored.articles))}
        assert stored.find_article(connection, "pak_afg", "old") is None
        kept = stored.find_article(connection, "pak_afg", "young")
    assert kept
    assert kept.text == "Text of young."
    old = rows["old"]
    assert (old.text, old.signature) == (None, None)
    assert (old.sha256, old.title, old.status) == ("hash", "Title of old", stored.CODED)
    assert old.canonical == "https://news.example/old"
    assert (rows["uncoded"].status, names(store)) == (stored.UNREAD, ["young"])
    assert "before it was coded" in rows["uncoded"].reason


def test_an_update_of_an_address_has_a_name_of_its_own() -> None:
    address = "https://news.example/a"

    assert stored.name_of(address) == stored.name_of(address, "")
    assert stored.name_of(address) != stored.name_of(address, "2025-11-15T10:00:00.000000")
