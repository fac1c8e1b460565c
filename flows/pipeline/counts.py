"""The rows of counts: forecast once from the same data, kept with the run, put into the issue."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from flows.pipeline.settings import Settings
from flows.pipeline.vintage import SEED, Progress, Told, told
from models.forecasting.counts import ENSEMBLE, Said, Track, judge, published, say
from models.numerics.distribution import reached
from models.tracking import count_runs, registry
from models.tracking.count_runs import Outlook
from publish.contract.forecast import Forecast, Row
from theatres import Count, Theatre


def experiment(theatre: Theatre) -> str:
    """The name under which the theatre's counts are kept in MLflow."""
    return f"{theatre.name}-counts"


def outlook(
    settings: Settings, theatre: Theatre, group: str, data: Told, progress: Progress | None = None
) -> Outlook:
    """What is said of every unit of the group; made where no run has said it of the same data."""
    client = registry.open_registry(settings.tracking_uri, settings.artifacts)
    kept = count_runs.find(client, experiment(theatre), data.fingerprint)
    if kept is not None:
        return kept
    tracks = data.tracks(progress)
    verdicts = [judge(track, data.question, SEED) for track in tracks]
    shown = published(verdicts, nests=bool(theatre.counts[group].days))
    said = [
        each
        for track, ours in zip(tracks, shown, strict=True)
        for each in say(track, data.question, ours, SEED)
    ]
    return count_runs.keep(
        client,
        experiment(theatre),
        settings.artifacts,
        {
            "theatre": theatre.name,
            "group": group,
            "data_fingerprint": data.fingerprint,
            "told_until": data.until.isoformat(),
            "mlflow.runName": f"{group}, told until {data.until}",
        },
        {"units": len(data.question.units), **theatre.counts[group].model_dump(exclude={"units"})},
        said,
        verdicts,
        record(data, tracks),
    )


def record(data: Told, tracks: Sequence[Track]) -> pd.DataFrame:
    """Every past forecast of the ensemble and the baseline, a line a unit, origin and threshold."""
    asked, parts = data.question, []
    for track in tracks:
        y = reached(track.count, asked.thresholds).transpose(2, 0, 1)
        index = pd.MultiIndex.from_product(
            [asked.thresholds, asked.units, data.origins], names=["threshold", "unit", "origin"]
        )
        for name in (ENSEMBLE, asked.baseline):
            frame = index.to_frame(index=False).assign(horizon=track.horizon, model=name)
            parts.append(frame.assign(probability=track.p[name].ravel(), outcome=y.ravel()))
    return pd.concat(parts).dropna(subset=["probability"])


def count_rows(
    settings: Settings,
    theatre: Theatre,
    as_of: date,
    before: Forecast | None,
    progress: Progress | None = None,
) -> list[Row]:
    """The rows of every count whose source has told something by `as_of`.

    Where it told it too long ago they say why there is no forecast. A month that is over has no
    row. `change` is against the same window in the issue before.
    """
    found: list[Row] = []
    for group, count in theatre.counts.items():
        data = told(settings, theatre, group, as_of)
        if data is None:
            continue
        if (as_of - data.until).days > count.tolerance_days:
            found += list(_absent(group, count, data, as_of))
            continue
        made = outlook(settings, theatre, group, data, progress)
        found += list(_rows(theatre, group, data, as_of, made))
    return [replace(row, change=_change(row, before)) for row in found]


def _change(row: Row, before: Forecast | None) -> float | None:
    """The move since the issue before: of the same month, or of windows of the same length."""
    if before is None or row.probability is None:
        return None

    def window(each: Row) -> object:
        return each.horizon_days if each.target_start_date is None else each.target_end_date

    same = (row.unit, row.target, window(row))
    then = [r.probability for r in before.rows if (r.unit, r.target, window(r)) == same]
    return None if not then or then[0] is None else row.probability - then[0]


def _late(count: Count, data: Told, as_of: date) -> str:
    days = (as_of - data.until).days
    return f"{count.source} tells until {data.until} only, {days} days before as_of"


def _window(data: Told, horizon: int, as_of: date) -> dict[str, Any]:
    start, end = data.spans[horizon]
    days = (end - as_of).days
    return {"target_start_date": start, "target_end_date": end, "horizon_days": days}


def _absent(group: str, count: Count, data: Told, as_of: date) -> Iterator[Row]:
    for unit in data.units:
        for horizon, (_, end) in data.spans.items():
            for threshold in count.thresholds if end > as_of else ():
                yield Row(
                    unit=unit,
                    target=count.target(group, threshold),
                    status="no_forecast",
                    reason=_late(count, data, as_of),
                    **_window(data, horizon, as_of),
                )


def _rows(theatre: Theatre, group: str, data: Told, as_of: date, made: Outlook) -> Iterator[Row]:
    count = theatre.counts[group]
    stale = (as_of - data.until).days > count.fresh_days
    by_unit: dict[str, list[Said]] = {}
    for said in made.said:
        by_unit.setdefault(said.unit, []).append(said)
    for unit, name in data.units.items():
        for said in by_unit.get(name, ()):
            if data.spans[said.horizon][1] <= as_of:
                continue
            yield Row(
                unit=unit,
                target=count.target(group, said.threshold),
                probability=said.probability,
                probability_low=said.low,
                probability_high=said.high,
                baseline_probability=said.baseline,
                level=theatre.level(said.probability, said.baseline),
                drivers=said.drivers,
                drivers_log_odds=said.drivers_log_odds,
                status="stale" if stale else "ok",
                reason=_late(count, data, as_of) if stale else "",
                quantiles=said.quantiles,
                mlflow_run_id=made.run_id,
                **_window(data, said.horizon, as_of),
            )
