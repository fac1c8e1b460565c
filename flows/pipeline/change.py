"""The move since the last issue, split exactly: re-run with one thing new at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from features.history import history_of
from flows.pipeline import champions
from flows.pipeline.champions import GroupModel
from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.knowledge import Knowledge, open_store, spans, watched
from flows.pipeline.knowledge import trust as trust_in
from flows.pipeline.scored import Window, spoken, window
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.forecasting.training import RiskModel
from models.recipes.contract import EVENTS, contract, method
from models.tracking import registry
from publish.contract.forecast import Forecast, Row

NOTHING = 1e-10
"""A part no larger (in percentage points) is rounding, and counts to the largest."""


def with_change(
    settings: Settings,
    known: Knowledge,
    part: GroupModel,
    rows: list[Row],
    before: Forecast | None,
) -> list[Row]:
    """A group's rows with their change since the issue before, and its parts.

    The parts, in this order: the earlier issue made again by the earlier model, or where that is
    not kept by the present one (`changed_method`, or `retrained_model` where the method is the
    same); what has since been told of the days until then (`revised_history`); the present
    day with no event after the earlier one (`time_passing`); what later became known of those days
    (`revised_history`); what happened since (`new_events`); the present model (`retrained_model`,
    or `changed_gap` where it speaks across another gap).
    """
    p = _numbers(rows)
    then = {} if before is None else _numbers(before.rows)
    shared = p.keys() & then.keys()
    if before is None or not shared or part.champion is None:
        return [replace(row, change_split=()) for row in rows]
    model, first, last = _replayed(settings, part, before)
    runs = list(_runs(settings, known, part, model, before, first))
    complete = {key for key in shared if all(key in run for _, run in runs)}
    return [
        replace(row, **_moved(row_window(row), then, p, runs, last))
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
    present: str,
) -> dict[str, Any]:
    """The row's change and its parts, in percentage points, the largest first; the last step, to
    the present model, is called `present`."""
    parts: dict[str, float] = {}
    last = then[key]
    for name, p in (*runs, (present, now)):
        parts[name] = parts.get(name, 0.0) + 100 * (p[key] - last)
        last = p[key]
    kept = {name: points for name, points in parts.items() if abs(points) > NOTHING}
    ordered = sorted(kept.items(), key=lambda part: (-abs(part[1]), part[0]))
    return {"change": now[key] - then[key], "change_split": tuple(ordered)}


def _runs(
    settings: Settings,
    known: Knowledge,
    part: GroupModel,
    model: RiskModel,
    before: Forecast,
    first: str,
) -> Iterator[tuple[str, Mapping[Window, float]]]:
    """What each part is called, and every probability by the earlier model once it is in."""
    at_hand = {gap: told.model for gap, told in part.reports.items()}
    models = champions.by_gap(settings, at_hand | {model.gap: model})
    now = part.vintage
    if now.group == EVENTS:
        steps = _event_steps(settings, known, now, model.gap, before)
    else:
        steps = _count_steps(settings, known, now, before)
    for i, (name, data) in enumerate(steps):
        said = {each.window: each.score.probability for each in spoken(data, models)}
        yield first if i == 0 else name, said


def _event_steps(
    settings: Settings, known: Knowledge, now: Vintage, gap: int, before: Forecast
) -> Iterator[tuple[str, Vintage]]:
    """The data of each step, across the earlier model's gap: as the earlier issue saw them, then
    with one thing more at a time."""
    theatre, store = known.theatre, open_store(settings, known.theatre)
    used = [source.name for source in theatre.sources if source.features or source.labels]
    versions = store.versions(known.as_of, sources=used)
    books = store.versions(before.as_of, sources=used)
    seen = store.versions(before.as_of, before.issued_at, used)
    covered = watched(spans(store, theatre, before.issued_at), before.as_of) or known.watched
    earlier = versions[versions["occurred_on"] <= pd.Timestamp(before.as_of)]
    steps = (
        ("seen", seen, before.as_of, covered),
        ("revised_history", books, before.as_of, covered),
        ("time_passing", books, known.as_of, known.watched),
        ("revised_history", earlier, known.as_of, known.watched),
        ("new_events", versions, known.as_of, known.watched),
    )
    for name, frame, as_of, days in steps:
        if set(now.targets) <= set(days):
            trust = tuple(trust_in(frame, source.name) for source in theatre.sources)
            history = history_of(frame, theatre)
            then = replace(known, as_of=as_of, history=history, watched=days, trust=trust)
            yield name, event_vintage(then, now.targets, gap)


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


def _replayed(settings: Settings, part: GroupModel, before: Forecast) -> tuple[RiskModel, str, str]:
    """The model that re-runs, the part to which it owes what it says else of the past, and the one
    to which it owes what the present model says else."""
    now = part.vintage
    assert part.champion is not None  # noqa: S101 - only a model speaks
    model, run = part.champion.model, _run_of(before, now)
    if run == part.champion.run_id:
        return model, "changed_method", "retrained_model"
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    promise = contract(now.theatre, now.group)
    kept = registry.model_of(client, run, promise) if run else None
    if kept is not None and kept.targets == set(now.targets):
        return kept, "changed_method", "retrained_model" if kept.gap == model.gap else "changed_gap"
    same = before.method_version == method(now.theatre, EVENTS)
    return model, "retrained_model" if same else "changed_method", "retrained_model"


def _run_of(before: Forecast, now: Vintage) -> str:
    """The run behind the group's rows of the earlier issue; empty for none."""
    published = {name for target, each in now.targets.items() for name in each.published(target)}
    own = (row.mlflow_run_id for row in before.rows if row.target in published)
    issue = before.mlflow_run_id if now.group == EVENTS else ""
    return next((run for run in own if run), issue)
