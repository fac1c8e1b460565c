"""The page says what the forecast says, and how much of it to believe, in sound HTML."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from forecasts import AS_OF, make_absent, make_forecast, make_row, make_rows
from pages import NOW, Element, draw, elements, make_context, make_outcomes, make_told, text_of

from publish.contract.context import Context, EventSkill
from publish.contract.forecast import ForecastError, IssueStatus, Row, to_json
from publish.page.page import BYTES_MAX, TEMPLATES, page_html
from theatres import load_theatre

NUMBERS = ("probability", "probability_low", "probability_high", "baseline_probability", "change")
SPLIT = (("new_events", 4.5), ("time_passing", -2.0))
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def moved_rows() -> tuple[Row, ...]:
    """The builder's rows, the dyad's with a change of 2.5 points that is split."""
    return (
        make_row(change=0.025, change_split=SPLIT),
        make_row(horizon_days=30, change=0.025, change_split=SPLIT),
        make_row(unit="khyber", horizon_days=30),
        make_absent(target="closure"),
    )


def numbers(page: str) -> dict[tuple[str, str, int, str], set[str]]:
    """The values shown of each row and field, as the page's attributes hold them."""
    found: dict[tuple[str, str, int, str], set[str]] = {}
    for e in elements(page, lambda e: "data-field" in e.attributes):
        a = e.attributes
        key = (a["data-unit"], a["data-target"], int(a["data-horizon"]))
        found.setdefault((*key, a["data-field"]), set()).add(a["data-value"])
    return found


def test_page_shows_every_number_of_the_json_unchanged() -> None:
    forecast = make_forecast(rows=moved_rows())

    shown = numbers(draw(forecast))

    told = {
        (row["unit"], row["target"], row["horizon_days"], name): {repr(row[name])}
        for row in json.loads(to_json(forecast))["rows"]
        for name in NUMBERS
        if row[name] is not None
    }
    assert {key: v for key, v in shown.items() if key[3] in NUMBERS} == told


def test_page_rounds_for_show_with_the_interval_beside() -> None:
    assert "25% 80% interval (12–75)" in text_of(draw())


def test_page_divides_the_change_into_its_parts() -> None:
    page = draw(make_forecast(rows=moved_rows()))

    parts = {
        e.attributes["data-part"]: (float(e.attributes["data-value"]), e.text)
        for e in elements(page, lambda e: e.attributes.get("data-field") == "change_split")
    }

    assert parts == {"new_events": (4.5, "+4.5"), "time_passing": (-2.0, "−2.0")}
    assert "+2.5 points since the last issue, most of it new events" in text_of(page)


def test_page_without_an_earlier_issue_says_so() -> None:
    assert "There is no earlier issue to compare with." in text_of(draw())


def test_row_without_a_forecast_shows_its_reason_and_no_number() -> None:
    page = draw()

    said = f"no forecast {make_absent().reason}"
    assert said in text_of(page)
    assert not [key for key in numbers(page) if key[:3] == make_absent().key]


def test_crossing_without_any_forecast_says_why_once() -> None:
    rows = tuple(make_absent(target="closure", horizon_days=days) for days in (7, 14, 30))

    page = draw(make_forecast(rows=(make_row(), *rows)))

    (table,) = elements(page, lambda e: e.attributes.get("class") == "closures")
    assert table.text.count(make_absent().reason) == 1
    assert "Torkham" in table.text


def test_crossings_with_other_horizons_stand_in_one_table() -> None:
    rows = (
        make_row(unit="khyber", target="closure"),
        make_row(unit="chaman", target="closure", horizon_days=30),
        make_absent(unit="kurram", target="closure", horizon_days=30),
    )

    page = draw(make_forecast(rows=rows))

    (table,) = elements(page, lambda e: e.attributes.get("class") == "closures")
    assert table.text.count("not in this issue") == 3
    assert "This issue holds no forecast of a clash between the two states." in text_of(page)


def test_issue_without_any_forecast_is_a_page_with_a_banner() -> None:
    rows = tuple(make_absent(unit="dyad", horizon_days=days) for days in (7, 30))

    page = draw(make_forecast(status="no_forecast", rows=rows), Context())

    assert "There is no forecast in this issue." in text_of(page)
    assert numbers(page) == {}
    assert not re.search(r"(?<!\d)0%", text_of(page))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("hindcast", "This is a hindcast, not a live forecast."),
        ("stale", "The data behind this forecast are late."),
    ],
)
def test_banner_says_what_kind_of_issue_it_is(status: IssueStatus, said: str) -> None:
    late = make_row(status="stale", reason="covered until 11 Nov")
    rows = (late if status == "stale" else make_row(), make_absent())

    assert said in text_of(draw(make_forecast(status=status, rows=rows)))
    assert said not in text_of(draw())


