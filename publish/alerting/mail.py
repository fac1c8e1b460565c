"""Messages by e-mail, over a mail server of the operator's."""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from errors import StreamError
from publish.alerting.message import Message
from publish.alerting.sending import ChannelError, SendError
from streams.net.accounts import Account
from streams.net.retry import Deadline, Passing, Policy, Sleep, persist

Security = Literal["offered", "starttls", "tls", "none"]
POLICY = Policy(read=20, total=120, attempts=3, wait=2, wait_max=20)
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """The server, who writes to whom, and how the way is encrypted.

    `offered` encrypts (STARTTLS) where the server offers it, `starttls` insists on it, `tls` begins
    with it, `none` does not. A password is never sent in the clear but with `none`.
    Raises ChannelError for an address that is none.
    """

    host: str
    port: int
    sender: str
    receivers: tuple[str, ...]
    account: Account | None = field(default=None, repr=False)
    security: Security = "offered"

    def __post_init__(self) -> None:
        for where, each in (("FROM", (self.sender,)), ("TO", self.receivers)):
            for address in each or ("",):
                if not _ADDRESS.fullmatch(address):
                    raise ChannelError(
                        "not an e-mail address",
                        where=f"DYADCAST_SMTP_{where}",
                        found=address,
                        expected="name@host",
                    )


def letter(mail: Mail, message: Message, now: datetime) -> EmailMessage:
    """The message as an e-mail; its Message-ID is the same each time that it is sent."""
    made = EmailMessage()
    # One line whatever it holds: email.message refuses a header with a line's end in it.
    made["Subject"] = " ".join(f"[dyadcast] {message.headline}".split())
    made["From"] = mail.sender
    made["To"] = ", ".join(mail.receivers)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message.message_id}@{mail.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text)
    return made


def mail_out(
    mail: Mail,
    message: Message,
    now: datetime,
    sleep: Sleep = time.sleep,
    policy: Policy = POLICY,
    context: ssl.SSLContext | None = None,
) -> str:
    """How many receivers were refused where others were not; "" where none was.

    4xx answers and broken connections are tried again within the policy. Raises SendError; it is
    permanent where the server refuses for good, or would have a password in the clear.
    """
    made, deadline = letter(mail, message, now), Deadline.after(policy.total)

    def attempt() -> str:
        with _session(mail, policy, context) as server:
            refused = server.send_message(made, mail.sender, list(mail.receivers))
        return f"{len(refused)} of {len(mail.receivers)} receivers refused" if refused else ""

    def explained() -> str:
        with _explained():
            return attempt()

    try:
        return persist(explained, "e-mail", policy, deadline, sleep)
    except StreamError as error:
        raise SendError(str(error)) from None


@contextmanager
def _session(mail: Mail, policy: Policy, context: ssl.SSLContext | None) -> Iterator[smtplib.SMTP]:
    context = context or ssl.create_default_context()
    server: smtplib.SMTP
    if mail.security == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=policy.read, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=policy.read)
    try:
        _greet(server, mail, context)
        yield server
    finally:
        # The letter is taken or not by now: how the server says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _greet(server: smtplib.SMTP, mail: Mail, context: ssl.SSLContext) -> None:
    """Encrypts the way and logs in, as configured."""
    server.ehlo_or_helo_if_needed()
    private = mail.security == "tls"
    if mail.security in ("offered", "starttls") and server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
        private = True
    if not private and mail.security == "starttls":
        raise SendError("e-mail: the server offers no encryption", permanent=True)
    if mail.account is None:
        return
    if not private and mail.security != "none":
        raise SendError("e-mail: no password is sent without encryption", permanent=True)
    server.login(mail.account.user, mail.account.password)


@contextmanager
def _explained() -> Iterator[None]:
    """What the server says, by its number alone: its words may hold an account's name."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise _refusal(min(codes, default=450), "all receivers refused") from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, "the server answered") from None
    except smtplib.SMTPNotSupportedError:
        raise SendError("e-mail: the server lacks what is needed", permanent=True) from None
    except ssl.SSLCertVerificationError:
        raise SendError("e-mail: the server's certificate does not hold") from None
    except UnicodeError:
        # Its words would show the text, which may be the password.
        raise SendError("e-mail: an account the server cannot spell", permanent=True) from None
    except OSError:  # what smtplib raises is one too
        raise Passing("no connection, or broken off") from None


def _refusal(code: int, problem: str) -> Exception:
    if code >= 500:
        return SendError(f"e-mail: {problem} {code}", permanent=True)
    return Passing(f"{problem} {code}")
