"""Asking hosts politely: what robots.txt lets be asked, one request at a time, a pause between."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.robotparser import RobotFileParser

import httpx

from errors import StreamError
from streams.net.addresses import origin, parse, place, shown_address
from streams.net.retry import Policy, Sleep
from streams.net.web import AGENT, OK, Request, request
from streams.sources.news.encodings import decoded

ROBOTS = "/robots.txt"
ROBOTS_MAX = 512 * 2**10
"""RFC 9309 wants at least so much of it read."""
DELAY_MAX = 60.0
"""The longest pause that a host's Crawl-delay gets, in seconds."""
_REFUSED, _NOTHING = (401, 403), ("User-agent: *", "Disallow: /")
_ANSWERS = frozenset((200, *range(400, 500))) - {408, 425, 429}


@dataclass
class Visitor:
    """Asks the hosts on the list, each at most once in `pause` seconds, as its robots.txt lets.

    For one thread; what robots.txt says is kept as long as the visitor.
    """

    client: httpx.Client
    hosts: frozenset[str]
    pause: float
    policy: Policy
    sleep: Sleep
    _robots: dict[str, RobotFileParser] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)

    def wait_of(self, address: str) -> float:
        """The seconds until the address's host may be asked again."""
        return self._next.get(place(parse(address)), 0.0) - time.monotonic()

    def get(
        self,
        address: str,
        size_max: int,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = OK,
    ) -> httpx.Response:
        """The answer, at most `size_max` bytes, once the host may be asked.

        Raises StreamError where the host is not on the list, its robots.txt lets nobody ask, or
        the answer is none of `accept`; OutageError where it may come later.
        """
        url = parse(address)
        robots = self._rules_of(url)
        if not robots.can_fetch(AGENT, str(url)):
            raise StreamError("robots.txt asks not to be read", where=shown_address(url))
        delay = robots.crawl_delay(AGENT) or robots.crawl_delay("*") or 0
        pause = max(self.pause, min(float(delay), DELAY_MAX))
        return self._asked(url, pause, size_max, headers or {}, accept)

    def _rules_of(self, url: httpx.URL) -> RobotFileParser:
        """What the host's robots.txt says. Where there is none all may be asked, where it is
        refused nothing. Raises OutageError where the host does not answer."""
        site = origin(url)
        if site not in self._robots:
            rules = RobotFileParser()
            address = url.copy_with(path=ROBOTS, query=None, fragment=None)
            answer = self._asked(address, self.pause, ROBOTS_MAX, {}, _ANSWERS)
            text = decoded(answer.content) if answer.status_code == 200 else ""
            rules.parse(_NOTHING if answer.status_code in _REFUSED else text.splitlines())
            self._robots[site] = rules
        return self._robots[site]

    def _asked(
        self,
        url: httpx.URL,
        pause: float,
        size_max: int,
        headers: Mapping[str, str],
        accept: frozenset[int],
    ) -> httpx.Response:
        host = place(url)
        if (wait := self._next.get(host, 0.0) - time.monotonic()) > 0:
            self.sleep(wait)
        policy = replace(self.policy, size_max=size_max)
        try:
            wanted = Request(url, self.hosts, headers)
            return request(self.client, wanted, accept=accept, policy=policy, sleep=self.sleep)
        finally:
            self._next[host] = time.monotonic() + pause
