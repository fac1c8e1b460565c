"""The Atom feed is valid, stable, and complete or not there."""

from datetime import timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from alerting import NOW, make_alert
from hypothesis import given
from hypothesis import strategies as st

from publish.alerting.feed import FEED_FILE, feed_text, write_feed
from publish.files.disk import WRITING

ATOM = "{http://www.w3.org/2005/Atom}"
TITLE = "Pakistan–Afghanistan"


def text_of(parent: Element, name: str) -> str:
    """The text of the one child of that name, which must be there."""
    (found,) = parent.findall(ATOM + name)
    return found.text or ""


def read(*numbers: int) -> Element:
    """The feed of these alerts, as a reader parses it."""
    alerts = [make_alert(n, raised_at=NOW + timedelta(hours=n)) for n in numbers]
    return fromstring(feed_text("pak_afg", TITLE, alerts, NOW).encode())  # noqa: S314 (our own)


def test_feed_has_what_atom_asks_for() -> None:
    feed = read(2, 1)
    entries = feed.findall(f"{ATOM}entry")

    assert feed.tag == f"{ATOM}feed"
    assert text_of(feed, "id").startswith("urn:uuid:")
    assert text_of(feed, "title") == "Pakistan–Afghanistan: alerts"
    assert text_of(feed, "updated") == "2025-11-16T07:30:00Z"
    assert text_of(feed.findall(f"{ATOM}author")[0], "name") == "dyadcast"
    assert len({text_of(entry, "id") for entry in entries}) == 2
    assert [text_of(entry, "updated")[11:13] for entry in entries] == ["07", "06"]
    assert text_of(entries[1], "title") == make_alert(1).headline
    assert text_of(entries[1], "summary") == make_alert(1).sentence


def test_entry_keeps_its_id_when_others_come() -> None:
    before, after = read(1), read(2, 1)
    ids = [text_of(entry, "id") for entry in after.findall(f"{ATOM}entry")]

    assert ids[1] == text_of(before.findall(f"{ATOM}entry")[0], "id")
    assert text_of(before, "id") == text_of(after, "id")


def test_feed_without_an_alert_is_one() -> None:
    assert text_of(read(), "updated") == "2025-11-16T05:30:00Z"


@given(st.text())
def test_whatever_an_alert_holds_the_feed_can_be_parsed(text: str) -> None:
    told = feed_text("pak_afg", TITLE, [make_alert(headline=f"<a>&{text}")], NOW)
    (entry,) = fromstring(told.encode()).findall(f"{ATOM}entry")  # noqa: S314

    assert text_of(entry, "title").startswith("<a>&")


def test_feed_is_replaced_whole_even_after_a_writer_that_died(tmp_path: Path) -> None:
    first = write_feed(tmp_path, "pak_afg", TITLE, [make_alert(1)], NOW)
    (first.parent / f"{WRITING}{FEED_FILE}").write_text("<feed")
    second = write_feed(tmp_path, "pak_afg", TITLE, [make_alert(2), make_alert(1)], NOW)

    assert first == second == tmp_path / "pak_afg" / "alerts.atom"
    assert second.read_text(encoding="utf-8").count("<entry>") == 2
    assert list(second.parent.glob(f"{WRITING}*")) == []
