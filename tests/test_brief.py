"""The brief says what the rows say, names them, and is honest about what is not there."""

from datetime import timedelta
from pathlib import Path

import matplotlib
from forecasts import AS_OF, make_absent, make_forecast, make_row
from serving import CONTEXT, NOW, THEATRE

from publish.contract.context import Context, KnownEvent
from publish.text.brief import brief_of, markdown, pdf

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
EVENT = KnownEvent(
    AS_OF,
    AS_OF,
    "mediation_offer",
    "conciliation",
    "RUS",
    "AFG",
    "",
    "",
    "Russia offers | to *mediate*.",
    "https://example.org/a",
    None,
)


def text_of(*rows: object, context: Context = CONTEXT, late: int = 0, **changed: object) -> str:
    """The brief's Markdown of an issue of these rows, read so many days late."""
    forecast = make_forecast(rows=rows, **changed)  # type: ignore[arg-type]
    return markdown(brief_of(forecast, context, THEATRE, NOW + timedelta(days=late)))


def test_brief_tells_the_headline_with_its_row() -> None:
    row = make_row(
        horizon_days=30,
        change=0.03,
        change_split=(("new_events", 4.0), ("time_passing", -1.0)),
    )
    text = text_of(row)

    assert (
        "within 30 days is 25% (12–50): level low, 12.5 points above the base rate of 12%."
        " `[dyad/clash/30]`" in text
    )
    assert "moved by +3.0 points: new events +4.0, time passing −1.0." in text
    assert "force +15.0, talks and conciliation −2.5. This is association, not cause." in text
    assert "no skill beyond the base rate shown yet" in text


def test_brief_without_a_forecast_gives_no_number_and_the_reason() -> None:
    rows = (make_absent(unit="dyad", horizon_days=30), make_absent())
    text = text_of(*rows, status="no_forecast")

    assert "There is no forecast in this issue" in text
    assert (
        "No risk of a clash between the two states within 30 days is given: the chronicle's silence"
        in text
    )
    assert " 0%" not in text


def test_brief_says_how_old_it_is() -> None:
    row = make_row(horizon_days=30)
    assert "days old" not in text_of(row, late=2)
    assert "**This issue is 5 days old; nothing is said of the days since.**" in text_of(
        row, late=5
    )


def test_text_of_an_event_is_no_markup() -> None:
    text = text_of(make_row(horizon_days=30), context=Context(events=(EVENT,)))
    assert r"Russia offers \| to \*mediate\*." in text
    assert "`[example.org]`" in text


def test_pdf_is_one_page_and_the_same_twice() -> None:
    forecast = make_forecast(rows=(make_row(horizon_days=30),))
    brief = brief_of(forecast, CONTEXT, THEATRE, NOW)

    first, second = pdf(brief, FONTS), pdf(brief, FONTS)

    assert first == second
    assert first.startswith(b"%PDF-")
    assert first.count(b"/Type /Page\n") == 1
