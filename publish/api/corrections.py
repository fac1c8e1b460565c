"""Routes that hand events on: what has changed of them, and all in the chronicle's format."""

from datetime import UTC, date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from publish.api import schemas
from publish.api.answers import Age, Answer, Table, negotiated, sent, table
from publish.api.parameters import ListPart, Name, Parameters, opened, sealed
from publish.api.problems import Problem
from publish.api.scores import Named, state_of
from publish.contract.columns import Column
from streams.sources.desk.corrections import corrections
from streams.sources.desk.export import chronicle_csv
from streams.store.database import reading
from theatres import Theatre

router = APIRouter(prefix="/v1/{theatre}", tags=["events"])
CORRECTIONS: Final = (
    Column("at", "text", "when it was stored, UTC", "2025-11-15T12:00:00.000000"),
    Column("change", "text", "added, revised or retracted", "revised"),
    Column("changes", "object", "field to what it was and became", {"deaths_best": [5, 7]}),
    Column("version", "whole", "of the event", 2),
    Column("known_at", "text", "when it became known, UTC", "2025-11-14T00:00:00"),
    *(column for column in schemas.EVENTS if column.name not in ("known_on", "family")),
)
Corrections: Final = schemas.listed(
    "Corrections",
    "What has changed of the events, the earliest first.",
    ("Correction", CORRECTIONS),
    Column("next", "text", "the cursor of what follows, or null", None, nullable=True),
)
CSV: Final = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": "event_id,occurred_on"}}
    },
    **schemas.refusals(401, 403, 404, 422, 429),
}


class CorrectionPart(ListPart):
    """Which corrections."""

    since: AwareDatetime = Field(
        examples=["2025-11-01T00:00:00Z"], description="stored at this instant or later"
    )


class ExportPart(Parameters):
    """Which events."""

    as_of: date | None = Field(None, description="as known on this day; by default now")
    source: Name | None = Field(None, description="by default the chronicle, and the desk's")


@router.get("/corrections", responses=schemas.described(Corrections, tabular=True))
def corrected(
    request: Request, theatre: Named, wanted: Annotated[CorrectionPart, Query()]
) -> Response:
    """What was added, revised and retracted since an instant, the earliest first."""
    state, chosen = state_of(request), negotiated(request.headers.get("accept", ""))
    conflict = state.theatre(theatre)
    start = (opened(wanted.cursor, int) or (0,))[0]
    with reading(state.engine) as connection:
        rows = corrections(
            connection,
            conflict.name,
            _shown(conflict),
            wanted.since.astimezone(UTC).replace(tzinfo=None),
            (start, wanted.limit + 1),
        )
    more = {"next": sealed(start + wanted.limit) if len(rows) > wanted.limit else None}
    lines = [
        row | {"occurred_on": date.fromisoformat(row["occurred_on"])}
        for row in rows[: wanted.limit]
    ]
    made = Table(CORRECTIONS, lines, f"{theatre}_corrections", more)
    return sent(request, table(made, Age(conflict.name, None, None, ""), chosen))


@router.get("/events.csv", response_class=Response, responses=CSV)
def events_csv(
    request: Request, theatre: Named, wanted: Annotated[ExportPart, Query()]
) -> Response:
    """All events of a source as known on a day, in the chronicle's own format: `dyadcast events
    load` takes it, and so does a theatre's folder."""
    state = state_of(request)
    conflict = state.theatre(theatre)
    shown = _shown(conflict)
    if wanted.source is not None and wanted.source not in shown:
        raise Problem.unknown("source", wanted.source, shown)
    sources = [wanted.source] if wanted.source else ["chronicle", "desk"]
    as_of = wanted.as_of or state.clock().date()
    events = state.store(conflict).events(as_of, sources=sources)
    headers = {"Content-Disposition": 'inline; filename="events.csv"'}
    body = chronicle_csv(events).encode()
    return sent(request, Answer(body, "text/csv; charset=utf-8", headers))


def _shown(theatre: Theatre) -> list[str]:
    """The sources whose events may be passed on."""
    return [source.name for source in theatre.sources if source.shown]
