"""When: the expressions of time in a sentence, read with the article's day as base."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

from streams.sources.news.language.words import DATA
from theatres.tables import read_toml

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_OF = {name[:3]: at + 1 for at, name in enumerate(_MONTHS)}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen"),
)
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_VAGUE = {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 4}
_NUMBER = {word: at for at, word in enumerate(_NUMBERS)} | _VAGUE
_ANCHORED = ("after", "same")
MONTH_DAY = 15
"""The day that stands for a month of which no more is known."""


_HINT = re.compile(
    r"\d|day|week|month|year|night|tonight|yester|tomorrow|ago|morning|evening|hours"
    rf"|{'|'.join((*_MONTH_OF, *(day[:3] for day in _DAYS)))}"
)
"""What a text holds at least that names a time."""
_Reader = Callable[[re.Match[str], date], tuple[date, str] | None]


@dataclass(frozen=True, slots=True)
class When:
    """A day read from characters `start` to `end` of a sentence; `ahead` where it lies ahead of
    the article's day, `since` where it is a beginning, `onward` where it is of what follows
    alone: 'two days after it struck'."""

    start: int
    end: int
    day: date
    precision: str
    ahead: bool = False
    onward: bool = False
    since: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    """One expression of data/dates.toml, and what a text holds at least where it may stand."""

    kind: str
    rule: re.Pattern[str]
    hints: tuple[str, ...]


@cache
def _rules() -> tuple[_Rule, ...]:
    data = read_toml(DATA / "dates.toml")
    forms = {
        "month": "(?P<m>" + "|".join(f"{n[:3]}(?:{n[3:]})?" for n in _MONTHS) + r"|sept)\.?",
        "day": r"(?P<d>\d{1,2})(?:st|nd|rd|th)?",
        "year": r"(?P<y>(?:19|20)\d\d)",
        "weekday": rf"(?P<w>{'|'.join(_DAYS)}|(?-i:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b\.?)",
        "weekdays": "|".join(_DAYS),
        "number": r"(?P<n>\d{1,3}|" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + ")",
    }
    made = []
    for row in data["rule"]:
        text, hints = row["rule"], tuple(data["hints"].get(row["kind"], ("",)))
        if "<month>" in text:
            hints = tuple(_MONTH_OF)
        elif "<weekday>" in text:
            hints = tuple(day[:3] for day in _DAYS)
        for name, form in forms.items():
            text = text.replace(f"<{name}>", form)
        made.append(_Rule(row["kind"], re.compile(rf"\b(?:{text})", re.IGNORECASE), hints))
    return tuple(made)


def weekdays_of(text: str) -> list[str]:
    """The weekdays that a text names, in small letters, in order."""
    return _WEEKDAY.findall(text.casefold())


def find_dates(text: str, base: date, anchor: date | None = None) -> list[When]:
    """The times that a sentence names, in order, none overlapping; those ahead are marked.

    `anchor` is the day last spoken of: 'the next day' is the one after it.
    """
    dates: list[When] = []
    low = text.casefold()
    if not _HINT.search(low):
        return dates
    for rule in _rules():
        if not any(hint in low for hint in rule.hints):
            continue
        for match in rule.rule.finditer(text):
            if any(match.start() < d.end and d.start < match.end() for d in dates):
                continue
            before = [d.day for d in dates if d.end <= match.start() and d.precision == "day"]
            last = (before[-1] if before else anchor) or base
            read = _read(rule.kind, match, last if rule.kind in _ANCHORED else base)
            if read is not None:
                day, precision = read
                ahead = (day > base and precision == "day") or day > base + timedelta(days=31)
                onward = rule.kind == "before"
                since = low[max(0, match.start() - 6) : match.end()].startswith("since ") or (
                    match.group().casefold().startswith("since")
                )
                dates.append(When(*match.span(), day, precision, ahead, onward, since))
    return sorted(dates, key=lambda when: when.start)


def _read(kind: str, match: re.Match[str], base: date) -> tuple[date, str] | None:
    try:
        return _READERS[kind](match, base)
    except (ValueError, OverflowError):
        return None


def _date(match: re.Match[str], base: date) -> tuple[date, str]:
    month, day = _month(match["m"]), int(match["d"])
    if match["y"]:
        return date(int(match["y"]), month, day), "day"
    # A date without a year is the nearest one: rather past, but the next weeks may be meant.
    near = [
        date(year, month, day)
        for year in (base.year - 1, base.year, base.year + 1)
        if not (month == 2 and day == 29 and year % 4)
    ]
    ahead = timedelta(days=60)
    return max(day for day in near if day <= base + ahead), "day"


def _month(name: str) -> int:
    return _MONTH_OF[name[:3].lower()]


def _in_month(match: re.Match[str], base: date) -> tuple[date, str] | None:
    if match["m"].lower() == "may" and match["m"] != "May":
        return None
    month = _month(match["m"])
    year = int(match["y"]) if "y" in match.re.groupindex and match["y"] else base.year
    if "y" not in match.re.groupindex and month > base.month:
        year -= 1
    return _no_later(date(year, month, MONTH_DAY), base), "month"


def _no_later(day: date, base: date) -> date:
    """A month's day that is not ahead where the month is the present one."""
    return min(day, base) if (day.year, day.month) == (base.year, base.month) else day


