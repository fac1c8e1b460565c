"""Alert rules that can never hold are refused; quiet hours end when they say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from alerting import make_theatre
from pydantic import ValidationError

from theatres import Notify, load_theatre


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "level_rises", "units": ["kyber"]}, "no such unit: kyber"),
        ({"kind": "level_rises", "targets": ["war"]}, "no such target: war"),
        ({"kind": "level_rises", "horizons": [8]}, "no such horizon: 8"),
        ({"kind": "level_rises", "to": "extreme"}, "no such level: extreme"),
        ({"kind": "stream_silent", "source": "x", "after_days": 1}, "no such source: x"),
        ({"kind": "level_rises", "units": ["zhob"], "targets": ["severe"]}, "no row"),
        (
            {"kind": "crosses", "unit": "dyad", "target": "severe", "horizon": 7, "at": 0.5},
            "no row",
        ),
        ({"kind": "probability_jumps", "by": 0}, "greater than 0"),
        ({"kind": "level_falls"}, "level_falls"),
        ({"kind": "no_forecast", "channels": ["fax"]}, "webhook"),
        ({"kind": "no_forecast", "url": "https://x"}, "Extra inputs"),
    ],
)
def test_rule_that_cannot_hold_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make_theatre(rule)


def test_rules_have_different_names() -> None:
    with pytest.raises(ValidationError, match="different names"):
        make_theatre({"kind": "no_forecast", "name": "a"}, {"kind": "no_forecast", "name": "a"})


def test_theatre_pak_afg_has_a_rule_of_each_kind() -> None:
    assert {rule.kind for rule in load_theatre("pak_afg").alerts} == {
        "level_rises",
        "probability_jumps",
        "crosses",
        "no_forecast",
        "stream_silent",
        "verification_fails",
    }


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2025-11-15 16:59", None),
        ("2025-11-15 17:00", "2025-11-16 02:00"),  # 22:00 in Karachi, UTC+5
        ("2025-11-15 20:30", "2025-11-16 02:00"),
        ("2025-11-16 01:59", "2025-11-16 02:00"),
        ("2025-11-16 02:00", None),
    ],
)
def test_quiet_hours_over_midnight_end_in_the_morning(now: str, end: str | None) -> None:
    notify = Notify.model_validate(
        {"timezone": "Asia/Karachi", "quiet_from": "22:00", "quiet_until": "07:00"}
    )

    assert notify.quiet_end(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize(
    ("now", "end"), [("2025-11-15 11:59", None), ("2025-11-15 12:30", "2025-11-15 13:00")]
)
def test_quiet_hours_within_a_day_end_on_it(now: str, end: str | None) -> None:
    notify = Notify.model_validate({"quiet_from": "12:00", "quiet_until": "13:00"})

    assert notify.quiet_end(at(now)) == (at(end) if end else None)


def test_quiet_hours_keep_the_clock_on_the_wall_when_it_changes() -> None:
    notify = Notify.model_validate(
        {"timezone": "Europe/Berlin", "quiet_from": "22:00", "quiet_until": "07:00"}
    )

    assert notify.quiet_end(at("2026-03-28 22:00")) == at("2026-03-29 05:00")
    assert notify.quiet_end(at("2026-10-24 21:00")) == at("2026-10-25 06:00")


@pytest.mark.parametrize(
    "told",
    [
        {"timezone": "Asia/Atlantis"},
        {"timezone": "../etc"},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"gap_hours": -1},
        {"cron": "often"},
    ],
)
def test_notify_that_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Notify.model_validate(told)
