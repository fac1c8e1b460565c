"""The gate before every route: who asks, whether they may, how often; and what is told of it.

A pure ASGI layer, so that an answer which is allowed costs little more than without it.
"""

import asyncio
import ipaddress
import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publish.api.metrics import Metrics
from publish.api.problems import PROBLEM_TYPE, Problem
from publish.archive.keys import Key, Keys

audit = logging.getLogger("dyadcast.audit")
BODY_LIMIT: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_RAW: Final = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
ALIVE: Final = "/health/live"
DESK_PAGE: Final = re.compile(r"/(?:(?!v1/)[A-Za-z0-9_.-]{1,60}/)?desk")
"""Whoever asks for it without a key gets the form to give one on."""
DESK: Final = re.compile(r"/desk/session|/v1/[^/]+/desk(?:/.*)?")
COOKIE: Final = "dyadcast_desk"
"""Holds a browser's key; it counts at the desk alone, and in requests of the desk's own page."""
KEY: Final = "dyadcast.key"
"""Under which name a request's scope holds the key that let it in."""
SAFE: Final = ("GET", "HEAD", "OPTIONS")
FORWARDED: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip")
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


@dataclass(frozen=True)
class Rules:
    """What the operator allows. Rates are as the package `limits` writes them: '600/minute'."""

    open_reading: bool = False
    """Reading needs no key, whoever asks."""
    open_loopback: bool = True
    """Reading from this machine needs no key. Where others may come by a proxy on it this must be
    off: not every proxy says that it is one."""
    hosts: frozenset[str] = LOOPBACK_NAMES
    """Names under which the service may be asked, without port: a foreign page's name for this
    machine (DNS rebinding) is none of them. Empty: any."""
    rate: str = "600/minute"
    failures: str = "20/minute"
    """Refused keys from one address."""

    @classmethod
    def of(cls, host: str, names: Sequence[str], open_reading: bool, rate: str) -> "Rules":
        """The rules of a service that listens on `host` and is asked under `names`, '*' for any.

        Loopback is open only where neither says that others may come.
        """
        alone = not names and (host in LOOPBACK_NAMES or is_loopback(host))
        named = LOOPBACK_NAMES | {name.lower() for name in (host, *names)}
        return cls(open_reading, alone, frozenset() if "*" in names else named, rate)


