"""The page in a real browser: without a network, on any screen, by keyboard and on paper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from forecasts import AS_OF
from pages import draw
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.screenshots import find_chromium, pdf_of

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine's PATH")
DAY = f"{AS_OF}T12:00:00Z"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page that lies on the disk."""
    path: Path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(draw(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page in a context of its own, whose clock stands at the issue's day."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.clock.set_fixed_time(DAY)
    yield opened
    context.close()


def test_page_asks_for_nothing_and_complains_of_nothing(page: Page, address: str) -> None:
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    page.goto(address)

    assert asked == [address]
    assert said == []


@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
def test_page_fits_the_screen(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("width", "shown"), [(360, "phone"), (1280, "wide")])
def test_one_history_chart_is_shown(page: Page, address: str, width: int, shown: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)

    names = [name for name in ("wide", "phone") if page.locator(f".history-{name}").is_visible()]
    assert names == [shown]


def test_note_of_an_event_opens_on_focus_and_leads_to_its_source(page: Page, address: str) -> None:
    page.goto(address)
    note = page.locator("#note-conciliation-1")
    assert not note.is_visible()

    page.locator(".lane.conciliation button").focus()
    assert note.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.href") == "https://www.example.org/a"

    page.keyboard.press("Escape")
    assert not note.is_visible()


def test_note_of_an_event_opens_under_the_pointer(page: Page, address: str) -> None:
    page.goto(address)

    page.locator(".lane.force button").hover()

    assert page.locator("#note-force-1").is_visible()


def test_marks_stand_under_their_day_of_the_chart(page: Page, address: str) -> None:
    page.goto(address)

    centre = page.locator(".lane.force button").bounding_box()
    chart = page.locator(".history-wide").bounding_box()
    assert centre is not None
    assert chart is not None
    # The plot runs from 92 to 954 of 1000; 15 Nov 2023 to 15 Nov 2025 are 731 days, 5 from the end.
    expected = chart["x"] + chart["width"] * (92 + 862 * 726 / 731) / 1000
    assert centre["x"] + centre["width"] / 2 == pytest.approx(expected, abs=3)


def test_page_read_late_says_how_old_it_is(page: Page, address: str) -> None:
    page.goto(address)
    assert not page.locator("#aged").is_visible()

    page.clock.set_fixed_time("2026-01-14T12:00:00Z")
    page.goto(address)

    assert page.locator("#aged").is_visible()
    assert "This forecast is 60 days old." in page.locator("#aged").inner_text()


def test_page_is_readable_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    assert "25%" in page.locator(".big").inner_text()
    page.locator(".lane.force button").focus()
    assert page.locator("#note-force-1").is_visible()
    context.close()


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_page_follows_the_readers_colours(
    browser: Browser, address: str, scheme: str, dark: bool
) -> None:
    context = browser.new_context(color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(address)

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    line = page.evaluate("getComputedStyle(document.querySelector('.history-wide text')).fill")
    brightness = [sum(map(int, re.findall(r"\d+", colour))) / 3 for colour in (ground, line)]
    assert (brightness[0] < brightness[1]) is dark
    context.close()


def test_page_prints_on_two_sheets_at_most(browser: Browser, address: str) -> None:
    printed = pdf_of(browser, address)

    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
