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
from streams.net.retry import USUAL, Deadline, Passing, Policy, Sleep, persist
from streams.net.transport import Transport

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
class Asked:
    """What is asked of whom, within which bounds."""

    url: httpx.URL
    allowed_hosts: frozenset[str]
    policy: Policy
    deadline: Deadline
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] | None = None

    @property
    def where(self) -> str:
        """The address as it stands in errors."""
        return shown_address(self.url)


def open_client(headers: Mapping[str, str] | None = None) -> httpx.Client:
    """A client whose reads end by the deadline of the request; to be closed, or used in `with`.

    It is for one thread at a time. `headers` go with every request to the host first asked,
    and not to another one to which that redirects.
    """
    return httpx.Client(
        transport=Transport(), headers={"User-Agent": "dyadcast", **(headers or {})}
    )


def request(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    allowed_hosts: frozenset[str],
    params: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    accept: frozenset[int] = OK,
    policy: Policy = USUAL,
    sleep: Sleep = time.sleep,
) -> httpx.Response:
    """The answer with its whole body, its status one of `accept`.

    `allowed_hosts` holds `host` (the scheme's own port) or `host:port`. `data` is sent as a form.
    408, 425, 429 and 5xx (unless accepted), broken connections and silence are tried again,
    within the policy; Retry-After is honoured up to its bound. A body may be BODY_MAX long.
    Nothing of the query, the headers or the form stands in an error.
    Raises StreamError, by `policy.total` at the latest.
    """
    policy = replace(policy, size_max=min(policy.size_max, BODY_MAX))
    address, deadline = parse(url), Deadline.after(policy.total)
    if params:
        address = address.copy_merge_params(params)
    asked = Asked(address, allowed_hosts, policy, deadline, method, headers or {}, data)

    def attempt() -> httpx.Response:
        with answer(client, asked) as response:
            check_status(response, asked, accept)
            body = b"".join(pieces(response, asked))
            return httpx.Response(
                response.status_code,
                headers=response.headers,
                content=body,
                request=response.request,
            )

    return persist(attempt, asked.where, policy, deadline, sleep)


@contextmanager
def answer(client: httpx.Client, asked: Asked) -> Iterator[httpx.Response]:
    """The answer at the end of the redirects, its body still to be read by `pieces`.

    Raises StreamError where a redirect may not be followed, Passing where another attempt may
    do better.
    """
    url = asked.url
    for _ in range(REDIRECTS_MAX + 1):
        check_address(url, asked.allowed_hosts, asked.url)
        with telling(asked):
            response = client.send(_built(client, asked, url), stream=True, follow_redirects=False)
        try:
            if response.status_code not in _REDIRECTS:
                yield response
                return
            url = _next(response, url, asked)
        finally:
            response.close()
    raise StreamError(
        "redirected too often", where=asked.where, expected=f"at most {REDIRECTS_MAX}"
    )


def _built(client: httpx.Client, asked: Asked, url: httpx.URL) -> httpx.Request:
    policy = asked.policy
    built = client.build_request(
        asked.method,
        url,
        data=asked.data,
        # A body is bounded as it comes: one that is unpacked on the way would not be.
        headers={**asked.headers, "Accept-Encoding": "identity"},
        timeout=httpx.Timeout(policy.read, connect=policy.connect),
        extensions={"deadline": asked.deadline},
    )
    if origin(url) != origin(asked.url):
        for name in set(built.headers) - _HARMLESS:
            del built.headers[name]
    return built


def _next(response: httpx.Response, url: httpx.URL, asked: Asked) -> httpx.URL:
    """Where an answer sends on to."""
    if asked.method not in ("GET", "HEAD"):
        found = response.status_code
        raise StreamError("redirected", where=asked.where, found=found, expected="an answer")
    location = response.headers.get("location", "")
    following = url.join(location)
    if not location or following.userinfo:
        raise StreamError("redirected to no good address", where=asked.where)
    check_address(following, asked.allowed_hosts, url)
    return following


def check_status(response: httpx.Response, asked: Asked, accept: frozenset[int]) -> None:
    """None; raises Passing or StreamError where the status is none of those to accept."""
    status = response.status_code
    if status in accept:
        return
    if status in _AGAIN or status >= 500:
        raise Passing(f"answered {status}", _retry_after(response))
    expected = " or ".join(map(str, sorted(accept)))
    refusal = AbsentError if status == 404 else StreamError
    raise refusal("refused by the server", where=asked.where, found=status, expected=expected)


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that the server asks to be left alone; an instant counts from its own clock."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until, now = (parsedate_to_datetime(told) for told in (text, response.headers["date"]))
        return max(0.0, (until - now).total_seconds())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def pieces(response: httpx.Response, asked: Asked, begun: int = 0) -> Iterator[bytes]:
    """The body as it comes, `begun` bytes of the whole being here already.

    Raises StreamError where it is packed, longer than allowed or not done by the deadline;
    Passing where it breaks off, stalls or is too slow.
    """
    policy, came = asked.policy, begun
    _check_head(response, asked, begun)
    since, then = 0, time.monotonic()
    with telling(asked):
        # A client that is no network's may have the whole at once.
        whole = [response.content] if response.is_stream_consumed else None
        for piece in whole or response.iter_raw():
            came += len(piece)
            since += len(piece)
            if came > policy.size_max:
                raise _too_long(asked)
            asked.deadline.check(asked.where)
            if (seconds := time.monotonic() - then) >= policy.slow_for:
                if since < policy.slowest * seconds:
                    raise Passing(f"{since} bytes in {seconds:.3g} s")
                since, then = 0, time.monotonic()
            yield piece


def _check_head(response: httpx.Response, asked: Asked, begun: int) -> None:
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        expected = "the file as it is"
        raise StreamError("a packed answer", where=asked.where, found=packed, expected=expected)
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and begun + int(length[:20]) > asked.policy.size_max:
        raise _too_long(asked)


def _too_long(asked: Asked) -> StreamError:
    expected = f"at most {asked.policy.size_max:,} bytes"
    return StreamError("too long an answer", where=asked.where, expected=expected)


@contextmanager
def telling(asked: Asked) -> Iterator[None]:
    """What goes wrong on the way, in words that hold nothing of what was sent or received."""
    try:
        yield
    except httpx.TransportError as error:
        asked.deadline.check(asked.where)
        if _is_untrusted(error):
            do = "check the host's certificate, and this machine's date"
            raise StreamError("not the host it claims to be", where=asked.where, do=do) from None
        raise Passing(_words(error, asked.policy)) from None


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
