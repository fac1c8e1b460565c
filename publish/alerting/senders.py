"""The channels that the environment names: where messages go, and with which secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

from errors import StreamError
from publish.alerting.mail import Mail, Security, mail_out
from publish.alerting.sending import ChannelError, Send
from publish.alerting.webhook import Webhook, post
from streams.net.accounts import Account, account_for, kept_password

_PORTS = {"offered": 587, "starttls": 587, "tls": 465, "none": 25}
_YES = ("1", "yes", "true")


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that can send, and what is wrong with those that are named but cannot."""

    senders: Mapping[str, Send]
    faults: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """The channels that are named: what is stored for a faulty one waits until it is mended."""
        return frozenset(self.senders) | frozenset(self.faults)


def read_channels(environ: Mapping[str, str]) -> Channels:
    """The channels of the environment; a faulty one keeps no other from sending.

    Webhook: DYADCAST_WEBHOOK_URL, _SECRET (or keyring `dyadcast-webhook`, user `secret`), _LOCAL.
    E-mail: DYADCAST_SMTP_HOST, _PORT, _SECURITY, _USER, _PASSWORD (or keyring `dyadcast-smtp`),
    _FROM, _TO (addresses, divided by commas).
    """
    senders: dict[str, Send] = {}
    faults: dict[str, str] = {}
    makers: dict[str, tuple[str, Callable[[Mapping[str, str]], Send]]] = {
        "webhook": ("DYADCAST_WEBHOOK_URL", _webhook),
        "email": ("DYADCAST_SMTP_HOST", _mail),
    }
    for name, (sign, make) in makers.items():
        if not environ.get(sign, "").strip():
            continue
        try:
            senders[name] = make(environ)
        except (ChannelError, StreamError) as error:
            faults[name] = str(error)
    return Channels(senders, faults)


def _webhook(environ: Mapping[str, str]) -> Send:
    secret = environ.get("DYADCAST_WEBHOOK_SECRET", "")
    hook = Webhook(
        url=environ["DYADCAST_WEBHOOK_URL"].strip(),
        secret=secret or kept_password("dyadcast-webhook", "secret"),
        local=environ.get("DYADCAST_WEBHOOK_LOCAL", "").strip().lower() in _YES,
    )
    return partial(post, hook)


def _mail(environ: Mapping[str, str]) -> Send:
    security = environ.get("DYADCAST_SMTP_SECURITY", "").strip() or "offered"
    if security not in get_args(Security):
        expected = f"one of {', '.join(get_args(Security))}"
        where = "DYADCAST_SMTP_SECURITY"
        raise ChannelError("unknown", where=where, found=security, expected=expected)
    mail = Mail(
        host=environ["DYADCAST_SMTP_HOST"].strip(),
        port=_port(environ.get("DYADCAST_SMTP_PORT", "").strip() or str(_PORTS[security])),
        sender=environ.get("DYADCAST_SMTP_FROM", "").strip(),
        receivers=_addresses(environ.get("DYADCAST_SMTP_TO", "")),
        account=_account(environ),
        security=cast("Security", security),
    )
    return partial(mail_out, mail)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        expected = "a number from 1 to 65535"
        raise ChannelError("no port", where="DYADCAST_SMTP_PORT", found=text, expected=expected)
    return int(text)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _account(environ: Mapping[str, str]) -> Account | None:
    """The account at the mail server; None where no user is named, for it may want none."""
    if not environ.get("DYADCAST_SMTP_USER", "").strip():
        return None
    try:
        return account_for("smtp", environ)
    except StreamError:
        raise ChannelError(
            "a user without a password",
            where="DYADCAST_SMTP_USER",
            expected="DYADCAST_SMTP_PASSWORD or `keyring set dyadcast-smtp USER`",
        ) from None
