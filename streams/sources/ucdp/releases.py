"""UCDP's releases: what a file's name says of its months, and when it was published."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

FIRST = date(1989, 1, 1)
"""GED begins here; what it tells of earlier years is not complete (UCDP GED codebook)."""

PUBLISHED: dict[str, date] = {}
"""Days on which releases are known to have come out. The calendar below stands for the others."""

FINAL_MONTH = 6
CANDIDATE_DAY = 20
_FINAL = re.compile(r"ged_?(?:event)?_?v?(\d\d)_?([1-9])(?:[-_](?:csv|xlsx))?", re.IGNORECASE)
_MONTHLY = re.compile(r"ged_?event_v(\d\d)_0_(\d{1,2})", re.IGNORECASE)
_CUMULATIVE = re.compile(r"ged_?event_v(\d\d)_(\d\d)_(\d\d)_(\d\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One release: the first day of its first and last month, and the day of publication.

    `simulated` says that the day is the documented calendar's: candidates come out about the
    20th of the next month, finals in June (UCDP's download pages). An `extract` is a file whose
    name tells no release: it covers no month and says nothing of what it leaves out.
    """

    published_on: date
    name: str
    kind: str
    first_month: date
    last_month: date
    simulated: bool

    def covers(self, day: date) -> bool:
        """Whether the release ought to hold an event that ended on that day."""
        return self.kind != "extract" and self.first_month <= day < month_after(self.last_month)


def rank(release: Release) -> tuple[bool, date, int, str]:
    """What comes later counts: the latest published, and of one day that of the most months.

    Extracts come first, in the order in which they landed.
    """
    first, last = release.first_month, release.last_month
    width = 12 * (last.year - first.year) + last.month - first.month
    return release.kind != "extract", release.published_on, width, release.name


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def candidate_day(ended_on: date) -> date:
    """When a candidate release first tells an event: the 20th of the month after it."""
    return month_after(ended_on).replace(day=CANDIDATE_DAY)


def release_of(file_name: str, today: date) -> Release:
    """The release that the file's name tells; an extract, published today, where it tells none."""
    # A download of other content under a known name has a part of its hash before the suffix,
    # and a browser numbers what it saves again.
    again = r"([-.][0-9a-f]{8,64}| ?\(\d+\))?(\.csv|\.xlsx|\.zip)+$"
    stem = re.sub(again, "", file_name, flags=re.IGNORECASE)
    if match := _CUMULATIVE.fullmatch(stem):
        first, last = (_month(*match.group(at, at + 1)) for at in (1, 3))
        if first and last and first <= last:
            return _dated("cumulative", first, last, candidate_day(last))
    if (match := _MONTHLY.fullmatch(stem)) and (month := _month(*match.groups())):
        return _dated("monthly", month, month, candidate_day(month))
    if match := _FINAL.fullmatch(stem):
        year = 2000 + int(match.group(1))
        last = date(year - 1, 12, 1)
        return _dated("final", FIRST, last, date(year, FINAL_MONTH, 1))
    return Release(today, stem, "extract", FIRST, FIRST, simulated=True)


def _month(year: str, month: str) -> date | None:
    return date(2000 + int(year), int(month), 1) if 1 <= int(month) <= 12 else None


def _dated(kind: str, first: date, last: date, calendar: date) -> Release:
    name = _name(kind, first, last)
    known = PUBLISHED.get(name)
    return Release(known or calendar, name, kind, first, last, known is None)


def _name(kind: str, first: date, last: date) -> str:
    """UCDP's number of the release, whatever the file is called."""
    if kind == "final":
        return f"{last.year + 1 - 2000}.1"
    if kind == "monthly":
        return f"{last.year - 2000}.0.{last.month}"
    return f"{first.year - 2000}.{first:%m}.{last.year - 2000}.{last:%m}"


def covered(releases: Iterable[Release], blind: Collection[date] = ()) -> tuple[date, date] | None:
    """The first and last day of the months covered without a gap, from the earliest release on.

    The first month missing ends it: a missing file is no month without events; so does a `blind`
    one, of which a row could not be read. Before a final release is there the run that reaches
    furthest counts. None where no release covers a month.
    """
    runs: list[tuple[date, date]] = []
    for each in sorted(
        (one for one in releases if one.kind != "extract"), key=lambda one: one.first_month
    ):
        end = month_after(each.last_month)
        if runs and each.first_month <= runs[-1][1]:
            runs[-1] = (runs[-1][0], max(runs[-1][1], end))
        else:
            runs.append((each.first_month, end))
    if not runs:
        return None
    start, end = runs[0] if runs[0][0] == FIRST else runs[-1]
    end = min((month for month in blind if start < month < end), default=end)
    return start, date.fromordinal(end.toordinal() - 1)


def latest_for_months(releases: Sequence[Release], vintage: date) -> dict[date, str]:
    """Of each month the release that told it last by `vintage`: the latest published, and of
    those of one day the one of the most months."""
    told: dict[date, str] = {}
    known = [one for one in releases if one.published_on <= vintage and one.kind != "extract"]
    for each in sorted(known, key=rank):
        month = each.first_month
        while month <= each.last_month:
            told[month] = each.name
            month = month_after(month)
    return told
