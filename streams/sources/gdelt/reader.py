"""GDELT 2.0 export files: their lines judged, and those of a theatre's pair made reports."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from errors import StreamError, shown
from streams.events.event import FARTHEST_KM, EventError
from streams.formats.tsv import Ints, Lines, blocks, cut_lines
from streams.sources.gdelt.rows import COLUMNS, Placed, UnmappedCode, report_in
from streams.sources.gdelt.stories import SOURCE, Report
from streams.store.quarantine import Refusal
from theatres.theatre import Theatre

_RAW_MAX = 10_000
_FETCH = "fetch a YYYYMMDDHHMMSS.export.CSV.zip that the list lastupdate.txt of GDELT 2.0 names"
REFUSED_MAX = 10_000
"""A file of which more rows are wrong is another kind of file, or damaged beyond use."""
_AT = {name: at for at, name in enumerate(COLUMNS)}
# What every line is held to: the fields that say whether it concerns a theatre, and when.
_HELD = (
    ("SQLDATE", (8,), "digits", "a day as YYYYMMDD"),
    ("Actor1CountryCode", (0, 3), "capitals", "three capitals, or nothing"),
    ("Actor2CountryCode", (0, 3), "capitals", "three capitals, or nothing"),
    ("DATEADDED", (14,), "digits", "a time as YYYYMMDDHHMMSS"),
)


class Locator(Protocol):
    """What finds the segment of points, as the gazetteer's Border does."""

    def locate(
        self, lat: NDArray[np.float64], lon: NDArray[np.float64], country: Sequence[str]
    ) -> tuple[Iterable[str], NDArray[np.float64]]:
        """The segment of each point, and its distance from the border line in kilometres."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """Some lines of a file: every one that is read is in exactly one of the other fields."""

    read: int
    reports: tuple[Report, ...] = ()
    elsewhere: int = 0
    unmapped: Mapping[str, int] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()


def judge(stream: IO[bytes], name: str, theatre: Theatre, border: Locator) -> Iterator[Judged]:
    """The file's lines, many at a time: reports of the theatre's pair, the others counted.

    Blank lines are left out. A line refused costs itself alone.
    Raises StreamError where no line at the file's beginning is of an export file, and where
    more than REFUSED_MAX lines are refused.
    """
    empty, refused, first = True, 0, 1
    for block in blocks(stream, name):
        lines = cut_lines(block)
        judged, any_good = _judged(lines, first, name, theatre, border)
        if empty and judged.read and not any_good:
            raise _no_export(name, judged.refusals[0])
        empty = empty and not judged.read
        refused += len(judged.refusals)
        _check_refused(refused, name)
        first += len(lines.start)
        yield judged
    if empty:
        raise StreamError("an empty file", where=name, expected="a GDELT 2.0 export file")


def _check_refused(refused: int, name: str) -> None:
    if refused > REFUSED_MAX:
        expected = f"at most {REFUSED_MAX:,} bad rows"
        raise StreamError("not a GDELT 2.0 export file", where=name, expected=expected, do=_FETCH)


def _no_export(name: str, refusal: Refusal) -> StreamError:
    return StreamError(
        f"not a GDELT 2.0 export file, column {refusal.column}, found {refusal.found}",
        where=f"{name}, line {refusal.line}",
        found=refusal.raw.decode("utf-8", "replace"),
        expected=f"{refusal.expected}, separated by tabs, without a header",
        do=_FETCH,
    )


def _judged(
    lines: Lines, first: int, name: str, theatre: Theatre, border: Locator
) -> tuple[Judged, bool]:
    """The lines judged, and whether any has the shape of an export file's."""
    written = np.flatnonzero(~lines.blank)
    _check_refused(int((lines.fields[written] != len(COLUMNS)).sum()), name)
    shaped, faults = _shaped(lines, written)
    reports, told = [], Counter[str]()
    for at in _of_pair(lines, shaped, theatre).tolist():
        try:
            report = report_in(lines.raw(at), theatre.codes)
        except EventError as error:
            faults[at] = error
        except UnmappedCode as unmapped:
            told[unmapped.code] += 1
        else:
            reports.append(report)
    refusals = tuple(_refusal(name, first + at, lines.raw(at), faults[at]) for at in sorted(faults))
    elsewhere = len(written) - len(reports) - sum(told.values()) - len(refusals)
    located = tuple(_located(reports, border))
    return Judged(len(written), located, elsewhere, dict(told), refusals), bool(len(shaped))


def _shaped(lines: Lines, written: Ints) -> tuple[Ints, dict[int, EventError]]:
    """The lines of the right shape, and what is wrong with each of the others."""
    counts = lines.fields[written]
    faults: dict[int, EventError] = {}
    for at, count in zip(
        written[counts != len(COLUMNS)].tolist(), counts[counts != len(COLUMNS)], strict=True
    ):
        column = COLUMNS[count] if count < len(COLUMNS) else f"number {len(COLUMNS) + 1}"
        faults[at] = EventError(column, f"{count} fields", f"{len(COLUMNS)} fields")
    kept = written[counts == len(COLUMNS)]
    for column, widths, kind, expected in _HELD:
        good = lines.matches(kept, _AT[column], widths, kind)
        for at in kept[~good].tolist():
            cell = lines.raw(at).split(b"\t")[_AT[column]]
            faults[at] = EventError(column, cell, expected)
        kept = kept[good]
    return kept, faults


def _of_pair(lines: Lines, kept: Ints, theatre: Theatre) -> Ints:
    """Of the lines those from one of the theatre's two countries towards the other."""
    one, other = (code.encode() for code in theatre.codes.actors("cameo"))
    found = []
    for actor, target in ((one, other), (other, one)):
        acting = kept[lines.equals(kept, _AT["Actor1CountryCode"], actor)]
        found.append(acting[lines.equals(acting, _AT["Actor2CountryCode"], target)])
    return np.sort(np.concatenate(found))


def _located(placed: Sequence[Placed], border: Locator) -> Iterator[Report]:
    """The reports in their order, those that have a point with its segment and distance."""
    events = [one.report.event for one in placed]
    points = [at for at, event in enumerate(events) if event.lat is not None]
    found: dict[int, tuple[str, float]] = {}
    if points:
        lat, lon = (
            np.array([getattr(events[at], name) for at in points]) for name in ("lat", "lon")
        )
        segments, km = border.locate(lat, lon, [placed[at].country for at in points])
        # On the far side of the Earth a projected distance is longer than any real one.
        away = np.fmin(km, FARTHEST_KM).round(3).tolist()
        found = dict(zip(points, zip(map(str, segments), away, strict=True), strict=True))
    for at, one in enumerate(placed):
        segment, border_km = found.get(at, ("", None))
        event = replace(one.report.event, segment=segment, border_km=border_km)
        yield Report(one.report.number, event)


def _refusal(name: str, line: int, raw: bytes, error: EventError) -> Refusal:
    number = raw.split(b"\t", 1)[0][:20]
    return Refusal(
        source=SOURCE,
        file=name,
        line=line,
        column=error.column,
        found=shown(error.found),
        expected=error.expected,
        raw=raw[:_RAW_MAX],
        event_id=number.decode() if number.isdigit() else "",
    )
