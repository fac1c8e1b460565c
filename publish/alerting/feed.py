"""The Atom feed of a theatre's alerts: a file that is written anew from all that was raised."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from publish.alerting.alerts import Alert
from publish.alerting.telling import one_line
from publish.contract.values import moment_text
from publish.files.disk import clear, locked, replace_text

FEED_FILE = "alerts.atom"
ENTRIES_MAX = 200
_ATOM = "http://www.w3.org/2005/Atom"
# Taken for a parser's and thus suspected; this module writes only.
register_namespace("", _ATOM)


def feed_text(theatre: str, title: str, alerts: Sequence[Alert], now: datetime) -> str:
    """The feed (RFC 4287) of the alerts, the newest first; one without is of `now`.

    Ids stay the same from one writing to the next. The same alerts give the same text.
    """
    feed = Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", _urn(theatre))
    _add(feed, "title", f"{title}: alerts")
    _add(feed, "updated", moment_text(max((a.raised_at for a in alerts), default=now)))
    _add(SubElement(feed, f"{{{_ATOM}}}author"), "name", "dyadcast")
    for alert in alerts:
        entry = SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "id", _urn(f"{theatre}/{alert.alert_id}"))
        _add(entry, "title", alert.headline)
        _add(entry, "updated", moment_text(alert.raised_at))
        _add(entry, "summary", alert.sentence)
        SubElement(entry, f"{{{_ATOM}}}category", term=alert.kind)
    indent(feed)
    document = tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document}\n'


def write_feed(
    root: Path, theatre: str, title: str, alerts: Sequence[Alert], now: datetime
) -> Path:
    """Where the feed is, after it stands complete: a reader sees the one before or this one."""
    home = root / theatre
    path = home / FEED_FILE
    with locked(home):
        clear(home)
        replace_text(home, path, feed_text(theatre, title, alerts, now))
    return path


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = one_line(text)


def _urn(name: str) -> str:
    return uuid5(NAMESPACE_URL, f"dyadcast:{name}").urn
