"""The outbox: which alerts were raised, and what became of each on each channel.

Two tables in the streams' database. An alert is stored, with a delivery for each channel, before
anything is sent; a delivery is marked sent after. A sender takes a message for LEASE and then
sends it: should it be killed in between, the message is free again when the lease is over. So
nothing is lost, and a message goes out once more for each kill between sending and marking; its
id is the same each time, by which a receiver can tell.

Quiet hours postpone and never drop. Within the least gap after a message of the same rule, unit
and channel the next ones are postponed too, and when it is over those that wait are merged into
one message: nothing is dropped, and nobody is told of one thing several times an hour.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from errors import DyadcastError
from publish.alerting.alerts import Alert
from publish.alerting.deliveries import (
    Delivery,
    State,
    alert_line,
    alerts,
    deliveries,
    joined,
    moment,
    read_alert,
    read_delivery,
    text,
    waiting_line,
)
from publish.alerting.message import Message, message_id
from streams.store.database import reading, writing
from theatres import Notify

FEED = "atom"
"""The channel that is a file with all that was raised: nothing of it has to be sent."""
LEASE = timedelta(minutes=10)
ATTEMPTS_MAX = 8
_FIRST_WAIT = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=12)
_ERROR_MAX = 300
_ALERTS_A_MESSAGE = 50


class OutboxError(DyadcastError):
    """An alert that is not where it is looked for."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is one sender's until the lease is over, and which attempt this is."""

    channel: str
    message: Message
    attempt: int


class Outbox:
    """The alerts and deliveries in a database opened by `streams.store.database.connect`.

    Raises StoreError for whatever the database says is wrong.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def store(self, raised: Sequence[Alert], channels: Collection[str]) -> list[Alert]:
        """Those of the alerts that are new; each now waits on those of its channels that there are.

        One transaction. An alert that was stored before is left as it is.
        """
        by_id = {alert.alert_id: alert for alert in raised}
        if not by_id:
            return []
        with writing(self._engine) as connection:
            known = sa.select(alerts.c.alert_id).where(alerts.c.alert_id.in_(by_id))
            stored = set(connection.execute(known).scalars())
            new = [alert for alert in by_id.values() if alert.alert_id not in stored]
            waiting = [waiting_line(a, c) for a in new for c in a.channels if c in channels]
            if new:
                connection.execute(sa.insert(alerts), [alert_line(alert) for alert in new])
            if waiting:
                connection.execute(sa.insert(deliveries), waiting)
        return new

    def claim(
        self, theatre: str, channels: Collection[str], notify: Notify, now: datetime
    ) -> Claimed | None:
        """A message that is due on one of the channels, the caller's for LEASE; None if none is.

        In quiet hours all that waits is postponed to their end. A message of a rule and unit that
        was told less than the gap ago is postponed to its end. The attempt is counted here, so
        that a message that kills its sender is not tried for ever.
        """
        with writing(self._engine) as connection:
            if (end := notify.quiet_end(now)) is not None:
                _postpone_all(connection, theatre, end)
                return None
            for channel, group in _groups(connection, theatre, channels, now):
                free = _free_from(connection, group[0], channel, notify.gap)
                if free is not None and free > now:
                    _set(connection, channel, group, next_attempt=text(free))
                    continue
                return _take(connection, channel, group, now)
        return None

    def sent(self, claimed: Claimed, now: datetime, note: str = "") -> None:
        """Notes that the message was sent at `now`, and what was not well about it."""
        values = {"state": "sent", "sent_at": text(now), "last_error": note[:_ERROR_MAX]}
        self._settle(claimed, values)

    def failed(self, claimed: Claimed, problem: str, permanent: bool, now: datetime) -> State:
        """`pending` where it will be tried again, later each time; `dead` where it will not.

        `problem` is kept and shown: it must hold no secret.
        """
        dead = permanent or claimed.attempt >= ATTEMPTS_MAX
        wait = min(_FIRST_WAIT * 2 ** (claimed.attempt - 1), _LONGEST_WAIT)
        state: State = "dead" if dead else "pending"
        values = {"state": state, "next_attempt": text(now + wait)}
        self._settle(claimed, values | {"last_error": problem[:_ERROR_MAX]})
        return state

    def fed(self, alert_ids: Collection[str], now: datetime) -> None:
        """Notes that the alerts stand in the feed."""
        c = deliveries.c
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(deliveries)
                .where(c.channel == FEED, c.state == "pending", c.alert_id.in_(alert_ids))
                .values(state="sent", sent_at=text(now), attempts=1)
            )

    def retry(self, alert_id: str | None, now: datetime) -> int:
        """How many dead deliveries wait again: the alert's, with those of its message, or all.

        Raises OutboxError where that alert has no dead delivery.
        """
        c = deliveries.c
        chosen = sa.update(deliveries).where(c.state == "dead")
        if alert_id is not None:
            of_alert = sa.select(c.message_id).where(c.alert_id == alert_id, c.state == "dead")
            chosen = chosen.where(c.message_id.in_(of_alert))
        with writing(self._engine) as connection:
            count = connection.execute(
                chosen.values(state="pending", attempts=0, next_attempt=text(now))
            ).rowcount
        if alert_id is not None and not count:
            raise OutboxError(
                "no dead delivery of this alert", found=alert_id, do="see `dyadcast alerts list`"
            )
        return int(count)

    def deliveries(self, theatre: str) -> list[Delivery]:
        """What became of each of the theatre's alerts, a line a channel, the newest first.

        An alert for which there was no channel is in none of them.
        """
        query = (
            sa.select(alerts, *(c for c in deliveries.c if c.name != "alert_id"))
            .select_from(joined)
            .where(alerts.c.theatre == theatre)
            .order_by(alerts.c.raised_at.desc(), alerts.c.alert_id, deliveries.c.channel)
        )
        with reading(self._engine) as connection:
            return [read_delivery(line) for line in connection.execute(query).mappings()]

    def alerts(self, theatre: str, limit: int, channel: str | None = None) -> list[Alert]:
        """The theatre's newest alerts, the newest first; those raised for the channel alone."""
        query = sa.select(alerts).where(alerts.c.theatre == theatre)
        if channel is not None:
            delivered = sa.select(deliveries.c.alert_id).where(deliveries.c.channel == channel)
            query = query.where(alerts.c.alert_id.in_(delivered))
        query = query.order_by(alerts.c.raised_at.desc(), alerts.c.alert_id).limit(limit)
        with reading(self._engine) as connection:
            return [read_alert(line) for line in connection.execute(query).mappings()]

    def _settle(self, claimed: Claimed, values: dict[str, Any]) -> None:
        """What another sender has marked sent, after this one's lease was over, stays sent."""
        c = deliveries.c
        chosen = (c.message_id == claimed.message.message_id, c.channel == claimed.channel)
        with writing(self._engine) as connection:
            connection.execute(
                sa.update(deliveries).where(*chosen, c.state == "pending").values(values)
            )


