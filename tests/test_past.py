"""What the page shows of the past."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from forecasts import AS_OF, make_absent, make_forecast, make_row
from pages import make_context

from publish.contract.context import Past
from publish.page.past import months_before, past_values, skill_of, thinned
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")


def past(as_of: date) -> Past:
    """What the record said of a day."""
    return Past(as_of, 0.2, None, None, 0.1, "record")


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date(2026, 3, 31), date(2024, 3, 31)),
        (date(2026, 1, 1), date(2024, 1, 1)),
        (date(2028, 2, 29), date(2026, 3, 1)),
    ],
)
def test_span_begins_two_years_before(day: date, start: date) -> None:
    assert months_before(day, 24) == start


def test_history_keeps_every_late_day_and_one_a_week_before() -> None:
    days = [AS_OF - timedelta(n) for n in range(120, -1, -1)]

    kept = [p.as_of for p in thinned(map(past, days), AS_OF)]

    assert kept[-60:] == days[-60:]
    early = kept[:-60]
    assert len({day.isocalendar()[:2] for day in early}) == len(early) == 10
    assert all(day in days for day in early)


def test_history_ends_with_the_issue_itself() -> None:
    values = past_values(make_forecast(), make_context(), THEATRE)

    last = values["history"][-1]
    assert (last.as_of, last.probability, last.source) == (AS_OF, 0.25, "issue")


def test_history_holds_no_point_for_what_was_not_said() -> None:
    absent = make_absent(unit="dyad", horizon_days=30)
    silent = make_forecast(rows=(make_row(), absent))
    hindcast = make_forecast(status="hindcast")

    for forecast in (silent, hindcast):
        history = past_values(forecast, make_context(), THEATRE)["history"]
        assert history[-1].as_of == AS_OF - timedelta(7)


def test_what_lies_after_the_issue_or_before_the_span_is_left_out() -> None:
    context = make_context(
        history=(past(AS_OF - timedelta(800)), past(AS_OF + timedelta(1))), events=()
    )

    history = past_values(make_forecast(), context, THEATRE)["history"]

    assert [p.as_of for p in history] == [AS_OF]


def test_skill_of_a_target_is_that_of_the_horizon_nearest_to_thirty_days() -> None:
    context = make_context()
    near = context.skill[0]
    far = replace(near, horizon_days=90)

    assert skill_of(replace(context, skill=(far, near)), "clash", "dyad", 30) == near
    assert skill_of(replace(context, skill=(far,)), "clash", "dyad", 30) == far
    assert skill_of(context, "clash", "segments", 30) is None
