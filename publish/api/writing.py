"""The route that writes: an event of one's own."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from errors import DyadcastError
from publish.api import schemas
from publish.api.answers import document
from publish.api.parameters import Parameters
from publish.api.problems import Problem
from publish.api.scores import KEY, Named, state_of

router = APIRouter(prefix="/v1/{theatre}", tags=["events"], dependencies=[KEY])
STORED = {
    201: {
        "model": schemas.Stored,
        "content": {"application/json": {"example": schemas.example(schemas.Stored)}},
    },
    **schemas.refusals(400, 401, 403, 404, 408, 409, 413, 422, 429),
}


@router.post("/events", status_code=201, responses=STORED)
def add(
    request: Request,
    theatre: Named,
    event: schemas.NewEvent,
    _none: Annotated[Parameters, Query()],
) -> Response:
    """Add an event of your own; the same again changes nothing. Needs the scope events."""
    state = state_of(request)
    name = state.theatre(theatre).name
    fields = {
        field: "" if value is None else str(value)
        for field, value in event.model_dump(mode="json").items()
    }
    if event.known_at is not None and event.known_at.tzinfo is not None:
        fields["known_at"] = event.known_at.astimezone(UTC).replace(tzinfo=None).isoformat()
    try:
        event_id, outcome = state.add_event(name, fields, state.clock())
    except DyadcastError as error:
        raise Problem(409, str(error)[:400], parameter="body") from None
    answer = document({"event_id": event_id, "state": outcome}, {})
    return Response(answer.body, 201, {"Cache-Control": "no-store"}, answer.media)
