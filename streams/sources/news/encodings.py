"""Bytes from elsewhere as text: by their mark, as UTF-8, as they say, else as Windows-1252."""

import re
from contextlib import suppress

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_NAMED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
_OF_WRITING = re.compile(
    r"(?:us-)?ascii|utf-?(?:8|16|32)(?:-?[lb]e)?|iso-?8859-\d{1,2}|latin-?\d|(?:windows-|cp)125\d"
    r"|koi8-[rut]|gb2312|gbk|gb18030|big5|shift[_-]jis|euc-?(?:jp|kr)",
    re.IGNORECASE,
)
"""What pages and feeds are written in; other codecs take long, or stand for something else."""
_HEAD = 2000


def decoded(content: bytes, named: str = "") -> str:
    """The bytes as text; `named` is the encoding that the server gives. Whatever is not of the
    encoding is replaced."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    inside = _NAMED.search(content[:_HEAD])
    for name in ("utf-8", named, inside[1].decode("ascii") if inside else "", "cp1252"):
        if _OF_WRITING.fullmatch(name):
            with suppress(UnicodeDecodeError, LookupError):
                return content.decode(name)
    return content.decode("utf-8", errors="replace")
