"""The flows on their cron lines: streams are asked, the forecast is made, alerts go out."""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

from prefect import serve as serve_all
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron

from flows.daily import daily
from flows.deliver import deliver
from flows.ingest import ingest
from theatres import Theatre, load_theatres


def serve(names: Sequence[str] | None, tell: Callable[[str], None]) -> None:
    """Serves `ingest`, `daily` and `deliver` on the cron lines of the theatres named, of every one
    where none is, until stopped."""
    theatres = load_theatres(names)
    serve_all(*(made for each in theatres.items() for made in _deployments(*each, tell)))


def _deployments(
    name: str, theatre: Theatre, tell: Callable[[str], None]
) -> Iterator[RunnerDeployment]:
    plan, notify = theatre.schedule, theatre.notify
    for flow, cron, zone in (
        (ingest, plan.ingest_cron, plan.timezone),
        (daily, plan.cron, plan.timezone),
        (deliver, notify.cron, notify.timezone),
    ):
        tell(f"serving {flow.name} for {theatre.name} at '{cron}' {zone}")
        made = flow.to_deployment(
            name=theatre.name,
            schedule=Cron(cron, timezone=zone),
            parameters={"theatre": name},
        )
        # Only within an event loop would it be a coroutine.
        yield cast("RunnerDeployment", made)
