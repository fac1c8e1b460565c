"""What the page shows of the past: the risk's history with its events, and the record of it."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from markupsafe import Markup

from publish.contract.context import Context, EventSkill, Past
from publish.contract.forecast import Forecast
from publish.page import charts, timeline
from publish.page.tally import tallies
from publish.text import words
from theatres import Headline, Theatre

MONTHS: Final = 24
DAILY_DAYS: Final = 60
LATEST_OUTCOMES: Final = 20


def past_values(forecast: Forecast, context: Context, theatre: Theatre) -> dict[str, Any]:
    """The template's values for the history, the events and the track record."""
    headline, end = theatre.headline, forecast.as_of
    start = months_before(end, MONTHS)
    closed = sorted(
        (*context.history, *_said_now(forecast, context, headline)), key=lambda p: p.as_of
    )
    history = thinned((p for p in closed if start <= p.as_of <= end), end)
    reach = max((abs(v) for s in context.skill for v in (s.low, s.skill, s.high)), default=0.0)
    return {
        "context": context,
        "history": history,
        "history_charts": _history_charts(history, start, end, theatre),
        "lanes": timeline.lanes(context.events, start, end),
        "span_events": timeline.spanned(context.events, start, end),
        "skill_of": lambda target, units: skill_of(context, target, units, headline.days),
        "skill_reach": reach or 1.0,
        "reliability_chart": _reliability_chart(context),
        "tallies": tallies(context.outcomes),
        "latest_outcomes": context.outcomes[: -LATEST_OUTCOMES - 1 : -1],
    }


def thinned(history: Iterable[Past], end: date) -> list[Past]:
    """Every point of the last 60 days, and of those before the last one of each week."""
    kept: dict[object, Past] = {}
    for past in history:
        daily = (end - past.as_of).days < DAILY_DAYS
        kept[past.as_of if daily else past.as_of.isocalendar()[:2]] = past
    return list(kept.values())


def months_before(day: date, months: int) -> date:
    """The same day so many months back, or the first of the next month where there is none."""
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    return min(first + timedelta(day.day - 1), (first + timedelta(32)).replace(day=1))


def skill_of(context: Context, target: str, units: str, days: int) -> EventSkill | None:
    """The record of that target and those units at the horizon nearest to so many days, if any."""
    kept = [s for s in context.skill if (s.target, s.units) == (target, units)]
    return min(kept, key=lambda s: abs(s.horizon_days - days), default=None)


def _said_now(forecast: Forecast, context: Context, headline: Headline) -> tuple[Past, ...]:
    """This issue's own point of the history, unless it is there or is none that was published."""
    row = forecast.row(*headline.key)
    there = any(p.as_of == forecast.as_of and p.source == "issue" for p in context.history)
    if there or forecast.status == "hindcast" or row is None:
        return ()
    p, base = row.probability, row.baseline_probability
    if p is None or base is None:
        return ()
    past = Past(forecast.as_of, p, row.probability_low, row.probability_high, base, "issue")
    return (past,)


def _history_charts(
    history: Sequence[Past], start: date, end: date, theatre: Theatre
) -> list[Markup]:
    if not history:
        return []
    last = history[-1]
    risks = [past.probability for past in history]
    days, event = theatre.headline.days, theatre.event(theatre.headline.target)
    alternative = (
        f"From {words.day(history[0].as_of)} to {words.day(last.as_of)} the {days}-day risk ran"
        f" between {words.percent(min(risks))} and {words.percent(max(risks))}. It was last"
        f" {words.percent(last.probability)}, its base rate {words.percent(last.baseline)}."
    )
    title = f"Risk of {event} within {days} days, last {MONTHS} months"
    return [
        charts.history_svg(history, start, end, canvas, title, alternative)
        for canvas in (charts.WIDE, charts.PHONE)
    ]


def _reliability_chart(context: Context) -> Markup | None:
    if not context.reliability:
        return None
    alternative = "; ".join(
        f"forecast {words.percent(b.forecast)}, came true {words.percent(b.observed)}"
        for b in context.reliability
    )
    return charts.reliability_svg(context.reliability, "Forecast against what came", alternative)
