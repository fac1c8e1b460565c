"""An article as it is coded: its text, title, day of publication and address."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Article:
    """A text with the day on which it was published, and the moment (UTC, no zone) where it is
    known; `text` is what evidence counts in."""

    text: str
    published: date
    title: str = ""
    url: str = ""
    published_at: datetime | None = None
