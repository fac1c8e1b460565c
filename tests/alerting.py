"""Alerts, quiet hours and a mail server for the tests of what is told."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import Message as Letter
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from publish.alerting.alerts import Alert
from publish.alerting.outbox import Outbox
from streams.store.database import connected
from theatres import Notify, Theatre, load_theatre

NOW = datetime(2025, 11, 16, 5, 30, tzinfo=UTC)
ALWAYS = Notify()
PAK_AFG = load_theatre("pak_afg")


def make_alert(number: int = 1, **changed: Any) -> Alert:
    """A rise of the dyad's risk of clash; another number, another id."""
    fields: dict[str, Any] = {
        "alert_id": f"{number:016x}",
        "theatre": "pak_afg",
        "rule": "dyad-level-rises",
        "kind": "level_rises",
        "unit": "dyad",
        "target": "clash",
        "horizon_days": 7,
        "issue_id": "0123456789abcdef",
        "as_of": date(2025, 11, 15),
        "raised_at": NOW,
        "headline": f"dyad, clash within 7 days: risk rises ({number})",
        "sentence": "As of 2025-11-15 the probability of clash is 60%.",
        "channels": ("webhook", "email", "atom"),
    }
    return Alert(**fields | changed)


def make_theatre(*rules: dict[str, Any], **changed: Any) -> Theatre:
    """The theatre pak_afg with these rules, each to the webhook, and no quiet hours."""
    told = [{"name": f"rule-{n}", "channels": ["webhook"], **rule} for n, rule in enumerate(rules)]
    fields = PAK_AFG.model_dump() | {"notify": {}, "alerts": told} | changed
    return Theatre.model_validate(fields)


@contextmanager
def opened(url: str) -> Iterator[Outbox]:
    """The outbox in a database, which is let go afterwards."""
    with connected(url) as engine:
        yield Outbox(engine)


class Postbox:
    """What a mail server took; `answers` are what it says to each message, the last for ever."""

    def __init__(self, answers: tuple[str, ...]) -> None:
        self.letters: list[Letter] = []
        self.receivers: list[list[str]] = []
        self.users: list[bytes] = []
        self._answers = list(answers)

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody@"):
            return "550 hush-hush knows no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any
    ) -> str:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content))
            self.receivers.append(list(envelope.rcpt_tos))
        return answer

    def check(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any
    ) -> AuthResult:
        """Whether the account may write."""
        self.users.append(login.login)
        return AuthResult(success=login.password == b"right", handled=False)


@contextmanager
def mailing(
    *answers: str, context: ssl.SSLContext | None = None, plain_login: bool = False
) -> Iterator[tuple[Postbox, int]]:
    """A mail server on this machine while it is needed, and its port."""
    box = Postbox(answers or ("250 OK",))
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=_free_port(),
        tls_context=context,
        authenticator=box.check,
        auth_require_tls=not plain_login,
        loop=asyncio.new_event_loop(),
    )
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()
        controller.loop.close()


def _free_port() -> int:
    # The controller's own look at its server knows no port 0.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
