"""The contract: what a Forecast may say, and that it survives being written and read."""

import json
import math
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from forecasts import AS_OF, ISSUED_AT, LEVELS, make_absent, make_forecast, make_row, make_rows
from hypothesis import given
from hypothesis import strategies as st

from errors import DyadcastError
from publish.contract.forecast import (
    SCORE,
    Forecast,
    ForecastError,
    Row,
    RowStatus,
    flat,
    from_json,
    score_lines,
    to_json,
)
from theatres import Level

UNIT_INTERVAL = st.floats(0, 1)
PLAIN_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029"), max_size=20
)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)


@st.composite
def levels(draw: st.DrawFn) -> tuple[Level, ...]:
    thresholds = sorted(draw(st.lists(UNIT_INTERVAL, max_size=3)))
    lift = draw(st.floats(0, 10))
    rising = [
        Level(name=f"level-{n}", probability=p, lift=lift, floor=draw(UNIT_INTERVAL))
        for n, p in enumerate(thresholds)
    ]
    return (Level(name="lowest", probability=0, lift=0, floor=0), *rising)


@st.composite
def rows_of(
    draw: st.DrawFn, as_of: date, unit: str, target: str, scale: tuple[Level, ...]
) -> list[Row]:
    horizons = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=3)))
    probabilities = sorted(draw(UNIT_INTERVAL) for _ in horizons)
    return [
        draw(any_row(as_of, unit, target, h, p, scale))
        for h, p in zip(horizons, probabilities, strict=True)
    ]


@st.composite
def any_row(
    draw: st.DrawFn,
    as_of: date,
    unit: str,
    target: str,
    horizon: int,
    p: float,
    scale: tuple[Level, ...],
) -> Row:
    place: dict[str, Any] = {
        "unit": unit,
        "target": target,
        "horizon_days": horizon,
        "target_end_date": as_of + timedelta(days=horizon),
    }
    statuses: tuple[RowStatus, ...] = ("ok", "stale", "no_forecast")
    status = draw(st.sampled_from(statuses))
    reason = "" if status == "ok" else "because " + draw(PLAIN_TEXT)
    if status == "no_forecast":
        return Row(**place, status=status, reason=reason)
    baseline = draw(UNIT_INTERVAL)
    part = draw(st.floats(-50, 50))
    points = [("force", 100 * (p - baseline) - part), ("a " + draw(PLAIN_TEXT), part)]
    return Row(
        **place,
        probability=p,
        probability_low=draw(st.floats(0, p)),
        probability_high=draw(st.floats(p, 1)),
        baseline_probability=baseline,
        level=[level.name for level in scale if level.reached(p, baseline)][-1],
        change=draw(st.none() | st.floats(-1, 1)),
        drivers=tuple(sorted(points, key=lambda driver: -abs(driver[1]))),
        status=status,
        reason=reason,
    )


@st.composite
def forecasts(draw: st.DrawFn) -> Forecast:
    as_of = draw(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
    scale = draw(levels())
    places = draw(st.sets(st.tuples(NAMES, NAMES), min_size=1, max_size=3))
    rows = [row for unit, target in places for row in draw(rows_of(as_of, unit, target, scale))]
    statuses = {row.status for row in rows}
    own = "stale" if "stale" in statuses else "ok" if "ok" in statuses else "no_forecast"
    return Forecast(
        theatre=draw(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)),
        as_of=as_of,
        issued_at=draw(st.datetimes(timezones=st.just(UTC))),
        data_as_of=as_of - timedelta(days=draw(st.integers(0, 100))),
        data_fingerprint=draw(PLAIN_TEXT),
        method_version=draw(PLAIN_TEXT),
        mlflow_run_id=draw(PLAIN_TEXT),
        status=draw(st.sampled_from([own, "hindcast"])),
        levels=scale,
        rows=tuple(rows),
    )


@given(forecasts())
def test_forecast_written_and_read_is_equal_and_written_alike(forecast: Forecast) -> None:
    text = to_json(forecast)
    assert from_json(text) == forecast
    assert to_json(from_json(text)) == text
    assert text.encode().decode() == text


