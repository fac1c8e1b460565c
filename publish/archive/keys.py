"""Keys to the API: shown once, kept as a hash, dead at the next request once revoked.

A key is `dyk_<id>_<secret>`, the secret 256 random bits: too many to be tried, so a plain SHA-256
of it is kept and no slow hash is needed.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from errors import DyadcastError
from streams.store.database import reading, writing
from streams.store.schema import metadata

Scope = Literal["read", "events", "write", "admin"]
GRANTS: Final[dict[str, frozenset[str]]] = {
    "read": frozenset({"read"}),
    "events": frozenset({"read", "events"}),
    "write": frozenset({"read", "events", "write"}),
    "admin": frozenset({"read", "events", "write", "admin"}),
}
"""What each scope may do: read; also write events; also decide at the desk; also see what is for
the operator."""
PREFIX: Final = "dyk"
NAME_LENGTH: Final = 100

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("secret_sha256", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Text),
)


class ApiKeyError(DyadcastError):
    """A key that cannot be made or found."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it is listed: never its secret."""

    key_id: str
    name: str
    scope: str
    made_at: str
    revoked_at: str | None

    def may(self, scope: str) -> bool:
        """True where the key's scope grants that one."""
        return scope in GRANTS.get(self.scope, frozenset())


class Keys:
    """The keys in a database. StoreError for its faults."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, name: str, scope: Scope, now: datetime) -> str:
        """The new key's text, which is not kept and cannot be shown again."""
        if scope not in get_args(Scope):
            raise ApiKeyError("no such scope", found=scope, expected=f"one of {get_args(Scope)}")
        if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
            raise ApiKeyError(
                "a key needs a name", found=name, expected=f"1 to {NAME_LENGTH} characters"
            )
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {
            "key_id": key_id,
            "name": name,
            "scope": scope,
            "secret_sha256": _digest(secret),
            "made_at": now.isoformat(),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.insert(api_keys), [row])
        return f"{PREFIX}_{key_id}_{secret}"

    def listed(self) -> list[Key]:
        """Every key ever made, in the order in which they were."""
        c = api_keys.c
        query = sa.select(c.key_id, c.name, c.scope, c.made_at, c.revoked_at).order_by(c.made_at)
        with reading(self._engine) as connection:
            return [Key(*line) for line in connection.execute(query)]

    def revoke(self, key_id: str, now: datetime) -> bool:
        """True where the key is revoked from now on, False where it was already."""
        mine = api_keys.c.key_id == key_id
        with writing(self._engine) as connection:
            line = connection.execute(sa.select(api_keys.c.revoked_at).where(mine)).first()
            if line is None:
                raise ApiKeyError("no such key", found=key_id, do="see `dyadcast keys list`")
            if line.revoked_at is not None:
                return False
            connection.execute(sa.update(api_keys).where(mine).values(revoked_at=now.isoformat()))
        return True

    def check(self, text: str) -> Key | None:
        """The key that the text is, or None where there is none such, or it was revoked."""
        parts = text.split("_", 2)
        if len(parts) != 3 or parts[0] != PREFIX or len(text) > 200:
            return None
        with reading(self._engine) as connection:
            query = sa.select(api_keys).where(api_keys.c.key_id == parts[1])
            line = connection.execute(query).first()
        # compared even where there is no such id, so that time tells nothing of ids
        kept = line.secret_sha256 if line else _digest("")
        same = hmac.compare_digest(kept, _digest(parts[2]))
        if line is None or not same or line.revoked_at is not None:
            return None
        return Key(line.key_id, line.name, line.scope, line.made_at, None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
