"""A message: the alerts of one rule and unit that go out together, and its JSON."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from publish.alerting.alerts import ID_LENGTH, Alert
from publish.contract.values import moment_text


@dataclass(frozen=True, slots=True)
class Message:
    """One or more alerts for one channel; its id is the same each time that it is sent."""

    alerts: tuple[Alert, ...]
    test: bool = False

    @property
    def message_id(self) -> str:
        """The alert's id, or a hash of the ids where there are several."""
        return message_id([alert.alert_id for alert in self.alerts])

    @property
    def headline(self) -> str:
        """The first alert's headline, how many more there are, and whether it is a test."""
        more = len(self.alerts) - 1
        title = self.alerts[0].headline + (f" (and {more} more)" if more else "")
        return f"[test] {title}" if self.test else title

    @property
    def text(self) -> str:
        """All that is said, a paragraph an alert."""
        return "\n\n".join(f"{each.headline}\n{each.sentence}" for each in self.alerts) + "\n"


def message_id(alert_ids: list[str]) -> str:
    """The id of the message of these alerts, in whatever order they are named."""
    if len(alert_ids) == 1:
        return alert_ids[0]
    joined = "\n".join(sorted(alert_ids))
    return hashlib.sha256(joined.encode()).hexdigest()[:ID_LENGTH]


def message_json(message: Message) -> bytes:
    """The body that a webhook is sent: the same bytes for the same message."""
    first = message.alerts[0]
    value = {
        "id": message.message_id,
        "type": "test" if message.test else "alert",
        "theatre": first.theatre,
        "rule": first.rule,
        "headline": message.headline,
        "text": message.text,
        "alerts": [alert_object(alert) for alert in message.alerts],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def alert_object(alert: Alert) -> dict[str, object]:
    """The alert as the JSON object that is sent and listed."""
    return {
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "kind": alert.kind,
        "unit": alert.unit,
        "target": alert.target,
        "horizon_days": alert.horizon_days,
        "issue_id": alert.issue_id,
        "as_of": alert.as_of.isoformat(),
        "raised_at": moment_text(alert.raised_at),
        "headline": alert.headline,
        "sentence": alert.sentence,
    }


def trial_message(theatre: str, now: datetime) -> Message:
    """A message that says that it is a test, another one each second."""
    digest = hashlib.sha256(f"{theatre} {now.isoformat()}".encode()).hexdigest()
    alert = Alert(
        alert_id=digest[:ID_LENGTH],
        theatre=theatre,
        rule="test",
        kind="test",
        unit="",
        target="",
        horizon_days=None,
        issue_id="",
        as_of=now.date(),
        raised_at=now,
        headline="This is a test of dyadcast's alerts",
        sentence="Nothing has happened: a person asked for a test message.",
        channels=(),
    )
    return Message((alert,), test=True)
