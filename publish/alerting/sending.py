"""Sending what the outbox holds, a message after the other, on the channels that there are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from errors import DyadcastError
from publish.alerting.message import Message
from publish.alerting.outbox import Claimed, Outbox
from streams.net.retry import Deadline
from theatres import Theatre

RUN_SECONDS = 900.0
"""A run that lasts longer takes no further message; the next run does."""
Send = Callable[[Message, datetime], str]
"""Sends a message at a moment; gives what was not well about it, mostly nothing."""
Clock = Callable[[], datetime]


class ChannelError(DyadcastError):
    """A channel whose settings are wrong; its secrets do not show."""


class SendError(DyadcastError):
    """A message that was not taken; `permanent` where another attempt would fare no better."""

    def __init__(self, problem: str, *, permanent: bool = False) -> None:
        super().__init__(problem)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one attempt: `sent`, `pending` or `dead`, and what is to be said of it."""

    channel: str
    message: Message
    state: str
    note: str


def deliver(
    outbox: Outbox, theatre: Theatre, senders: Mapping[str, Send], clock: Clock
) -> list[Sent]:
    """What came of each message that was due, in the order of the attempts.

    Every message is taken before and marked after it is sent; see publish/outbox.py. A channel on
    which an attempt failed in passing rests until the next run, so that a receiver that is down
    is not asked message by message.
    """
    done: list[Sent] = []
    awake, deadline = set(senders), Deadline.after(RUN_SECONDS)
    while awake and deadline.left() > 0:
        claimed = outbox.claim(theatre.name, awake, theatre.notify, clock())
        if claimed is None:
            break
        done.append(_send(outbox, claimed, senders[claimed.channel], clock))
        if done[-1].state == "pending":
            awake.discard(claimed.channel)
    return done


def _send(outbox: Outbox, claimed: Claimed, send: Send, clock: Clock) -> Sent:
    try:
        note = send(claimed.message, clock())
    except SendError as error:
        state = outbox.failed(claimed, str(error), error.permanent, clock())
        return Sent(claimed.channel, claimed.message, state, str(error))
    outbox.sent(claimed, clock(), note)
    return Sent(claimed.channel, claimed.message, "sent", note)
