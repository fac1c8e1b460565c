"""Messages to a webhook: signed JSON, sent to no address that the operator did not mean.

Headers and signature are those of the Standard Webhooks specification (standardwebhooks.com):
HMAC-SHA256 over `id.timestamp.body`, so that neither the body nor the time can be changed, and a
copy that is sent again later is known by its timestamp. Redirects are refused: they could lead
elsewhere. The host's name is resolved once, and the address that was checked is the one asked.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from errors import StreamError
from publish.alerting.message import Message, message_json
from publish.alerting.sending import ChannelError, SendError
from streams.net.retry import Deadline, Passing, Policy, Sleep, persist
from streams.net.transport import Transport, proxy_for

POLICY = Policy(connect=5, read=15, total=60, attempts=3, wait=1, wait_max=10, retry_after_max=30)
SECRET_MIN = 16
_AGAIN = (408, 425, 429)
_ENCODED = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages are posted, and the secret that signs them; `local` allows own networks.

    The address shows in no error and no log either: its path may be a secret.
    Raises ChannelError for an address or a secret that is none.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    local: bool = False

    def __post_init__(self) -> None:
        url = _parsed(self.url)
        if url.scheme not in (("https", "http") if self.local else ("https",)) or not url.host:
            raise _refusal("not an address that messages may be posted to", "https://host/path")
        if url.userinfo:
            raise _refusal("an address with a user in it", "the address alone")
        if len(_key(self.secret)) < SECRET_MIN:
            raise ChannelError(
                "no secret, or a short one",
                where="DYADCAST_WEBHOOK_SECRET",
                expected=f"at least {SECRET_MIN} bytes",
                do="set one that the receiver knows too",
            )


def post(
    hook: Webhook,
    message: Message,
    now: datetime,
    sleep: Sleep = time.sleep,
    policy: Policy = POLICY,
) -> str:
    """Nothing to note ("") once the receiver has answered 2xx.

    408, 425, 429, 5xx and broken connections are tried again within the policy.
    Raises SendError; it is permanent for any other answer and for a refused address.
    """
    body = message_json(message)
    headers = signed(hook.secret, message.message_id, now, body)
    deadline = Deadline.after(policy.total)
    with closing(Transport()) as transport:

        def attempt() -> None:
            url, host = _place(hook)
            request = httpx.Request(
                "POST",
                url,
                content=body,
                headers={**headers, "Host": host},
                extensions={
                    "deadline": deadline,
                    "sni_hostname": _host(_parsed(hook.url)),
                    "timeout": httpx.Timeout(policy.read, connect=policy.connect).as_dict(),
                },
            )
            _judge(*_ask(transport, request, policy))

        try:
            persist(attempt, "webhook", policy, deadline, sleep)
        except StreamError as error:
            raise SendError(str(error)) from None
    return ""


def signed(secret: str, name: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a body: its id, the seconds since 1970, and the signature over all three."""
    at = str(int(now.timestamp()))
    digest = hmac.new(_key(secret), f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "dyadcast",
        "Idempotency-Key": name,
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    """The bytes of a secret, which may be written in base64 after `whsec_`."""
    if not secret.startswith(_ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise _refusal("not an address", "https://host/path") from None


def _refusal(problem: str, expected: str) -> ChannelError:
    do = "for a receiver on this machine or network set DYADCAST_WEBHOOK_LOCAL=yes"
    return ChannelError(problem, where="DYADCAST_WEBHOOK_URL", expected=expected, do=do)


def _place(hook: Webhook) -> tuple[httpx.URL, str]:
    """The address to connect to, its host a checked number, and what stands in the Host header.

    A proxy resolves names itself, and is trusted with it.
    """
    url = _parsed(hook.url)
    host = url.netloc.decode("ascii")
    if proxy_for(url):
        if _is_number(url.host):
            _check(url.host, hook.local)
        return url, host
    port = url.port or {"https": 443, "http": 80}[url.scheme]
    try:
        places = socket.getaddrinfo(_host(url), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Passing("the host's name is not known") from None
    numbers = [str(each[4][0]) for each in places]
    for number in numbers:
        _check(number, hook.local)
    return url.copy_with(host=numbers[0]), host


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check(number: str, local: bool) -> None:
    """Raises SendError for an address of this machine or network unless it may be asked.

    Link-local addresses never may: a cloud's machines find their credentials there.
    """
    address = ipaddress.ip_address(number.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    never = address.is_link_local or address.is_multicast or address.is_unspecified
    if never or not (local or address.is_global):
        do = "" if never else "; set DYADCAST_WEBHOOK_LOCAL=yes if that is meant"
        raise SendError(f"webhook: an address of this machine or network{do}", permanent=True)


def _ask(
    transport: Transport, request: httpx.Request, policy: Policy
) -> tuple[int, Mapping[str, str]]:
    """Status and headers of the answer; its body is of no interest."""
    try:
        response = transport.handle_request(request)
        response.close()
    except httpx.TimeoutException:
        raise Passing(f"no answer within {policy.read:g} s") from None
    except httpx.TransportError as error:
        raise Passing(_words(error)) from None
    return response.status_code, response.headers


def _words(error: BaseException | None) -> str:
    cause = "no connection" if isinstance(error, httpx.ConnectError) else "broken off"
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "the host's certificate does not hold"
        error = error.__cause__ or error.__context__
    return cause


def _judge(status: int, headers: Mapping[str, str]) -> None:
    """Raises Passing or SendError where the status is not 2xx."""
    if 200 <= status < 300:
        return
    if status in _AGAIN or status >= 500:
        after = headers.get("retry-after", "").strip()
        raise Passing(f"answered {status}", float(after[:9]) if after.isdecimal() else None)
    if 300 <= status < 400:
        raise SendError(f"webhook: redirected ({status}), which is not followed", permanent=True)
    raise SendError(f"webhook: answered {status}", permanent=True)
