"""What every flow's run needs: the clock, and whether trying again may help."""

from datetime import UTC, datetime
from typing import Any

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from errors import DyadcastError


def worth_retrying(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a task may fare better next time: a DyadcastError is for a person to mend."""
    return not isinstance(state.result(raise_on_failure=False), DyadcastError)


RETRIED: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2, 10],
    "retry_condition_fn": worth_retrying,
    "persist_result": False,
    "cache_policy": NO_CACHE,
}
"""How a task is run that speaks to a database or a disk."""


def now() -> datetime:
    """The present moment in UTC: the flows' only clock."""
    return clock().replace(microsecond=0)


def clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)
