"""A webhook gets signed JSON; what is not taken is told without a secret, and goes nowhere else."""

import base64
import hashlib
import hmac
import json
import logging
import socket
from dataclasses import replace
from typing import Any

import pytest
from alerting import NOW, make_alert
from hypothesis import given
from hypothesis import strategies as st
from servers import Reply, serving

from publish.alerting.message import Message
from publish.alerting.sending import ChannelError, SendError
from publish.alerting.webhook import Webhook, post, signed
from streams.net.retry import Policy

SECRET = "hush, a secret of the tests"  # noqa: S105
MESSAGE = Message((make_alert(),))
QUICK = Policy(connect=1, read=1, total=5, attempts=3, wait=0.01, wait_max=0.01)


def told(url: str, **changed: Any) -> tuple[str, bool]:
    """What a webhook's failure says, and whether it is permanent."""
    hook = replace(Webhook(url, SECRET, local=True), **changed)
    with pytest.raises(SendError) as caught:
        post(hook, MESSAGE, NOW, sleep=lambda _s: None, policy=QUICK)
    return str(caught.value), caught.value.permanent


def test_webhook_gets_the_message_and_a_signature_that_verifies() -> None:
    with serving() as server:
        hook = Webhook(server.plays("/hook", Reply(status=204)), SECRET, local=True)
        note = post(hook, MESSAGE, NOW)
        (request,) = server.requests

    headers, body = request.headers, request.body
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET.encode(), said, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["Idempotency-Key"] == headers["webhook-id"] == make_alert().alert_id
    assert (headers["Host"], headers["Content-Type"]) == (server.host, "application/json")
    value = json.loads(body)
    assert (value["type"], value["id"], value["alerts"][0]["unit"]) == (
        "alert",
        make_alert().alert_id,
        "dyad",
    )
    assert (request.method, note) == ("POST", "")


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_signature_changes_with_body_time_and_secret(body: bytes, other: bytes) -> None:
    def signature(secret: str, at: int, what: bytes) -> str:
        return signed(secret, "id", NOW.fromtimestamp(at, NOW.tzinfo), what)["webhook-signature"]

    first = signature(SECRET, 1, body)
    assert signature(SECRET, 1, body) == first
    assert (signature(SECRET, 1, other) == first) == (other == body)
    assert signature(SECRET, 2, body) != first
    assert signature(SECRET + "x", 1, body) != first


def test_signature_is_that_of_the_specification() -> None:
    # The example of the Standard Webhooks reference libraries' own tests.
    body, at = b'{"test": 2432232314}', NOW.fromtimestamp(1614265330, NOW.tzinfo)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105

    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_webhook_that_fails_in_passing_is_asked_again() -> None:
    with serving() as server:
        hook = Webhook(
            server.plays("/hook", Reply(status=500), Reply(status=429), Reply()), SECRET, local=True
        )
        post(hook, MESSAGE, NOW, sleep=lambda _s: None, policy=QUICK)

    keys = {request.headers["Idempotency-Key"] for request in server.requests}
    assert (len(server.requests), len(keys)) == (3, 1)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_webhook_that_goes_on_failing_may_fare_better_later(status: int) -> None:
    with serving() as server:
        said, permanent = told(server.plays("/hook", Reply(status=status)))

    assert said == f"webhook: answered {status}, 3 attempts; try again later"
    assert (permanent, len(server.requests)) == (False, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_webhook_that_refuses_is_not_asked_again(status: int) -> None:
    with serving() as server:
        said, permanent = told(server.plays("/hook", Reply(status=status)))

    assert (said, permanent) == (f"webhook: answered {status}", True)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_webhook_that_redirects_is_not_followed(status: int) -> None:
    with serving() as server:
        away = {"Location": server.at("/elsewhere")}
        said, permanent = told(server.plays("/hook", Reply(status=status, headers=away)))

    assert said == f"webhook: redirected ({status}), which is not followed"
    assert permanent
    assert [request.path for request in server.requests] == ["/hook"]


def test_webhook_waits_as_long_as_it_is_asked_to() -> None:
    waits: list[float] = []
    with serving() as server:
        busy = Reply(status=429, headers={"Retry-After": "2"})
        hook = Webhook(server.plays("/hook", busy, Reply()), SECRET, local=True)
        post(hook, MESSAGE, NOW, sleep=waits.append, policy=QUICK)

    assert waits == [2.0]


def test_webhook_whose_answer_drips_is_given_up() -> None:
    with serving() as server:
        hook = Webhook(server.plays("/hook", Reply(head_drip=0.2)), SECRET, local=True)
        with pytest.raises(SendError, match="no answer within") as caught:
            post(hook, MESSAGE, NOW, policy=replace(QUICK, total=1.5, attempts=1))

    assert not caught.value.permanent


def test_webhook_whose_answer_has_an_endless_body_is_content_with_its_head() -> None:
    with serving() as server:
        hook = Webhook(server.plays("/hook", Reply(stall=0, lengthless=True)), SECRET, local=True)

        assert post(hook, MESSAGE, NOW, policy=QUICK) == ""


def test_webhook_that_is_not_there_may_be_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/hush"

    assert told(url) == ("webhook: no connection, 3 attempts; try again later", False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "[::ffff:127.0.0.1]"]
)
def test_webhook_of_this_machine_or_network_needs_leave(host: str) -> None:
    said, permanent = told(f"https://{host}/hush", local=False)

    assert permanent
    assert said.startswith("webhook: an address of this machine or network; set DYADCAST_WEBHOOK")


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[fe80::1]", "224.0.0.1"])  # noqa: S104
def test_webhook_of_a_metadata_service_is_never_asked(host: str) -> None:
    assert told(f"http://{host}/") == ("webhook: an address of this machine or network", True)


def test_name_is_resolved_once_and_the_checked_address_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_args: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        where = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        number = where if host == "hook.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    with serving() as server:
        server.plays("/hook", Reply())
        hook = Webhook(f"http://hook.example:{server.port}/hook", SECRET, local=True)
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        post(hook, MESSAGE, NOW)

    assert asked.count("hook.example") == 1
    assert server.requests[0].headers["Host"] == f"hook.example:{server.port}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "http://example.org/x"}, "DYADCAST_WEBHOOK_URL: not an address"),
        ({"url": "ftp://example.org/x"}, "DYADCAST_WEBHOOK_URL: not an address"),
        ({"url": "https://"}, "DYADCAST_WEBHOOK_URL: not an address"),
        ({"url": "https://ann:hush@example.org/x"}, "an address with a user in it"),
        ({"secret": ""}, "DYADCAST_WEBHOOK_SECRET: no secret, or a short one"),
        ({"secret": "hush"}, "DYADCAST_WEBHOOK_SECRET: no secret, or a short one"),
        ({"secret": "whsec_h%u$s#h"}, "DYADCAST_WEBHOOK_SECRET: no secret, or a short one"),
    ],
)
def test_webhook_that_is_set_up_wrongly_is_told_without_its_secret(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ChannelError, match=said) as caught:
        replace(Webhook("https://example.org/x", SECRET), **changed)

    assert "hush" not in str(caught.value)


def test_secret_stands_in_no_log_error_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving() as server:
        url = server.plays("/hush-path", Reply(status=500)) + "?key=hush"
        hook = Webhook(url, SECRET, local=True)
        said, _ = told(url)

    assert "hush" not in said + repr(hook) + caplog.text
