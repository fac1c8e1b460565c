"""What a new issue gives reason to tell: stored, made an event of Prefect's, and sent."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from errors import DyadcastError
from flows.pipeline.page_context import freshness
from flows.pipeline.settings import Settings
from publish.alerting.alerts import Alert, due
from publish.alerting.feed import ENTRIES_MAX, write_feed
from publish.alerting.message import alert_object
from publish.alerting.outbox import FEED, Outbox
from publish.alerting.senders import Channels, read_channels
from publish.alerting.sending import Clock, Sent, deliver
from publish.archive.archive import Archive
from publish.contract.context import Freshness
from publish.contract.forecast import Forecast
from publish.files.files import PublishError, published_head
from streams.store.database import connected
from theatres import Theatre, VerificationFails, load_theatre

EVENT = "dyadcast.alert.raised"


@dataclass(frozen=True, slots=True)
class Told:
    """The alerts that were new, what came of each message, and which channels are at fault."""

    raised: tuple[Alert, ...]
    sent: tuple[Sent, ...]
    faults: tuple[str, ...]


def previous_issue(archive: Archive, forecast: Forecast) -> Forecast | None:
    """The newest issue before that has numbers: through a spell without, the last one before it."""
    found = archive.previous(forecast.theatre, forecast.as_of, hindcast=False)
    while found is not None and found.status == "no_forecast":
        found = archive.previous(forecast.theatre, found.as_of, hindcast=False)
    return found


def raise_alerts(
    settings: Settings,
    theatre: Theatre,
    forecast: Forecast,
    streams: Sequence[Freshness],
    channels: Channels,
    now: datetime,
) -> list[Alert]:
    """The alerts that are due and were not stored before; they are now."""
    with connected(settings.database_url) as engine:
        archive = Archive(engine)
        before = previous_issue(archive, forecast)
        faults = _faults(settings, theatre, archive)
        found = due(theatre, forecast, before, streams, faults, now)
        return Outbox(engine).store(found, channels.names | {FEED})


def send_alerts(
    settings: Settings, theatre: Theatre, channels: Channels, clock: Clock
) -> list[Sent]:
    """What came of each message that was due; the feed holds all that was raised for it."""
    with connected(settings.database_url) as engine:
        outbox = Outbox(engine)
        told = outbox.alerts(theatre.name, ENTRIES_MAX, FEED)
        write_feed(settings.published, theatre.name, theatre.title, told, clock())
        outbox.fed([alert.alert_id for alert in told], clock())
        return deliver(outbox, theatre, channels.senders, clock)


def emit(alerts: Iterable[Alert], send: Callable[..., Any] = emit_event) -> None:
    """Makes each alert an event, by which Prefect's automations may act. Its id is the alert's,
    so that one emitted twice is one."""
    for alert in alerts:
        send(
            event=EVENT,
            resource={
                "prefect.resource.id": f"dyadcast.theatre.{alert.theatre}",
                "prefect.resource.name": alert.theatre,
                "dyadcast.rule": alert.rule,
                "dyadcast.unit": alert.unit,
            },
            payload=alert_object(alert),
            occurred=alert.raised_at,
            id=uuid5(NAMESPACE_URL, f"dyadcast:{alert.theatre}/{alert.alert_id}"),
        )


@task(name="alerts", persist_result=False, cache_policy=NO_CACHE)
def tell(settings: Settings, theatre: str, forecast: Forecast, clock: Clock) -> Told:
    """What was told of the issue: alerts are stored, then emitted as events, then sent."""
    loaded, channels = load_theatre(theatre), read_channels(os.environ)
    streams = freshness(settings, load_theatre(theatre))
    raised = raise_alerts(settings, loaded, forecast, streams, channels, clock())
    emit(raised)
    sent = send_alerts(settings, loaded, channels, clock)
    return Told(tuple(raised), tuple(sent), tuple(channels.faults.values()))


def tell_of(settings: Settings, theatre: str, forecast: Forecast, clock: Clock) -> None:
    """Tells the issue's alerts. An alert that cannot be keeps no forecast from its reader:
    what goes wrong is logged, and the next run tries again."""
    log = get_run_logger()
    state = tell(settings, theatre, forecast, clock, return_state=True)
    found = state.result(raise_on_failure=False)
    if not isinstance(found, Told):
        # An unknown error's words could hold anything.
        said = found if isinstance(found, DyadcastError) else type(found).__name__
        log.warning("alerts: %s", said)
        return
    for fault in found.faults:
        log.warning("alerts: %s", fault)
    for each in found.sent:
        log.info("alerts: %s %s: %s %s", each.channel, each.state, each.message.headline, each.note)


def _faults(settings: Settings, theatre: Theatre, archive: Archive) -> tuple[str, ...]:
    """What is wrong with the archive; it is verified only where a rule asks for it."""
    if not any(isinstance(rule, VerificationFails) for rule in theatre.alerts):
        return ()
    try:
        head = published_head(settings.published, theatre.name)
    except PublishError as error:
        return (str(error),)
    return archive.verify(theatre.name, head).faults
