"""Connections whose every read ends by the deadline of the request, however slowly bytes drip.

The outer library bounds the silence between two pieces, not the whole: a server that sends a
byte of a header now and then would hold it for hours.
"""

import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from errors import StreamError
from streams.net.retry import Deadline


@dataclass(slots=True)
class _Bound:
    """The deadline of the request that is under way."""

    deadline: Deadline | None = None

    def cut(self, timeout: float | None) -> float | None:
        """The seconds that a step may take."""
        if self.deadline is None:
            return timeout
        left = self.deadline.left()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, bound: _Bound) -> None:
        self._inner = inner
        self._bound = bound

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._bound.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._bound.cut(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._bound.cut(timeout))
        return _Stream(inner, self._bound)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, bound: _Bound, public: bool) -> None:
        self._inner = httpcore.SyncBackend()
        self._bound = bound
        self._public = public

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        limit = self._bound.cut(timeout)
        inner = self._inner.connect_tcp(host, port, limit, local_address, socket_options)
        if self._public and not _is_public(host, inner.get_extra_info("server_addr")[0]):
            inner.close()
            raise StreamError("a name of a private address is not asked", where=host)
        return _Stream(inner, self._bound)


def _is_public(host: str, address: str) -> bool:
    """False where a name leads to a machine that is nobody's but the operator's; an address that
    stands for itself was named by the operator."""
    plain = address.partition("%")[0]
    return host.strip("[]") == plain or ipaddress.ip_address(plain).is_global


class Transport(httpx.BaseTransport):
    """Sends requests, through the environment's proxy where it names one.

    A request's extension `deadline` bounds all that is done for it. With `public` nothing is sent
    to a name that leads to a private address (a proxy judges for itself). For one thread at a time.
    """

    def __init__(self, public: bool = False) -> None:
        self._bound = _Bound()
        self._public = public
        self._ways: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, its body still to be read."""
        self._bound.deadline = request.extensions.get("deadline")
        return self._way(proxy_for(request.url)).handle_request(request)

    def _way(self, proxy: str) -> httpx.HTTPTransport:
        if proxy not in self._ways:
            way = httpx.HTTPTransport(proxy=proxy or None)
            # The library's own transport takes no backend; a test holds that this is one.
            way._pool._network_backend = _Backend(self._bound, self._public and not proxy)
            self._ways[proxy] = way
        return self._ways[proxy]

    def close(self) -> None:
        """Closes the connections."""
        for way in self._ways.values():
            way.close()


def proxy_for(url: httpx.URL) -> str:
    """The proxy that the environment names for the address; nothing where it names none."""
    proxy = "" if proxy_bypass(url.host) else getproxies().get(url.scheme, "")
    if proxy and not proxy.startswith(("http://", "https://")):
        expected = "an address that begins with http:// or https://"
        raise StreamError("a proxy of another kind", where=f"{url.scheme}_proxy", expected=expected)
    return proxy
