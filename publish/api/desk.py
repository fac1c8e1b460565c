"""Routes of the desk: what is proposed, what is decided of it, what it would do to the number."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from errors import DyadcastError
from publish.api import desk_shapes as shapes
from publish.api import schemas
from publish.api.access import KEY as KEY_NAME
from publish.api.answers import document, sent
from publish.api.parameters import Parameters, opened, sealed
from publish.api.problems import Problem
from publish.api.scores import KEY, Named, state_of
from publish.archive.keys import Key
from streams.sources.desk.decisions import DecidedError, Ruling
from streams.sources.desk.desk import Desk

router = APIRouter(prefix="/v1/{theatre}/desk", tags=["desk"], dependencies=[KEY])
Id = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9]+$", examples=["36b2a56dc53d"])]
REFUSED = (401, 403, 404, 422, 429)


def _responses(kind: Any, status: int = 200, *more: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"example": schemas.example(kind)}}
    return {
        status: {"model": kind, "content": content},
        **schemas.refusals(*sorted({*REFUSED, *more})),
    }


def desk_in(request: Request, theatre: str) -> Desk:
    """The named theatre's desk; Problem 404 for one that is not there."""
    state = state_of(request)
    return state.desk(state.theatre(theatre))


def key_of(request: Request) -> Key | None:
    """The key that let the request in."""
    key: Key | None = request.scope.get(KEY_NAME)
    return key


@router.get("/proposals", responses=_responses(shapes.Proposals))
def proposals(
    request: Request, theatre: Named, wanted: Annotated[shapes.ProposalPart, Query()]
) -> Response:
    """Proposals of one status, the earliest known first. Needs the scope write, as all here."""
    desk = desk_in(request, theatre)
    start = (opened(wanted.cursor, int) or (0,))[0]
    listed = desk.listed(wanted.status)
    end = start + wanted.limit
    value = {
        "theatre": desk.theatre.name,
        "waiting": desk.waiting(),
        "next": sealed(end) if end < len(listed) else None,
        "rows": [shapes.shown(each) for each in listed[start:end]],
    }
    return _private(request, value)


@router.get("/proposals/{proposal_id}", responses=_responses(shapes.OneProposal))
def proposal(
    request: Request, theatre: Named, proposal_id: Id, _none: Annotated[Parameters, Query()]
) -> Response:
    """One proposal, and what was decided of it."""
    try:
        filed, record = desk_in(request, theatre).get(proposal_id)
    except DyadcastError as error:
        raise Problem(404, str(error), parameter="proposal_id") from None
    decisions = [shapes.shown(each) for each in record]
    return _private(request, {"proposal": shapes.shown(filed), "decisions": decisions})


@router.get("/proposals/{proposal_id}/move", responses=_responses(shapes.Move))
def move(
    request: Request, theatre: Named, proposal_id: Id, _none: Annotated[Parameters, Query()]
) -> Response:
    """What the headline would do if the proposal were accepted: the champion asked again."""
    state = state_of(request)
    desk = desk_in(request, theatre)
    try:
        filed, _ = desk.get(proposal_id)
    except DyadcastError as error:
        raise Problem(404, str(error), parameter="proposal_id") from None
    return _private(request, state.move_of(desk.theatre.name, filed.proposal_id, state.clock()))


@router.post(
    "/proposals/{proposal_id}/decisions",
    status_code=201,
    responses=_responses(shapes.Decided, 201, 400, 408, 409, 413),
)
def decide(
    request: Request,
    theatre: Named,
    proposal_id: Id,
    decision: shapes.NewDecision,
    _none: Annotated[Parameters, Query()],
) -> Response:
    """Accept, mend, reject or undo. 409 where somebody else was first, or the proposal changed."""
    desk = desk_in(request, theatre)
    key = key_of(request)
    ruling = Ruling(
        decision.action,
        key.name if key else "",
        state_of(request).clock(),
        decision.revision,
        decision.reason,
        {str(name): value for name, value in decision.changes.items()},
    )
    try:
        desk.get(proposal_id)
    except DyadcastError as error:
        raise Problem(404, str(error), parameter="proposal_id") from None
    try:
        decided = desk.decide(proposal_id, ruling)
    except DecidedError as error:
        raise Problem(409, str(error)[:400]) from None
    except DyadcastError as error:
        raise Problem(422, str(error)[:400], parameter="body") from None
    answer = document(shapes.shown(decided), {})
    return Response(answer.body, 201, {"Cache-Control": "no-store"}, answer.media)


@router.get("/coders", responses=_responses(shapes.Coders))
def coders(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """What each coder has earned, by type."""
    desk = desk_in(request, theatre)
    rules = desk.theatre.desk
    rows = [shapes.shown(each) for each in desk.coders()]
    value = {"theatre": desk.theatre.name, "bar": rules.bar, "needed": rules.decisions}
    return _private(request, {**value, "rows": rows})


def _private(request: Request, value: Any) -> Response:
    """What may be kept nowhere: it quotes others' texts."""
    return sent(request, document(value, {}), "no-store")
