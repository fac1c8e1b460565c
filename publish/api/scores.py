"""Routes for what issues say: the latest, one of a day, one row, rows through time."""

import json
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBearer

from publish.api import schemas
from publish.api.answers import (
    MEDIA,
    Age,
    Answer,
    Table,
    document,
    negotiated,
    sent,
    table,
    written_line,
)
from publish.api.parameters import (
    OfIssue,
    Rows,
    RowsOfIssue,
    RowsThroughTime,
    check_rows,
    opened,
    sealed,
)
from publish.api.problems import Problem
from publish.api.state import ServiceState
from publish.archive.history import Selection, history, place_of
from publish.contract.forecast import SCORE, Forecast, score_lines, to_json
from publish.contract.older import with_thresholds
from publish.contract.row import ROW
from publish.files.formats import FILES, render
from theatres import Theatre

KEY = Depends(HTTPBearer(scheme_name="key", auto_error=False))
"""For the description alone: the gate has looked at the key before."""
CACHE = "private, max-age=60, must-revalidate"


def state_of(request: Request) -> ServiceState:
    """What the requests share."""
    state: ServiceState = request.app.state.shared
    return state


Named = Annotated[str, Path(max_length=60, examples=["aaa_bbb"])]
router = APIRouter(prefix="/v1/{theatre}", tags=["scores"])


def chosen_lines(forecast: Forecast, theatre: Theatre, wanted: Rows) -> list[dict[str, Any]]:
    """A line with the columns of SCORE for each row that was asked for, in the issue's order."""
    asked_for = {
        "unit": wanted.unit,
        "target": wanted.target,
        "horizon_days": wanted.horizon,
        "level": wanted.level,
    }
    kept = {name: value for name, value in asked_for.items() if value is not None}
    rows = [
        row
        for row in forecast.rows
        if all(getattr(row, name) == value for name, value in kept.items())
    ]
    return with_thresholds(score_lines(forecast, rows), theatre)


def _scores(request: Request, name: str, wanted: RowsOfIssue, extension: str | None) -> Response:
    state = state_of(request)
    theatre = state.theatre(name)
    chosen = negotiated(request.headers.get("accept", ""), extension)
    check_rows(wanted, theatre)
    forecast, stale = state.issue(theatre, wanted.as_of, wanted.target)
    more = {"issue_id": forecast.issue_id}
    lines = chosen_lines(forecast, theatre, wanted)
    made = Table(SCORE, lines, f"{theatre.name}_{forecast.as_of}", more)
    return sent(request, table(made, Age.of(forecast, stale, state.clock()), chosen), CACHE)


@router.get("/scores", responses=schemas.described(schemas.Scores, tabular=True))
async def scores(
    request: Request, theatre: Named, wanted: Annotated[RowsOfIssue, Query()]
) -> Response:
    """Rows of the latest issue, or of a day's: by unit, target, horizon, level."""
    return _scores(request, theatre, wanted, None)


@router.get("/scores.{extension}", responses=schemas.described(schemas.Scores, tabular=True))
async def scores_file(
    request: Request,
    theatre: Named,
    extension: Annotated[str, Path(max_length=20, examples=["csv"])],
    wanted: Annotated[RowsOfIssue, Query()],
) -> Response:
    """The same, in the format that the path names: for tools that send no Accept."""
    return _scores(request, theatre, wanted, extension)


@router.get("/scores/{unit}/{target}/{horizon}", responses=schemas.described(schemas.OneScore))
async def score(
    request: Request,
    theatre: Named,
    unit: Annotated[str, Path(max_length=60, examples=["dyad"])],
    target: Annotated[str, Path(max_length=60, examples=["closure"])],
    horizon: Annotated[int, Path(ge=1, le=3650, examples=[30])],
    wanted: Annotated[OfIssue, Query()],
) -> Response:
    """One row, with its drivers and the split of its change."""
    state = state_of(request)
    conflict = state.theatre(theatre)
    row = Rows.model_construct(unit=unit, target=target, horizon=horizon, level=None)
    check_rows(row, conflict)
    forecast, stale = state.issue(conflict, wanted.as_of, target)
    lines = chosen_lines(forecast, conflict, row)
    if not lines:
        units = sorted({each.unit for each in forecast.rows if each.target == target})
        raise Problem.unknown(f"unit of {target}", unit, units)
    age = Age.of(forecast, stale, state.clock())
    value = {**age.value(), "score": written_line(lines[0], SCORE)}
    return sent(request, document(value, age.headers()), CACHE)


