"""A source of a theatre: what its events count for, and, of news, which feeds are asked how."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from theatres.strict import Strict
from theatres.target import Target

NEWS = "news"


def _web_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("an address that is not of the web, expected https://host/path")
    return address


def _host(name: str) -> str:
    if urlsplit(f"//{name}").netloc != name or not name.strip() or "@" in name:
        raise ValueError("not a host, expected one as host or host:port")
    return name.casefold()


class Source(Strict):
    """A stream, and whether its events feed features, form labels, or both.

    `tells` names the types of event that it could tell: only of these its silence can be calm; of
    every type where none is named. `apart` counts its events in columns of their own. Of two
    sources that tell the same event for a label the first named counts. One that is not `shown`
    may not be passed on: its events are on no page and in no answer.

    The source `news` has `feeds` (addresses of RSS or Atom); pages are read of their hosts and of
    `hosts`, each host at most once in `pause_seconds`. Texts are kept for `keep_text_days`; a feed
    that has listed nothing new for `silent_days` is silent.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    features: bool = False
    labels: bool = False
    apart: bool = False
    tells: tuple[str, ...] = ()
    shown: bool = True
    feeds: tuple[Annotated[str, AfterValidator(_web_address)], ...] = ()
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    pause_seconds: float = Field(default=2.0, ge=0, le=600)
    keep_text_days: int = Field(default=30, ge=1, le=3650)
    silent_days: int = Field(default=3, ge=1, le=365)

    @model_validator(mode="after")
    def _apart_forms_no_label(self) -> Self:
        if self.apart and self.labels:
            raise ValueError(f"a source counted apart cannot form labels, found {self.name}")
        return self

    @model_validator(mode="after")
    def _feeds_are_of_news(self) -> Self:
        if self.name != NEWS and (self.feeds or self.hosts):
            raise ValueError(f"feeds and hosts are for the source {NEWS}, found {self.name}")
        if len(set(self.feeds)) != len(self.feeds):
            raise ValueError("a feed is named twice")
        return self

    def can_tell(self, target: Target) -> bool:
        """Whether its events form labels, and one of them could make the target come true."""
        return self.labels and (not self.tells or bool(set(self.tells) & set(target.types)))

    @property
    def news_hosts(self) -> frozenset[str]:
        """Whose pages may be read: `host`, or `host:port` where the port is not the usual one."""
        return frozenset((*self.hosts, *(urlsplit(feed).netloc.casefold() for feed in self.feeds)))