def _postpone_all(connection: Connection, theatre: str, end: datetime) -> None:
    c = deliveries.c
    of_theatre = sa.select(alerts.c.alert_id).where(alerts.c.theatre == theatre)
    connection.execute(
        sa.update(deliveries)
        .where(c.state == "pending", c.channel != FEED, c.next_attempt < text(end))
        .where(c.alert_id.in_(of_theatre))
        .values(next_attempt=text(end))
    )


def _groups(
    connection: Connection, theatre: str, channels: Collection[str], now: datetime
) -> Iterator[tuple[str, list[Alert]]]:
    """The due alerts that go out as one message each, the one that waits longest first.

    Alerts that were sent together once stay together: their message is the same at each attempt.
    """
    c = deliveries.c
    query = (
        sa.select(alerts, c.channel, c.message_id)
        .select_from(joined)
        .where(alerts.c.theatre == theatre, c.state == "pending", c.channel.in_(channels))
        .where(c.channel != FEED, c.next_attempt <= text(now))
        .order_by(c.channel, alerts.c.rule, alerts.c.unit, c.message_id)
        .order_by(alerts.c.raised_at, alerts.c.alert_id)
    )

    def message(line: Any) -> tuple[str, ...]:
        return line["channel"], line["rule"], line["unit"], line["message_id"]

    lines = list(connection.execute(query).mappings())
    groups = [
        (key[0], [read_alert(line) for line in part]) for key, part in groupby(lines, message)
    ]
    yield from sorted(groups, key=lambda each: each[1][0].raised_at)


def _free_from(
    connection: Connection, alert: Alert, channel: str, gap: timedelta
) -> datetime | None:
    """When the rule may tell of the unit again; None where it has not yet."""
    query = (
        sa.select(sa.func.max(deliveries.c.sent_at))
        .select_from(joined)
        .where(alerts.c.theatre == alert.theatre, alerts.c.rule == alert.rule)
        .where(alerts.c.unit == alert.unit, deliveries.c.channel == channel)
        .where(deliveries.c.state == "sent")
    )
    last = connection.execute(query).scalar()
    return moment(last) + gap if last else None


def _take(connection: Connection, channel: str, group: list[Alert], now: datetime) -> Claimed:
    """The first of the group as one message, all but the most in one; the rest follows later."""
    kept = group[:_ALERTS_A_MESSAGE]
    name = message_id([alert.alert_id for alert in kept])
    values = {"message_id": name, "attempts": deliveries.c.attempts + 1}
    _set(connection, channel, kept, next_attempt=text(now + LEASE), **values)
    c = deliveries.c
    counted = sa.select(sa.func.max(c.attempts)).where(c.message_id == name, c.channel == channel)
    return Claimed(channel, Message(tuple(kept)), int(connection.execute(counted).scalar_one()))


def _set(connection: Connection, channel: str, group: Sequence[Alert], **values: Any) -> None:
    c, ids = deliveries.c, [alert.alert_id for alert in group]
    connection.execute(
        sa.update(deliveries).where(c.channel == channel, c.alert_id.in_(ids)).values(values)
    )
