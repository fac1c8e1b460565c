"""Tables and documents as answers: JSON, CSV or Parquet, with validators and marks of age."""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

from publish.api.problems import Problem
from publish.contract.columns import Column
from publish.contract.forecast import Forecast
from publish.contract.values import encoded
from publish.files.formats import csv_bytes, parquet_bytes

MEDIA: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
GZIP_FROM: Final = 1000
"""Bytes: shorter answers are not worth packing."""


@dataclass(frozen=True, slots=True)
class Age:
    """What every answer says of its age: whose it is, as of when, and why it may be stale."""

    theatre: str
    as_of: date | None
    data_as_of: date | None
    stale: str
    modified: datetime | None = None

    @classmethod
    def of(cls, forecast: Forecast, stale: str, now: datetime) -> "Age":
        """The age of what is made from one issue. What is said of a stale one changes daily."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        modified = max(forecast.issued_at, midnight) if stale else forecast.issued_at
        return cls(forecast.theatre, forecast.as_of, forecast.data_as_of, stale, modified)

    def value(self) -> dict[str, Any]:
        """As the first fields of a JSON answer."""
        return {
            "theatre": self.theatre,
            "as_of": self.as_of and self.as_of.isoformat(),
            "data_as_of": self.data_as_of and self.data_as_of.isoformat(),
            "is_stale": bool(self.stale),
            "stale_reason": self.stale,
        }

    def headers(self) -> dict[str, str]:
        """As headers, for formats that have no room for them."""
        headers = {"X-Dyadcast-Is-Stale": "true" if self.stale else "false"}
        if self.as_of:
            headers["X-Dyadcast-As-Of"] = self.as_of.isoformat()
        if self.data_as_of:
            headers["X-Dyadcast-Data-As-Of"] = self.data_as_of.isoformat()
        if self.modified:
            headers["Last-Modified"] = format_datetime(self.modified.astimezone(UTC), usegmt=True)
        if self.stale:
            headers["Warning"] = f'110 dyadcast "{self.stale}"'
        return headers


@dataclass(frozen=True, slots=True)
class Answer:
    """A body in one format, with the headers that belong to it."""

    body: bytes
    media: str
    headers: Mapping[str, str]


def negotiated(accept: str, extension: str | None = None) -> str:
    """`json`, `csv` or `parquet`: the path's extension, else the best that Accept names.

    Problem 404 for another extension, 406 where Accept takes none of the three.
    """
    if extension is not None:
        if extension not in MEDIA:
            raise Problem.unknown("extension", extension, MEDIA)
        return extension
    best = (0.0, 0, "json" if not accept.strip() else "")
    for order, part in enumerate(accept.split(",")[:50]):
        media, *options = (piece.strip() for piece in part.split(";"))
        weight = _quality(options)
        for name, known in MEDIA.items():
            kind = known.split("/")[0]
            if media.lower() in (known, "*/*", f"{kind}/*") and (weight, -order) > best[:2]:
                if weight > 0:
                    best = (weight, -order, name)
                break
    if not best[2]:
        raise Problem(406, "none of these formats is to be had", known=MEDIA.values())
    return best[2]


def _quality(options: Sequence[str]) -> float:
    for option in options:
        if option.startswith("q="):
            try:
                return min(max(float(option[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with their columns; `name` is the file's name for a browser, `more` stands before the
    rows in JSON."""

    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    name: str
    more: Mapping[str, Any] = field(default_factory=dict)


def table(made: Table, age: Age, chosen: str) -> Answer:
    """The table in the chosen format, with the same columns in each.

    JSON holds the rows in `rows`, after the age and `more`; what is an object there is JSON text
    in CSV and Parquet.
    """
    headers = age.headers()
    if made.more.get("next"):
        headers["X-Dyadcast-Next"] = str(made.more["next"])
    if chosen == "json":
        rows = [written_line(row, made.columns) for row in made.rows]
        return document({**age.value(), **made.more, "rows": rows}, headers)
    headers["Content-Disposition"] = f'inline; filename="{made.name}.{chosen}"'
    if chosen == "csv":
        body = csv_bytes(made.columns, made.rows)
        return Answer(body, "text/csv; charset=utf-8", headers)
    return Answer(parquet_bytes(made.columns, made.rows), MEDIA["parquet"], headers)


def written_line(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The row's columns as JSON holds them."""
    return {column.name: encoded(column.kind, row[column.name]) for column in columns}


def document(value: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    """One JSON object."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return Answer(body, MEDIA["json"], headers)


def etag_of(body: bytes, coding: str = "") -> str:
    """A strong validator of those bytes in that coding (RFC 9110, 8.8.3.3: each has its own)."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}{coding}"'


def sent(request: Request, answer: Answer, cache: str = "private, max-age=0") -> Response:
    """The answer as a response: 304 where the client holds it already, packed where it may be."""
    body = answer.body
    packed = len(body) >= GZIP_FROM and "gzip" in request.headers.get("accept-encoding", "")
    etag = etag_of(body, "-gzip" if packed else "")
    headers = {**answer.headers, "ETag": etag, "Cache-Control": cache}
    headers["Vary"] = "Accept, Accept-Encoding, Authorization"
    if _held(request, etag, answer.headers.get("Last-Modified")):
        return Response(None, 304, headers)
    if packed:
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, 200, headers, answer.media)


def _held(request: Request, etag: str, modified: str | None) -> bool:
    """RFC 9110, 13.2.2: If-None-Match alone counts where it is given."""
    given = request.headers.get("if-none-match")
    if given is not None:
        tags = [tag.strip().removeprefix("W/") for tag in given.split(",")]
        return etag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if not since or not modified:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