@pytest.mark.parametrize(("days", "said"), [(0, False), (2, False), (3, True), (240, True)])
def test_banner_says_how_old_the_forecast_is(days: int, said: bool) -> None:
    now = datetime.combine(AS_OF + timedelta(days), NOW.timetz())

    (aged,) = elements(draw(now=now), lambda e: e.attributes.get("id") == "aged")

    assert ("hidden" not in aged.attributes) is said
    assert f"This forecast is {days} day" in aged.text
    assert "Nothing is said of the days since." in aged.text


def test_window_that_has_passed_is_marked_as_over() -> None:
    assert "to 22 Nov 2025 over" in text_of(draw(now=NOW + timedelta(days=7)))
    assert "to 22 Nov 2025 over" not in text_of(draw())


def test_page_says_the_verdict_on_the_record() -> None:
    text = text_of(draw())

    said = "no skill beyond the base rate shown yet (skill −0.001, 90% interval −0.008 to +0.006)"
    assert f"Track record, 30 days: {said}." in text
    assert "+0.200 (+0.100 to +0.300) 5 yes" in text


def test_verdict_stands_beside_the_numbers_that_it_is_about() -> None:
    skill = EventSkill(
        "closure", "segments", 30, "2012", 0.03, "memory_104", -0.02, -0.05, -0.01, 9, "worse"
    )
    rows = (make_row(), make_row(unit="khyber", target="closure", horizon_days=30))

    text = text_of(draw(make_forecast(rows=rows), make_context(skill=(skill,))))

    assert "Track record, 30 days: worse than the base rate (skill −0.020" in text


def test_scoreboard_is_empty_until_a_window_has_closed() -> None:
    said = "No window of a published issue has closed yet."

    assert said in text_of(draw())
    # Said 0.5 of each: a Brier score of 0.25; the base rate of 0.25 scores (0.0625 + 0.5625) / 2.
    closed = text_of(draw(context=make_context(outcomes=make_outcomes(4))))
    assert said not in closed
    assert "clash, 7 days 4 2 0.250 0.312" in closed


def test_page_without_a_context_still_stands() -> None:
    text = text_of(draw(context=Context()))

    assert "No record is at hand." in text
    assert "No reliability record is at hand." in text


def test_text_of_the_data_stays_text() -> None:
    told = make_told(summary=HOSTILE, place=HOSTILE, url=HOSTILE, actor="<b>", target="<i>")
    rows = (*make_rows()[:3], make_absent(reason=HOSTILE))

    page = draw(make_forecast(rows=rows), make_context(events=(told,)))

    assert [e.tag for e in elements(page, lambda e: e.tag in ("script", "img"))] == ["script"]
    assert not [name for e in elements(page) for name in e.attributes if name.startswith("on")]
    assert HOSTILE in text_of(page)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "ftp://a.org", "a file"]
)
def test_source_that_is_no_web_address_is_not_linked(url: str) -> None:
    page = draw(context=make_context(events=(make_told(url=url),)))

    addresses = [e.attributes["href"] for e in elements(page, lambda e: e.tag == "a")]
    assert all(address.startswith("#") for address in addresses)
    assert url in text_of(page)


def test_page_needs_nothing_from_elsewhere() -> None:
    page = draw()

    assert not [e for e in elements(page) if {"src", "srcset", "poster"} & e.attributes.keys()]
    assert not elements(page, lambda e: e.tag in ("link", "iframe", "object", "base"))
    assert "@import" not in page
    assert "url(" not in page
    hosts = {urlsplit(a).hostname for a in re.findall(r'href="(http[^"]*)"', page)}
    assert hosts == {"www.example.org", "example.com"}


def test_page_stays_small_however_many_events_there_are() -> None:
    events = tuple(
        make_told(occurred_on=AS_OF - timedelta(n % 700), summary="<&" * 5000, url=HOSTILE * 9)
        for n in range(3000)
    )

    page = draw(context=make_context(events=events))

    assert len(page.encode()) <= BYTES_MAX


