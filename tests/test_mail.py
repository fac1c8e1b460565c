"""E-mail reaches whom it should, encrypted, in a header of its own; a password shows nowhere."""

import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alerting import NOW, mailing, make_alert
from hypothesis import given
from hypothesis import strategies as st

from publish.alerting.mail import Mail, letter, mail_out
from publish.alerting.message import Message
from publish.alerting.sending import ChannelError, SendError
from streams.net.accounts import Account
from streams.net.retry import Policy

MESSAGE = Message((make_alert(),))
QUICK = Policy(connect=1, read=1, total=5, attempts=3, wait=0.01, wait_max=0.01)
MAIL = Mail("127.0.0.1", 0, "dyadcast@example.org", ("ann@example.org", "bob@example.org"))


def test_mail_is_sent_once_to_all() -> None:
    with mailing() as (box, port):
        note = mail_out(replace(MAIL, port=port), MESSAGE, NOW)

    (got,) = box.letters
    assert note == ""
    assert got["Subject"] == "[dyadcast] dyad, clash within 7 days: risk rises (1)"
    assert (got["To"], got["From"]) == ("ann@example.org, bob@example.org", "dyadcast@example.org")
    assert got["Message-ID"] == "<0000000000000001@example.org>"
    assert "the probability of clash is 60%" in got.get_payload()
    assert box.receivers == [["ann@example.org", "bob@example.org"]]


@given(st.text())
def test_mail_header_holds_what_is_in_it_and_no_other_header(text: str) -> None:
    alert = make_alert(headline=f"a{text}\r\nBcc: eve@example.org")
    made = letter(MAIL, Message((alert,)), NOW)

    assert made["Bcc"] is None
    assert b"\nBcc:" not in made.as_bytes().partition(b"\n\n")[0]


@pytest.mark.parametrize(
    "address", ["", "ann", "a b@c.org", "a@c.org\r\nBcc: e@f.org", "Ann <a@c.org>", "a@b@c"]
)
def test_mail_to_what_is_no_address_is_refused(address: str) -> None:
    for changed in ({"sender": address}, {"receivers": (address,)}):
        with pytest.raises(ChannelError, match="not an e-mail address"):
            replace(MAIL, **changed)


def failing(mail: Mail, **more: Any) -> tuple[str, bool]:
    """What the failure to send by mail says, and whether it is permanent."""
    with pytest.raises(SendError) as caught:
        mail_out(mail, MESSAGE, NOW, sleep=lambda _s: None, policy=QUICK, **more)
    return str(caught.value), caught.value.permanent


def test_mail_server_that_is_busy_is_asked_again() -> None:
    with mailing("451 hush", "250 OK") as (box, port):
        mail_out(replace(MAIL, port=port), MESSAGE, NOW, sleep=lambda _s: None, policy=QUICK)

    assert len(box.letters) == 1


def test_mail_server_that_stays_busy_or_refuses_is_told_by_number() -> None:
    with mailing("451 hush") as (_, port):
        busy = failing(replace(MAIL, port=port))
    with mailing("554 hush") as (_, port):
        refused = failing(replace(MAIL, port=port))

    assert busy == ("e-mail: the server answered 451, 3 attempts; try again later", False)
    assert refused == ("e-mail: the server answered 554", True)


def test_mail_server_that_is_not_there_may_be_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    said, permanent = failing(replace(MAIL, port=port))

    assert said == "e-mail: no connection, or broken off, 3 attempts; try again later"
    assert not permanent


def test_receiver_that_is_refused_is_told_and_the_others_get_theirs() -> None:
    with mailing() as (box, port):
        some = replace(MAIL, port=port, receivers=("nobody@example.org", "bob@example.org"))
        note = mail_out(some, MESSAGE, NOW)
        none = failing(replace(MAIL, port=port, receivers=("nobody@example.org",)))

    assert note == "1 of 2 receivers refused"
    assert box.receivers == [["bob@example.org"]]
    assert none == ("e-mail: all receivers refused 550", True)


ANN = Account("ann", "right")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side and the client's side of a certificate for 127.0.0.1."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(day)
        .not_valid_after(day.replace(year=2120))
        .add_extension(names, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind = serialization.Encoding.PEM
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(kind, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(kind))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


def test_mail_is_encrypted_where_the_server_offers_it(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = certificate
    with mailing(context=server) as (box, port):
        mail_out(replace(MAIL, port=port, account=ANN), MESSAGE, NOW, context=client)

    assert (len(box.letters), box.users) == (1, [b"ann"])


def test_mail_server_with_a_strangers_certificate_gets_nothing(
    certificate: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with mailing(context=certificate[0]) as (box, port):
        said = failing(replace(MAIL, port=port, account=ANN))

    assert said == ("e-mail: the server's certificate does not hold", False)
    assert (box.letters, box.users) == ([], [])


def test_password_is_not_sent_in_the_clear_unless_that_is_meant() -> None:
    with mailing(plain_login=True) as (box, port):
        mail = replace(MAIL, port=port, account=ANN)
        said = failing(mail)
        strict = failing(replace(mail, account=None, security="starttls"))
        asked = list(box.users)
        mail_out(replace(mail, security="none"), MESSAGE, NOW)

    assert said == ("e-mail: no password is sent without encryption", True)
    assert strict == ("e-mail: the server offers no encryption", True)
    assert (asked, box.users, len(box.letters)) == ([], [b"ann"], 1)


@pytest.mark.parametrize("password", ["hush", "hüsh"])
def test_account_that_is_refused_shows_no_password(password: str) -> None:
    with mailing(plain_login=True) as (_, port):
        account = Account("ann", password)
        said, permanent = failing(replace(MAIL, port=port, account=account, security="none"))

    assert permanent
    assert "h" + password[1:] not in said
