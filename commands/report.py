"""How good the models have been, and how the sources fare, in words and tables."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from flows.pipeline import champions, knowledge
from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.event_vintage import event_vintage
from flows.pipeline.settings import read_settings
from models.forecasting.training import scores
from models.judging.gate import ENSEMBLE
from models.judging.scoring import judged, predictions, score_table, skill_table
from models.judging.skill import _only, hardest
from models.tracking import records, registry
from models.tracking.promotion import standings
from publish.text.terminal import percent, quantile_cells
from publish.text.words import band
from streams.places.regions import iso3_of
from streams.store.store import Coverage, Health
from theatres import DYAD, load_theatre


def record_lines(run_id: str, horizon: int = 30) -> Iterator[str]:
    """The ensemble's record behind a forecast, a line a target; nothing where no model made it."""
    if not run_id:
        return
    settings = read_settings()
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    scores, skill = records.record_of(client, run_id)
    yield (
        f"Record, dyad, {horizon} days, weekly origins since 2012"
        " (skill on the hardest base rate, 90%):"
    )
    for target in scores["target"].unique():
        yield "  " + _record_line(scores, skill, target, horizon)


def _record_line(scores: pd.DataFrame, skill: pd.DataFrame, target: str, horizon: int) -> str:
    where = {"target": target, "units": DYAD, "horizon": horizon, "span": "2012 on"}
    mine = _only(scores, where | {"model": ENSEMBLE}).iloc[0]
    rival = hardest(skill, where | {"model": ENSEMBLE})
    verdict = "better" if rival["better"] else "worse" if rival["worse"] else "no skill shown yet"
    return (
        f"{target:8} Brier {mine['brier']:.4f}, skill on {rival['baseline']}"
        f" {rival['skill']:+.3f} ({rival['low']:+.3f} to {rival['high']:+.3f}): {verdict}"
    )


def backtest(
    theatre: str, progress: knowledge.Progress | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scores, skill and every out-of-sample forecast of a fresh backtest; nothing is logged."""
    settings, now = read_settings(), datetime.now(UTC)
    known = knowledge.gather_embedded(settings, theatre, now)
    problems = champions.fit(event_vintage(known, known.theatre.events, 0), progress).problems
    rows = [j for each in problems for j in judged(each.past, each.recipe)]
    record = [predictions(each.past, each.recipe, each.shown_from) for each in problems]
    return score_table(rows), skill_table(rows), pd.concat(record)


def model_rows(theatre: str) -> list[dict[str, Any]]:
    """Every registered model of the theatre, group by group, newest first, with the gate's
    decision."""
    settings = read_settings()
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    loaded = load_theatre(theatre)
    return [
        {"group": group, "gap_days": gap, **row}
        for group, gap in champions.asked(loaded)
        for row in standings(client, registry.model_name(loaded.name, group, gap))
    ]


def model_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The models in words: where each stands, what the gate said, and its verdicts' figures."""
    if not rows:
        yield "no model is registered yet: dyadcast train"
    for row in rows:
        gate = row["gate"]
        reason = "registered before there was a gate" if gate is None else gate["reason"]
        stands = row["alias"] or "retired"
        across = f" across a gap of {row['gap_days']} days" if row["gap_days"] else ""
        yield (
            f"{row['group']}{across}, version {row['version']} ({stands}), trained as of"
            f" {row['trained_as_of']}: {reason}"
        )
        for v in (gate or {}).get("verdicts", ()) if row["alias"] else ():
            yield (
                f"    {v['target']:14} {v['units']:9} {v['horizon']:3} ahead  skill on"
                f" {v['rival']:14} {v['skill']:+.3f} ({v['low']:+.3f} to {v['high']:+.3f}),"
                f" {v['episodes']} episodes: {'shown' if v['shown'] else 'not shown'}"
            )


def deaths_rows(theatre: str, iso3: str) -> list[dict[str, Any]]:
    """What the countries' model says today of that country, a row a month ahead and threshold.

    Raises RegistryError where no model forecasts countries or the country is not among them.
    """
    settings, today = read_settings(), datetime.now(UTC).date()
    known = knowledge.gather(settings, theatre, None, today)
    group = next((n for n, each in known.theatre.counts.items() if each.of == "countries"), "")
    data = count_vintage(settings, known, group) if group else None
    champion = None if data is None else champions.standing(settings, data, lenient=True).champion
    if data is None or champion is None:
        raise registry.RegistryError(
            "no forecast of countries yet",
            do="run 'dyadcast ingest ucdp', then 'dyadcast forecast --as-of' a day it tells",
        )
    (_, units, rows), *_ = data.now()
    at = [i for i, unit in enumerate(units) if iso3_of(int(unit)) == iso3]
    if not at:
        raise registry.RegistryError(
            "no such country among those forecast", found=iso3, expected="an ISO 3166 code"
        )
    scored = scores(champion.model.ensembles[0], [iso3], rows.take(np.array(at, np.int32)))
    return [{**asdict(each), "told_until": data.until.isoformat()} for each in scored]


def deaths_table(rows: Sequence[dict[str, Any]]) -> Table:
    """The rows as a table for the terminal: probabilities in percent."""
    title = f"{rows[0]['unit']}, deaths told until {rows[0]['told_until']}"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=title, title_justify="left")
    for name in ("months ahead", "at least", "%", "80% band", "base", "median", "90% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            str(row["horizon"]),
            str(row["threshold"]),
            percent(row["probability"]),
            band(row["low"], row["high"]),
            percent(row["baseline"]),
            *quantile_cells(row["quantiles"]),
        )
    return table


