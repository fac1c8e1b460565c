"""Routes for those who run the service: alive, ready, metrics."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from publish.api import schemas
from publish.api.answers import document, sent
from publish.api.metrics import Metrics
from publish.api.parameters import Parameters
from publish.api.problems import Problem
from publish.api.scores import KEY, state_of

router = APIRouter(tags=["health"])
READY = {
    200: {
        "model": schemas.HealthAnswer,
        "content": {"application/json": {"example": schemas.example(schemas.HealthAnswer)}},
    },
    **schemas.refusals(401, 422, 429, 503),
}
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/health/live", responses=READY)
async def live(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """The process answers."""
    return sent(request, document({"status": "ok", "detail": {}}, {}), "no-store")


@router.get("/health/ready", responses=READY)
async def ready(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """Every theatre has an issue that is no older than it allows; else 503 and why."""
    state = state_of(request)
    detail, wrong = {}, []
    for name, theatre in state.theatres.items():
        try:
            edition = state.edition(theatre)
        except Problem as problem:
            wrong.append(f"{name}: {problem.detail}")
            continue
        detail[name] = f"issue of {edition.forecast.as_of}"
        if edition.stale:
            wrong.append(f"{name}: {edition.stale}")
    if wrong:
        raise Problem(503, "; ".join(wrong))
    return sent(request, document({"status": "ok", "detail": detail}, {}), "no-store")


@router.get(
    "/metrics",
    dependencies=[KEY],
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "# HELP"}}},
        **schemas.refusals(401, 403, 422, 429),
    },
)
async def metrics(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """Counts and times for Prometheus; needs a key with the scope admin."""
    state = state_of(request)
    gauges: Metrics = request.app.state.metrics
    today = state.clock().date()
    for name, theatre in state.theatres.items():
        try:
            edition = state.edition(theatre)
        except Problem:
            gauges.ready.labels(name).set(0)
            continue
        gauges.age.labels(name).set((today - edition.forecast.as_of).days)
        gauges.ready.labels(name).set(0 if edition.stale else 1)
    return Response(gauges.text(), media_type=PROMETHEUS, headers={"Cache-Control": "no-store"})
