"""The resolve flow: closes what can be known, and scores it."""

from datetime import datetime

from prefect import flow, get_run_logger, task

from flows import closing
from flows.running import RETRIED, now
from flows.settings import Settings, read_settings


@task(name="close windows", **RETRIED)
def close(settings: Settings, theatre: str, moment: datetime) -> closing.Closed:
    """What was closed, and what came out otherwise than before."""
    return closing.close(settings, theatre, moment)


@flow(name="resolve", flow_run_name="resolve {theatre}", persist_result=False)
def resolve(theatre: str = "pak_afg") -> closing.Closed:
    """Every published row whose window can be known by now is scored, and its base rate."""
    found = close(read_settings(), theatre, now())
    get_run_logger().info("closed %s rows, revised %s", found.closed, found.revised)
    return found
