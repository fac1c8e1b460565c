"""The resolve flow: closes what can be known, and scores it."""

from datetime import datetime

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows import closing
from flows.running import now, worth_retrying
from flows.settings import Settings, read_settings


@task(
    name="close windows",
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=worth_retrying,
    persist_result=False,
    cache_policy=NO_CACHE,
)
def close(settings: Settings, theatre: str, moment: datetime) -> closing.Closed:
    """What was closed, and what came out otherwise than before."""
    return closing.close(settings, theatre, moment)


@flow(name="resolve", flow_run_name="resolve {theatre}", persist_result=False)
def resolve(theatre: str = "pak_afg") -> closing.Closed:
    """Every published row whose window can be known by now is scored, and its base rate."""
    found = close(read_settings(), theatre, now())
    get_run_logger().info("closed %s rows, revised %s", found.closed, found.revised)
    return found
