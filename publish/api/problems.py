"""Errors as RFC 9457 problems: what was found, what is known, what to do; never how it failed."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Self

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

PROBLEM_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 (the standard's word)
    """A refusal that is told to the client: status, detail, and what helps."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        parameter: str = "",
        known: Iterable[str] = (),
        do: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.parameter = parameter
        self.known = list(known)
        self.do = do
        self.headers = headers or {}

    @classmethod
    def unknown(cls, what: str, name: str, known: Iterable[str]) -> Self:
        """404 for a name that is not there, with those that are."""
        return cls(404, f"unknown {what} {name[:80]!r}", parameter=what, known=sorted(known))

    def body(self) -> bytes:
        """The problem as JSON."""
        value: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.parameter:
            value["parameter"] = self.parameter
        if self.known:
            value["known"] = self.known
        if self.do:
            value["do"] = self.do
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def answered(problem: Problem) -> Response:
    """The problem as an answer."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(problem.body(), problem.status, headers, PROBLEM_TYPE)


async def on_problem(_request: Request, error: Exception) -> Response:
    """The answer to a Problem."""
    assert isinstance(error, Problem)  # noqa: S101 (registered for it alone)
    return answered(error)


async def on_invalid(_request: Request, error: Exception) -> Response:
    """422 that names the first bad parameter, what was found and what was expected."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it alone)
    fault = error.errors()[0]
    place = [str(part) for part in fault["loc"]]
    name = place[-1] if place else "request"
    value = fault.get("input")
    shown = f", found {str(value)[:80]!r}" if isinstance(value, str | int | float) else ""
    return answered(Problem(422, f"{name}: {fault['msg']}{shown}", parameter=name))


async def on_http(_request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such path, wrong method) as problems."""
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for it alone)
    detail = "no such path" if error.status_code == 404 else str(error.detail)
    do = "see /openapi.json" if error.status_code == 404 else ""
    return answered(Problem(error.status_code, detail, do=do, headers=dict(error.headers or {})))


async def on_failure(_request: Request, _error: Exception) -> Response:
    """500 that tells nothing of the inside."""
    return answered(Problem(500, "something failed here; the operator's log says what"))
