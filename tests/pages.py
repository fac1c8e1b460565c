"""A page drawn for the tests, the context that stands around it, and its elements."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from forecasts import AS_OF, make_forecast

from publish.contract.context import (
    Bin,
    ClosedRow,
    Context,
    EventSkill,
    Freshness,
    KnownEvent,
    Past,
)
from publish.contract.forecast import Forecast
from publish.page.page import page_html
from theatres import load_theatre

NOW = datetime(2025, 11, 16, 6, tzinfo=UTC)
BLOCKS = {"td", "th", "dt", "dd", "li", "p", "small"}
VOID = {"meta", "br", "link", "img", "input", "hr"}


def make_told(**changed: Any) -> KnownEvent:
    """A mediation offer five days before the issue, with two sources."""
    fields: dict[str, Any] = {
        "occurred_on": AS_OF - timedelta(5),
        "known_at": AS_OF - timedelta(5),
        "type": "mediation_offer",
        "family": "conciliation",
        "actor": "RUS",
        "target": "AFG",
        "place": "Moscow",
        "segment": "",
        "summary": "Russia offers to mediate.",
        "url": "https://www.example.org/a | https://example.com/b",
        "deaths": None,
    }
    return KnownEvent(**fields | changed)


def make_context(**changed: Any) -> Context:
    """Ten weeks of record, one earlier issue, two events, one stream, two skills, two bins."""
    weeks = [AS_OF - timedelta(weeks=n) for n in range(11, 1, -1)]
    record = [Past(day, 0.2, 0.1, 0.3, 0.15, "record") for day in weeks]
    issue = Past(AS_OF - timedelta(7), 0.22, 0.125, 0.375, 0.15, "issue")
    clash = make_told(type="border_clash", family="force", actor="PAK", deaths=12.0)
    shown = ("clash", "dyad", 30, "2012", 0.16, "memory_52", -0.001, -0.008, 0.006, 29)
    fields: dict[str, Any] = {
        "history": (*record, issue),
        "events": (make_told(), clash),
        "streams": (Freshness("gdelt", "failed", date(2025, 11, 14), AS_OF, None),),
        "skill": (
            EventSkill(*shown, "none shown"),
            EventSkill(
                "severe", "dyad", 90, "2012", 0.07, "climatology", 0.2, 0.1, 0.3, 5, "better"
            ),
        ),
        "reliability": (Bin(0.1, 0.2, 90), Bin(0.3, 0.35, 40)),
        "outcomes": (),
    }
    return Context(**fields | changed)


def make_outcomes(count: int) -> tuple[ClosedRow, ...]:
    """Closed windows of clash within 7 days, every other one came true."""
    days = [AS_OF - timedelta(100 - n) for n in range(count)]
    return tuple(
        ClosedRow(day, "clash", 7, day + timedelta(7), 0.5, 0.25, n % 2)
        for n, day in enumerate(days)
    )


def draw(
    forecast: Forecast | None = None, context: Context | None = None, now: datetime = NOW
) -> str:
    """The page of `make_forecast` with `make_context`, unless others are given."""
    theatre = load_theatre("pak_afg")
    return page_html(forecast or make_forecast(), context or make_context(), theatre, now)


@dataclass
class Element:
    """A tag with its attributes, the text in it, and the elements around it."""

    tag: str
    attributes: dict[str, str]
    around: tuple["Element", ...]
    text: str = field(default="")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.found: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        element = Element(tag, values, tuple(self.open))
        self.found.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(Element(tag, {n: v or "" for n, v in attrs}, tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        opened = self.open.pop()
        assert opened.tag == tag, f"</{tag}> closes <{opened.tag}>"
        if tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def elements(page: str, wanted: Callable[[Element], bool] = lambda _: True) -> list[Element]:
    """The page's elements in order; fails where a tag is not closed as it was opened."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return [element for element in reader.found if wanted(element)]


def text_of(page: str) -> str:
    """All that a reader sees, without style and script, on one line."""
    (body,) = elements(page, lambda e: e.tag == "body")
    script = "".join(e.text for e in elements(page, lambda e: e.tag == "script"))
    return " ".join(body.text.replace(script, "").split())
