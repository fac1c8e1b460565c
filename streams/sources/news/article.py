"""An article as it is coded: its text, title, day of publication and address."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Article:
    """A text with the day on which it was published; `text` is what evidence counts in."""

    text: str
    published: date
    title: str = ""
    url: str = ""
