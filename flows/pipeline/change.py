"""The move since the last issue, split exactly: re-run with one thing new at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from features.history import history_of
from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import Knowledge, coverage, open_store
from flows.pipeline.scored import Window, spoken, window
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.forecasting.training import RiskModel
from models.recipes.contract import EVENTS, contract, method
from models.tracking import registry
from models.tracking.registry import Champion
from publish.contract.forecast import Forecast, Row
from streams.store.store import Store, StoreError

NOTHING = 1e-10
"""A part no larger (in percentage points) is rounding, and counts to the largest."""


def with_change(
    settings: Settings,
    known: Knowledge,
    now: Vintage,
    champion: Champion,
    rows: list[Row],
    before: Forecast | None,
) -> list[Row]:
    """A group's rows with their change since the issue before, and its parts.

    The parts, in this order: the earlier issue made again by the earlier model, or where that is
    not kept by the present one (`changed_method`, or `retrained_model` where the method is the
    same); what has since been told of the days until then (`revised_history`); the present
    day with no event after the earlier one (`time_passing`); what later became known of those days
    (`revised_history`); what happened since (`new_events`); the present model (`retrained_model`).
    """
    p = _numbers(rows)
    then = {} if before is None else _numbers(before.rows)
    shared = p.keys() & then.keys()
    if before is None or not shared:
        return [replace(row, change_split=()) for row in rows]
    runs = list(_runs(settings, known, now, champion, before))
    complete = {key for key in shared if all(key in run for _, run in runs)}
    return [
        replace(row, **_moved(row_window(row), then, p, runs))
        if row_window(row) in complete
        else replace(row, change_split=())
        for row in rows
    ]


def row_window(row: Row) -> Window:
    """What the row is about, whatever day it is said on."""
    return window(
        row.unit, row.target, row.horizon_days, row.target_start_date, row.target_end_date
    )


def _numbers(rows: Sequence[Row]) -> dict[Window, float]:
    return {row_window(row): row.probability for row in rows if row.probability is not None}


def _moved(
    key: Window,
    then: Mapping[Window, float],
    now: Mapping[Window, float],
    runs: list[tuple[str, Mapping[Window, float]]],
) -> dict[str, Any]:
    """The row's change and its parts, in percentage points, the largest first."""
    parts: dict[str, float] = {}
    last = then[key]
    for name, p in runs:
        parts[name] = parts.get(name, 0.0) + 100 * (p[key] - last)
        last = p[key]
    parts["retrained_model"] = parts.get("retrained_model", 0.0) + 100 * (now[key] - last)
    kept = {name: points for name, points in parts.items() if abs(points) > NOTHING}
    ordered = sorted(kept.items(), key=lambda part: (-abs(part[1]), part[0]))
    return {"change": now[key] - then[key], "change_split": tuple(ordered)}


def _runs(
    settings: Settings, known: Knowledge, now: Vintage, champion: Champion, before: Forecast
) -> Iterator[tuple[str, Mapping[Window, float]]]:
    """What each part is called, and every probability once it is in; the present model's last
    step is left to the caller."""
    first, model = _replayed(settings, now, champion, before)
    steps = _event_steps if now.group == EVENTS else _count_steps
    for i, (name, data) in enumerate(steps(settings, known, now, before)):
        yield first if i == 0 else name, _probabilities(model, data)


def _probabilities(model: RiskModel, data: Vintage) -> dict[Window, float]:
    return {each.window: each.score.probability for each in spoken(model, data)}


def _event_steps(
    settings: Settings, known: Knowledge, now: Vintage, before: Forecast
) -> Iterator[tuple[str, Vintage]]:
    """The data of each step: as the earlier issue saw them, then with one thing more at a time."""
    theatre, store = known.theatre, open_store(settings, known.theatre)
    used = [source.name for source in theatre.sources if source.features or source.labels]
    versions = store.versions(known.as_of, sources=used)
    books = store.versions(before.as_of, sources=used)
    seen = store.versions(before.as_of, before.issued_at, used)
    covered = _covered_then(known, store, before)

    def at(frame: pd.DataFrame, as_of: date, span: tuple[date, date]) -> Vintage:
        history = history_of(frame, theatre)
        return event_vintage(replace(known, as_of=as_of, history=history, covered=span))

    yield "seen", at(seen, before.as_of, covered)
    yield "revised_history", at(books, before.as_of, covered)
    yield "time_passing", at(books, known.as_of, known.covered)
    earlier = versions[versions["occurred_on"] <= pd.Timestamp(before.as_of)]
    yield "revised_history", at(earlier, known.as_of, known.covered)
    yield "new_events", now


def _count_steps(
    settings: Settings, known: Knowledge, now: Vintage, before: Forecast
) -> Iterator[tuple[str, Vintage]]:
    """The same of what a source tells by itself: events seen then, all told by then, the present
    day with those, what has been told since."""
    then = replace(known, as_of=before.as_of)
    steps = (
        ("seen", count_vintage(settings, then, now.group, seen_by=before.issued_at)),
        ("revised_history", count_vintage(settings, then, now.group)),
        ("time_passing", count_vintage(settings, known, now.group, told_by=before.as_of)),
        ("new_events", now),
    )
    yield from ((name, data) for name, data in steps if data is not None)


def _covered_then(known: Knowledge, store: Store, before: Forecast) -> tuple[date, date]:
    """The coverage as it was declared when the earlier issue was made."""
    try:
        return coverage(store, known.theatre, before.issued_at)
    except StoreError:  # a source that the theatre did not have then
        return known.covered


def _replayed(
    settings: Settings, now: Vintage, champion: Champion, before: Forecast
) -> tuple[str, RiskModel]:
    """The model that re-runs, and the part to which it owes what it says else of the past."""
    run = _run_of(before, now)
    if run == champion.run_id:
        return "changed_method", champion.model
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    promise = contract(now.theatre, now.group)
    kept = registry.model_of(client, run, promise) if run else None
    if kept is not None:
        return "changed_method", kept
    same = before.method_version == method(now.theatre, EVENTS)
    return "retrained_model" if same else "changed_method", champion.model


def _run_of(before: Forecast, now: Vintage) -> str:
    """The run behind the group's rows of the earlier issue; empty for none."""
    if now.group == EVENTS:
        return before.mlflow_run_id
    published = {name for target, each in now.targets.items() for name in each.published(target)}
    return next(
        (row.mlflow_run_id for row in before.rows if row.target in published and row.mlflow_run_id),
        "",
    )
