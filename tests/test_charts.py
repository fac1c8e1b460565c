"""The charts as SVG: whole, silent but for their title, in the page's own colours."""

import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta

from publish.contract.context import Bin, Past
from publish.page.charts import PHONE, WIDE, history_svg, reliability_svg

START, END = date(2024, 11, 15), date(2025, 11, 15)
PATH = "{http://www.w3.org/2000/svg}path"


def past(days: int, source: str = "record", low: float | None = None) -> Past:
    """The risk so many days before the end, with a band where `low` is given."""
    high = None if low is None else 0.5
    kind = "issue" if source == "issue" else "record"
    return Past(END - timedelta(days), 0.25, low, high, 0.2, kind)  # type: ignore[arg-type]


def history(*points: Past) -> str:
    """The wide chart of the points."""
    return str(history_svg(points, START, END, WIDE, "Risk", "It rose & fell."))


def dots(text: str) -> int:
    """How many round marks are drawn in the line's colour."""
    return len(re.findall(r'<path [^>]*d="M[^"]*A[^"]*"[^>]*fill="var\(--line\)"', text))


def test_history_is_sound_xml_named_and_described() -> None:
    root = ET.fromstring(history(past(14), past(7)))  # noqa: S314 (made here)

    assert root.attrib["role"] == "img"
    assert [child.text for child in root[:2]] == ["Risk", "It rose & fell."]
    assert root.attrib["viewBox"] == "0 0 1000 300"


def test_history_tells_issues_from_the_record_by_dots() -> None:
    assert dots(history(past(14), past(7))) == 0
    assert dots(history(past(14), past(7, "issue"), past(0, "issue"))) == 2


def test_history_draws_a_band_only_where_there_is_one() -> None:
    bare = history(past(14), past(7))
    banded = history(past(14, low=0.1), past(7, low=0.1))

    assert 'opacity="0.16"' in banded
    assert re.findall(r'd="([^"]+)"[^>]*opacity="0.16"', bare) == []


def test_history_ends_with_the_last_value() -> None:
    assert ">25%<" in history(past(14), past(0))


def test_charts_leave_colours_and_fonts_to_the_page() -> None:
    bins = [Bin(0.1, 0.2, 30), Bin(0.4, 0.3, 5)]
    for text in (
        history(past(14, low=0.1), past(0, "issue", 0.1)),
        str(reliability_svg(bins, "", "")),
    ):
        assert not re.search(r"#[0-9a-fA-F]{3,6}\b", text)
        assert set(re.findall(r'font-family="([^"]*)"', text)) <= {"inherit"}
        assert "aria-label=" not in text


def test_both_sizes_can_stand_in_one_page() -> None:
    points = [past(14), past(0)]
    both = "".join(history_svg(points, START, END, size, "t", "d") for size in (WIDE, PHONE))

    ids = re.findall(r' id="([^"]*)"', both)
    assert len(ids) == len(set(ids)) == 4


def test_reliability_has_a_dot_a_bin() -> None:
    text = str(reliability_svg([Bin(0.1, 0.2, 30), Bin(0.4, 0.3, 5)], "t", "d"))

    assert dots(text) == 2
