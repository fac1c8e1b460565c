"""What was known of an event when, told by the releases that hold it and those that lack it.

The history is a function of the releases that have landed and of nothing else: the order in
which they came is no matter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from streams.sources.ucdp.releases import Release, candidate_day


@dataclass(frozen=True, slots=True)
class Telling:
    """What one release says of an event: a hash of it, and when it says that it ended.

    An empty hash is a row that could not be read: the release tells it, and nobody knows what.
    """

    said: bytes
    ended_on: date


@dataclass(frozen=True, slots=True)
class Version:
    """What was said of an event from a day on; None is a retraction."""

    known_on: date
    said: bytes | None
    simulated: bool


def history(tellings: Mapping[str, Telling], releases: Sequence[Release]) -> list[Version]:
    """The versions of an event, by the day on which each became known, no two of one day.

    `tellings` are those of the releases that hold it, by their names; `releases` are all that
    landed, in the order of `rank`. A release that says something new is a version of its day. Of
    the event's first release the day is the calendar's where that is earlier, and marked as
    simulated, unless the release is a monthly one or an earlier one covers the event and lacks
    it. A release that covers what stands and lacks it retracts it. An extract, of which nobody
    knows the day, speaks where no release does, and of several the one that landed last.
    """
    unread = {name for name, telling in tellings.items() if not telling.said}
    tellings = {name: telling for name, telling in tellings.items() if telling.said}
    releases = [release for release in releases if release.name not in unread]
    dated = [release for release in releases if release.kind != "extract"]
    if not any(release.name in tellings for release in dated):
        extracts = [release for release in releases if release.name in tellings]
        return [_first(tellings[one.name], one, ()) for one in extracts[-1:]]
    versions: list[Version] = []
    lacking: list[Release] = []
    ended_on = date.min
    for release in dated:
        telling = tellings.get(release.name)
        if telling is None:
            lacking.append(release)
            if versions and release.covers(ended_on):
                _put(versions, Version(release.published_on, None, release.simulated))
            continue
        if not versions:
            versions = [_first(telling, release, lacking)]
        else:
            _put(versions, told(telling, release))
        ended_on = telling.ended_on
    return versions


def told(telling: Telling, release: Release) -> Version:
    """What the release says, from the day on which it was published.

    Where the calendar's day is before the event's own end, the event's end it is.
    """
    return Version(max(release.published_on, telling.ended_on), telling.said, release.simulated)


def _first(telling: Telling, release: Release, lacking: Iterable[Release]) -> Version:
    plain = told(telling, release)
    day = candidate_day(telling.ended_on)
    late = any(other.covers(telling.ended_on) for other in lacking)
    if release.kind == "monthly" or late or plain.known_on <= day:
        return plain
    return Version(day, telling.said, simulated=True)


def _put(versions: list[Version], version: Version) -> None:
    """None; the version is the last, and what was to hold from its day or later is gone."""
    while versions and versions[-1].known_on >= version.known_on:
        versions.pop()
    stands = versions[-1].said if versions else None
    if version.said != stands:
        versions.append(version)


def version_of(telling: Telling, release: Release, versions: Sequence[Version]) -> Version:
    """The version that carries what the release says: of those that say it, the last by its day.

    Where another release of that day speaks instead, when it would be known otherwise.
    """
    plain = told(telling, release)
    saying = [one for one in versions if one.said == telling.said]
    by_then = [one for one in saying if one.known_on <= plain.known_on]
    return by_then[-1] if by_then else _first(telling, release, ())


@dataclass(frozen=True, slots=True)
class Held:
    """A version of an event in the store, or to be put there; `said` is of its content."""

    known_at: datetime
    said: bytes
    simulated: bool
    retracted: bool


def mended(held: Sequence[Held], wanted: Sequence[Version]) -> Iterator[tuple[int, Held]]:
    """What must be added for `held` to say, at the end of every day, what is wanted.

    `held` are an event's versions in the order of their numbers: of one instant the last counts.
    Each addition has the content of one of them, which is named by its place.
    """
    order = sorted(range(len(held)), key=lambda at: (held[at].known_at, at))
    last = {held[at].known_at.date(): at for at in order}
    places = {one.said: at for at, one in enumerate(held)}
    changes = {version.known_on: version for version in wanted}
    stands, spoken = Version(date.min, None, simulated=True), None
    for day in sorted(last.keys() | changes.keys()):
        stands = changes.get(day, stands)
        spoken = stands.said or spoken
        at = last.get(day)
        if at is not None and _says(held[at], stands, exactly=day in changes):
            continue
        start = datetime.combine(day, time()) if at is None else held[at].known_at  # UTC
        place = places[spoken] if spoken else at or 0
        gone = stands.said is None
        yield place, _free(Held(start, held[place].said, stands.simulated, gone), held)


def _says(one: Held, wanted: Version, exactly: bool) -> bool:
    if one.retracted or wanted.said is None:
        return one.retracted and wanted.said is None
    return one.said == wanted.said and (not exactly or one.simulated == wanted.simulated)


def _free(addition: Held, held: Sequence[Held]) -> Held:
    """The addition, seconds later where the very same is held already and no longer counts."""
    while addition in held:
        addition = replace(addition, known_at=addition.known_at + timedelta(seconds=1))
    return addition
