"""The ingest flow: every source of a theatre asked for what is new, each on its own."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.tasks import exponential_backoff

from errors import NotSetUpError
from flows.pipeline import knowledge
from flows.pipeline.settings import Settings, read_settings
from flows.pipeline.sources import ASKED, Outcome, Request
from flows.running import now, worth_retrying
from theatres import load_theatre

HOURS = 3600.0


@task(
    name="ingest a source",
    task_run_name="ingest {source}",
    retries=2,
    retry_delay_seconds=exponential_backoff(backoff_factor=10),
    retry_jitter_factor=0.5,
    retry_condition_fn=worth_retrying,
    timeout_seconds=6 * HOURS,
    persist_result=False,
    cache_policy=NO_CACHE,
)
def ingest_source(
    settings: Settings,
    theatre: str,
    source: str,
    moment: datetime,
    request: Request,
) -> Outcome:
    """What became of the source's rows."""
    found = knowledge.ingest_source(settings, theatre, source, moment, request, knowledge.tell_part)
    # What could be read has landed; the run is no success all the same.
    return Outcome(source, "failed" if found.unread else "ok", found.line(), found)


@flow(name="ingest", flow_run_name="ingest {theatre}", persist_result=False)
def ingest(
    theatre: str,
    source: str | None = None,
    path: Path | None = None,
    since: date | None = None,
    accept: bool = False,
) -> Any:
    """How each source fared. One that fails stops no other: the run then ends `Partial`.

    `accept` says that a person has seen what of a file cannot be read, and wants it all the same.
    A source that nobody has set up (an account, feeds) is skipped unless it is named.
    """
    settings, moment, log = read_settings(), now(), get_run_logger()
    known = [each.name for each in load_theatre(theatre).sources if each.name in ASKED]
    outcomes, request = [], Request(path, since, accept)
    for name in [source] if source else known:
        state = ingest_source(settings, theatre, name, moment, request, return_state=True)
        found = state.result(raise_on_failure=False)
        if not isinstance(found, Outcome):
            missing = isinstance(found, NotSetUpError) and source is None
            found = Outcome(name, "skipped" if missing else "failed", str(found))
            log.warning("%s: %s", name, found.told)
        knowledge.record(settings, theatre, found, moment)
        outcomes.append(found)
    bad = [each.source for each in outcomes if each.status == "failed"]
    if not bad:
        return Completed(message="every source is up to date", data=outcomes)
    told = f"failed: {', '.join(bad)}"
    if len(bad) == len(outcomes):
        return Failed(message=told, data=outcomes)
    return Completed(name="Partial", message=told, data=outcomes)


def run_ingest(theatre: str, source: str | None, request: Request) -> list[Outcome]:
    """How each source fared, whatever the state in which the run ended.

    Raises the error of a run that ended before it had asked them.
    """
    state = cast(
        "State[Any]",
        ingest(theatre, source, request.path, request.since, request.accept, return_state=True),
    )
    found = state.result(raise_on_failure=False)
    if isinstance(found, list):
        return found
    raise found
