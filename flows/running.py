"""What every flow's run needs: the clock, and whether trying again may help."""

from datetime import UTC, datetime
from typing import Any

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from errors import DyadcastError


def worth_retrying(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a task may fare better next time: a DyadcastError is for a person to mend."""
    return not isinstance(state.result(raise_on_failure=False), DyadcastError)


def now() -> datetime:
    """The present moment in UTC: the flows' only clock."""
    return datetime.now(UTC).replace(microsecond=0)
