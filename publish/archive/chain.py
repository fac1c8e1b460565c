"""The hash chain: each archived issue carries the hash of the one before it, and who checks it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from errors import shown
from publish.contract.forecast import (
    SCORE,
    Forecast,
    ForecastError,
    flat,
    from_json,
    score_lines,
    to_json,
)
from publish.contract.values import moment_text

# What the first issue of a theatre names as the hash before it.
GENESIS = "0" * 64
ARCHIVED: Final = tuple(each for each in SCORE if each.name not in ("theatre", "data_as_of"))
"""The columns of a row in `scores`, behind its place in the chain."""


@dataclass(frozen=True, slots=True)
class Head:
    """How long a theatre's chain is, and the hash of its last issue; (0, GENESIS) when empty."""

    position: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Link:
    """One archived issue: the columns of the table `issues`."""

    theatre: str
    position: int
    issue_id: str
    as_of: str
    issued_at: str
    status: str
    body: str
    body_sha256: str
    previous_hash: str
    hash: str


def digest(data: bytes) -> str:
    """The SHA-256 of the bytes, in 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def link_hash(
    previous_hash: str, theatre: str, position: int, issue_id: str, body_sha256: str
) -> str:
    """The hash of an archived issue: SHA-256 of five lines of UTF-8, joined by one newline each.

    The lines are, in order: the hash of the issue before (GENESIS for the first), the theatre, the
    position in decimal, the issue_id, the SHA-256 of the issue's canonical JSON text in UTF-8.
    No line can hold a newline, so no two issues give the same five.
    """
    lines = (previous_hash, theatre, str(position), issue_id, body_sha256)
    return digest("\n".join(lines).encode("utf-8", "surrogateescape"))


def link(forecast: Forecast, head: Head) -> Link:
    """The Link that the issue becomes when it is archived after `head`."""
    body = to_json(forecast)
    body_sha256 = digest(body.encode())
    position = head.position + 1
    own = link_hash(head.hash, forecast.theatre, position, forecast.issue_id, body_sha256)
    return Link(
        theatre=forecast.theatre,
        position=position,
        issue_id=forecast.issue_id,
        as_of=forecast.as_of.isoformat(),
        issued_at=moment_text(forecast.issued_at),
        status=forecast.status,
        body=body,
        body_sha256=body_sha256,
        previous_hash=head.hash,
        hash=own,
    )


def archived_lines(forecast: Forecast, position: int) -> list[dict[str, object]]:
    """One line a Row, with the columns of the table `scores`."""
    return [
        {"theatre": forecast.theatre, "position": position, "line": line} | flat(row, ARCHIVED)
        for line, row in enumerate(score_lines(forecast), 1)
    ]


@dataclass(slots=True)
class Audit:
    """A walk along a theatre's chain from its beginning: where it stands and what it found.

    Each fault is one line that names the issue and its position.
    """

    theatre: str
    head: Head = field(default_factory=Head)
    count: int = 0
    faults: list[str] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _hashes: dict[int, str] = field(default_factory=dict)

    def take(self, stored: Link, scores: Sequence[Mapping[str, object]]) -> None:
        """Check the next issue, in order of position, and its lines in the table `scores`."""
        if not isinstance(stored.position, int):
            self.faults.append(f"issue {stored.issue_id}: {shown(stored.position)} is no position")
            return
        faults = [*self._place_faults(stored), *_body_faults(stored)]
        forecast = _forecast(stored)
        if isinstance(forecast, str):
            faults.append(forecast)
        else:
            faults += _column_faults(stored, forecast)
            faults += _score_faults(forecast, stored.position, scores)
        named = stored.issue_id if stored.issue_id.isalnum() else shown(stored.issue_id)
        self.faults += [f"issue {named} at position {stored.position}: {x}" for x in faults]
        self.count += 1
        self.head = Head(stored.position, stored.hash)
        self._seen.setdefault(stored.issue_id, stored.position)
        self._hashes.setdefault(stored.position, stored.hash)

    def meet(self, expected: Head) -> None:
        """Check that the chain holds a head that was published: a cut end is seen only so."""
        if expected.position == 0:
            return
        if expected.position > self.head.position:
            self.faults.append(
                f"positions {self.head.position + 1} to {expected.position}: missing at the end, "
                "though they were published"
            )
        elif self._hashes.get(expected.position) != expected.hash:
            self.faults.append(
                f"position {expected.position}: not the issue whose hash was published"
            )

    def _place_faults(self, stored: Link) -> list[str]:
        faults = []
        last = self.head.position
        if stored.position <= last:
            faults.append("the position is taken twice")
        elif stored.position > last + 1:
            faults.append(f"positions {last + 1} to {stored.position - 1} before it are missing")
        if stored.previous_hash != self.head.hash:
            faults.append("it does not follow the issue before it")
        if (first := self._seen.get(stored.issue_id)) is not None:
            faults.append(f"archived already at position {first}")
        return faults


def _body_faults(stored: Link) -> list[str]:
    body_sha256 = digest(stored.body.encode("utf-8", "surrogateescape"))
    faults = []
    if stored.body_sha256 != body_sha256:
        faults.append("the body is not the one that was archived")
    own = link_hash(
        stored.previous_hash, stored.theatre, stored.position, stored.issue_id, body_sha256
    )
    if stored.hash != own:
        faults.append("the hash is not that of its contents")
    return faults


def _forecast(stored: Link) -> Forecast | str:
    try:
        return from_json(stored.body)
    except ForecastError as error:
        return f"the body is no forecast: {error}"


def _column_faults(stored: Link, forecast: Forecast) -> list[str]:
    wanted = {
        "theatre": forecast.theatre,
        "issue_id": forecast.issue_id,
        "as_of": forecast.as_of.isoformat(),
        "issued_at": moment_text(forecast.issued_at),
        "status": forecast.status,
    }
    return [
        f"column {name} holds {shown(getattr(stored, name))}, the body {shown(value)}"
        for name, value in wanted.items()
        if getattr(stored, name) != value
    ]


def _score_faults(
    forecast: Forecast, position: int, scores: Sequence[Mapping[str, object]]
) -> list[str]:
    wanted = archived_lines(forecast, position)
    faults = []
    if len(scores) != len(wanted):
        faults.append(f"{len(scores)} lines in scores, {len(wanted)} in the body")
    for line, (held, right) in enumerate(zip(scores, wanted, strict=False), 1):
        faults += [
            f"scores line {line}, column {name} holds {shown(held.get(name))}, "
            f"the body {shown(value)}"
            for name, value in right.items()
            if held.get(name) != value
        ]
    return faults
