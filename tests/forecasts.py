"""Small forecasts for the tests of everything that is published: four rows on two units."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from publish.contract.forecast import Forecast, IssueStatus, Row
from theatres import Level

AS_OF = date(2025, 11, 15)
ISSUED_AT = datetime(2025, 11, 16, 5, 30, tzinfo=UTC)
LEVELS = (
    Level(name="low", probability=0, lift=0, floor=0),
    Level(name="high", probability=0.5, lift=4, floor=0.2),
)


def make_row(as_of: date = AS_OF, **changed: Any) -> Row:
    """P(clash) of the dyad within 7 days: 0.25 against a baseline of 0.125, so 12.5 points."""
    fields: dict[str, Any] = {
        "unit": "dyad",
        "target": "clash",
        "horizon_days": 7,
        "probability": 0.25,
        "probability_low": 0.125,
        "probability_high": 0.5,
        "baseline_probability": 0.125,
        "level": "low",
        "change": None,
        "drivers": (("force", 15.0), ("conciliation", -2.5)),
    }
    fields |= changed
    fields.setdefault("target_end_date", as_of + timedelta(days=int(fields["horizon_days"])))
    return Row(**fields)


def make_absent(as_of: date = AS_OF, **changed: Any) -> Row:
    """A row for the segment khyber that says why there is no forecast."""
    fields: dict[str, Any] = {
        "unit": "khyber",
        "target": "clash",
        "horizon_days": 7,
        "status": "no_forecast",
        "reason": "the chronicle's silence means calm until 2026-03-31 only",
    }
    fields |= changed
    fields.setdefault("target_end_date", as_of + timedelta(days=int(fields["horizon_days"])))
    return Row(**fields)


def make_rows(as_of: date = AS_OF, **changed: Any) -> tuple[Row, ...]:
    """Two horizons of the dyad, one of khyber with a forecast for closure, one without."""
    return (
        make_row(as_of, **changed),
        make_row(as_of, horizon_days=30, probability_high=0.75, **changed),
        make_row(as_of, unit="khyber", target="closure", **changed),
        make_absent(as_of),
    )


def make_forecast(
    as_of: date = AS_OF,
    *,
    status: IssueStatus = "ok",
    rows: tuple[Row, ...] | None = None,
    **changed: Any,
) -> Forecast:
    """An issue of the theatre pak_afg with `make_rows`, unless changed."""
    fields: dict[str, Any] = {
        "theatre": "pak_afg",
        "issued_at": ISSUED_AT,
        "data_as_of": as_of,
        "data_fingerprint": "5e1f",
        "method_version": "0.1.0",
        "mlflow_run_id": "run-1",
        "levels": LEVELS,
    }
    fields |= changed
    kept = make_rows(as_of) if rows is None else rows
    return Forecast(as_of=as_of, status=status, rows=kept, **fields)


def make_days(count: int) -> list[Forecast]:
    """One issue a day, each with an as_of of its own."""
    return [make_forecast(AS_OF + timedelta(days=n)) for n in range(count)]
