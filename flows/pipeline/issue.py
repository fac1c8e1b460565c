"""From what is known to an issue: the forecast's rows, archived and published."""

from datetime import datetime, timedelta

from flows.pipeline.change import method, with_change
from flows.pipeline.counts import count_rows
from flows.pipeline.knowledge import Knowledge, tell, why_not
from flows.pipeline.page_context import context_for
from flows.pipeline.settings import Settings
from models.forecasting import events
from models.tracking.registry import Champion
from publish.archive.archive import Archive
from publish.contract.forecast import Forecast, Row
from publish.contract.issue import IssueStatus
from publish.files.files import Published, context_kept, keep_context, keep_page, published_head
from publish.files.files import publish as publish_files
from streams.store.store import connect
from theatres import load_theatre


def make_forecast(
    settings: Settings, known: Knowledge, champion: Champion | None, now: datetime
) -> Forecast:
    """The forecast of that day; rows without a probability, and the reason, where none can be."""
    hindcast = known.as_of < known.newest_as_of
    before = Archive(connect(settings.database_url)).previous(
        known.theatre.name, known.as_of, hindcast=hindcast
    )
    if champion is None:
        rows = _absent_rows(known, why_not(known))
    else:
        rows = with_change(settings, known, champion, _rows(known, champion), before)
    rows += count_rows(settings, known.theatre, known.as_of, before, tell)
    statuses = {row.status for row in rows}
    status: IssueStatus = (
        "no_forecast"
        if statuses == {"no_forecast"}
        else "hindcast"
        if hindcast
        else "stale"
        if "stale" in statuses
        else "ok"
    )
    return Forecast(
        theatre=known.theatre.name,
        as_of=known.as_of,
        issued_at=now,
        data_as_of=known.data_as_of,
        data_fingerprint=known.fingerprint,
        method_version=method(known),
        mlflow_run_id="" if champion is None else champion.run_id,
        status=status,
        levels=known.theatre.levels,
        rows=tuple(rows),
    )


def _absent_rows(known: Knowledge, reason: str) -> list[Row]:
    return [
        Row(
            unit=unit,
            target=name,
            horizon_days=horizon,
            target_end_date=known.as_of + timedelta(days=horizon),
            status="no_forecast",
            reason=reason,
        )
        for name, target in known.theatre.targets.items()
        for unit in known.theatre.units(name)
        for horizon in target.horizons
    ]


def _rows(known: Knowledge, champion: Champion) -> list[Row]:
    late = (known.as_of - known.covered[1]).days
    reason = f"events are covered until {known.covered[1]}, {late} days before as_of"
    return [
        Row(
            unit=score.unit,
            target=score.target,
            horizon_days=score.horizon,
            target_end_date=known.as_of + timedelta(days=score.horizon),
            probability=score.probability,
            probability_low=score.low,
            probability_high=score.high,
            baseline_probability=score.baseline,
            level=known.theatre.level(score.probability, score.baseline),
            drivers=score.drivers,
            drivers_log_odds=score.drivers_log_odds,
            status="stale" if late > 0 else "ok",
            reason=reason if late > 0 else "",
        )
        for score in events.forecast(
            champion.model, known.history, known.theatre, known.covered, known.as_of
        )
    ]


def check_archive(settings: Settings, theatre: str) -> tuple[str, ...]:
    """What is wrong with the archive since the head that was published last, that one included;
    `dyadcast verify` looks at the whole chain."""
    archive = Archive(connect(settings.database_url))
    return archive.verify(theatre, since=published_head(settings.published, theatre)).faults


def issue(settings: Settings, theatre_name: str, forecast: Forecast) -> tuple[Forecast, Published]:
    """The forecast as archived and where its files are; the same forecast again changes nothing."""
    archive = Archive(connect(settings.database_url))
    if not archive.append(forecast):
        forecast = archive.get(forecast.theatre, forecast.issue_id)
    theatre = load_theatre(theatre_name)
    if not context_kept(forecast, settings.published):
        context = context_for(settings, theatre, forecast)
        from publish.page.page import page_html  # with its charts it takes a second to import

        page = page_html(forecast, context, theatre, forecast.issued_at)
        keep_page(forecast, page, settings.published)
        keep_context(forecast, context, settings.published)  # last: it says that both are there
    head = archive.head(forecast.theatre)
    return forecast, publish_files(forecast, settings.published, head)
