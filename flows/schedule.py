"""The flows on their cron lines: streams are asked, the forecast is made, alerts go out."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from prefect import serve as serve_all
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

from flows.daily import daily
from flows.deliver import deliver
from flows.ingest import ingest
from theatres import load_theatre


def serve(theatre: str, tell: Callable[[str], None]) -> None:
    """Serves `ingest`, `daily` and `deliver` on the theatre's cron lines until stopped."""
    loaded, name = load_theatre(theatre), Path(theatre).stem
    plan, notify = loaded.schedule, loaded.notify
    deployments = []
    for flow, cron, zone in (
        (ingest, plan.ingest_cron, plan.timezone),
        (daily, plan.cron, plan.timezone),
        (deliver, notify.cron, notify.timezone),
    ):
        tell(f"serving {flow.name} for {theatre} at '{cron}' {zone}")
        made = flow.to_deployment(
            name=name,
            schedule=Cron(cron, timezone=zone),
            parameters={"theatre": theatre},
        )
        # Only within an event loop would it be a coroutine.
        deployments.append(cast("RunnerDeployment", made))
    serve_all(*deployments)
