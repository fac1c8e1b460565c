"""The outbox's two tables, and their lines as values: alerts, and what became of each."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from publish.alerting.alerts import Alert
from streams.store.schema import TEXT, metadata

State = Literal["pending", "sent", "dead"]


def _texts(*names: str) -> Iterator[sa.Column[str]]:
    return (sa.Column(name, TEXT, nullable=False) for name in names)


alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("alert_id", TEXT, primary_key=True),
    *_texts("theatre", "rule", "kind", "unit", "target"),
    sa.Column("horizon_days", sa.Integer),
    *_texts("issue_id", "as_of", "raised_at", "headline", "sentence", "channels"),
    sa.Index("alerts_by_time", "theatre", "raised_at"),
)
deliveries = sa.Table(
    "alert_deliveries",
    metadata,
    sa.Column("alert_id", TEXT, sa.ForeignKey("alerts.alert_id"), primary_key=True),
    sa.Column("channel", TEXT, primary_key=True),
    *_texts("state", "message_id"),
    sa.Column("attempts", sa.Integer, nullable=False),
    *_texts("next_attempt", "sent_at", "last_error"),
    sa.Index("alert_deliveries_by_time", "state", "next_attempt"),
)
joined = alerts.join(deliveries, alerts.c.alert_id == deliveries.c.alert_id)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of an alert on a channel; `next_attempt` of one that is pending alone.

    `last_error` tells why the last attempt failed, or what was not well about one that did not.
    """

    alert: Alert
    channel: str
    state: State
    attempts: int
    next_attempt: datetime | None
    sent_at: datetime | None
    last_error: str


def waiting_line(alert: Alert, channel: str) -> dict[str, object]:
    """The delivery of an alert that waits from the moment on at which it was raised."""
    return {
        "alert_id": alert.alert_id,
        "channel": channel,
        "state": "pending",
        "message_id": "",
        "attempts": 0,
        "next_attempt": text(alert.raised_at),
        "sent_at": "",
        "last_error": "",
    }


def alert_line(alert: Alert) -> dict[str, object]:
    """The alert as a line of its table."""
    line = asdict(alert)
    line |= {"as_of": alert.as_of.isoformat(), "raised_at": text(alert.raised_at)}
    return line | {"channels": ",".join(alert.channels)}


def read_alert(line: Any) -> Alert:
    """The alert of a line that holds its columns, whatever else it holds."""
    fields = {name: line[name] for name in alerts.columns.keys()}  # noqa: SIM118 (a collection's)
    fields |= {"as_of": date.fromisoformat(line["as_of"]), "raised_at": moment(line["raised_at"])}
    return Alert(**fields | {"channels": tuple(line["channels"].split(","))})


def read_delivery(line: Any) -> Delivery:
    """The delivery of a line of both tables."""
    pending = line["state"] == "pending"
    return Delivery(
        alert=read_alert(line),
        channel=line["channel"],
        state=line["state"],
        attempts=line["attempts"],
        next_attempt=moment(line["next_attempt"]) if pending else None,
        sent_at=moment(line["sent_at"]) if line["sent_at"] else None,
        last_error=line["last_error"],
    )


def text(at: datetime) -> str:
    """The moment in UTC, always as long, so that texts stand in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """The moment of such a text."""
    return datetime.fromisoformat(text)
