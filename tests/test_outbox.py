"""Each alert goes out once on each channel; none is lost to a night, a gap, a failure or a kill."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from alerting import ALWAYS, NOW, make_alert, make_theatre, opened
from faults import PROCESSES
from servers import Reply, serving

from publish.alerting.message import Message
from publish.alerting.outbox import ATTEMPTS_MAX, FEED, LEASE, Claimed, Outbox, OutboxError
from publish.alerting.senders import read_channels
from publish.alerting.sending import Clock, SendError, Sent, deliver
from theatres import Notify

CHANNELS = ("webhook", "email")
QUIET = Notify.model_validate({"quiet_from": "05:00", "quiet_until": "07:00"})
GAP = Notify(gap_hours=6)
HOUR = timedelta(hours=1)


@pytest.fixture
def outbox(database_url: str) -> Iterator[Outbox]:
    """An outbox without an alert."""
    with opened(database_url) as made:
        yield made


def claim(outbox: Outbox, now: datetime = NOW, notify: Notify = ALWAYS) -> Claimed | None:
    """What is due on the webhook."""
    return outbox.claim("pak_afg", ["webhook"], notify, now)


def run(
    outbox: Outbox,
    now: datetime = NOW,
    notify: Notify = ALWAYS,
    fail: Callable[[Message], None] = lambda _message: None,
) -> list[Sent]:
    """One run of deliveries on the webhook, by a sender that fails as told."""

    def send(message: Message, _now: datetime) -> str:
        fail(message)
        return ""

    theatre = make_theatre(notify=notify.model_dump())
    return deliver(outbox, theatre, {"webhook": send}, lambda: now)


def clock_at(now: datetime) -> Clock:
    """A clock that stands."""
    return lambda: now


def down(_message: Message) -> None:
    raise SendError("webhook: answered 500")


def gone(_message: Message) -> None:
    raise SendError("webhook: answered 404", permanent=True)


def states(outbox: Outbox) -> list[str]:
    """The states of the webhook's deliveries."""
    return [each.state for each in outbox.deliveries("pak_afg") if each.channel == "webhook"]


def test_alert_goes_out_once_over_two_runs(outbox: Outbox) -> None:
    first = outbox.store([make_alert()], CHANNELS)
    sent = run(outbox)
    again = outbox.store([make_alert(raised_at=NOW + HOUR)], CHANNELS)

    assert [alert.alert_id for alert in first] == ["0000000000000001"]
    assert [each.message.message_id for each in sent] == ["0000000000000001"]
    assert again == []
    assert run(outbox, NOW + 48 * HOUR) == []
    assert states(outbox) == ["sent"]


def test_alert_is_read_back_as_it_was_stored(outbox: Outbox) -> None:
    alert = make_alert(horizon_days=None, sentence="“ünï” <b> & 'x'", unit="")
    outbox.store([alert, alert], CHANNELS)

    assert outbox.alerts("pak_afg", 10) == [alert]
    assert [each.alert for each in outbox.deliveries("pak_afg")] == [alert, alert]
    assert outbox.alerts("elsewhere", 10) == []


def test_delivery_waits_on_the_channels_that_there_are(outbox: Outbox) -> None:
    outbox.store([make_alert(channels=("email", "atom"))], ["webhook", "atom"])

    assert [(each.channel, each.state) for each in outbox.deliveries("pak_afg")] == [
        ("atom", "pending")
    ]
    assert run(outbox) == []


def test_feed_is_marked_when_it_is_written(outbox: Outbox) -> None:
    outbox.store([make_alert(1), make_alert(2, channels=("webhook",))], ["webhook", FEED])
    told = outbox.alerts("pak_afg", 10, FEED)
    outbox.fed([alert.alert_id for alert in told], NOW)

    assert [alert.alert_id for alert in told] == [make_alert(1).alert_id]
    fed = [each for each in outbox.deliveries("pak_afg") if each.channel == FEED]
    assert [(each.state, each.sent_at) for each in fed] == [("sent", NOW)]


