"""The server that runs the application: uvicorn, with an end to connections that only wait."""

import asyncio
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS: Final = 10.0
"""A request's head must be there so long after the connection, or after its own first byte."""
CONNECTIONS: Final = 200
HEAD_LIMIT: Final = 64 * 1024
"""Bytes of a request line and headers; httptools itself sets no bound."""


class Guarded(HttpToolsProtocol):
    """HTTP as uvicorn speaks it; a head that comes too slowly, or is too long, ends in silence."""

    waiting: asyncio.TimerHandle | None = None
    taken = 0
    headed = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection: its first request is waited for."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Bytes: while they belong to a head they are counted."""
        self.taken += 0 if self.headed else len(data)
        if self.taken > HEAD_LIMIT:
            self.transport.close()
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A further request's first byte."""
        self.headed = False
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there: what follows is the application's to bound."""
        self.headed, self.taken = True, 0
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop()
        self.waiting = self.loop.call_later(HEADER_SECONDS, self._end)

    def _stop(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def configured(app: ASGIApp, host: str, port: int, **more: Any) -> uvicorn.Config:
    """How the service is run: no access log (a query may hold what someone typed by mistake), no
    trust in what a proxy says of its clients, and bounds on connections and heads."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Guarded,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=10,
        limit_concurrency=CONNECTIONS,
        **more,
    )
