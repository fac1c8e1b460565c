"""An account from the environment or the keyring; its password shown nowhere."""

import keyring
import pytest
from keyring.errors import NoKeyringError

from streams.net.accounts import Account, NoAccountError, account_for


def keep(service: str, user: str) -> str | None:
    """A keyring that holds one password."""
    return "kept" if (service, user) == ("dyadcast-acled", "ann@example.org") else None


def lack(service: str, _user: str) -> str | None:
    """A machine without a keyring."""
    raise NoKeyringError(service)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_password", keep)


def test_account_is_read_from_the_environment() -> None:
    told = {"DYADCAST_ACLED_USER": "ann@example.org", "DYADCAST_ACLED_PASSWORD": "pw"}

    assert account_for("acled", told) == Account("ann@example.org", "pw")


@pytest.mark.usefixtures("kept")
def test_password_is_read_from_the_keyring() -> None:
    found = account_for("acled", {"DYADCAST_ACLED_USER": "ann@example.org"})

    assert found == Account("ann@example.org", "kept")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("told", [{}, {"DYADCAST_ACLED_USER": "bob"}, {"DYADCAST_ACLED_USER": ""}])
def test_account_that_is_not_told_is_missed_with_what_to_do(told: dict[str, str]) -> None:
    with pytest.raises(NoAccountError, match=r"DYADCAST_ACLED_USER.*--path"):
        account_for("acled", told)


def test_machine_without_a_keyring_has_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_password", lack)

    with pytest.raises(NoAccountError):
        account_for("acled", {"DYADCAST_ACLED_USER": "ann@example.org"})


def test_password_is_not_shown() -> None:
    assert "pw" not in repr(Account("ann@example.org", "pw"))
