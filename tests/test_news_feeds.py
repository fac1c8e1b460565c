"""The source `news`: feeds asked politely, pages read, near-duplicates folded, faults on record."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from newsfeeds import AT, CLOSED, OFFER, gather, item, page, rows, rss, serve, statuses
from servers import Reply, Server

from errors import NotSetUpError
from streams.net.download import Downloads
from streams.sources.news.feeds import stored
from streams.store.database import reading
from streams.store.store import Store

THIRD = (
    "Envoys of both states met in Istanbul and parted without an accord, the hosts told the press."
)


def asked(server: Server, path: str) -> int:
    """How often a path was asked for."""
    return sum(each.path == path for each in server.requests)


def visits(store: Store) -> list[Any]:
    """How the feeds fared, one row each time."""
    with reading(store.engine) as connection:
        query = sa.select(stored.feed_visits).order_by(stored.feed_visits.c.position)
        return list(connection.execute(query))


def test_articles_of_a_feed_wait_to_be_coded(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER, "/closed": CLOSED})

    counts, faults = gather(store, downloads, [feed])

    assert (counts.read, counts.new, faults) == (2, 2, [])
    with reading(store.engine) as connection:
        waiting = {each.url: each for each in stored.waiting(connection, "pak_afg")}
    offer = waiting[server.at("/offer")].coded_as
    assert OFFER in offer.text
    assert "Imprint" not in offer.text
    assert (offer.title, offer.published) == ("A title", AT.date())


def test_second_run_changes_nothing_and_asks_for_no_page(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    gather(store, downloads, [feed])
    before = rows(store)

    counts, faults = gather(store, downloads, [feed], AT + timedelta(hours=1))

    assert (counts.new, faults) == (0, [])
    assert rows(store) == before
    assert asked(server, "/offer") == 1
    again = [each for each in server.requests if each.path == "/feed"][1]
    assert again.headers["If-None-Match"] == '"1"'
    assert [(each.status, each.entries, each.new) for each in visits(store)] == [
        ("ok", 1, 1),
        ("ok", 0, 0),
    ]


def test_what_a_feed_adds_is_read(store: Store, server: Server, downloads: Downloads) -> None:
    gather(store, downloads, [serve(server, {"/offer": OFFER})])

    counts, _ = gather(store, downloads, [serve(server, {"/offer": OFFER, "/closed": CLOSED})])

    assert (counts.read, counts.new, counts.unchanged) == (2, 1, 1)
    assert statuses(store) == {"offer": "waiting", "closed": "waiting"}


def test_the_same_text_under_many_addresses_is_one_report(
    store: Store, server: Server, downloads: Downloads
) -> None:
    names = ("herald", "post", "gazette", "courier", "tribune", "mirror", "observer", "echo")
    texts = {f"/{name}": f"THE {name.upper()}: {OFFER} Follow the {name}." for name in names}
    feed = serve(server, texts | {"/closed": CLOSED})

    counts, _ = gather(store, downloads, [feed])

    assert (counts.new, counts.folded) == (2, 7)
    (head,) = (
        row for name, row in rows(store).items() if row.status == "waiting" and name != "closed"
    )
    with reading(store.engine) as connection:
        addresses = stored.addresses_of(connection, "pak_afg", head.article)
    assert addresses[0] == head.canonical
    assert set(addresses) == {server.at(path) for path in texts}
    assert all(row.text is None for row in rows(store).values() if row.status == "folded")


def test_copy_that_comes_later_is_folded_into_what_stands(
    store: Store, server: Server, downloads: Downloads
) -> None:
    gather(store, downloads, [serve(server, {"/offer": OFFER})])

    later = serve(server, {"/copy": OFFER}, "/other")
    gather(store, downloads, [later], AT + timedelta(hours=5))

    assert rows(store)["copy"].folded_into == rows(store)["offer"].article


@pytest.mark.parametrize(
    "other",
    [
        OFFER.replace("12 people", "15 people"),
        OFFER.replace("on Friday", "on Thursday"),
        OFFER.replace("at Torkham", "at Chaman"),
        f"CORRECTION: {OFFER}",
    ],
)
def test_what_is_told_otherwise_is_a_report_of_its_own(
    store: Store, server: Server, downloads: Downloads, other: str
) -> None:
    counts, _ = gather(store, downloads, [serve(server, {"/first": OFFER, "/second": other})])

    assert (counts.new, counts.folded) == (2, 0)


def test_article_that_was_updated_is_read_again(
    store: Store, server: Server, downloads: Downloads
) -> None:
    def atom(updated: str) -> Reply:
        entry = (
            f'<entry><title>Toll</title><link href="{server.at("/toll")}"/><id>urn:1</id>'
            f"<published>2025-11-15T06:00:00Z</published><updated>{updated}</updated></entry>"
        )
        return Reply(f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'.encode())

    feed = server.plays("/feed", atom("2025-11-15T06:00:00Z"), atom("2025-11-15T09:00:00Z"))
    server.plays("/toll", page(OFFER), page(OFFER.replace("12", "19")))

    first, _ = gather(store, downloads, [feed])
    second, _ = gather(store, downloads, [feed])
    third, _ = gather(store, downloads, [feed])

    assert (first.new, second.new, third.new) == (1, 1, 0)
    with reading(store.engine) as connection:
        texts = [each.text for each in stored.waiting(connection, "pak_afg")]
    assert [re.findall(r"\d+", text) for text in texts] == [["12"], ["19"]]


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [
        (Reply(status=404), "refused", "refused by the server, found 404"),
        (Reply(status=403), "refused", "refused by the server, found 403"),
        (Reply(status=503), "silent", "answered 503"),
        (Reply(rss(), stall=5), "silent", "silent for 0.3 s"),
        (Reply(rss()), "silent", "it lists nothing"),
        (Reply(b"<html><body>Please log in.</body></html>"), "torn", "not a feed"),
        (Reply(b""), "torn", "not a feed"),
        (Reply(status=301, headers={"Location": "http://elsewhere.example/"}), "refused", "host"),
        (Reply(status=302, headers={"Location": "file:///etc/passwd"}), "refused", "not https"),
    ],
)
def test_feed_that_is_not_ok_is_on_record(
    store: Store, server: Server, downloads: Downloads, reply: Reply, status: str, reason: str
) -> None:
    good = serve(server, {"/offer": OFFER}, "/good")
    bad = server.plays("/bad", reply)

    counts, (fault,) = gather(store, downloads, [bad, good])

    assert counts.new == 1
    assert fault.startswith(f"{bad} is {status}: ")
    row = visits(store)[0]
    assert (row.feed, row.status) == (bad, status)
    assert reason in row.reason
    assert visits(store)[1].status == "ok"


def test_torn_feed_gives_what_can_be_read_and_is_asked_for_whole_again(
    store: Store, server: Server, downloads: Downloads
) -> None:
    whole = rss(item(server.at("/offer")), item(server.at("/closed")))
    tags = {"ETag": '"1"'}
    torn = Reply(whole[: whole.index(b"</link>", whole.index(b"/closed"))], headers=tags)
    feed = server.plays("/feed", torn, Reply(whole, headers=tags))
    server.plays("/offer", page(OFFER))
    server.plays("/closed", page(CLOSED))

    first, faults = gather(store, downloads, [feed])
    second, none = gather(store, downloads, [feed])

    assert first.new + second.new == 2
    assert ("torn: broken off" in faults[0], none) == (True, [])
    assert statuses(store) == {"offer": "waiting", "closed": "waiting"}
    assert all(each.headers["If-None-Match"] is None for each in server.requests)


def test_feed_that_lists_nothing_new_for_days_is_silent(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    gather(store, downloads, [feed])

    _, early = gather(store, downloads, [feed], AT + timedelta(days=3))
    _, late = gather(store, downloads, [feed], AT + timedelta(days=3, hours=1))

    assert early == []
    assert late == [f"{feed} is silent: nothing new since 2025-11-15"]


def test_robots_are_honoured(store: Store, server: Server, downloads: Downloads) -> None:
    server.plays("/robots.txt", Reply(b"User-agent: *\nDisallow: /private/\n"))
    feed = serve(server, {"/private/offer": OFFER, "/closed": CLOSED})

    counts, faults = gather(store, downloads, [feed])

    assert (counts.new, counts.refused, faults) == (1, 1, [])
    assert asked(server, "/private/offer") == 0
    assert asked(server, "/robots.txt") == 1
    row = rows(store)["offer"]
    assert (row.status, "robots.txt asks not to be read" in row.reason) == ("unread", True)


@pytest.mark.parametrize(("status", "read"), [(404, True), (410, True), (401, False), (403, False)])
def test_robots_that_are_not_there_allow_and_refused_ones_forbid(
    store: Store, server: Server, downloads: Downloads, status: int, read: bool
) -> None:
    server.plays("/robots.txt", Reply(status=status))
    gather(store, downloads, [serve(server, {"/offer": OFFER})])

    assert (asked(server, "/offer") == 1) is read


def test_host_whose_robots_do_not_answer_is_not_read(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    gather(store, downloads, [feed])
    server.plays("/robots.txt", Reply(status=500))

    _, (fault,) = gather(store, downloads, [serve(server, {"/offer": OFFER, "/closed": CLOSED})])

    assert "is silent: " in fault
    assert asked(server, "/closed") == 0


def test_page_that_may_not_be_read_gives_what_its_feed_says(
    store: Store, server: Server, downloads: Downloads
) -> None:
    elsewhere = item("https://elsewhere.example/a", title="Offer", text=OFFER)
    feed = server.plays("/feed", Reply(rss(elsewhere)))

    gather(store, downloads, [feed])

    (row,) = rows(store).values()
    assert (row.status, row.text) == ("waiting", f"Offer\n\n{OFFER}")
    assert "another host is not asked" in row.reason


def test_page_sent_on_to_another_host_is_not_read(
    store: Store, server: Server, downloads: Downloads
) -> None:
    for path, target in {
        "/a": "http://169.254.169.254/latest",
        "/b": "http://127.0.0.1:1/",
    }.items():
        server.plays(path, Reply(status=302, headers={"Location": target}))
    feed = server.plays("/feed", Reply(rss(item(server.at("/a")), item(server.at("/b")))))

    counts, _ = gather(store, downloads, [feed])

    assert (counts.new, counts.refused) == (0, 2)
    assert all("another host is not asked" in row.reason for row in rows(store).values())


def test_page_sent_on_within_the_host_bears_its_last_address(
    store: Store, server: Server, downloads: Downloads
) -> None:
    server.plays("/old", Reply(status=301, headers={"Location": "/new?utm_source=feed"}))
    server.plays("/new", page(OFFER))
    gather(store, downloads, [server.plays("/feed", Reply(rss(item(server.at("/old")))))])

    assert rows(store)["old"].canonical == server.at("/new")


def test_host_that_does_not_answer_loses_no_article(
    store: Store, server: Server, downloads: Downloads
) -> None:
    texts = {f"/{number}": f"{THIRD} It was meeting number {number}." for number in range(6)}
    feed = serve(server, texts)
    for path in texts:
        server.plays(path, Reply(status=503))

    counts, (fault,) = gather(store, downloads, [feed])

    assert counts.new == 0
    assert f"{server.host} does not answer" in fault
    assert sum(asked(server, path) > 0 for path in texts) == 3
    assert set(statuses(store).values()) == {"listed"}

    serve(server, texts)
    counts, faults = gather(store, downloads, [feed])
    assert (counts.new, faults) == (6, [])


def test_article_that_never_answers_counts_as_unread_in_the_end(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    server.plays("/offer", Reply(status=503))

    refused = [gather(store, downloads, [feed])[0].refused for _ in range(6)]

    assert refused == [0, 0, 0, 0, 1, 0]
    row = rows(store)["offer"]
    assert (row.status, row.attempts) == ("unread", 5)
    assert "answered 503" in row.reason


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        Reply(b"<html><body></body></html>"),
        Reply(b"x" * (6 * 2**20)),
    ],
)
def test_page_without_a_text_is_unread_and_told(
    store: Store, server: Server, downloads: Downloads, reply: Reply
) -> None:
    feed = serve(server, {"/offer": OFFER, "/bad": ""})
    server.plays("/bad", reply)

    counts, _ = gather(store, downloads, [feed])

    assert (counts.new, counts.refused) == (1, 1)
    assert rows(store)["bad"].reason


def test_time_of_publication_is_the_feed_s_then_the_page_s_then_now(
    store: Store, server: Server, downloads: Downloads
) -> None:
    meta = '<html><head><meta name="date" content="2025-11-10"></head>'
    body = f"{meta}<body><p>{OFFER}</p></body></html>"
    for path, text in {"/a": OFFER, "/c": CLOSED, "/d": THIRD * 3}.items():
        server.plays(path, page(text))
    server.plays("/b", Reply(body.replace("12", "17").encode()))
    days = {"/a": AT - timedelta(days=2), "/b": None, "/c": None, "/d": AT + timedelta(days=9)}
    listing = rss(*(item(server.at(path), day) for path, day in days.items()))
    gather(store, downloads, [server.plays("/feed", Reply(listing))])

    published = {name: row.published_at[:16] for name, row in rows(store).items()}
    assert published == {
        "a": "2025-11-13T12:00",
        "b": "2025-11-10T00:00",
        "c": "2025-11-15T12:00",
        "d": "2025-11-15T12:00",
    }


def test_one_host_is_not_asked_again_within_its_pause(
    store: Store, server: Server, downloads: Downloads
) -> None:
    naps: list[float] = []
    patient = Downloads(downloads.folder, downloads.policy, naps.append)
    server.plays("/robots.txt", Reply(b"User-agent: dyadcast\nCrawl-delay: 30\n"))

    gather(store, patient, [serve(server, {"/offer": OFFER, "/closed": CLOSED})], pause_seconds=7)

    # The feed waits after robots.txt, then each page after what was asked before it.
    assert [round(nap) for nap in naps] == [7, 30, 30]


def test_texts_are_forgotten_after_the_days_of_the_setting(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    gather(store, downloads, [feed])

    gather(store, downloads, [feed], AT + timedelta(days=5), keep_text_days=5)
    assert rows(store)["offer"].text
    gather(store, downloads, [feed], AT + timedelta(days=5, hours=1), keep_text_days=5)

    row = rows(store)["offer"]
    assert (row.text, row.signature) == (None, None)
    assert (row.title, bool(row.sha256)) == ("A title", True)


def test_theatre_without_feeds_is_not_set_up(store: Store, downloads: Downloads) -> None:
    with pytest.raises(NotSetUpError, match=r"no feeds; name feeds in its file.*docs/news\.md"):
        gather(store, downloads, [])


def test_titles_are_shown_without_markup_and_unseen_characters(
    store: Store, server: Server, downloads: Downloads
) -> None:
    title = "&lt;script&gt;alert(1)&lt;/script&gt;Border\u202e\u200b \x1b[31mclosed&amp;amp; sealed"
    listing = rss(item(server.at("/offer"), title=title).replace("\x1b", ""))
    server.plays("/offer", page(OFFER))
    gather(store, downloads, [server.plays("/feed", Reply(listing))])

    assert rows(store)["offer"].title == "Border [31mclosed& sealed"


def test_other_theatre_has_articles_of_its_own(
    store: Store, server: Server, downloads: Downloads
) -> None:
    feed = serve(server, {"/offer": OFFER})
    gather(store, downloads, [feed])

    counts, _ = gather(Store(store.engine, "elsewhere"), downloads, [feed])

    assert (counts.new, counts.folded) == (1, 0)
    assert asked(server, "/offer") == 2


def test_moment_of_an_odd_date_is_read(store: Store, server: Server, downloads: Downloads) -> None:
    listing = rss(item(server.at("/offer")).replace("<pubDate>", "<pubDate>Written "))
    odd = listing.replace(b"Written Sat, 15 Nov 2025 12:00:00 +0000", b"15 Nov 2025, 10:30 PKT")
    server.plays("/offer", page(OFFER))
    gather(store, downloads, [server.plays("/feed", Reply(odd))])

    assert rows(store)["offer"].published_at == "2025-11-15T05:30:00.000000"
