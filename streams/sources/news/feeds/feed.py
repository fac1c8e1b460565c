"""A feed's bytes as entries: RSS and Atom, however they are written, bounded in size and number."""

import calendar
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import feedparser
from courlan import normalize_url
from lxml import etree

from errors import StreamError
from streams.net.addresses import parse
from streams.sources.news.document import bare_text
from streams.sources.news.encodings import decoded

BYTES_MAX = 4 * 2**20
ENTRIES_MAX = 5_000
_TEXT_MAX, _TITLE_MAX, _ADDRESS_MAX = 100_000, 300, 2_000
_ENTRY = re.compile(r"<(?:[a-z]{1,20}:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[^!<>][^<>]{20000}")
"""Parsers compare each attribute of a tag with all the others."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30});")
_OF_XML = ("amp", "lt", "gt", "quot", "apos")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_ADDRESS = re.compile(r"[\s\"<>\\^`{|}]")
_BLANK = re.compile(r"[ \t\xa0]+")
_EMPTY_LINES = re.compile(r"\s*\n\s*")
_AHEAD = timedelta(hours=1)
"""A clock may be wrong by so much; what is published later than that was published just now."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of an article: its address (without what tracks readers), title, text, and
    when it was published and updated (UTC, no zone), where it says so."""

    address: str
    title: str
    text: str
    published: datetime | None
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries in its order, and what is wrong with it: empty where nothing is.

    `nameless` counts the entries without an address.
    """

    entries: tuple[Entry, ...]
    fault: str = ""
    nameless: int = 0


def read_feed(content: bytes, address: str, charset: str, now: datetime) -> Feed:
    """The feed's entries. A torn one gives those that can be read, and its `fault`.

    `now` bounds the times of publication. Raises StreamError where it is no feed, too long, of too
    many entries, or defines entities.
    """
    text = decoded(content, charset)
    if len(content) > BYTES_MAX or len(text) > BYTES_MAX:
        raise StreamError("too long a feed", where=address, expected=f"at most {BYTES_MAX:,} bytes")
    if _ENTITY.search(text):
        expected = "a feed without them"
        raise StreamError("a feed that defines entities", where=address, expected=expected)
    if _LONG_TAG.search(text):
        raise StreamError("too long a tag in a feed", where=address, expected="20,000 characters")
    if (count := sum(1 for _ in _ENTRY.finditer(text))) > ENTRIES_MAX:
        expected = f"at most {ENTRIES_MAX:,}"
        raise StreamError(
            "too many entries in a feed", where=address, found=count, expected=expected
        )
    whole, fault = _mended(text)
    try:
        read = feedparser.parse(
            BytesIO(whole),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError):
        raise StreamError("a feed that cannot be read", where=address) from None
    if not read.get("version"):
        raise StreamError("not a feed", where=address, found=text[:60], expected="RSS or Atom")
    entries = tuple(_entries(read.entries, now))
    if len(read.entries) < count:
        fault = f"{len(read.entries)} of {count} entries can be read" + (fault and f": {fault}")
    return Feed(entries, fault, len(read.entries) - len(entries))


def _mended(text: str) -> tuple[bytes, str]:
    """The text as XML that is well-formed, and what is lacking of it where it broke off."""
    plain = _NOT_XML.sub("", _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n")))
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        tree = etree.fromstring(_NAMED.sub(_as_letter, plain).encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        tree = None
    if tree is None:
        return b"", "nothing of it can be read"
    closing = plain.rstrip()[-200:].rpartition("</")[2]
    broken_off = not re.fullmatch(r"(?:[\w.-]+:)?(?:rss|feed|RDF)\s*>(?:\s*<!--.*)?", closing)
    return etree.tostring(tree, encoding="utf-8"), "broken off" if broken_off else ""


def _as_letter(entity: re.Match[str]) -> str:
    """An entity of HTML as the letter it means: XML knows five of them."""
    if entity[1] in _OF_XML:
        return entity[0]
    return html.escape(html.unescape(entity[0]))


def _entries(read: list[Any], now: datetime) -> Iterator[Entry]:
    for each in read:
        address = _address(each)
        if not address:
            continue
        contents = [str(part.get("value") or "") for part in each.get("content") or ()]
        longest = max((*contents, str(each.get("summary") or "")), key=len)
        yield Entry(
            address=address,
            title=one_line(str(each.get("title") or "")),
            text=plain(longest)[:_TEXT_MAX],
            published=_moment(each, "published", now),
            updated=_moment(each, "updated", now) if each.get("published") else None,
        )


def _address(entry: Any) -> str:
    """Where the entry's page is; empty where it names no address of the web."""
    given = (canonical(str(entry.get(name) or "").strip()) for name in ("link", "id"))
    return next(filter(None, given), "")


def canonical(address: str) -> str:
    """The address of the web without what tracks readers and without a fragment, else nothing."""
    if not address.startswith(("http://", "https://")) or len(address) > _ADDRESS_MAX:
        return ""
    if not address.isprintable() or _NO_ADDRESS.search(address) or "@" in address.split("/")[2]:
        return ""
    try:
        plain_address = normalize_url(address).partition("#")[0]
        return plain_address if parse(plain_address).host else ""
    except (ValueError, TypeError, StreamError):
        return ""


def plain(markup: str) -> str:
    """What markup says, a line for each of its parts."""
    text = html.unescape(bare_text(markup))
    text = _NOT_XML.sub("", text.replace("\r\n", "\n"))
    return _EMPTY_LINES.sub("\n", _BLANK.sub(" ", text)).strip()


def one_line(markup: str) -> str:
    """A title as it may be shown: one line without markup and without characters that do not
    show themselves or turn the direction of what follows."""
    text = " ".join(plain(markup[: 10 * _TITLE_MAX]).split())
    shown = (each for each in text if unicodedata.category(each) not in ("Cc", "Cf", "Co", "Cn"))
    return "".join(shown)[:_TITLE_MAX]


def _moment(entry: Any, name: str, now: datetime) -> datetime | None:
    """When the entry was published or updated; None where it does not say, or says the future."""
    # Past the library's own look-up, which gives `published` where `updated` lacks, and warns.
    told = dict.get(entry, f"{name}_parsed")
    try:
        moment = datetime.fromtimestamp(calendar.timegm(told), UTC) if told else None
    except (ValueError, OverflowError, OSError, TypeError):
        moment = None
    if moment is None and (words := str(dict.get(entry, name) or "")[:40]):
        moment = _in_words(words, now)
    if moment is None:
        return None
    moment = moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return moment if moment <= now + _AHEAD else None


def _in_words(words: str, now: datetime) -> datetime | None:
    """A time written in some other way: '15 Nov 2025, 10:30 PKT', 'two hours ago'."""
    import dateparser  # slow to import, and most feeds write their times as they should

    settings: Any = {
        "TIMEZONE": "UTC",
        "TO_TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": True,
        "RELATIVE_BASE": now,
    }
    try:
        moment: datetime | None = dateparser.parse(words, languages=["en"], settings=settings)
    except (ValueError, OverflowError, RecursionError):
        return None
    return moment