def test_failed_attempt_waits_longer_each_time_and_then_is_dead(outbox: Outbox) -> None:
    outbox.store([make_alert()], CHANNELS)
    waits, now = [], NOW
    for _ in range(ATTEMPTS_MAX - 1):
        (failed,) = run(outbox, now, fail=down)
        (found,) = [each for each in outbox.deliveries("pak_afg") if each.channel == "webhook"]
        assert failed.state == found.state == "pending"
        assert found.next_attempt is not None
        waits.append(found.next_attempt - now)
        assert run(outbox, found.next_attempt - timedelta(seconds=1)) == []
        now = found.next_attempt
    (last,) = run(outbox, now, fail=down)

    assert waits == [HOUR / 4, HOUR / 2, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR]
    assert (last.state, states(outbox)) == ("dead", ["dead"])
    assert outbox.deliveries("pak_afg")[1].last_error == "webhook: answered 500"


def test_alert_that_failed_is_sent_when_the_receiver_is_back(outbox: Outbox) -> None:
    outbox.store([make_alert()], CHANNELS)
    run(outbox, fail=down)
    (sent,) = run(outbox, NOW + HOUR)

    assert (sent.state, sent.message.message_id) == ("sent", make_alert().alert_id)
    assert outbox.deliveries("pak_afg")[1].last_error == ""


def test_channel_that_fails_rests_until_the_next_run(outbox: Outbox) -> None:
    outbox.store([make_alert(1, unit="khyber"), make_alert(2, unit="kurram")], CHANNELS)

    assert [each.state for each in run(outbox, fail=down)] == ["pending"]
    assert [each.state for each in run(outbox, fail=gone)] == ["dead"]


def test_refused_alert_is_dead_at_once_and_can_be_sent_again(outbox: Outbox) -> None:
    outbox.store([make_alert(1), make_alert(2, unit="khyber")], CHANNELS)
    assert [each.state for each in run(outbox, fail=gone)] == ["dead", "dead"]
    assert run(outbox, NOW + 48 * HOUR) == []

    assert outbox.retry(make_alert(1).alert_id, NOW) == 1
    assert [each.message.message_id for each in run(outbox)] == [make_alert(1).alert_id]
    assert outbox.retry(None, NOW) == 1
    assert len(run(outbox)) == 1
    assert states(outbox) == ["sent", "sent"]


def test_alert_that_is_not_dead_cannot_be_retried(outbox: Outbox) -> None:
    outbox.store([make_alert()], CHANNELS)

    with pytest.raises(OutboxError, match="no dead delivery of this alert, found '0000"):
        outbox.retry(make_alert().alert_id, NOW)
    assert outbox.retry(None, NOW) == 0


def test_quiet_hours_postpone_to_their_end_and_drop_nothing(outbox: Outbox) -> None:
    outbox.store([make_alert(1), make_alert(2, unit="khyber")], CHANNELS)
    end = NOW.replace(hour=7, minute=0)

    assert run(outbox, NOW, QUIET) == []
    assert {each.next_attempt for each in outbox.deliveries("pak_afg")} == {end}
    assert run(outbox, end - timedelta(seconds=1), QUIET) == []
    assert len(run(outbox, end, QUIET)) == 2


def test_quiet_hours_of_one_theatre_leave_another_alone(outbox: Outbox) -> None:
    outbox.store([make_alert(1, theatre="elsewhere")], CHANNELS)

    assert claim(outbox, NOW, QUIET) is None
    assert outbox.claim("elsewhere", ["webhook"], ALWAYS, NOW) is not None


def test_alerts_of_one_rule_and_unit_are_one_message(outbox: Outbox) -> None:
    outbox.store([make_alert(1), make_alert(2), make_alert(3, unit="khyber")], CHANNELS)
    sent = run(outbox)

    assert [len(each.message.alerts) for each in sent] == [2, 1]
    assert sent[0].message.headline.endswith("(1) (and 1 more)")
    assert states(outbox) == ["sent"] * 3


def test_gap_postpones_what_comes_soon_and_merges_it(outbox: Outbox) -> None:
    outbox.store([make_alert(1)], CHANNELS)
    assert len(run(outbox, NOW, GAP)) == 1
    for number in (2, 3):
        outbox.store([make_alert(number, raised_at=NOW + number * HOUR)], CHANNELS)
        assert run(outbox, NOW + number * HOUR, GAP) == []
    outbox.store([make_alert(4, unit="khyber")], CHANNELS)
    other = run(outbox, NOW + 4 * HOUR, GAP)
    early = run(outbox, NOW + 6 * HOUR - timedelta(seconds=1), GAP)
    (merged,) = run(outbox, NOW + 6 * HOUR, GAP)

    assert [each.message.message_id for each in other] == [make_alert(4).alert_id]
    assert early == []
    assert [alert.alert_id[-1] for alert in merged.message.alerts] == ["2", "3"]


