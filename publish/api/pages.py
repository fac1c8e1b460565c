"""Routes for people: the page of the latest issue, and the feed of alerts."""

from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from publish.api import schemas
from publish.api.answers import Age, Answer, sent
from publish.api.parameters import Parameters
from publish.api.problems import Problem
from publish.api.scores import Named, state_of
from publish.api.state import Edition, ServiceState
from publish.page.page import page_html
from theatres import Theatre

router = APIRouter(tags=["pages"])
HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml"


class AtomResponse(Response):
    """For the description: the feed's media type."""

    media_type = ATOM


PAGE = {
    200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}}},
    **schemas.refusals(401, 404, 422, 429, 503),
}
FEED = {
    200: {"content": {ATOM: {"schema": {"type": "string"}, "example": "<feed/>"}}},
    **schemas.refusals(401, 404, 422, 429),
}


@router.get("/", response_class=HTMLResponse, responses=PAGE)
def front(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """The page of the first theatre's latest issue."""
    state = state_of(request)
    return _page(request, state, next(iter(state.theatres.values())))


@router.get("/{theatre}/page", response_class=HTMLResponse, responses=PAGE)
def page(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """The page of a theatre's latest issue."""
    state = state_of(request)
    return _page(request, state, state.theatre(theatre))


def _page(request: Request, state: ServiceState, theatre: Theatre) -> Response:
    edition = state.edition(theatre)
    age = Age.of(edition.forecast, edition.stale, state.clock())
    answer = Answer(_drawn(_Drawn(edition, theatre, state)), HTML, age.headers())
    return sent(request, answer)


class _Drawn:
    """An edition to be drawn, equal to another of the same token: it is drawn once."""

    def __init__(self, edition: Edition, theatre: Theatre, state: ServiceState) -> None:
        self.edition, self.theatre, self.state = edition, theatre, state

    def __hash__(self) -> int:
        return hash((self.theatre.name, self.edition.token))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Drawn) and self.edition is other.edition


@lru_cache(maxsize=8)
def _drawn(what: _Drawn) -> bytes:
    edition = what.edition
    text = page_html(edition.forecast, edition.context, what.theatre, what.state.clock())
    return text.encode()


@router.get("/{theatre}/alerts.atom", response_class=AtomResponse, responses=FEED)
def feed(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """The theatre's alerts as an Atom feed."""
    state = state_of(request)
    path = state.root / state.theatre(theatre).name / "alerts.atom"
    if not path.is_file():
        raise Problem(404, "no alert was raised yet")
    return sent(request, Answer(path.read_bytes(), ATOM, {}))
