"""The flows on their cron lines: the streams are asked, and the forecast is made, day by day."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from prefect import serve as serve_all
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

from flows.daily import daily
from flows.ingest import ingest
from theatres import load_theatre


def serve(theatre: str, tell: Callable[[str], None]) -> None:
    """Serves `ingest` and `daily` on the theatre's cron lines until stopped."""
    plan, name = load_theatre(theatre).schedule, Path(theatre).stem
    deployments = []
    for flow, cron in ((ingest, plan.ingest_cron), (daily, plan.cron)):
        tell(f"serving {flow.name} for {theatre} at '{cron}' {plan.timezone}")
        made = flow.to_deployment(
            name=name,
            schedule=Cron(cron, timezone=plan.timezone),
            parameters={"theatre": theatre},
        )
        # Only within an event loop would it be a coroutine.
        deployments.append(cast("RunnerDeployment", made))
    serve_all(*deployments)
