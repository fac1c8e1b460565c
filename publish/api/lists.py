"""Routes for what stands around the scores: theatres, issues, events, scoreboard, record, chain."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from publish.api import schemas
from publish.api.answers import Age, Table, document, negotiated, sent, table
from publish.api.parameters import (
    EventPart,
    IssuePart,
    Parameters,
    ProofPart,
    ResolvedPart,
    check_rows,
    opened,
    sealed,
)
from publish.api.problems import Problem
from publish.api.scores import Named, state_of
from publish.api.state import ServiceState
from publish.archive.history import issues_before, links_from
from publish.archive.scoreboard import Part
from publish.contract.context import Freshness
from publish.contract.older import with_thresholds
from streams.events.event import FAMILIES
from theatres import DYAD, Theatre

PROOF_LINKS: Final = 1000
router = APIRouter(prefix="/v1", tags=["about"])


def _accept(request: Request) -> str:
    return negotiated(request.headers.get("accept", ""))


def _age(state: ServiceState, theatre: Theatre) -> Age:
    """The latest issue's; without one it is said that there is none."""
    try:
        edition = state.edition(theatre)
    except Problem as problem:
        return Age(theatre.name, None, None, problem.detail)
    return Age.of(edition.forecast, edition.stale, state.clock())


@router.get("/theatres", responses=schemas.described(schemas.Theatres))
async def theatres(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """The theatres there are."""
    state = state_of(request)
    listed = [
        {"name": name, "title": each.title, **_age(state, each).value()}
        for name, each in state.theatres.items()
    ]
    return sent(request, document({"theatres": listed}, {}))


@router.get("/{theatre}", responses=schemas.described(schemas.TheatreAnswer))
async def theatre(
    request: Request, theatre: Named, _none: Annotated[Parameters, Query()]
) -> Response:
    """The theatre's units, targets and levels, with their definitions."""
    state = state_of(request)
    conflict = state.theatre(theatre)
    age = _age(state, conflict)
    units: list[dict[str, Any]] = [{"unit": DYAD, "meaning": " and ".join(conflict.actors)}]
    for each in conflict.segments:
        crossings = [crossing.model_dump(exclude={"aliases"}) for crossing in each.crossings]
        meaning = f"the border between {' and '.join(each.sides[a] for a in conflict.actors)}"
        units.append({"unit": each.name, "meaning": meaning, "crossings": crossings})
    named = {unit["unit"] for unit in units}
    units += [
        {"unit": unit, "meaning": "a country"} for unit in conflict.all_units if unit not in named
    ]
    value = {
        **age.value(),
        "name": conflict.name,
        "title": conflict.title,
        "actors": list(conflict.actors),
        "baseline": conflict.baseline,
        "units": units,
        "targets": [
            {
                "target": name,
                **each.model_dump(mode="json"),
                "published": {n: each.asks(k) for n, k in each.published(name).items()},
                "units": list(conflict.units(name)),
            }
            for name, each in conflict.targets.items()
        ],
        "levels": [level.model_dump() for level in conflict.levels],
    }
    return sent(request, document(value, age.headers()))


@router.get("/{theatre}/issues", responses=schemas.described(schemas.Issues, tabular=True))
def issues(request: Request, theatre: Named, wanted: Annotated[IssuePart, Query()]) -> Response:
    """Archived issues, the newest first."""
    state, chosen = state_of(request), _accept(request)
    conflict = state.theatre(theatre)
    before = opened(wanted.cursor, int)
    limit = wanted.limit
    rows = issues_before(
        state.engine,
        conflict.name,
        before[0] if before else None,
        limit + 1,
        wanted.as_of,
    )
    following = sealed(rows[limit - 1]["position"]) if len(rows) > limit else None
    more = {"next": following}
    age = _age(state, conflict)
    return sent(
        request, table(Table(schemas.ISSUES, rows[:limit], f"{theatre}_issues", more), age, chosen)
    )


@router.get("/{theatre}/events", responses=schemas.described(schemas.Events, tabular=True))
def events(request: Request, theatre: Named, wanted: Annotated[EventPart, Query()]) -> Response:
    """Events as known on a day, the newest first, each with its source and address."""
    state, chosen = state_of(request), _accept(request)
    conflict = state.theatre(theatre)
    part: EventPart = wanted
    as_of = part.as_of or state.clock().date()
    shown = [source.name for source in conflict.sources if source.shown]
    frame = state.store(conflict).events(as_of, sources=shown)
    if part.since:
        frame = frame[frame["occurred_on"] >= part.since.isoformat()]
    for name in ("type", "segment"):
        if (value := getattr(part, name)) is not None:
            frame = frame[frame[name] == value]
    start = opened(part.cursor, int) or (0,)
    rows = [event_values(row) for row in frame[::-1][start[0] :][: part.limit].to_dict("records")]
    end = start[0] + part.limit
    more = {"next": sealed(end) if end < len(frame) else None}
    age = Age(conflict.name, as_of, None, "")
    return sent(request, table(Table(schemas.EVENTS, rows, f"{theatre}_events", more), age, chosen))


def event_values(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One event of the store as plain values."""
    return {
        **{column.name: row[column.name] for column in schemas.EVENTS if column.name in row},
        "occurred_on": row["occurred_on"].date(),
        "known_on": row["known_at"].date(),
        "family": FAMILIES[row["type"]],
        **{name: None if row[name] != row[name] else float(row[name]) for name in ("lat", "lon")},
        **{name: _whole(row[name]) for name in ("deaths_low", "deaths_best", "deaths_high")},
    }


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):  # pandas' missing value
        return None


@router.get("/{theatre}/scoreboard", responses=schemas.described(schemas.Scoreboard, tabular=True))
def scoreboard(
    request: Request, theatre: Named, wanted: Annotated[ResolvedPart, Query()]
) -> Response:
    """What past issues said and what happened, the newest first, with the means in `summary`."""
    state, chosen = state_of(request), _accept(request)
    conflict = state.theatre(theatre)
    check_rows(wanted, conflict)
    part = Part(wanted.unit, wanted.target, wanted.horizon)
    start = (opened(wanted.cursor, int) or (0,))[0]
    standing = state.scoreboard.standing(conflict.name, part, start=start, limit=wanted.limit + 1)
    rows = with_thresholds(standing[: wanted.limit], conflict)
    more = {
        "next": sealed(start + wanted.limit) if len(standing) > wanted.limit else None,
        "summary": state.scoreboard.summary(conflict.name, part),
    }
    age = _age(state, conflict)
    return sent(
        request, table(Table(schemas.RESOLVED, rows, f"{theatre}_scoreboard", more), age, chosen)
    )


@router.get("/{theatre}/models", responses=schemas.described(schemas.Record, tabular=True))
async def models(
    request: Request, theatre: Named, _none: Annotated[Parameters, Query()]
) -> Response:
    """The model behind the latest issue, and its out-of-sample record against the base rate."""
    state, chosen = state_of(request), _accept(request)
    edition = state.edition(state.theatre(theatre))
    age = Age.of(edition.forecast, edition.stale, state.clock())
    more = {
        "method_version": edition.forecast.method_version,
        "mlflow_run_id": edition.forecast.mlflow_run_id,
    }
    rows = [asdict(skill) for skill in edition.context.skill]
    return sent(request, table(Table(schemas.SKILL, rows, f"{theatre}_models", more), age, chosen))


@router.get("/{theatre}/streams", responses=schemas.described(schemas.Streams, tabular=True))
def streams(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """How each stream fares at present."""
    state, chosen = state_of(request), _accept(request)
    conflict = state.theatre(theatre)
    store = state.store(conflict)
    rows = [asdict(Freshness.of(store, source.name)) for source in conflict.sources]
    made = Table(schemas.STREAMS, rows, f"{theatre}_streams")
    return sent(request, table(made, _age(state, conflict), chosen))


@router.get("/{theatre}/archive", responses=schemas.described(schemas.Head))
def archive(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """The archive's chain: how long it is, and the hash of its last issue."""
    state = state_of(request)
    conflict = state.theatre(theatre)
    age = _age(state, conflict)
    head = state.archive.head(conflict.name)
    return sent(request, document({**age.value(), **asdict(head)}, age.headers()))


@router.get("/{theatre}/archive/{issue_id}", responses=schemas.described(schemas.Proof))
def proof(
    request: Request,
    theatre: Named,
    issue_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=[schemas.ID])],
    wanted: Annotated[ProofPart, Query()],
) -> Response:
    """That an issue stands in the archive: the links of the chain from it to the head."""
    state = state_of(request)
    conflict = state.theatre(theatre)
    name, age = conflict.name, _age(state, conflict)
    links = links_from(state.engine, name, issue_id, wanted.start, PROOF_LINKS)
    if not links:
        raise Problem(404, f"no issue {issue_id} in the archive", parameter="issue_id")
    head = state.archive.head(name)
    last = links[-1]["position"]
    value = {
        **age.value(),
        "issue_id": issue_id,
        "links": links,
        "next": last + 1 if last < head.position else None,
        "head": asdict(head),
    }
    return sent(request, document(value, age.headers()))
