"""The daily flow: ingest, train where need be, forecast, publish."""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from flows import alerts
from flows.pipeline import champions, issue, knowledge
from flows.pipeline.champions import GroupModel
from flows.pipeline.settings import Settings, read_settings
from flows.pipeline.sources import Outcome
from flows.pipeline.vintage import Vintage
from flows.resolve import close
from flows.running import RETRIED, now
from models.forecasting.training import TrainingError
from models.tracking.registry import Champion
from models.tracking.runs import Logged
from publish.contract.forecast import Forecast
from publish.files.files import Published
from streams.sources import chronicle
from streams.store.landing import Ingested


@task(name="ingest the chronicle", **RETRIED)
def ingest(settings: Settings, theatre: str, moment: datetime) -> Ingested:
    """What landed in the store."""
    return knowledge.ingest(settings, theatre, moment)


@task(name="gather what is known", persist_result=False, cache_policy=NO_CACHE)
def gather(
    settings: Settings, theatre: str, as_of: date | None, today: date
) -> knowledge.Knowledge:
    """Events, coverage and fingerprint as of the day."""
    return knowledge.gather(settings, theatre, as_of, today)


@task(name="look at what the sources tell", persist_result=False, cache_policy=NO_CACHE)
def look(settings: Settings, known: knowledge.Knowledge) -> list[Vintage]:
    """The data of every group as of the day."""
    return issue.vintages(settings, known)


@task(name="load the champion", **RETRIED)
def load_champion(settings: Settings, data: Vintage) -> champions.Standing:
    """The champion from the registry, or why a model must be trained."""
    return champions.standing(settings, data)


@task(name="train the models", persist_result=False, cache_policy=NO_CACHE)
def train_models(
    settings: Settings, data: Vintage, register: bool, because: str = ""
) -> tuple[Champion, Logged]:
    """The trained model and its logged record."""
    artifact = cast(
        "UUID", create_progress_artifact(0.0, key="training", description="Rolling origins done")
    )

    def tell(done: int, total: int) -> None:
        update_progress_artifact(artifact, 100.0 * done / total)
        knowledge.tell(done, total)

    return champions.train(settings, data, register, tell, because)


@task(name="forecast", persist_result=False, cache_policy=NO_CACHE)
def make_forecast(
    settings: Settings, known: knowledge.Knowledge, parts: list[GroupModel], moment: datetime
) -> Forecast:
    """The frozen forecast."""
    return issue.make_forecast(settings, known, parts, moment)


@task(name="check the archive", **RETRIED)
def check_archive(settings: Settings, theatre: str) -> tuple[str, ...]:
    """What is wrong with what was archived since the last publication."""
    return issue.check_archive(settings, theatre)


@task(name="publish", **RETRIED)
def publish(settings: Settings, theatre: str, forecast: Forecast) -> tuple[Forecast, Published]:
    """The forecast as archived, and its files."""
    return issue.issue(settings, theatre, forecast)


def _tabulate(forecast: Forecast) -> None:
    rows = [
        {
            "unit": row.unit,
            "target": row.target,
            "days": row.horizon_days,
            "probability": row.probability,
            "baseline": row.baseline_probability,
            "level": row.level,
            "status": row.status,
        }
        for row in forecast.rows
    ]
    create_table_artifact(
        rows, key="forecast", description=f"{forecast.theatre} as of {forecast.as_of}"
    )


def run_name() -> str:
    """What a run is called: the theatre, and the day that it is for, today where none is named."""
    asked = flow_run.parameters
    return f"{asked['theatre']} as of {asked['as_of'] or now().date()}"


@flow(name="daily", flow_run_name=run_name, persist_result=False)
def daily(theatre: str, as_of: date | None = None) -> tuple[Forecast, Published] | State[Any]:
    """The day's issue, archived and published, by the champion or by a model trained for it.

    Without the theatre's headline the run has failed, with the issue as its state's data: see
    `issue_of`.
    """
    settings, moment, log = read_settings(), now(), get_run_logger()
    landed = ingest(settings, theatre, moment)
    knowledge.record(settings, theatre, Outcome(chronicle.SOURCE, "ok", landed.line()), moment)
    closed = close(settings, theatre, moment, return_state=True)
    if not closed.is_completed():  # what came of old issues keeps no new one from its reader
        log.warning("what came of past issues could not be told: %s", closed.message)
    known = gather(settings, theatre, as_of, moment.date())
    log.info("as of %s, events covered until %s", known.as_of, known.data_as_of)
    register = known.as_of >= known.today
    parts = []
    for data in look(settings, known):
        part = champions.ready(settings, data, register, load_champion, train_models)
        if part.reason:
            log.warning("%s: no forecast: %s", data.group, part.reason)
        parts.append(part)
    for fault in check_archive(settings, known.theatre.name):
        log.error("the archive was changed, see 'dyadcast verify': %s", fault)
    issued, published = publish(settings, theatre, make_forecast(settings, known, parts, moment))
    _tabulate(issued)
    if issued.status != "hindcast":
        alerts.tell_of(settings, theatre, issued, now)
    headline = known.theatre.headline
    if not headline.given(issued.rows):
        missing = f"{headline.unit}, {headline.target}, {headline.days} days"
        return Failed(
            message=f"as of {issued.as_of} the headline is missing: {missing}",
            data=(issued, published),
        )
    return issued, published


def issue_of(theatre: str, as_of: date | None = None) -> tuple[Forecast, Published]:
    """The day's issue from a run of `daily`, whether its headline is there or not.

    Raises what ended the run before there was an issue.
    """
    state = daily(theatre, as_of, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if isinstance(outcome, BaseException):
        raise outcome
    return cast("tuple[Forecast, Published]", outcome)


@flow(name="train", flow_run_name="train {theatre} as of {as_of}", persist_result=False)
def train(theatre: str, as_of: date | None = None, because: str = "") -> dict[str, Logged]:
    """A challenger for each group as of the newest day that can be forecast, or a record as of an
    earlier, by group.

    It becomes the champion where the gate lets it, or where a person says why (`because`).
    Raises TrainingError where there is none for any group.
    """
    settings, moment = read_settings(), now()
    ingest(settings, theatre, moment)
    known = gather(settings, theatre, as_of, moment.date())
    register = known.as_of >= known.today
    logged, reasons = {}, []
    for data in look(settings, known):
        asked = [data, *(reports for reports, _ in data.reports)]
        if reason := champions.why_not(data):
            reasons.append(f"{data.group}: {reason}")
        for each in {vintage.gap: vintage for vintage in asked if not reason}.values():
            name = f"{each.group} across {each.gap} days" if each.gap else each.group
            _, logged[name] = train_models(settings, each, register, because)
    if not logged:
        raise TrainingError(
            f"no model can be trained: {'; '.join(reasons)}", do="take another as_of"
        )
    return logged