@given(forecasts(), st.data())
def test_forecast_text_with_one_place_damaged_is_refused_or_still_whole(
    forecast: Forecast, data: st.DataObject
) -> None:
    text = to_json(forecast)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(['"', "0", "x", "}", "", "\x00", "9e999", "null"]))
    damaged = text[:place] + other + text[place + 1 :]
    with suppress(ForecastError):
        # Only what the id leaves out can have changed; any other error than this one fails.
        assert from_json(damaged).issue_id == forecast.issue_id


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"rows": ()}, "status does not follow"),
        ({"rows": (make_row(), make_row())}, "stands twice"),
        ({"rows": (make_row(), make_row(horizon_days=30, probability=0.125, drivers=()))}, "falls"),
        ({"rows": (make_row(target_end_date=AS_OF),)}, "target_end_date"),
        ({"rows": (make_row(level="high"),)}, "level does not follow"),
        ({"levels": ()}, "level does not follow"),
        ({"levels": (*LEVELS, LEVELS[0])}, "different names"),
        ({"levels": (LEVELS[0].model_copy(update={"lift": math.inf}),)}, "not finite"),
        ({"rows": (make_absent(),)}, "status does not follow"),
        ({"status": "no_forecast"}, "status does not follow"),
        ({"status": "stale"}, "status does not follow"),
        ({"status": "fine"}, "status does not follow"),
        ({"rows": (make_row(status="stale", reason="late"),)}, "status does not follow"),
        ({"data_as_of": AS_OF + timedelta(days=1)}, "lies after"),
        ({"data_as_of": ISSUED_AT}, "not a date"),
        ({"issued_at": ISSUED_AT.replace(tzinfo=None)}, "not in UTC"),
        ({"issued_at": ISSUED_AT.astimezone(timezone(timedelta(hours=5)))}, "not in UTC"),
        ({"theatre": "../pak"}, "not a name"),
        ({"data_fingerprint": "a\nb"}, "plain text"),
    ],
)
def test_forecast_that_contradicts_itself_is_refused(
    changed: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ForecastError, match=complaint):
        make_forecast(**changed)


def test_forecast_horizons_may_stand_in_any_order() -> None:
    near, far = make_row(), make_row(horizon_days=30, probability_high=0.75)
    assert make_forecast(rows=(far, near)).rows == (far, near)


def test_forecast_with_another_issue_id_is_refused() -> None:
    with pytest.raises(ForecastError, match="issue_id does not belong"):
        replace(make_forecast(), issue_id="0" * 16)


def test_issue_id_is_the_same_whenever_issued_and_whatever_came_before() -> None:
    later = make_forecast(issued_at=ISSUED_AT + timedelta(hours=1), rows=make_rows(change=0.125))
    assert later.issue_id == make_forecast().issue_id
    assert len(later.issue_id) == 16


@pytest.mark.parametrize(
    "changed",
    [
        {"data_fingerprint": "5e20"},
        {"method_version": "0.1.1"},
        {"mlflow_run_id": "run-2"},
        {"status": "hindcast"},
        {"theatre": "other"},
        {"data_as_of": AS_OF - timedelta(days=1)},
        {"as_of": AS_OF + timedelta(days=1)},
        {"levels": (LEVELS[0], LEVELS[1].model_copy(update={"lift": 5.0}))},
        {"rows": make_rows(probability_low=0.1)},
    ],
)
def test_issue_id_differs_with_anything_that_the_issue_says(changed: dict[str, Any]) -> None:
    assert make_forecast(**changed).issue_id != make_forecast().issue_id


def test_issue_id_does_not_move_between_versions() -> None:
    # Archived issues carry their ids for ever: this value may change in no release.
    assert make_forecast().issue_id == "6c95c10d766904a4"