def score_lines(
    scores: pd.DataFrame, skill: pd.DataFrame, spans: tuple[str, ...] = ("2012 on", "2019 on")
) -> Iterator[str]:
    """Brier and log score by model for the dyad and the segments, and the ensemble's skill."""
    for (target, units, horizon, span), part in scores.groupby(
        ["target", "units", "horizon", "span"], sort=False
    ):
        if span not in spans:
            continue
        first = part.iloc[0]
        yield (
            f"{target}, {units}, {horizon} days, {span}: rate {first['rate']:.3f},"
            f" {first['episodes']} episodes"
        )
        best = part[part["model"].isin(skill["baseline"])]["log_score"].min()
        for row in part.to_dict("records"):
            ahead = row["log_score"] / best - 1 if best > 0 else 0.0
            yield (
                f"    {row['model']:12} Brier {row['brier']:.4f}  log {row['log_score']:.4f}"
                f" ({100 * ahead:+.1f}% against the best baseline)"
            )
        where = {
            "target": target,
            "units": units,
            "horizon": horizon,
            "span": span,
            "model": ENSEMBLE,
            "score": "brier",
        }
        for row in _only(skill, where).to_dict("records"):
            yield (
                f"    ensemble's Brier skill against {row['baseline']:12} {row['skill']:+.3f}"
                f" (90% {row['low']:+.3f} to {row['high']:+.3f})"
            )


def stream_rows(
    streams: Sequence[tuple[Health, Coverage | None]], now: datetime
) -> list[dict[str, str | int | None]]:
    """A row a source: status and time of the last run and of the last success, how many events,
    the newest, how many days it lies back, until when silence means calm, and who says so."""
    return [
        {
            "source": health.source,
            "status": health.last_status or "never asked",
            "last_run": _minute(health.last_run),
            "last_success": _minute(health.last_success),
            "events": health.events,
            "newest_event": _day(health.newest_event),
            "newest_known": _day(health.newest_known),
            "days_behind": (now.date() - health.newest_known).days if health.newest_known else None,
            "covered_until": _day(coverage.end) if coverage else "",
            "declared_by": coverage.declared_by if coverage else "",
            "declared_at": _minute(coverage.declared_at) if coverage else "",
            "told": health.last_told,
        }
        for health, coverage in streams
    ]


def _minute(moment: datetime | None) -> str:
    return moment.isoformat(" ", "minutes") if moment else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def stream_table(rows: Sequence[dict[str, str | int | None]]) -> Table:
    """The rows as a table for the terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown = ("source", "status", "last_success", "events", "newest_event", "days_behind")
    for name in (*shown, "covered_until"):
        number = name in ("events", "days_behind")
        table.add_column(
            name.replace("_", " "), justify="right" if number else "left", no_wrap=True
        )
    for row in rows:
        cells = (row[name] for name in (*shown, "covered_until"))
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    return table
