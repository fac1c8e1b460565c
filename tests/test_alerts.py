"""Rules raise what is due, once, from numbers that are there; and say it in words."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from alerting import NOW, make_theatre
from forecasts import AS_OF, LEVELS, make_absent, make_forecast, make_row
from hypothesis import given
from hypothesis import strategies as st

from publish.alerting.alerts import Alert, due
from publish.contract.context import Freshness
from publish.contract.forecast import Forecast, Row
from theatres import Theatre

BEFORE = AS_OF - timedelta(days=1)
RISES = {"kind": "level_rises"}
JUMPS = {"kind": "probability_jumps", "by": 0.1}
CROSSES = {"kind": "crosses", "unit": "dyad", "target": "clash", "horizon": 7, "at": 0.5}
GONE = {"kind": "no_forecast"}
SILENT = {"kind": "stream_silent", "source": "gdelt", "after_days": 3}
BROKEN = {"kind": "verification_fails"}
ALL = (RISES, JUMPS, CROSSES, GONE, SILENT, BROKEN)


def row(probability: float, as_of: date = AS_OF, **changed: Any) -> Row:
    """The dyad's clash within 7 days, its drivers and level as they must be."""
    fields: dict[str, Any] = {
        "probability": probability,
        "probability_low": 0.0,
        "probability_high": 1.0,
        "level": "high" if probability >= 0.5 else "low",
        "drivers": (("force", 100 * (probability - 0.125)),),
    }
    return make_row(as_of, **fields | changed)


def issue(*rows: Row, as_of: date = AS_OF, **changed: Any) -> Forecast:
    """An issue of those rows."""
    return make_forecast(as_of, rows=rows, **changed)


def moved(theatre: Theatre, old: float, new: float, **changed: Any) -> list[Alert]:
    """What is due when the probability moves from one to the other."""
    before = issue(row(old, BEFORE), as_of=BEFORE)
    return due(theatre, issue(row(new), **changed), before, [], [], NOW)


def stream(newest: date | None, covered: date | None = None, status: str = "ok") -> Freshness:
    """How GDELT fares."""
    return Freshness("gdelt", status, newest, newest, covered)


def test_level_that_rises_is_told_in_words_made_from_the_data() -> None:
    (alert,) = moved(make_theatre(RISES), 0.25, 0.6)

    assert alert.headline == "dyad, clash within 7 days: risk rises from low to high, now 60%"
    assert alert.sentence == (
        "As of 2025-11-15 the probability of clash for the dyad within 7 days by 2025-11-22 is"
        " 60% (80% interval: 0% to 100%), the base rate 12%; as of 2025-11-14 it was 25%. clash:"
        " at least one event of state-on-state force between Pakistan and Afghanistan begins in"
        " the window."
    )
    assert (alert.rule, alert.unit, alert.target, alert.horizon_days) == (
        "rule-0",
        "dyad",
        "clash",
        7,
    )


@pytest.mark.parametrize(("old", "new"), [(0.6, 0.25), (0.6, 0.7), (0.1, 0.2)])
def test_level_that_does_not_rise_is_not_told(old: float, new: float) -> None:
    assert moved(make_theatre(RISES), old, new) == []


def test_level_below_the_one_of_interest_is_not_told() -> None:
    theatre = make_theatre(RISES | {"to": "severe"})
    severe = LEVELS[1].model_copy(update={"name": "severe", "probability": 0.9, "floor": 0.9})
    before = issue(row(0.25, BEFORE), as_of=BEFORE)
    high, top = (
        issue(row(p, level=level), levels=(*LEVELS, severe))
        for p, level in ((0.6, "high"), (0.95, "severe"))
    )

    assert due(theatre, high, before, [], [], NOW) == []
    assert len(due(theatre, top, before, [], [], NOW)) == 1


def test_new_definition_of_levels_is_no_rise() -> None:
    stricter = (LEVELS[0], LEVELS[1].model_copy(update={"probability": 0.2, "floor": 0.2}))
    before = issue(row(0.25, BEFORE), as_of=BEFORE)
    after = issue(row(0.25, level="high"), levels=stricter)

    assert due(make_theatre(RISES), after, before, [], [], NOW) == []


@pytest.mark.parametrize(
    ("old", "new", "told"), [(0.25, 0.35, 1), (0.25, 0.349, 0), (0.35, 0.25, 0), (0.2, 0.3, 1)]
)
def test_jump_is_told_from_its_size_on(old: float, new: float, told: int) -> None:
    assert len(moved(make_theatre(JUMPS), old, new)) == told


def test_jump_is_told_with_its_size() -> None:
    (alert,) = moved(make_theatre(JUMPS), 0.25, 0.375)

    assert alert.headline == "dyad, clash within 7 days: risk jumps by 12.5 points, now 38%"


@pytest.mark.parametrize(
    ("old", "new", "told"), [(0.49, 0.5, 1), (0.5, 0.6, 0), (0.3, 0.49, 0), (0.6, 0.4, 0)]
)
def test_crossing_is_told_upwards_and_once(old: float, new: float, told: int) -> None:
    assert len(moved(make_theatre(CROSSES), old, new)) == told


@pytest.mark.parametrize(
    "narrowed", [{"units": ["khyber"]}, {"targets": ["severe"]}, {"horizons": [30]}]
)
def test_rule_is_about_the_rows_that_it_names(narrowed: dict[str, Any]) -> None:
    assert moved(make_theatre(RISES | narrowed), 0.25, 0.6) == []
    assert len(moved(make_theatre(RISES | {"units": ["dyad"], "horizons": [7]}), 0.25, 0.6)) == 1


