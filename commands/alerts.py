"""Commands about alerts: what was told, what waits, what died; a test; the rules."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import AsJson, TheatreName, out, quiet, say
from errors import DyadcastError

if TYPE_CHECKING:
    from publish.alerting.deliveries import Delivery
    from publish.alerting.message import Message
    from publish.alerting.outbox import Outbox
    from theatres import Theatre

app = typer.Typer(help="Alerts: the rules, what was told, what waits.", no_args_is_help=True)
LAST = 20


@contextmanager
def _outbox() -> Iterator["Outbox"]:
    from flows.pipeline.settings import read_settings
    from publish.alerting.outbox import Outbox
    from streams.store.database import connected

    with connected(read_settings().database_url) as engine:
        yield Outbox(engine)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@app.command("list")
def list_alerts(
    theatre: TheatreName = "",
    state: Annotated[str, typer.Option(help="only: sent, pending or dead")] = "",
    last: Annotated[int, typer.Option(min=1, help="how many deliveries, the newest first")] = LAST,
    as_json: AsJson = False,
) -> None:
    """List what became of each alert on each channel.

    Example: dyadcast alerts list --state dead
    """
    from theatres import load_theatre

    if state not in ("", "sent", "pending", "dead"):
        raise DyadcastError("no such state", found=state, expected="sent, pending or dead")
    with _outbox() as outbox:
        deliveries = outbox.deliveries(load_theatre(theatre).name)
    deliveries = [each for each in deliveries if state in ("", each.state)][:last]
    if as_json:
        print(json.dumps([_object(each) for each in deliveries], ensure_ascii=False))
        return
    for each in deliveries:
        print(_line(each))
    if not deliveries:
        say("no alert" + (f" is {state}" if state else " yet"))


def _object(each: "Delivery") -> dict[str, Any]:
    from publish.alerting.message import alert_object

    return {
        **alert_object(each.alert),
        "channel": each.channel,
        "state": each.state,
        "attempts": each.attempts,
        "next_attempt": each.next_attempt.isoformat() if each.next_attempt else None,
        "sent_at": each.sent_at.isoformat() if each.sent_at else None,
        "last_error": each.last_error,
    }


def _line(each: "Delivery") -> str:
    when = each.sent_at or each.next_attempt
    at = f" {when:%Y-%m-%d %H:%M}" if when else ""
    error = f" ({each.last_error})" if each.last_error else ""
    return f"{each.alert.alert_id} {each.channel:7} {each.state}{at}: {each.alert.headline}{error}"


@app.command("rules")
def list_rules(theatre: TheatreName = "", as_json: AsJson = False) -> None:
    """Show the theatre's alert rules, the quiet hours and the channels that are set up.

    Example: dyadcast alerts rules
    """
    from publish.alerting.senders import read_channels
    from theatres import load_theatre

    loaded, channels = load_theatre(theatre), read_channels(os.environ)
    notify = loaded.notify.model_dump(mode="json")
    rules = [rule.model_dump(mode="json") for rule in loaded.alerts]
    if as_json:
        names = [*sorted(channels.senders), "atom"]
        print(json.dumps({"rules": rules, "notify": notify, "channels": names}))
        return
    for rule in rules:
        fields = {k: v for k, v in rule.items() if k not in ("name", "kind") and v not in ([], "")}
        listed = ", ".join(f"{k} {_words(v)}" for k, v in fields.items())
        out().print(f"{rule['name']}: {rule['kind']}, {listed}")
    for line in (_hours(notify), f"channels: {', '.join([*sorted(channels.senders), 'atom'])}"):
        print(line)
    for name, fault in channels.faults.items():
        say(f"{name} cannot send: {fault}")


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _hours(notify: dict[str, Any]) -> str:
    if notify["quiet_from"] is None:
        return f"no quiet hours; at least {notify['gap_hours']:g} h between messages"
    return (
        f"quiet from {notify['quiet_from']} to {notify['quiet_until']} {notify['timezone']}; at"
        f" least {notify['gap_hours']:g} h between messages of one rule and unit"
    )


@app.command("test")
def send_test(theatre: TheatreName = "") -> None:
    """Send a message that is marked as a test through each channel, and say what came of it.

    Example: dyadcast alerts test

    Exit status 1 where a channel failed. The test's entry leaves the feed at the next delivery.
    """
    from publish.alerting.message import trial_message
    from publish.alerting.senders import read_channels
    from publish.alerting.sending import SendError
    from theatres import load_theatre

    loaded, channels, failed = load_theatre(theatre), read_channels(os.environ), False
    message = trial_message(loaded.name, _now())
    for name, fault in channels.faults.items():
        failed = True
        print(f"{name}: not set up: {fault}")
    for name, send in channels.senders.items():
        try:
            note = send(message, _now())
        except SendError as error:
            failed = True
            print(f"{name}: failed: {error}")
        else:
            print(f"{name}: sent" + (f", but {note}" if note else ""))
    print(f"atom: {_write_test(loaded, message)}")
    if not channels.names:
        say("neither DYADCAST_WEBHOOK_URL nor DYADCAST_SMTP_HOST is set: the feed alone is told")
    if failed:
        raise typer.Exit(1)


def _write_test(theatre: "Theatre", message: "Message") -> str:
    from dataclasses import replace

    from flows.pipeline.settings import read_settings
    from publish.alerting.feed import ENTRIES_MAX, write_feed
    from publish.alerting.outbox import FEED

    entry = replace(message.alerts[0], headline=message.headline)
    with _outbox() as outbox:
        kept = outbox.alerts(theatre.name, ENTRIES_MAX, FEED)
    root = read_settings().published
    return f"written to {write_feed(root, theatre.name, theatre.title, [entry, *kept], _now())}"


@app.command("retry")
def retry(
    alert_id: Annotated[str | None, typer.Argument(help="a dead alert's id")] = None,
    every: Annotated[bool, typer.Option("--all", help="every dead delivery")] = False,
) -> None:
    """Put dead deliveries back among those that wait; `alerts send` then tries them.

    Example: dyadcast alerts retry --all
    """
    if (alert_id is None) != every:
        raise DyadcastError("one alert's id, or --all, not both", do="see `dyadcast alerts list`")
    with _outbox() as outbox:
        count = outbox.retry(alert_id, _now())
    print(f"{count} deliver{'y waits' if count == 1 else 'ies wait'} again")


@app.command("send")
def send(theatre: TheatreName = "") -> None:
    """Send what is due now: after quiet hours, a gap, or a failed attempt. For cron lines.

    Example: dyadcast alerts send

    Exit status 1 where an attempt failed.
    """
    with quiet(verbose=False):
        from flows.alerts import send_alerts
        from flows.pipeline.settings import read_settings
        from publish.alerting.senders import read_channels
        from theatres import load_theatre

        channels = read_channels(os.environ)
        done = send_alerts(read_settings(), load_theatre(theatre), channels, _now)
    for each in done:
        problem = f" ({each.note})" if each.note else ""
        print(f"{each.channel}: {each.state}: {each.message.headline}{problem}")
    for name, fault in channels.faults.items():
        say(f"{name} cannot send: {fault}")
    if channels.faults or any(each.state != "sent" for each in done):
        raise typer.Exit(1)
