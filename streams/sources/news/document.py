"""An article out of a file's bytes: HTML, PDF or plain text, whatever its name says."""

import logging
import re
import unicodedata
import warnings
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from errors import StreamError
from streams.sources.news.article import Article
from streams.sources.news.encodings import decoded
from streams.sources.news.language.dates import find_dates

BYTES_MAX = 20 * 2**20
"""No article is longer; what is longer is refused before it is read."""
MARKUP_MAX = 3 * 2**20
_PDF_PAGES_MAX = 40
_HEAD = 2000
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|article|div|p|meta|title)\b", re.IGNORECASE
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HYPHENATED = re.compile(r"(?<=[a-z])-\n(?=[a-z])")
_WRAPPED = re.compile(r"(?<![.!?:\n])\n(?=[a-z(])")
_STAMP = re.compile(r"(?<!\d)(20\d\d)[-_/.](\d{1,2})[-_/.](\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Page:
    """What was taken out of a file: its text, its title, and the day that it says it is of."""

    text: str
    title: str = ""
    published: date | None = None
    url: str = ""


def read_file(path: Path) -> Page:
    """The article in a file; its name counts where it bears a day.

    Raises StreamError, in one line, where there is no such file, it is too long or no text.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise _too_long(str(path), path.stat().st_size)
        content = path.read_bytes()
    except FileNotFoundError:
        raise StreamError("no such file", where=str(path)) from None
    except IsADirectoryError:
        raise StreamError("a folder", where=str(path), expected="a file") from None
    except OSError as error:
        raise StreamError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return read_bytes(content, str(path), _stamped(path.name))


def read_bytes(content: bytes, where: str, named: date | None = None) -> Page:
    """The article in bytes: PDF or HTML by what they begin with, else plain text.

    `named` is the day that the file's name gives, for where the text gives none.
    Raises StreamError, in one line, where they are too long or no text.
    """
    if len(content) > BYTES_MAX:
        raise _too_long(where, len(content))
    head = content[:_HEAD].lstrip()
    if head.startswith(b"%PDF-"):
        page = _pdf(content, where)
    elif _MARKUP.search(head):
        page = _html(content, where)
    else:
        page = Page(_checked(content, where))
    text = _CONTROL.sub(" ", page.text.replace("\r\n", "\n").replace("\r", "\n"))
    return Page(text, page.title, page.published or named or _written(text), page.url)


def article_of(page: Page, published: date) -> Article:
    """The page as an article of that day."""
    return Article(page.text, published, page.title, page.url)


def _too_long(where: str, size: int) -> StreamError:
    return StreamError("too long", where=where, found=size, expected=f"at most {BYTES_MAX:,} bytes")


def _checked(content: bytes, where: str) -> str:
    """The bytes as text. Raises StreamError where what comes out is no writing."""
    text = decoded(content)
    sample = text[:20_000]
    unseen = sum(
        unicodedata.category(char) in ("Cc", "Co", "Cn") and char not in "\n\r\t\f"
        for char in sample
    )
    if unseen > 0.05 * len(sample):
        expected = "plain text, HTML or PDF"
        raise StreamError(
            "not a text", where=where, found=f"{unseen} control characters", expected=expected
        )
    return text


def _html(content: bytes, where: str) -> Page:
    """An HTML page's article, its title and day, as trafilatura finds them."""
    if len(content) > MARKUP_MAX:
        content = content[:MARKUP_MAX]
    text = _checked(content, where)
    # The library is slow to import, and warns of what it does without and what it cannot read.
    with warnings.catch_warnings(action="ignore"):
        from trafilatura import bare_extraction
        from trafilatura.settings import Document

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    try:
        document = bare_extraction(
            text, with_metadata=True, favor_recall=True, include_comments=False
        )
    except (
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        RecursionError,
        AssertionError,
    ):
        document = None
    fields = document.as_dict() if isinstance(document, Document) else document or {}
    body, title = str(fields.get("text") or ""), str(fields.get("title") or "")
    if not body:
        return Page(bare_text(text))
    whole = body if not title or body.startswith(title) else f"{title}\n\n{body}"
    return Page(whole, title, _day(str(fields.get("date") or "")), str(fields.get("url") or ""))


def bare_text(markup: str) -> str:
    """What is left of markup without its marks, for pages of which nothing else can be made."""
    text = re.sub(
        r"<(script|style)\b.{0,100000}?</\1\s*>", " ", markup[:500_000], flags=re.I | re.S
    )
    text = re.sub(r"<(?:br|/p|/div|/h\d|/li)\b[^<>]{0,500}>", "\n", text, flags=re.I)
    return re.sub(r"<[^<>]{0,5000}>", " ", text)


def _pdf(content: bytes, where: str) -> Page:
    """The text of a PDF's first pages, its wrapped lines joined."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        pages = [page.extract_text() for page in reader.pages[:_PDF_PAGES_MAX]]
        details = reader.metadata
        title = str(details.title or "") if details else ""
        made = details.creation_date if details else None
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError,
            AssertionError, OSError, NotImplementedError) as error:  # fmt: skip
        found = type(error).__name__
        raise StreamError("a PDF that cannot be read", where=where, found=found) from None
    text = _WRAPPED.sub(" ", _HYPHENATED.sub("", "\n\n".join(pages)))
    if not text.strip():
        raise StreamError("a PDF without text", where=where, expected="text, no pictures of it")
    return Page(text, title, made.date() if made else None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _stamped(text: str) -> date | None:
    """The first day that stands in digits, as 2025-11-15."""
    for match in _STAMP.finditer(text):
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            continue
    return None


_DATED = re.compile(
    r"(?:published|updated|posted|date|dated|on)?\W{0,3}"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}\.?,? 20\d\d|[A-Z][a-z]{2,8}\.? \d{1,2},? 20\d\d)",
    re.IGNORECASE,
)


def _written(text: str) -> date | None:
    """The day that a plain text bears: with its year in its first lines, or in an address."""
    for match in _DATED.finditer(text[:300]):
        dates = find_dates(match.group(), date(2100, 1, 1))
        if dates and dates[0].precision == "day":
            return dates[0].day
    addresses = " ".join(re.findall(r"https?://\S+", text[:50_000]))
    return _stamped(addresses)
