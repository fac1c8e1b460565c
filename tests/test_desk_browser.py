"""The desk in a real browser: by the keyboard alone, safe from articles, quick with many."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from desks import NOW, SENTENCE, URL, file, make_article, make_clash, make_proposal, toll
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import Served, listening, serve

from benchmarks.screenshots import find_chromium
from publish.api.access import Rules
from streams.events.event import to_frame
from streams.sources.desk.desk import Desk
from streams.store.store import Store

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine's PATH")
EVIL = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">\u202egnp"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str) -> Served:
    """A service whose clock stands at the desk's day, and at whose desk nothing waits yet."""
    rules = Rules(rate="100000/second", failures="100000/second")
    served = serve(tmp_path / "published", sqlite_url, rules)
    served.now[0] = NOW
    return served


@pytest.fixture
def address(served: Served) -> Iterator[str]:
    """Where the service answers."""
    yield from listening(served.app)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """An empty page in a context of its own; an error of its scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and "status of 4" not in message.text
            else None
        ),
    )
    yield opened
    context.close()
    assert faults == []


def desk_of(served: Served) -> Desk:
    """The desk behind the service."""
    return served.state.desk(served.state.theatres["pak_afg"])


def offer(served: Served, number: int = 0, **changes: object) -> None:
    """One more proposal, of an article of its own."""
    text = f"Report {number}. {SENTENCE} Nobody answered."
    article = make_article(text, **{"title": f"Offer {number}", "url": f"{URL}/{number}"} | changes)
    store = Store(served.state.engine, "pak_afg")
    file(store, make_proposal(article, actor="CHN", place=f"Place {number}"), article=article)


def enter(page: Page, served: Served, address: str) -> None:
    """The desk, opened with a key by the keyboard alone."""
    key = served.keys.make("Ann", "write", NOW)
    page.goto(f"{address}/desk")
    expect(page.locator("[name=key]")).to_be_focused()
    page.keyboard.insert_text(key)
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_attached()
    expect(page.locator("article:not([hidden]), #empty:not([hidden])")).to_be_attached()


def heading(page: Page) -> str:
    """What the proposal that is shown says."""
    return page.locator("article:not([hidden]) h2").inner_text()


def test_desk_asks_for_a_key_and_keeps_it_from_scripts(
    page: Page, served: Served, address: str
) -> None:
    offer(served)
    answer = page.goto(f"{address}/desk")
    assert answer is not None
    assert answer.status == 401
    expect(page.locator("[name=key]")).to_be_focused()
    page.keyboard.insert_text("dyk_0_nothing")
    page.keyboard.press("Enter")
    expect(page.locator(".fault")).to_have_text("no such key, or it was revoked")

    enter(page, served, address)

    assert "Place 0" in heading(page)
    assert page.evaluate("document.cookie") == ""
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    page.locator("#leave").click()
    expect(page.locator("#login")).to_be_visible()


def test_each_decision_is_a_key(page: Page, served: Served, address: str) -> None:
    for number in range(4):
        offer(served, number)
    enter(page, served, address)
    names = [each.proposal.place for each in desk_of(served).listed()]
    assert names[0] in heading(page)

    page.keyboard.press("j")
    assert names[1] in heading(page)
    page.keyboard.press("k")
    assert names[0] in heading(page)

    page.keyboard.press("a")
    expect(page.locator("#state")).to_contain_text("Accepted")
    assert names[1] in heading(page)

    page.keyboard.press("r")
    page.keyboard.press("3")
    expect(page.locator("#state")).to_contain_text("Rejected")
    page.keyboard.press("r")
    page.keyboard.press("Tab")
    page.locator("#reject-form input").focus()
    page.keyboard.type("a rumour, again")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("Rejected")
    expect(page.locator("#count")).to_have_text("1")

    decided = desk_of(served).decisions()
    assert [(each.action, each.by, each.reason) for each in decided] == [
        ("accept", "Ann", ""),
        ("reject", "Ann", "an old event told again"),
        ("reject", "Ann", "a rumour, again"),
    ]

    page.keyboard.press("u")
    expect(page.locator("#state")).to_have_text("Taken back.")
    assert names[2] in heading(page)
    assert [each.proposal.place for each in desk_of(served).listed()] == names[2:]
    page.keyboard.press("a")  # what was taken back is decided anew
    expect(page.locator("#count")).to_have_text("1")
    page.keyboard.press("a")
    expect(page.locator("#empty")).to_be_visible()
    assert desk_of(served).waiting() == 0


def test_mending_is_a_form_of_what_stands(page: Page, served: Served, address: str) -> None:
    offer(served)
    enter(page, served, address)

    page.keyboard.press("m")
    expect(page.locator("#mend")).to_be_visible()
    assert page.locator("#mend [name=actor]").input_value() == "CHN"
    page.locator("#mend [name=actor]").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.locator("#mend .fault")).to_contain_text("a code of 2 to 6 capitals")
    page.locator("#mend [name=actor]").fill("IRN")
    page.locator("#mend [name=confidence]").select_option("low")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("Mended")

    (decision,) = desk_of(served).decisions()
    assert {**decision.changes} == {"actor": ["CHN", "IRN"], "confidence": ["high", "low"]}


def test_keys_rest_while_one_types_or_wants_none(page: Page, served: Served, address: str) -> None:
    offer(served)
    enter(page, served, address)

    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).not_to_be_visible()
    page.keyboard.press("r")
    page.locator("#reject-form input").focus()
    page.keyboard.type("aaa 123")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    page.locator("#keys").uncheck()
    page.locator("#main").click()
    page.keyboard.press("a")

    assert desk_of(served).decisions() == []


def test_evidence_is_marked_in_its_text(page: Page, served: Served, address: str) -> None:
    offer(served)
    enter(page, served, address)

    assert page.locator("article:not([hidden]) mark").inner_text() == SENTENCE
    passage = page.locator("article:not([hidden]) blockquote").inner_text()
    assert passage == f"Report 0. {SENTENCE} Nobody answered."
    link = page.locator("article:not([hidden]) figcaption a")
    assert (link.get_attribute("href"), link.get_attribute("rel")) == (
        f"{URL}/0",
        "noreferrer noopener",
    )


def test_number_s_move_is_told(page: Page, served: Served, address: str) -> None:
    offer(served)
    enter(page, served, address)

    expect(page.locator("article:not([hidden]) .move")).to_have_text(
        "The 30-day risk of a clash between the two states moves from 41% to 44%."
    )


def test_what_an_article_holds_is_shown_and_never_run(
    page: Page, served: Served, address: str
) -> None:
    text = f"{EVIL} {SENTENCE} {EVIL}"
    article = make_article(text, title=EVIL, url="javascript:document.title='run'")
    place = '"><script>document.title="run"</script>'
    file(
        Store(served.state.engine, "pak_afg"),
        make_proposal(article, place=place),
        article=article,
    )
    enter(page, served, address)
    page.keyboard.press("m")
    page.keyboard.press("Escape")

    assert page.title() == "Desk: Pakistan–Afghanistan"
    assert "<script>" in page.locator("article:not([hidden]) blockquote").inner_text()
    assert "<script>" in page.locator("article:not([hidden]) figcaption").inner_text()
    assert place in heading(page)
    assert page.locator("article img, article script, article figcaption a").count() == 0


def test_scripts_that_are_not_the_page_s_own_are_forbidden(
    page: Page, served: Served, address: str
) -> None:
    offer(served)
    enter(page, served, address)
    answer = page.reload()
    assert answer is not None

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.search(r"script-src 'sha256-[^']+'; connect-src 'self'", policy)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"


def test_who_comes_second_is_told_and_goes_on(page: Page, served: Served, address: str) -> None:
    offer(served, 0)
    offer(served, 1)
    enter(page, served, address)
    first, second = desk_of(served).listed()
    key = served.keys.make("Ben", "write", NOW)
    body = {"action": "accept", "revision": 1}
    path = f"/v1/pak_afg/desk/proposals/{first.proposal_id}/decisions"
    assert served.client(key=key).post(path, json=body).status_code == 201

    page.keyboard.press("a")

    expect(page.locator("#state")).to_contain_text("decided already: accept by Ben")
    assert second.proposal.place in heading(page)
    assert [each.by for each in desk_of(served).decisions()] == ["Ben"]


def test_revision_shows_what_it_contradicts(page: Page, served: Served, address: str) -> None:
    store = Store(served.state.engine, "pak_afg")
    store.append(to_frame([make_clash()]), NOW)
    article = make_article("Seven died at Torkham.", title="Toll")
    file(store, toll(article, 7), article=article, known=to_frame([make_clash()]))
    enter(page, served, address)

    assert "Contradicts clash: another toll: 7 instead of 5." in (
        page.locator("article:not([hidden]) .why").inner_text()
    )
    page.keyboard.press("m")
    assert page.locator("#mend label:not([hidden])").count() == 3


@pytest.mark.slow
def test_two_hundred_proposals_are_there_and_can_be_walked(
    page: Page, served: Served, address: str
) -> None:
    for number in range(200):
        offer(served, number)
    enter(page, served, address)
    expect(page.locator("#count")).to_have_text("200")

    page.reload()
    page.locator("article:not([hidden]) h2").wait_for()

    assert page.locator("#list li").count() == 200
    for _ in range(20):
        page.keyboard.press("j")
    assert page.locator("#list a").nth(20).get_attribute("aria-current") == "true"


@pytest.mark.parametrize("width", [360, 768, 1280, 3840])
def test_desk_fits_the_screen(page: Page, served: Served, address: str, width: int) -> None:
    offer(served, title="A title without an end " * 20)
    page.set_viewport_size({"width": width, "height": 900})
    enter(page, served, address)

    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, served: Served, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    offer(served, 0)
    offer(served, 1)
    page.goto(f"{address}/desk")
    faults = [f"login: {each['id']}" for each in Axe().run(page).response["violations"]]
    enter(page, served, address)
    page.keyboard.press("a")
    expect(page.locator("#state")).to_contain_text("Accepted")
    for key in ("", "m", "r", "?"):
        if key:
            page.keyboard.press(key)
        found = Axe().run(page).response["violations"]
        faults += [f"{key}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
        page.keyboard.press("Escape")

    assert faults == []
