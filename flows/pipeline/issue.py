"""From what is known to an issue: the forecast's rows, archived and published."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from flows.pipeline.champions import GroupModel
from flows.pipeline.change import with_change
from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.knowledge import Knowledge
from flows.pipeline.page_context import context_for
from flows.pipeline.scored import Spoken, spoken
from flows.pipeline.settings import Settings
from flows.pipeline.vintage import Vintage
from models.recipes.contract import EVENTS, method
from publish.archive.archive import Archive
from publish.contract.forecast import Forecast, Row
from publish.contract.issue import IssueStatus
from publish.files.files import Published, context_kept, keep_context, keep_page, published_head
from publish.files.files import publish as publish_files
from streams.store.store import connect
from theatres import Theatre, load_theatre


def vintages(settings: Settings, known: Knowledge) -> list[Vintage]:
    """The data of every group of the theatre's targets whose source has told something."""
    counted = (count_vintage(settings, known, name) for name in known.theatre.counts)
    return [*event_vintages(known), *(each for each in counted if each is not None)]


def make_forecast(
    settings: Settings, known: Knowledge, parts: Sequence[GroupModel], now: datetime
) -> Forecast:
    """The forecast of that day; rows without a probability, and the reason, where none can be."""
    theatre, hindcast = known.theatre, known.as_of < known.today
    archive = Archive(connect(settings.database_url))
    before = archive.previous(theatre.name, known.as_of, hindcast=hindcast)
    run_id = _run_id(theatre, parts)
    rows = [row for part in parts for row in _rows(settings, known, part, before, run_id)]
    return Forecast(
        theatre=theatre.name,
        as_of=known.as_of,
        issued_at=now,
        data_as_of=known.data_as_of,
        data_fingerprint=known.fingerprint,
        method_version=method(theatre, EVENTS),
        mlflow_run_id=run_id,
        status=_status(theatre, rows, hindcast),
        levels=theatre.levels,
        rows=tuple(rows),
    )


def _status(theatre: Theatre, rows: Sequence[Row], hindcast: bool) -> IssueStatus:
    """What the issue is worth: without its headline it is partial at best."""
    statuses = {row.status for row in rows}
    if statuses == {"no_forecast"}:
        return "no_forecast"
    if hindcast:
        return "hindcast"
    if not theatre.headline.given(rows):
        return "partial"
    return "stale" if "stale" in statuses else "ok"


def _run_id(theatre: Theatre, parts: Sequence[GroupModel]) -> str:
    """The run behind the headline, or behind the first events that a model answers; else none."""
    made = [p for p in parts if p.vintage.group == EVENTS and p.run_id]
    first = [p for p in made if theatre.headline.target in p.vintage.targets]
    return next((part.run_id for part in (*first, *made)), "")


def _rows(
    settings: Settings, known: Knowledge, part: GroupModel, before: Forecast | None, run_id: str
) -> Sequence[Row]:
    if part.reason:
        return list(_absent(part.vintage, part.reason))
    rows = [_row(part, each, run_id) for each in spoken(part.vintage, part.model_of)]
    return with_change(settings, known, part, rows, before)


def _absent(vintage: Vintage, reason: str) -> Iterator[Row]:
    """A row without a probability for every unit, threshold and window that is not over."""
    theatre = vintage.theatre
    for name, target in vintage.targets.items():
        for unit in theatre.units(name):
            for ahead in target.months or target.days:
                start, end = vintage.spans[ahead]
                asked = target.published(name).items() if end > vintage.as_of else ()
                for published, threshold in asked:
                    yield Row(
                        unit=unit,
                        target=published,
                        horizon_days=(end - vintage.as_of).days,
                        target_start_date=start,
                        target_end_date=end,
                        threshold=threshold,
                        status="no_forecast",
                        reason=reason,
                    )


def _row(part: GroupModel, spoken: Spoken, run_id: str) -> Row:
    vintage, score = part.vintage, spoken.score
    return Row(
        unit=spoken.unit,
        target=spoken.target,
        threshold=score.threshold,
        horizon_days=(spoken.end - vintage.as_of).days,
        target_start_date=spoken.start,
        target_end_date=spoken.end,
        probability=score.probability,
        probability_low=score.low,
        probability_high=score.high,
        baseline_probability=score.baseline,
        level=vintage.theatre.level(score.probability, score.baseline),
        drivers=score.drivers,
        drivers_log_odds=score.drivers_log_odds,
        status="stale" if vintage.stale else "ok",
        reason=vintage.late if vintage.stale else "",
        quantiles=None if vintage.group == EVENTS else score.quantiles,
        mlflow_run_id=None if part.run_id == run_id else part.run_id,
        gap_days=vintage.days_late,
    )


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
