"""The resolve flow: closes what can be known, and scores it."""

from datetime import datetime

from prefect import flow, get_run_logger, task

from flows.pipeline import resolution
from flows.pipeline.settings import Settings, read_settings
from flows.running import RETRIED, now


@task(name="close windows", **RETRIED)
def close(settings: Settings, theatre: str, moment: datetime) -> resolution.Closed:
    """What was closed, and what came out otherwise than before."""
    return resolution.close(settings, theatre, moment)


@flow(name="resolve", flow_run_name="resolve {theatre}", persist_result=False)
def resolve(theatre: str) -> resolution.Closed:
    """Every published row whose window can be known by now is scored, and its base rate."""
    found = close(read_settings(), theatre, now())
    get_run_logger().info("closed %s rows, revised %s", found.closed, found.revised)
    return found
