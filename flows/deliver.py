"""The deliver flow: what waits in the outbox is sent, whatever made it wait."""

import os

from prefect import flow, get_run_logger

from flows.alerts import send_alerts
from flows.pipeline.settings import read_settings
from flows.running import now
from publish.alerting.senders import read_channels
from publish.alerting.sending import Sent
from theatres import load_theatre


@flow(name="deliver", flow_run_name="deliver {theatre}", persist_result=False)
def deliver(theatre: str) -> list[Sent]:
    """What came of each message that was due: after quiet hours, a gap, or a failed attempt."""
    log, channels = get_run_logger(), read_channels(os.environ)
    for fault in channels.faults.values():
        log.warning("%s", fault)
    sent = send_alerts(read_settings(), load_theatre(theatre), channels, now)
    for each in sent:
        log.info("%s %s: %s %s", each.channel, each.state, each.message.headline, each.note)
    return sent
