"""Accounts at sources that want one: from the environment, the password also from a keyring."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from errors import NotSetUpError


class NoAccountError(NotSetUpError):
    """A source that wants an account, and none is given."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. The password shows in no error and no log."""

    user: str
    password: str = field(repr=False)


def account_for(source: str, environ: Mapping[str, str]) -> Account:
    """The account named by DYADCAST_<SOURCE>_USER, its password by DYADCAST_<SOURCE>_PASSWORD.

    Where there is no password in the environment the system's keyring is asked for that of the
    user, at the service `dyadcast-<source>`. Raises NoAccountError where one of the two is not
    to be had.
    """
    prefix = f"DYADCAST_{source.upper()}"
    user = environ.get(f"{prefix}_USER", "").strip()
    password = environ.get(f"{prefix}_PASSWORD", "")
    if user and not password:
        password = kept_password(f"dyadcast-{source}", user)
    if user and password:
        return Account(user, password)
    raise NoAccountError(
        "no account",
        where=source,
        expected=f"{prefix}_USER, and {prefix}_PASSWORD or `keyring set dyadcast-{source} USER`",
        do=f"set them, or name a file of {source} with --path",
    )


def kept_password(service: str, user: str) -> str:
    """The password in the system's keyring; empty where there is none, or no keyring."""
    import keyring  # most runs ask nobody
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, user) or ""
    except KeyringError:
        return ""