class Access:
    """Lets a request through to the application, or answers it with the problem."""

    def __init__(self, app: ASGIApp, keys: Keys, rules: Rules, metrics: Metrics) -> None:
        self.app = app
        self.keys = keys
        self.rules = rules
        self.metrics = metrics
        self.limiter = FixedWindowRateLimiter(MemoryStorage())
        self.rate: RateLimitItem = parse(rules.rate)
        self.failures: RateLimitItem = parse(rules.failures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; whatever is not HTTP is the application's own."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stop, head = self.metrics.start(), scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if head else scope
        seen: dict[str, Any] = {"status": 500, "problem": None}

        def refuse(problem: Problem) -> NoReturn:
            seen["problem"] = problem
            raise problem

        async def tell(message: Message) -> None:
            if seen["problem"]:
                return  # what the routes make of a body that was cut off
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in _RAW if pair[0] not in given),
                ]
            elif head:  # an answer to GET, without its body
                message["body"] = b""
            await send(message)

        try:
            inner = {**inner, KEY: await self._allowed(scope)}
            await self.app(inner, _bounded(scope, receive, refuse), tell)
            if seen["problem"]:
                raise seen["problem"]
        except Problem as problem:
            seen["problem"] = None
            await _refuse(problem, tell)
            _note(scope, problem)
        finally:
            route = getattr(inner.get("route"), "path", "refused")
            stop(scope["method"], route, seen["status"])

    async def _allowed(self, scope: Scope) -> Key | None:
        """The key that was sent, None where none was and none is needed."""
        headers = dict(scope["headers"])
        address = scope["client"][0] if scope.get("client") else "unknown"
        self._check_host(headers)
        key = await self._key(headers, address) or await self._key_in_cookie(scope, address)
        if not self.limiter.hit(self.rate, key.key_id if key else address):
            raise Problem(429, "too many requests", headers={"Retry-After": "60"})
        wanted = _scope_of(scope["method"], scope["path"])
        if key is not None:
            if not key.may(wanted):
                raise Problem(403, f"the key's scope is {key.scope}, this needs {wanted}")
        elif wanted != "read" or not self._reads_openly(headers, address):
            if scope["path"] == ALIVE or DESK_PAGE.fullmatch(scope["path"]):
                return None
            raise Problem(
                401,
                f"a key with the scope {wanted} is needed",
                do="send it as 'Authorization: Bearer KEY'; the operator makes one with"
                " `dyadcast keys make`",
                headers={"WWW-Authenticate": 'Bearer realm="dyadcast"'},
            )
        return key

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        name = headers.get(b"host", b"").decode("latin-1").lower()
        name = name if name.endswith("]") else name.rsplit(":", 1)[0]
        if self.rules.hosts and name not in self.rules.hosts:
            raise Problem(421, "not asked for under a name of this service")

    async def _key(self, headers: dict[bytes, bytes], address: str) -> Key | None:
        """The key that was sent, None where none was; Problem 401 for a wrong or revoked one."""
        text = headers.get(b"x-api-key", b"").decode("latin-1")
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() == "bearer":
            text = token.strip()
        if not text and not kind:
            return None
        return await self._checked(text, address)

    async def _key_in_cookie(self, scope: Scope, address: str) -> Key | None:
        """The key that a browser holds for the desk. One that is no more counts as none on the
        page, which then asks for another; what is written must come from the desk's own page."""
        page = bool(DESK_PAGE.fullmatch(scope["path"]))
        headers = Headers(scope=scope)
        text = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if not text or not (page or DESK.fullmatch(scope["path"])):
            return None
        if scope["method"] not in SAFE and not _is_same_origin(headers):
            raise Problem(403, "a browser's key counts only in requests of the desk's own page")
        try:
            return await self._checked(text, address)
        except Problem:
            if page:
                return None
            raise

    async def _checked(self, text: str, address: str) -> Key:
        if not self.limiter.test(self.failures, "failures", address):
            raise Problem(429, "too many wrong keys", headers={"Retry-After": "60"})
        key = await asyncio.to_thread(self.keys.check, text)
        if key is None:
            self.limiter.hit(self.failures, "failures", address)
            raise Problem(
                401,
                "no such key, or it was revoked",
                headers={"WWW-Authenticate": 'Bearer realm="dyadcast", error="invalid_token"'},
            )
        return key

    def _reads_openly(self, headers: dict[bytes, bytes], address: str) -> bool:
        """Loopback reads without a key where the rules say so, unless a proxy shows itself."""
        if self.rules.open_reading:
            return True
        return (
            self.rules.open_loopback
            and is_loopback(address)
            and not any(name in headers for name in FORWARDED)
        )


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """True for an address of this machine alone; the test client counts as one."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "testclient"


def _scope_of(method: str, path: str) -> str:
    if path == "/metrics":
        return "admin"
    if DESK.fullmatch(path) or DESK_PAGE.fullmatch(path):
        return "write"
    return "read" if method in SAFE else "events"


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that its request comes from a page of this service."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    return origin is not None and urlsplit(origin).netloc == headers.get("host", "")


def _bounded(scope: Scope, receive: Receive, refuse: Callable[[Problem], NoReturn]) -> Receive:
    """The body, refused where it is longer than BODY_LIMIT or takes longer than BODY_SECONDS."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > BODY_LIMIT:
        raise Problem(413, f"a body of at most {BODY_LIMIT} bytes is taken")
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        if scope["method"] in SAFE:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError:
            refuse(Problem(408, "the body came too slowly"))
        taken += len(message.get("body", b""))
        if taken > BODY_LIMIT:
            refuse(Problem(413, f"a body of at most {BODY_LIMIT} bytes is taken"))
        return message

    return bounded


async def _refuse(problem: Problem, send: Callable[[Message], Awaitable[None]]) -> None:
    body = problem.body()
    headers = {
        "content-type": PROBLEM_TYPE,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        **problem.headers,
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _note(scope: Scope, problem: Problem) -> None:
    """An audit line, one JSON object: the query and the headers stay out, they may hold secrets."""
    address = scope["client"][0] if scope.get("client") else "unknown"
    line = {
        "refused": problem.status,
        "why": problem.detail,
        "client": address,
        "method": scope["method"],
        "path": quote(scope["path"], safe="/")[:200],
    }
    audit.warning(json.dumps(line))
