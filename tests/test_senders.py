"""Channels are what the environment says, and a message is the same on each of them."""

import json

import keyring
import pytest
from alerting import NOW

from publish.alerting.mail import Mail, letter
from publish.alerting.message import message_id, message_json, trial_message
from publish.alerting.senders import read_channels

SECRET = "hush, a secret of the tests"  # noqa: S105
MAIL = Mail("127.0.0.1", 0, "dyadcast@example.org", ("ann@example.org", "bob@example.org"))


def test_channels_are_those_of_the_environment() -> None:
    environ = {
        "DYADCAST_WEBHOOK_URL": "https://example.org/hook",
        "DYADCAST_WEBHOOK_SECRET": SECRET,
        "DYADCAST_SMTP_HOST": "mail.example.org",
        "DYADCAST_SMTP_FROM": "dyadcast@example.org",
        "DYADCAST_SMTP_TO": "ann@example.org, bob@example.org,",
    }

    assert read_channels({}).names == frozenset()
    assert set(read_channels(environ).senders) == {"webhook", "email"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"FROM": ""}, "DYADCAST_SMTP_FROM: not an e-mail address"),
        ({"TO": ""}, "DYADCAST_SMTP_TO: not an e-mail address"),
        ({"PORT": "smtp"}, "DYADCAST_SMTP_PORT: no port, found 'smtp'"),
        ({"PORT": "0"}, "DYADCAST_SMTP_PORT: no port, found '0'"),
        ({"SECURITY": "ssl"}, "DYADCAST_SMTP_SECURITY: unknown, found 'ssl'"),
        ({"USER": "ann"}, "DYADCAST_SMTP_USER: a user without a password"),
    ],
)
def test_faulty_channel_is_told_and_keeps_no_other_from_sending(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    monkeypatch.setattr(keyring, "get_password", lambda *_: None)
    mail = {"HOST": "mail.example.org", "FROM": "a@b.org", "TO": "c@d.org"} | changed
    hook = {"DYADCAST_WEBHOOK_URL": "https://example.org/", "DYADCAST_WEBHOOK_SECRET": SECRET}
    channels = read_channels({f"DYADCAST_SMTP_{k}": v for k, v in mail.items()} | hook)

    assert channels.faults["email"].startswith(said)
    assert set(channels.senders) == {"webhook"}
    assert channels.names == {"webhook", "email"}


def test_secrets_may_be_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("dyadcast-webhook", "secret"): SECRET, ("dyadcast-smtp", "ann"): "right"}
    monkeypatch.setattr(keyring, "get_password", lambda *key: kept.get(key))
    environ = {
        "DYADCAST_WEBHOOK_URL": "https://example.org/hook",
        "DYADCAST_SMTP_HOST": "mail.example.org",
        "DYADCAST_SMTP_FROM": "a@b.org",
        "DYADCAST_SMTP_TO": "c@d.org",
        "DYADCAST_SMTP_USER": "ann",
    }

    assert set(read_channels(environ).senders) == {"webhook", "email"}


def test_message_of_several_has_one_id_in_any_order() -> None:
    assert message_id(["a"]) == "a"
    assert message_id(["a", "b"]) == message_id(["b", "a"]) != message_id(["a", "c"])


def test_test_message_is_marked_as_one() -> None:
    message = trial_message("pak_afg", NOW)
    value = json.loads(message_json(message))

    assert (value["type"], value["headline"]) == (
        "test",
        "[test] This is a test of dyadcast's alerts",
    )
    assert letter(MAIL, message, NOW)["Subject"].startswith("[dyadcast] [test] ")
