"""The application: its routes, what they share, and the gate before them."""

from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from publish.api import corrections, desk, desk_page, health, lists, pages, schemas, scores, writing
from publish.api.access import Access, Rules
from publish.api.front import Front
from publish.api.metrics import Metrics
from publish.api.problems import Problem, on_failure, on_http, on_invalid, on_problem
from publish.api.state import ServiceState
from publish.archive.keys import Keys

VERSION: Final = "1"
ABOUT: Final = """Scores of the risk that a conflict escalates, with their base rates, drivers and
record. Every answer says as of when it holds and whether it is stale."""


def make_app(state: ServiceState, rules: Rules) -> ASGIApp:
    """The whole service: the routes behind the gate. Nothing is asked of a database until a
    request comes, but that the table of keys is there."""
    metrics = Metrics()
    front = Front(make_routes(state, metrics), state)
    return Access(front, Keys(state.engine), rules, metrics)


def make_routes(state: ServiceState, metrics: Metrics) -> FastAPI:
    """The routes alone, with their OpenAPI description."""
    app = FastAPI(
        title="dyadcast",
        version=VERSION,
        description=ABOUT,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        responses=schemas.refusals(422),
    )
    app.state.shared = state
    app.state.metrics = metrics
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_failure)
    for part in (health, scores, corrections, lists, writing, desk, desk_page, pages):
        app.include_router(part.router)
    return app
