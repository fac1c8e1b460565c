"""The desk's page, and the session of a browser that was given a key on it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from publish.api import schemas
from publish.api.access import COOKIE
from publish.api.desk import desk_in, key_of
from publish.api.parameters import Parameters
from publish.api.problems import Problem
from publish.api.scores import KEY, Named, state_of
from publish.page.desk import LISTED, desk_html, login_html, policy_of

router = APIRouter(tags=["desk"])
PAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}}},
    401: {
        "description": "a form to give a key on",
        "content": {"text/html": {"schema": {"type": "string"}, "example": "<!doctype html>"}},
    },
    **schemas.refusals(404, 422, 429),
}
SESSION: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "done"},
    **schemas.refusals(400, 401, 403, 408, 413, 422, 429),
}


@router.get("/desk", response_class=HTMLResponse, responses=PAGE)
def first(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """The desk of the first theatre."""
    return _page(request, next(iter(state_of(request).theatres)))


@router.get("/{theatre}/desk", response_class=HTMLResponse, responses=PAGE)
def page(request: Request, theatre: Named, _none: Annotated[Parameters, Query()]) -> Response:
    """The desk of a theatre, for a browser; without a key the form to give one on."""
    return _page(request, theatre)


def _page(request: Request, theatre: str) -> Response:
    desk = desk_in(request, theatre)
    if (key := key_of(request)) is None:
        return _html("login", login_html(desk.theatre), 401)
    waiting = desk.listed()
    text = desk_html(desk.theatre, waiting[:LISTED], len(waiting), key.name)
    return _html("desk", text, 200)


def _html(name: str, text: str, status: int) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy_of(name)}
    return HTMLResponse(text, status, headers)


@router.post("/desk/session", status_code=204, responses=SESSION, dependencies=[KEY])
def begin(request: Request, _none: Annotated[Parameters, Query()]) -> Response:
    """Keep the key of this request in the browser, for the desk, until the browser is closed.

    The gate has looked at the key; only one that was sent in a header is kept.
    """
    _, _, text = request.headers.get("authorization", "").partition(" ")
    text = text.strip() or request.headers.get("x-api-key", "")
    if not text:
        raise Problem(400, "send the key as 'Authorization: Bearer KEY'")
    response = Response(None, 204, {"Cache-Control": "no-store"})
    secure = "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
    response.set_cookie(COOKIE, text, path="/", httponly=True, samesite="strict", secure=secure)
    return response


@router.delete("/desk/session", status_code=204, responses=SESSION, dependencies=[KEY])
def end(_none: Annotated[Parameters, Query()]) -> Response:
    """Forget the browser's key."""
    response = Response(None, 204, {"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