def test_same_values_give_the_same_page() -> None:
    assert draw() == draw()


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ForecastError, match="time zone"):
        draw(now=NOW.replace(tzinfo=None))


def test_forecast_of_another_theatre_is_refused() -> None:
    theatre = load_theatre("pak_afg").model_copy(update={"name": "elsewhere"})

    with pytest.raises(ForecastError, match="another theatre"):
        page_html(make_forecast(), Context(), theatre, NOW)


def headings(page: str) -> list[Element]:
    """The headings, from h1 to h6."""
    return elements(page, lambda e: re.fullmatch(r"h[1-6]", e.tag) is not None)


def test_headings_begin_with_one_and_skip_no_rank() -> None:
    ranks = [int(e.tag[1]) for e in headings(draw())]

    assert ranks.count(1) == 1
    assert ranks[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(ranks))


def test_page_has_its_landmarks_and_language() -> None:
    page = draw()

    tags = [e.tag for e in elements(page)]
    assert [tags.count(name) for name in ("header", "main", "footer")] == [1, 1, 1]
    (html,) = elements(page, lambda e: e.tag == "html")
    assert html.attributes["lang"] == "en"


def test_every_heading_of_a_table_has_its_scope() -> None:
    scopes = {e.attributes.get("scope") for e in elements(draw(), lambda e: e.tag == "th")}

    assert scopes == {"row", "col"}


def test_every_drawing_is_named_and_described() -> None:
    page = draw()

    for drawing in elements(page, lambda e: e.tag == "svg"):
        name, told = drawing.attributes["aria-labelledby"].split()
        (title,) = elements(page, lambda e, id_=name: e.attributes.get("id") == id_)  # type: ignore[misc]
        (about,) = elements(page, lambda e, id_=told: e.attributes.get("id") == id_)  # type: ignore[misc]
        assert (title.tag, about.tag, drawing.attributes["role"]) == ("title", "desc", "img")
        assert title.text
        assert about.text


def test_ids_are_unique_and_every_reference_meets_one() -> None:
    found = elements(draw())

    ids = [e.attributes["id"] for e in found if "id" in e.attributes]
    named = ("aria-labelledby", "aria-describedby")
    wanted = {ref for e in found for name in named for ref in e.attributes.get(name, "").split()}
    wanted |= {
        e.attributes["href"][1:] for e in found if e.attributes.get("href", "").startswith("#")
    }
    assert len(set(ids)) == len(ids)
    assert wanted <= set(ids)


def test_events_are_buttons_with_their_note_and_source() -> None:
    page = draw()

    marks = elements(page, lambda e: e.tag == "button")
    assert [" ".join(e.text.split()) for e in marks] == [
        "10 Nov 2025: mediation offer",
        "10 Nov 2025: border clash",
    ]
    (note,) = elements(page, lambda e: e.attributes.get("id") == "note-force-1")
    assert "PAK → AFG. Russia offers to mediate. Deaths: 12." in " ".join(note.text.split())
    links = elements(page, lambda e: e.tag == "a" and note.attributes in _attributes(e))
    assert [e.attributes["href"] for e in links] == [
        "https://www.example.org/a",
        "https://example.com/b",
    ]


def _attributes(element: Element) -> list[dict[str, str]]:
    return [outer.attributes for outer in element.around]


def colours(style: str) -> list[dict[str, str]]:
    """The palettes of light, dark and paper: name -> six hex digits."""
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return [dict(re.findall(r"--([a-z0-9-]+): #([0-9a-f]{6});", block)) for block in blocks]


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it: (L1 + 0.05) / (L2 + 0.05)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_black_on_white() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)


def test_text_has_the_contrast_of_wcag_aa_in_each_palette() -> None:
    palettes = colours((TEMPLATES / "page.css").read_text(encoding="utf-8"))
    assert len(palettes) == 3
    for palette in palettes:
        levels = [f"s{n}" for n in range(6)]
        texts = ["ink", "muted", "line", *levels]
        pairs = [(text, ground) for text in texts for ground in ("paper", "sheet")]
        pairs += [("on", level) for level in levels] + [("note-ink", "note")]
        poor = {p: contrast(palette[p[0]], palette[p[1]]) for p in pairs}
        assert {p: c for p, c in poor.items() if c < 4.5} == {}
        marks = ("base", "conciliation", "breakdown", "force")
        assert [m for m in marks if contrast(palette[m], palette["paper"]) < 3] == []