def test_json_has_the_contract_fields_in_order() -> None:
    value = json.loads(to_json(make_forecast()))
    assert list(value) == [
        *("issue_id", "theatre", "as_of", "issued_at", "data_as_of", "data_fingerprint"),
        *("method_version", "mlflow_run_id", "status", "levels", "rows"),
    ]
    assert list(value["rows"][0].items()) == [
        ("unit", "dyad"),
        ("target", "clash"),
        ("horizon_days", 7),
        ("target_end_date", "2025-11-22"),
        ("probability", 0.25),
        ("probability_low", 0.125),
        ("probability_high", 0.5),
        ("baseline_probability", 0.125),
        ("level", "low"),
        ("change", None),
        ("drivers", {"force": 15.0, "conciliation": -2.5}),
        ("status", "ok"),
        ("reason", ""),
    ]
    assert value["issued_at"] == "2025-11-16T05:30:00Z"
    assert value["levels"][1] == {"name": "high", "probability": 0.5, "lift": 4.0, "floor": 0.2}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"probability": 0.25', '"probability": NaN', "not valid JSON"),
        ('"probability": 0.25', '"probability": 1e999', "no finite number"),
        ('"probability": 0.25', '"probability": 1' + "0" * 400, "a number in a double's range"),
        ('"probability": 0.25', '"probability": "0.25"', "expected a number"),
        ('"probability": 0.25', '"probability": true', "expected a number"),
        ('"probability": 0.25', '"probability": 0.25, "probability": 0.5', "stands twice"),
        ('"probability": 0.25,', "", "missing: .'probability'"),
        ('"horizon_days": 7', '"horizon_days": 7.0', "expected a whole number"),
        ('"horizon_days": 7', '"more": 1, "horizon_days": 7', "unknown: .'more'"),
        ('"target_end_date": "2025-11-22"', '"target_end_date": "20251122"', "YYYY-MM-DD"),
        ('"target_end_date": "2025-11-22"', '"target_end_date": "2025-11-32"', "YYYY-MM-DD"),
        ('"as_of": "2025-11-15"', '"as_of": 20251115', "plain text"),
        ("2025-11-16T05:30:00Z", "yesterday", "expected a moment"),
        ("2025-11-16T05:30:00Z", "2025-11-16T05:30:00+05:00", "not in UTC"),
        ('"force": 15.0', '"force": "15"', "expected a number"),
        ('"force"', '"\\ud800"', "plain text"),
        ('"mlflow_run_id": "run-1"', '"mlflow_run_id": "run-2"', "issue_id does not belong"),
        ('"lift": 4.0', '"lift": -4.0', "greater than or equal"),
        ('"rows": [', '"rows": [7, ', "not an object"),
    ],
)
def test_json_that_is_no_forecast_is_refused(old: str, new: str, complaint: str) -> None:
    text = to_json(make_forecast())
    assert old in text
    with pytest.raises(ForecastError, match=complaint) as caught:
        from_json(text.replace(old, new, 1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "{}", "[" * 100_000, "\x00", '"a"'])
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(DyadcastError):
        from_json(text)


def test_lines_have_the_issue_in_front() -> None:
    forecast = make_forecast()
    lines = score_lines(forecast)
    names = ["issue_id", "theatre", "as_of", "issued_at", "data_as_of", "issue_status"]
    assert [list(line) for line in lines] == [[column.name for column in SCORE]] * 4
    assert list(lines[0])[:6] == names
    assert {line["issue_id"] for line in lines} == {forecast.issue_id}
    assert [line["probability"] is None for line in lines] == [False, False, False, True]
    assert [line["drivers"] for line in lines[2:]] == [{"force": 15.0, "conciliation": -2.5}, {}]
    assert lines[1]["target_end_date"] == date(2025, 12, 15)
    assert flat(lines[2], SCORE)["drivers"] == '{"force": 15.0, "conciliation": -2.5}'


def test_row_is_found_by_unit_target_and_horizon() -> None:
    forecast = make_forecast()
    assert forecast.row("khyber", "closure", 7) is forecast.rows[2]
    assert forecast.row("khyber", "closure", 14) is None


def test_issued_at_keeps_its_microseconds() -> None:
    moment = datetime(2025, 11, 16, 5, 30, 0, 1, tzinfo=UTC)
    assert from_json(to_json(make_forecast(issued_at=moment))).issued_at == moment
