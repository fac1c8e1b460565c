"""Numbers, days and names as a reader is shown them; the value itself is never changed."""

from datetime import date
from typing import Final
from urllib.parse import urlsplit

DRIVERS: Final = {
    "force": "Force",
    "breakdown": "Breakdown of talks and ties",
    "conciliation": "Talks and conciliation",
    "mediation": "Mediation",
    "crossings": "Crossings",
    "base_rates": "Other memories and calibration",
    "own_history": "Its own history",
    "kinds_of_violence": "Kinds of violence",
    "neighbours": "Its neighbours",
    "world": "The world",
}
SPLIT: Final = {
    "new_events": "New events",
    "revised_history": "Revised history",
    "time_passing": "Time passing",
    "retrained_model": "Model trained anew",
    "changed_gap": "Another gap in what is known",
    "changed_method": "Changed method",
}
BASELINES: Final = {
    "climatology": "average of all history",
    "climatology_2y": "average of two years",
    "memory_12": "12-month memory",
    "memory_24": "24-month memory",
    "memory_36": "36-month memory",
    "window_12": "last twelve months",
    "memory_26": "26-week memory",
    "memory_52": "52-week memory",
    "memory_104": "104-week memory",
    "pooled_52": "52-week memory that leans on all segments'",
    "persistence": "persistence",
}
VERDICTS: Final = {
    "better": "better than the base rate",
    "worse": "worse than the base rate",
    "none shown": "no skill beyond the base rate shown yet",
}
ANSWERS: Final = {"better": "yes", "worse": "no, worse", "none shown": "not shown yet"}
STREAMS: Final = {"gdelt": "GDELT", "ucdp": "UCDP", "acled": "ACLED"}
SOURCES: Final = 2
LABEL: Final = 80
ADDRESS: Final = 300
# Fixed, for strftime follows the machine's locale.
MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def percent(value: float) -> str:
    """The probability in percent: whole from 10 to 99, else to one decimal, never rounded to 0."""
    whole = value in (0, 1) or 0.0995 <= value < 0.9905
    return f"{100 * value:.0f}%" if whole else f"{tenths(value)}%"


def tenths(value: float) -> str:
    """The probability in percent to one decimal, without the sign, never rounded to 0 or 100."""
    if 0 < value < 0.0005:
        return "<0.1"
    return ">99.9" if 0.9995 <= value < 1 else f"{100 * value:.1f}"


def band(low: float, high: float) -> str:
    """The interval in percent without the sign: `22–39`."""
    return f"{percent(low)[:-1]}–{percent(high)[:-1]}"


def count(value: float) -> str:
    """The count as a whole number."""
    return f"{value:,.0f}"


def signed(value: float, decimals: int = 1) -> str:
    """The number with its sign, a true minus, and none where it rounds to zero."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def exact(value: float) -> str:
    """The number as the Forecast's JSON text writes it."""
    return repr(float(value))


def day(value: date) -> str:
    """The day as `31 Mar 2026`."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """The day's month as `Mar 2026`."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def plain(name: str) -> str:
    """A name of the data as words: `border_clash` is `border clash`."""
    return name.replace("_", " ").replace("-", " ")


def begun(text: str) -> str:
    """The text with its first letter in upper case, the others as they are."""
    return text[:1].upper() + text[1:]


def headed(name: str) -> str:
    """A unit's name as a heading: `north-waziristan` is `North Waziristan`."""
    return plain(name).title()


def days(count: int) -> str:
    """So many days, in words."""
    return f"{count} day" if count == 1 else f"{count} days"


def months(count: int) -> str:
    """So many months, in words."""
    return f"{count} month" if count == 1 else f"{count} months"


def cut(text: str, limit: int = 280) -> str:
    """The text, or its beginning and an ellipsis where it is longer than the limit."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def sources(text: str) -> tuple[tuple[str, str], ...]:
    """The first two sources that an event's url names, divided by ` | `: each (label, address).

    The address is empty where it is not http or https: such a source is told but never linked.
    """
    return tuple(_source(part.strip()) for part in text.split(" | ")[:SOURCES] if part.strip())


def _source(text: str) -> tuple[str, str]:
    address = text.split()[0].rstrip(",;")
    if len(address) > ADDRESS:
        return cut(text, LABEL), ""
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    return (host.removeprefix("www."), address) if host else (cut(text, LABEL), "")
