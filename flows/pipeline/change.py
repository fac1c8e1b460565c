"""The move since the last issue, split exactly: re-run with one thing new at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from features.history import history_of
from flows.pipeline.knowledge import Knowledge, coverage, open_store
from flows.pipeline.settings import Settings
from models.forecasting import events
from models.forecasting.events import Key, RiskModel
from models.learners.members import METHOD_VERSION, contract
from models.tracking import registry
from models.tracking.registry import Champion
from publish.contract.forecast import Forecast, Row
from streams.store.store import Store, StoreError

NOTHING = 1e-10
"""A part no larger (in percentage points) is rounding, and counts to the largest."""


def method(known: Knowledge) -> str:
    """The version of the method, and of the features and settings that it takes for granted."""
    return f"{METHOD_VERSION}-{contract(known.theatre)[:8]}"


def with_change(
    settings: Settings,
    known: Knowledge,
    champion: Champion,
    rows: list[Row],
    before: Forecast | None,
) -> list[Row]:
    """The rows with their change since the issue before, and its parts.

    The parts, in this order: the earlier issue made again by the earlier model, or where that is
    not kept by the present one (`changed_method`, or `retrained_model` where the method is the
    same); what has since been told of the days until then (`revised_history`); the present
    day with no event after the earlier one (`time_passing`); what later became known of those days
    (`revised_history`); what happened since (`new_events`); the present model (`retrained_model`).
    """
    if before is None:
        return [replace(row, change_split=()) for row in rows]
    now = {row.key: row.probability for row in rows if row.probability is not None}
    then = {row.key: row.probability for row in before.rows if row.probability is not None}
    shared = now.keys() & then.keys()
    if not shared:
        return [replace(row, change_split=()) for row in rows]
    runs = list(_runs(settings, known, champion, before))
    return [
        replace(row, **_moved(row.key, then[row.key], now[row.key], runs))
        if row.key in shared
        else replace(row, change_split=())
        for row in rows
    ]


def _moved(
    key: Key, then: float, now: float, runs: list[tuple[str, Mapping[Key, float]]]
) -> dict[str, Any]:
    """The row's change and its parts, in percentage points, the largest first."""
    parts: dict[str, float] = {}
    last = then
    for name, p in runs:
        parts[name] = parts.get(name, 0.0) + 100 * (p[key] - last)
        last = p[key]
    parts["retrained_model"] = parts.get("retrained_model", 0.0) + 100 * (now - last)
    kept = {name: points for name, points in parts.items() if abs(points) > NOTHING}
    ordered = sorted(kept.items(), key=lambda part: (-abs(part[1]), part[0]))
    return {"change": now - then, "change_split": tuple(ordered)}


def _runs(
    settings: Settings, known: Knowledge, champion: Champion, before: Forecast
) -> Iterator[tuple[str, Mapping[Key, float]]]:
    """What each part is called, and every probability once it is in; the present model's last
    step is left to the caller."""
    theatre, store = known.theatre, open_store(settings)
    used = [source.name for source in theatre.sources if source.features or source.labels]
    first, model = _replayed(settings, known, champion, before)
    versions = store.versions(known.as_of, sources=used)
    books = store.versions(before.as_of, sources=used)
    seen = store.versions(before.as_of, before.issued_at, used)
    covered_then = _covered_then(known, store, before)

    def run(frame: pd.DataFrame, covered: tuple[date, date], as_of: date) -> dict[Key, float]:
        return events.probabilities(model, history_of(frame, theatre), theatre, covered, as_of)

    yield first, run(seen, covered_then, before.as_of)
    yield "revised_history", run(books, covered_then, before.as_of)
    yield "time_passing", run(books, known.covered, known.as_of)
    yield "revised_history", run(_of_days_until(versions, before.as_of), known.covered, known.as_of)
    yield "new_events", run(versions, known.covered, known.as_of)


def _covered_then(known: Knowledge, store: Store, before: Forecast) -> tuple[date, date]:
    """The coverage as it was declared when the earlier issue was made."""
    try:
        return coverage(store, known.theatre, before.issued_at)
    except StoreError:  # a source that the theatre did not have then
        return known.covered


def _replayed(
    settings: Settings, known: Knowledge, champion: Champion, before: Forecast
) -> tuple[str, RiskModel]:
    """The model that re-runs, and the part to which it owes what it says else of the past."""
    if before.mlflow_run_id == champion.run_id:
        return "changed_method", champion.model
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    kept = registry.model_of(client, known.theatre, before.mlflow_run_id)
    if kept is not None:
        return "changed_method", kept
    same = before.method_version == method(known)
    return "retrained_model" if same else "changed_method", champion.model


def _of_days_until(versions: pd.DataFrame, day: date) -> pd.DataFrame:
    """The versions of events that began by that day, whenever they became known."""
    return versions[versions["occurred_on"] <= pd.Timestamp(day)]