def test_message_that_is_tried_again_is_the_same_whatever_came_since(outbox: Outbox) -> None:
    outbox.store([make_alert(1), make_alert(2)], CHANNELS)
    (first,) = run(outbox, fail=down)
    outbox.store([make_alert(3, raised_at=NOW + HOUR / 2)], CHANNELS)
    second, third = run(outbox, NOW + HOUR)

    assert second.message == first.message
    assert third.message.message_id == make_alert(3).alert_id


def test_message_is_one_senders_until_its_lease_is_over(outbox: Outbox) -> None:
    outbox.store([make_alert()], CHANNELS)
    first = claim(outbox)

    assert first is not None
    assert claim(outbox, NOW + LEASE - timedelta(seconds=1)) is None
    second = claim(outbox, NOW + LEASE)
    assert second is not None
    assert (second.message, second.attempt) == (first.message, 2)
    outbox.sent(second, NOW + LEASE)
    assert outbox.failed(first, "too late", permanent=True, now=NOW) == "dead"
    assert states(outbox) == ["sent"]


def test_two_senders_at_once_share_the_messages_out(database_url: str) -> None:
    with ExitStack() as stack:
        several = [stack.enter_context(opened(database_url)) for _ in range(4)]
        several[0].store([make_alert(n, unit=f"u{n}") for n in range(8)], CHANNELS)
        pool = stack.enter_context(ThreadPoolExecutor(4))
        sent = [each for done in pool.map(run, several) for each in done]

    assert sorted(each.message.message_id for each in sent) == [f"{n:016x}" for n in range(8)]


def send_and_die(url: str, environ: dict[str, str], when: str) -> None:
    """Stores an alert and sends it, killed by the system after the one or the other."""
    with opened(url) as outbox:
        outbox.store([make_alert()], ["webhook"])
        if when == "after storing":
            os.kill(os.getpid(), signal.SIGKILL)
        send = read_channels(environ).senders["webhook"]

        def sent(message: Message, now: datetime) -> str:
            told = send(message, now)
            os.kill(os.getpid(), signal.SIGKILL)
            return told

        deliver(outbox, make_theatre(), {"webhook": sent}, lambda: NOW)


@pytest.mark.parametrize(("when", "times"), [("after storing", 1), ("after sending", 2)])
def test_killed_sender_loses_nothing_and_sends_at_most_once_more(
    database_url: str, when: str, times: int
) -> None:
    with serving() as server:
        told = {
            "DYADCAST_WEBHOOK_URL": server.plays("/hook", Reply()),
            "DYADCAST_WEBHOOK_SECRET": "a secret of the tests",
            "DYADCAST_WEBHOOK_LOCAL": "yes",
        }
        process = PROCESSES.Process(target=send_and_die, args=(database_url, told, when))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        senders = read_channels(told).senders
        with opened(database_url) as outbox:
            for now in (NOW + LEASE, NOW + 2 * LEASE):
                deliver(outbox, make_theatre(), senders, clock_at(now))
            found = states(outbox)

    keys = [request.headers["Idempotency-Key"] for request in server.requests]
    assert keys == [make_alert().alert_id] * times
    assert found == ["sent"]


def test_error_that_is_kept_holds_no_secret(outbox: Outbox) -> None:
    with serving() as server:
        told = {
            "DYADCAST_WEBHOOK_URL": server.plays("/hush-path", Reply(status=401)),
            "DYADCAST_WEBHOOK_SECRET": "hush, a secret of the tests",
            "DYADCAST_WEBHOOK_LOCAL": "yes",
        }
        outbox.store([make_alert()], CHANNELS)
        deliver(outbox, make_theatre(), read_channels(told).senders, lambda: NOW)

    kept = outbox.deliveries("pak_afg")[1]
    assert (kept.state, kept.last_error) == ("dead", "webhook: answered 401")
    assert "hush" not in json.dumps(str(kept))