IssueDay = Annotated[
    str, Path(pattern=r"^(latest|\d{4}-\d\d-\d\d)$", examples=["latest", "2025-11-15"])
]


@router.get("/issues/{as_of}", responses=schemas.described(schemas.WholeIssue))
async def issue(request: Request, theatre: Named, as_of: IssueDay) -> Response:
    """The whole issue of a day, levels' definition and all."""
    state = state_of(request)
    forecast, stale = state.issue(state.theatre(theatre), _day(as_of))
    age = Age.of(forecast, stale, state.clock())
    value = {**age.value(), "forecast": json.loads(to_json(forecast))}
    return sent(request, document(value, age.headers()), CACHE)


@router.get("/issues/{as_of}/{file}", responses=schemas.described(schemas.IssueText, tabular=True))
async def issue_file(
    request: Request,
    theatre: Named,
    as_of: IssueDay,
    file: Annotated[str, Path(max_length=30, examples=["forecast.json", "hub.csv"])],
) -> Response:
    """A file of the issue, byte for byte as it is published."""
    state = state_of(request)
    forecast, stale = state.issue(state.theatre(theatre), _day(as_of))
    if file not in FILES:
        raise Problem.unknown("file", file, FILES)
    age = Age.of(forecast, stale, state.clock())
    media = MEDIA[file.rsplit(".", 1)[1]]
    return sent(request, Answer(render(forecast)[file], media, age.headers()), CACHE)


def _day(text: str) -> date | None:
    if text == "latest":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(404, f"no such day as {text}", parameter="as_of") from None


def _history(
    request: Request, name: str, wanted: RowsThroughTime, extension: str | None
) -> Response:
    state = state_of(request)
    theatre = state.theatre(name)
    chosen = negotiated(request.headers.get("accept", ""), extension)
    check_rows(wanted, theatre)
    after: Any = opened(wanted.cursor, str, str, str, int)
    rows = history(state.engine, theatre.name, _wanted(wanted), after, wanted.limit + 1)
    following = sealed(*place_of(rows[wanted.limit - 1])) if len(rows) > wanted.limit else None
    edition = state.edition(theatre)
    lines = with_thresholds([_line(row) for row in rows[: wanted.limit]], theatre)
    made = Table(schemas.HISTORY, lines, f"{theatre.name}_history", {"next": following})
    age = Age.of(edition.forecast, edition.stale, state.clock())
    return sent(request, table(made, age, chosen))


def _wanted(asked_for: RowsThroughTime) -> Selection:
    return Selection(
        unit=asked_for.unit,
        target=asked_for.target,
        horizon_days=asked_for.horizon,
        level=asked_for.level,
        since=asked_for.since,
        until=asked_for.until,
        hindcasts=asked_for.hindcasts,
    )


def _line(row: dict[str, Any]) -> dict[str, Any]:
    texts = {each.name: row[each.name] for each in ROW if each.kind == "named" and row[each.name]}
    instant = {"as_of_instant": datetime.combine(row["as_of"], time(), UTC)}
    return row | {name: json.loads(text) for name, text in texts.items()} | instant


@router.get("/history", responses=schemas.described(schemas.Past, tabular=True))
def rows_through_time(
    request: Request, theatre: Named, wanted: Annotated[RowsThroughTime, Query()]
) -> Response:
    """Rows of past issues, the oldest first: one issue a day, the one that counts for it."""
    return _history(request, theatre, wanted, None)


@router.get("/history.{extension}", responses=schemas.described(schemas.Past, tabular=True))
def history_file(
    request: Request,
    theatre: Named,
    extension: Annotated[str, Path(max_length=20, examples=["csv"])],
    wanted: Annotated[RowsThroughTime, Query()],
) -> Response:
    """The same, in the format that the path names."""
    return _history(request, theatre, wanted, extension)
