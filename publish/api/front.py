"""Answers made from the latest issue are kept until another is published, and sent as they are."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from publish.api.state import ServiceState

KEPT: Final = 256
"""Answers at most."""
LARGEST: Final = 1 << 20
"""Bytes of an answer that is kept."""
FROM_ISSUE: Final = re.compile(r"/v1/([a-z0-9_]{1,60})/(scores|issues/latest|models|streams)\b.*")
Key = tuple[str, bytes, bytes, bool]


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer, the edition it was made from, and the route that made it."""

    token: tuple[object, ...]
    start: Message
    body: bytes
    etag: bytes
    route: object


class Front:
    """Gives a kept answer where the edition is still the same, else asks the routes.

    An answer is kept only if the edition was the same before and after it was made, so none is
    ever of two editions.
    """

    def __init__(self, app: ASGIApp, state: ServiceState) -> None:
        self.app = app
        self.state = state
        self.kept: OrderedDict[Key, Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = FROM_ISSUE.fullmatch(scope["path"]) if scope.get("method") == "GET" else None
        if path is None:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        packed = b"gzip" in headers.get(b"accept-encoding", b"")
        key = (scope["path"], scope["query_string"], headers.get(b"accept", b""), packed)
        token = self.state.token(path[1]) if path[1] in self.state.theatres else ()
        kept = self.kept.get(key)
        held = headers.get(b"if-none-match")
        since = b"if-modified-since" in headers
        if kept and kept.token == token and not since and held in (None, kept.etag):
            scope["route"] = kept.route
            await _give(kept, held is not None, send)
            return
        if since or held is not None or not token:
            await self.app(scope, receive, send)
            return
        await self._made(scope, receive, send, key, token, path[1])

    async def _made(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        key: Key,
        token: tuple[object, ...],
        theatre: str,
    ) -> None:
        seen: list[Message] = []

        async def listen(message: Message) -> None:
            seen.append(dict(message))
            await send(message)

        await self.app(scope, receive, listen)
        whole = len(seen) == 2 and seen[0]["status"] == 200 and not seen[1].get("more_body")
        edition = self.state.editions.get(theatre)
        same = edition is not None and edition.token == token == self.state.token(theatre)
        if not whole or not same or len(seen[1]["body"]) > LARGEST:
            return
        etag = dict(seen[0]["headers"]).get(b"etag", b"")
        self.kept[key] = Kept(token, seen[0], seen[1]["body"], etag, scope.get("route"))
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)


async def _give(kept: Kept, unchanged: bool, send: Send) -> None:
    start = dict(kept.start)
    body = kept.body
    if unchanged:
        start["status"], body = 304, b""
        start["headers"] = [
            pair
            for pair in kept.start["headers"]
            if pair[0] not in (b"content-length", b"content-type", b"content-encoding")
        ]
    await send(start)
    await send({"type": "http.response.body", "body": body})
