"""Requests that end: allowed hosts, redirects followed by hand, retries, bounded time and size."""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

import httpx

from errors import AbsentError, StreamError
from streams.net.addresses import check_address, origin, parse, shown_address
from streams.net.retry import NEVER, USUAL, Deadline, Passing, Policy, Sleep, persist
from streams.net.transport import Transport

AGENT = "dyadcast"
REDIRECTS_MAX = 5
BODY_MAX = 64 * 2**20
"""The longest body that is taken into memory."""
OK = frozenset({200})
_AGAIN = (408, 425, 429)
_REDIRECTS = (301, 302, 303, 307, 308)
# What may go to another host than the first; anything else could be a credential.
_HARMLESS = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection"}
    | {"range", "if-range", "if-none-match", "if-modified-since"}
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom, within which bounds; a form in `data` or a `body` is sent by POST."""

    url: httpx.URL
    allowed_hosts: frozenset[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] | None = None
    policy: Policy = USUAL
    deadline: Deadline = NEVER
    body: str | None = None

    @classmethod
    def to(
        cls,
        url: str,
        allowed_hosts: frozenset[str],
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> "Request":
        """The request for that address; StreamError where it is none.

        `allowed_hosts` holds `host` (the scheme's own port) or `host:port`.
        """
        return cls(parse(url), allowed_hosts, headers or {}, data, body=body)

    def within(self, policy: Policy) -> "Request":
        """The same request, to be done by the policy's `total` from now on."""
        return replace(self, policy=policy, deadline=Deadline.after(policy.total))

    @property
    def method(self) -> str:
        """GET, or POST where something is sent."""
        return "GET" if self.data is None and self.body is None else "POST"

    @property
    def where(self) -> str:
        """The address as it stands in errors."""
        return shown_address(self.url)


def open_client(headers: Mapping[str, str] | None = None, *, public: bool = False) -> httpx.Client:
    """A client whose reads end by the deadline of the request; to be closed, or used in `with`.

    It is for one thread at a time. `headers` go with every request to the host first asked,
    and not to another one to which that redirects. With `public` a name that leads to a private
    address is not asked: for addresses that others write.
    """
    return httpx.Client(
        transport=Transport(public), headers={"User-Agent": AGENT, **(headers or {})}
    )


def request(
    client: httpx.Client,
    asked: Request,
    *,
    accept: frozenset[int] = OK,
    policy: Policy = USUAL,
    sleep: Sleep = time.sleep,
) -> httpx.Response:
    """The answer with its whole body, its status one of `accept`.

    408, 425, 429 and 5xx (unless accepted), broken connections and silence are tried again,
    within the policy; Retry-After is honoured up to its bound. A body may be BODY_MAX long.
    Nothing of the query, the headers or the form stands in an error.
    Raises StreamError, by `policy.total` at the latest.
    """
    bound = asked.within(replace(policy, size_max=min(policy.size_max, BODY_MAX)))

    def attempt() -> httpx.Response:
        with answer(client, bound) as response:
            check_status(response, bound, accept)
            body = b"".join(pieces(response, bound))
            return httpx.Response(
                response.status_code,
                headers=response.headers,
                content=body,
                request=response.request,
            )

    return persist(attempt, bound.where, bound.policy, bound.deadline, sleep)


@contextmanager
def answer(client: httpx.Client, request: Request) -> Iterator[httpx.Response]:
    """The answer at the end of the redirects, its body still to be read by `pieces`.

    Raises StreamError where a redirect may not be followed, Passing where another attempt may
    do better.
    """
    url = request.url
    for _ in range(REDIRECTS_MAX + 1):
        check_address(url, request.allowed_hosts, request.url)
        with telling(request):
            response = client.send(
                _built(client, request, url), stream=True, follow_redirects=False
            )
        try:
            if response.status_code not in _REDIRECTS:
                yield response
                return
            url = _next(response, url, request)
        finally:
            response.close()
    raise StreamError(
        "redirected too often", where=request.where, expected=f"at most {REDIRECTS_MAX}"
    )


def _built(client: httpx.Client, request: Request, url: httpx.URL) -> httpx.Request:
    policy = request.policy
    built = client.build_request(
        request.method,
        url,
        data=request.data,
        content=request.body,
        # A body is bounded as it comes: one that is unpacked on the way would not be.
        headers={**request.headers, "Accept-Encoding": "identity"},
        timeout=httpx.Timeout(policy.read, connect=policy.connect),
        extensions={"deadline": request.deadline},
    )
    if origin(url) != origin(request.url):
        for name in set(built.headers) - _HARMLESS:
            del built.headers[name]
    return built


def _next(response: httpx.Response, url: httpx.URL, request: Request) -> httpx.URL:
    """Where an answer sends on to."""
    if request.method not in ("GET", "HEAD"):
        status = response.status_code
        raise StreamError("redirected", where=request.where, found=status, expected="an answer")
    location = response.headers.get("location", "")
    following = url.join(location)
    if not location or following.userinfo:
        raise StreamError("redirected to no good address", where=request.where)
    check_address(following, request.allowed_hosts, url)
    return following


def check_status(response: httpx.Response, request: Request, accept: frozenset[int]) -> None:
    """Raises Passing or StreamError where the status is none of those to accept."""
    status = response.status_code
    if status in accept:
        return
    if status in _AGAIN or status >= 500:
        raise Passing(f"answered {status}", _retry_after(response))
    expected = " or ".join(map(str, sorted(accept)))
    refusal = AbsentError if status in (404, 410) else StreamError
    raise refusal("refused by the server", where=request.where, found=status, expected=expected)


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that the server asks to be left alone; an instant counts from its own clock."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until, now = (parsedate_to_datetime(header) for header in (text, response.headers["date"]))
        return max(0.0, (until - now).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def pieces(response: httpx.Response, request: Request, begun: int = 0) -> Iterator[bytes]:
    """The body as it comes, `begun` bytes of the whole being here already.

    Raises StreamError where it is packed, longer than allowed or not done by the deadline;
    Passing where it breaks off, stalls or is too slow.
    """
    policy, came = request.policy, begun
    _check_head(response, request, begun)
    since, then = 0, time.monotonic()
    with telling(request):
        # A client that is no network's may have the whole at once.
        whole = [response.content] if response.is_stream_consumed else None
        for piece in whole or response.iter_raw():
            came += len(piece)
            since += len(piece)
            if came > policy.size_max:
                raise _too_long(request)
            request.deadline.check(request.where)
            if (seconds := time.monotonic() - then) >= policy.slow_for:
                if since < policy.slowest * seconds:
                    raise Passing(f"{since} bytes in {seconds:.3g} s")
                since, then = 0, time.monotonic()
            yield piece


def _check_head(response: httpx.Response, request: Request, begun: int) -> None:
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        expected = "the file as it is"
        raise StreamError("a packed answer", where=request.where, found=packed, expected=expected)
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and begun + int(length[:20]) > request.policy.size_max:
        raise _too_long(request)


def _too_long(request: Request) -> StreamError:
    expected = f"at most {request.policy.size_max:,} bytes"
    return StreamError("too long an answer", where=request.where, expected=expected)


@contextmanager
def telling(request: Request) -> Iterator[None]:
    """What goes wrong on the way, in words that hold nothing of what was sent or received."""
    try:
        yield
    except httpx.TransportError as error:
        request.deadline.check(request.where)
        if _is_untrusted(error):
            do = "check the host's certificate, and this machine's date"
            raise StreamError("not the host it claims to be", where=request.where, do=do) from None
        raise Passing(_words(error, request.policy)) from None


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether a certificate did not hold."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(error: httpx.TransportError, policy: Policy) -> str:
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {policy.connect:g} s"
        case httpx.TimeoutException():
            return f"silent for {policy.read:g} s"
        case httpx.ProxyError():
            return "refused by the proxy"
        case httpx.ConnectError():
            return "no connection"
        case _:
            return "broken off"