def test_late_data_silence_no_alert_of_risk() -> None:
    before = issue(row(0.25, BEFORE), as_of=BEFORE)
    stale = issue(row(0.6, status="stale", reason="covered until long ago"), status="stale")

    raised = due(make_theatre(RISES, JUMPS, CROSSES), stale, before, [], [], NOW)

    assert {each.kind for each in raised} == {"level_rises", "probability_jumps", "crosses"}


def test_hindcast_raises_nothing_about_its_rows() -> None:
    assert moved(make_theatre(*ALL), 0.25, 0.9, status="hindcast") == []


@pytest.mark.parametrize(
    "before", [None, issue(make_absent(BEFORE), as_of=BEFORE, status="no_forecast")]
)
def test_risk_needs_a_number_before(before: Forecast | None) -> None:
    assert due(make_theatre(*ALL), issue(row(0.9)), before, [], [], NOW) == []


def test_forecast_that_is_gone_is_told_by_its_own_rule_once_a_spell() -> None:
    theatre = make_theatre(RISES, JUMPS, CROSSES, GONE)
    before = issue(row(0.25, BEFORE), as_of=BEFORE)
    first, second = (
        due(
            theatre,
            issue(make_absent(day, unit="dyad"), as_of=day, status="no_forecast"),
            before,
            [],
            [],
            NOW,
        )
        for day in (AS_OF, AS_OF + timedelta(days=1))
    )

    assert [alert.headline for alert in first] == ["dyad, clash within 7 days: no forecast"]
    assert "silence means calm until 2026-03-31 only" in first[0].sentence
    assert first[0].alert_id == second[0].alert_id


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (stream(NOW.date() - timedelta(days=3)), 1),
        (stream(NOW.date() - timedelta(days=2)), 0),
        (stream(date(2025, 1, 1), covered=NOW.date()), 0),
        (stream(None), 0),
        (stream(None, status="failed"), 1),
        (Freshness("ucdp", "ok", None, date(2020, 1, 1), None), 0),
    ],
)
def test_stream_is_silent_after_its_days(found: Freshness, told: int) -> None:
    assert len(due(make_theatre(SILENT), issue(row(0.2)), None, [found], [], NOW)) == told


def test_silence_is_one_alert_however_long_it_lasts() -> None:
    theatre, silent = make_theatre(SILENT), [stream(date(2025, 11, 1))]
    first, later = (
        due(theatre, issue(row(p)), None, silent, [], NOW + timedelta(days=n))
        for n, p in ((0, 0.2), (5, 0.3))
    )

    assert first[0].alert_id == later[0].alert_id
    assert first[0].headline == "Source gdelt is silent since 2025-11-01"


def test_faults_of_the_archive_are_told_and_new_ones_again() -> None:
    theatre, forecast = make_theatre(BROKEN), issue(row(0.2))
    one = due(theatre, forecast, None, [], ["a\x00 b\nc"], NOW)
    two = due(theatre, forecast, None, [], ["a\x00 b\nc", "d"], NOW)

    assert one[0].headline == "The archive does not verify: 1 fault"
    assert "finds: a b c." in one[0].sentence
    assert one[0].alert_id != two[0].alert_id


@given(st.floats(0.5, 0.9), st.integers(0, 40))  # hours in which the issue is fresh
def test_alert_has_the_same_id_whenever_its_day_is_forecast_again(new: float, hours: int) -> None:
    theatre = make_theatre(RISES, JUMPS, CROSSES)
    before, later = issue(row(0.25, BEFORE), as_of=BEFORE), NOW + timedelta(hours=hours)
    again = issue(row(new), data_fingerprint="other")

    first = [each.alert_id for each in moved(theatre, 0.25, 0.6)]

    assert [each.alert_id for each in due(theatre, again, before, [], [], later)] == first
    assert len(set(first)) == 3


def test_old_issue_raises_no_risk_and_still_tells_what_fails() -> None:
    theatre = make_theatre(RISES, JUMPS, CROSSES, BROKEN)
    before, now = issue(row(0.25, BEFORE), as_of=BEFORE), issue(row(0.6))
    later = NOW + timedelta(days=theatre.stale_after_days)

    found = due(theatre, now, before, [], ["a fault"], later)

    assert [each.kind for each in found] == ["verification_fails"]


def test_alerts_of_different_rows_rules_and_days_differ() -> None:
    theatre = make_theatre(RISES, RISES)
    rows = [row(0.6), row(0.7, horizon_days=14), row(0.6, unit="khyber")]
    before = issue(*(replace(each, **_low(each)) for each in rows), as_of=BEFORE)
    found = due(theatre, issue(*rows), before, [], [], NOW)
    tomorrow = issue(row(0.6, AS_OF + timedelta(days=1)), as_of=AS_OF + timedelta(days=1))
    found += due(theatre, tomorrow, before, [], [], NOW)

    assert len({alert.alert_id for alert in found}) == len(found) == 8


def _low(each: Row) -> dict[str, Any]:
    low = row(0.25, BEFORE, unit=each.unit, horizon_days=each.horizon_days)
    names = ("probability", "level", "drivers", "target_end_date")
    return {name: getattr(low, name) for name in names}