def _weekday(match: re.Match[str], base: date) -> tuple[date, str]:
    return base - timedelta(days=(base.weekday() - _day_of(match["w"])) % 7), "day"


def _day_of(name: str) -> int:
    return next(at for at, day in enumerate(_DAYS) if day.startswith(name.lower()[:3]))


def _last_weekday(match: re.Match[str], base: date) -> tuple[date, str]:
    return base - timedelta(days=(base.weekday() - _day_of(match["w"]) - 1) % 7 + 1), "day"


def _next_weekday(match: re.Match[str], base: date) -> tuple[date, str]:
    return base + timedelta(days=(_day_of(match["w"]) - base.weekday() - 1) % 7 + 1), "day"


def _count(match: re.Match[str]) -> int:
    text = match["n"].lower()
    return int(text) if text.isdigit() else _NUMBER[text]


_UNIT_DAYS = {"hour": 0, "night": 1, "day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_UNIT_PRECISION = {"hour": "day", "day": "day", "week": "week", "fortnight": "week"}


def _ago(match: re.Match[str], base: date) -> tuple[date, str]:
    unit = match["u"].lower()
    precision = _UNIT_PRECISION.get(unit, "month")
    return base - timedelta(days=_count(match) * _UNIT_DAYS[unit]), precision


def _after(match: re.Match[str], base: date) -> tuple[date, str]:
    unit = match["u"] if match["u"] else "day"
    count = _count(match) if "n" in match.re.groupindex else 1
    return base + timedelta(days=count * _UNIT_DAYS[unit.lower()]), "day"


def _hence(match: re.Match[str], base: date) -> tuple[date, str]:
    unit = match["u"].lower()
    return base + timedelta(days=max(1, _count(match) * _UNIT_DAYS[unit])), "day"


def _months_back(base: date, months: int) -> date:
    at = base.year * 12 + base.month - 1 - months
    return date(at // 12, at % 12 + 1, MONTH_DAY)


def _ordinal(match: re.Match[str], base: date) -> tuple[date, str]:
    day = int(match["d"])
    this = base.replace(day=day) if day <= base.day else None
    before = _months_back(base, 1)
    return this or before.replace(day=day), "day"


def _past(days: int, precision: str = "day") -> _Reader:
    return lambda _, base: (base - timedelta(days=days), precision)


def _year(match: re.Match[str], base: date) -> tuple[date, str]:
    return min(date(int(match["y"]), 7, 1), base), "month"


def _weekend(_: re.Match[str], base: date) -> tuple[date, str]:
    return base - timedelta(days=(base.weekday() - 5) % 7), "week"


@lru_cache(maxsize=4096)
def _parse(text: str, base: date) -> date | None:
    """What no rule covers, by dateparser: the day before the month, as the region writes."""
    # Slow to import, and most texts need none of it.
    import dateparser

    settings = {"DATE_ORDER": "DMY", "RELATIVE_BASE": datetime.combine(base, time())}
    moment = dateparser.parse(text, languages=["en"], settings=settings)
    return moment.date() if moment else None


def _parsed(match: re.Match[str], base: date) -> tuple[date, str] | None:
    day = _parse(match.group(), base)
    return (day, "day") if day else None


_READERS: dict[str, _Reader] = {
    "iso": lambda match, _: (date(int(match["y"]), int(match["mm"]), int(match["d"])), "day"),
    "date": _date,
    "span": _date,
    "month": _in_month,
    "past-month": _in_month,
    "next-month": lambda _, base: (base + timedelta(days=45), "month"),
    "ago": _ago,
    "hence": _hence,
    "after": _after,
    "before": _ago,
    "same": _past(0),
    "before-yesterday": _past(2),
    "yesterday": _past(1),
    "today": _past(0),
    "tomorrow": _past(-1),
    "next-weekday": _next_weekday,
    "last-weekday": _last_weekday,
    "weekday": _weekday,
    "last-week": _past(7, "week"),
    "weekend": _weekend,
    "this-week": lambda _, base: (base - timedelta(days=min(base.weekday(), 2)), "week"),
    "last-month": lambda _, base: (_months_back(base, 1), "month"),
    "this-month": lambda _, base: (min(base, base.replace(day=MONTH_DAY)), "month"),
    "last-year": lambda _, base: (base - timedelta(days=365), "month"),
    "this-year": lambda _, base: (_months_back(base, 3), "month"),
    "next-span": lambda match, base: (base + timedelta(days=_UNIT_DAYS[match["u"].lower()]), "day"),
    "ordinal": _ordinal,
    "year": _year,
    "parsed": _parsed,
}
