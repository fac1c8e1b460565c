"""What stands around an issue on its page: history, events, record, freshness, outcomes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from flows.pipeline.knowledge import open_store
from flows.pipeline.settings import Settings
from models.combining.calibration import reliability
from models.judging.skill import hardest
from models.recipes.events import SINCE
from models.tracking import records, registry
from models.tracking.promotion import read_verdicts
from publish.archive.history import Selection, course
from publish.archive.scoreboard import Part, Scoreboard
from publish.contract.context import (
    Bin,
    ClosedRow,
    Context,
    CountSkill,
    EventSkill,
    Finding,
    Freshness,
    KnownEvent,
    Past,
)
from publish.contract.forecast import Forecast
from streams.events.event import FAMILIES
from streams.sources.desk.desk import Desk
from streams.store.store import connect
from theatres import DYAD, Headline, Theatre

SHOWN: Final = timedelta(days=760)
"""How far back a page looks: 24 months and what reaches into them."""


def context_for(settings: Settings, theatre: Theatre, forecast: Forecast) -> Context:
    """All that the issue's page shows around it, none of it known later than its as_of."""
    told, skill, bins = _record(settings, forecast, theatre.headline)
    issued = _issued(settings, forecast, theatre.headline)
    said = {each.as_of for each in issued}
    return Context(
        history=tuple(
            sorted([*(p for p in told if p.as_of not in said), *issued], key=lambda p: p.as_of)
        ),
        events=tuple(_events(settings, theatre, forecast)),
        streams=tuple(freshness(settings, theatre)),
        skill=skill,
        reliability=bins,
        outcomes=tuple(_outcomes(settings, theatre, forecast)),
        counts=tuple(_count_skills(settings, theatre, forecast)),
    )


def freshness(settings: Settings, theatre: Theatre) -> list[Freshness]:
    """How each of the theatre's sources fares at present; of the desk how many proposals wait."""
    store = open_store(settings, theatre)
    waiting = Desk(store, theatre).waiting()
    waits = f"{waiting} {'proposal waits' if waiting == 1 else 'proposals wait'}"
    rows = [Freshness.of(store, source.name) for source in theatre.sources]
    return [replace(row, status=waits) if row.source == "desk" else row for row in rows]


def _issued(settings: Settings, forecast: Forecast, headline: Headline) -> list[Past]:
    wanted = Selection(
        DYAD,
        headline.target,
        headline.days,
        since=forecast.as_of - SHOWN,
        until=forecast.as_of - timedelta(1),
    )
    rows = course(connect(settings.database_url), forecast.theatre, wanted)
    return [
        Past(date.fromisoformat(as_of), probability, low, high, baseline, "issue")
        for as_of, probability, low, high, baseline in rows
    ]


def _events(settings: Settings, theatre: Theatre, forecast: Forecast) -> list[KnownEvent]:
    shown = [source.name for source in theatre.sources if source.shown]
    frame = open_store(settings, theatre).events(forecast.as_of, forecast.issued_at, shown)
    frame = frame[frame["occurred_on"] >= pd.Timestamp(forecast.as_of - SHOWN)]
    return [_told(row) for row in frame.to_dict("records")]


def _told(row: dict[Any, Any]) -> KnownEvent:
    names = ("type", "actor", "target", "place", "segment", "summary", "url")
    return KnownEvent(
        occurred_on=row["occurred_on"].date(),
        known_at=row["known_at"].date(),
        family=FAMILIES[row["type"]],
        deaths=None if pd.isna(row["deaths_best"]) else float(row["deaths_best"]),
        **{name: row[name] for name in names},
    )


def _record(
    settings: Settings, forecast: Forecast, headline: Headline
) -> tuple[list[Past], tuple[EventSkill, ...], tuple[Bin, ...]]:
    """The record of the model behind the issue, from its run; nothing where no model made it."""
    if not forecast.mlflow_run_id:
        return [], (), ()
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    scores, skill = records.record_of(client, forecast.mlflow_run_id)
    if not headline.given(forecast.rows):  # then the run's past is another target's
        return [], tuple(_skills(scores, skill)), ()
    weeks, rows = records.past_of(client, forecast.mlflow_run_id)
    chosen = rows[
        (rows["unit"] == DYAD)
        & (rows["target"] == headline.target)
        & (rows["horizon"] == headline.days)
    ].dropna(subset=["outcome"])
    bins = reliability(chosen["probability"].to_numpy(float), chosen["outcome"].to_numpy(float))
    return (
        [
            Past(
                pd.Timestamp(row["origin"]).date(),
                row["probability"],
                row["low"],
                row["high"],
                row["baseline"],
                "record",
            )
            for row in weeks.to_dict("records")
            if pd.Timestamp(row["origin"]).date() < forecast.as_of
        ],
        tuple(_skills(scores, skill)),
        tuple(
            Bin(row["forecast"], row["observed"], int(row["count"]))
            for row in bins.to_dict("records")
        ),
    )


def _skills(scores: pd.DataFrame, skill: pd.DataFrame) -> list[EventSkill]:
    """The ensemble's skill on the hardest baseline, a line a target, unit group and horizon."""
    since = next(iter(SINCE))
    found = []
    for row in scores[scores["span"] == since].to_dict("records"):
        where = {name: row[name] for name in ("target", "units", "horizon", "span", "model")}
        rival = hardest(skill, where)
        found.append(
            EventSkill(
                target=str(row["target"]),
                units=str(row["units"]),
                horizon_days=int(row["horizon"]),
                since=since,
                brier=float(row["brier"]),
                baseline=str(rival["baseline"]),
                skill=float(rival["skill"]),
                low=float(rival["low"]),
                high=float(rival["high"]),
                episodes=int(row["episodes"]),
                verdict=_verdict(bool(rival["better"]), bool(rival["worse"])),
            )
        )
    return found


def _verdict(better: bool, worse: bool) -> Finding:
    return "better" if better else "worse" if worse else "none shown"


def _count_skills(settings: Settings, theatre: Theatre, forecast: Forecast) -> Iterator[CountSkill]:
    """What the past of each count of the issue says, from the run that made its rows."""
    published = theatre.published
    runs = {
        published[row.target][0]: row.mlflow_run_id
        for row in forecast.rows
        if row.mlflow_run_id and row.target in published
    }
    if not runs:
        return
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    for group, run_id in runs.items():
        for each in read_verdicts(client, run_id):
            yield CountSkill(
                group=group,
                ahead=each.horizon,
                of="months" if theatre.targets[group].months else "days",
                baseline=each.rival,
                skill=each.skill,
                low=each.low,
                high=each.high,
                forecasts=each.forecasts,
                verdict=_verdict(each.shown, each.high < 0),
            )


def _outcomes(settings: Settings, theatre: Theatre, forecast: Forecast) -> list[ClosedRow]:
    """What came of the dyad's targets of events; counts stand on the scoreboard."""
    events = theatre.events
    names = ("as_of", "target", "horizon_days", "target_end_date")
    rows = Scoreboard(connect(settings.database_url)).columns(
        forecast.theatre,
        (*names, "probability", "baseline_probability", "outcome"),
        Part(unit=DYAD, hindcasts=False),
    )
    return [
        ClosedRow(date.fromisoformat(as_of), target, days, date.fromisoformat(end), *values)
        for as_of, target, days, end, *values in reversed(rows)
        if end <= forecast.as_of.isoformat() and target in events
    ]
