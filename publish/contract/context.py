"""What stands around a forecast on the page and in the brief: history, events, record, freshness.

None of it is computed here: the flows hand it over when the issue is made, and it is kept as JSON
beside the issue, so that a page can be drawn again later without a model or a registry.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import TypeAdapter, ValidationError

from publish.contract.columns import Meaning
from publish.contract.values import ForecastError
from streams.store.store import Store

Finding = Literal["better", "worse", "none shown"]
"""What a record says of the ensemble against its hardest baseline."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was said of the theatre's headline as of an earlier day.

    `source` is `issue` where it was published, `record` where it is the model's out-of-sample
    backtest, which has seen nothing later either.
    """

    as_of: date
    probability: float
    low: float | None
    high: float | None
    baseline: float
    source: Literal["issue", "record"]


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """One event as known at the issue's as_of; `deaths` is the best figure, None if not known."""

    occurred_on: date
    known_at: date
    type: str
    family: str
    actor: str
    target: str
    place: str
    segment: str
    summary: str
    url: str
    deaths: float | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How a stream fares, at present or when an issue was made."""

    source: Annotated[str, Meaning("the stream", "chronicle")]
    status: Annotated[str, Meaning("how it fared", "ok")]
    last_success: Annotated[date | None, Meaning("its last success", "2025-11-15")]
    newest_event: Annotated[date | None, Meaning("its newest event", "2025-11-14")]
    covered_until: Annotated[
        date | None, Meaning("the last day whose silence means calm", "2025-11-15")
    ]

    @classmethod
    def of(cls, store: Store, source: str) -> "Freshness":
        """How the source fares by the store."""
        health, coverage = store.health(source), store.coverage(source)
        return cls(
            source=source,
            status=health.last_status or "never asked",
            last_success=health.last_success.date() if health.last_success else None,
            newest_event=health.newest_event,
            covered_until=coverage.end if coverage else None,
        )


@dataclass(frozen=True, slots=True)
class EventSkill:
    """The ensemble's out-of-sample Brier skill on the hardest baseline, with its 90% interval."""

    target: Annotated[str, Meaning("the target", "closure")]
    units: Annotated[str, Meaning("dyad or segments", "dyad")]
    horizon_days: Annotated[int, Meaning("the window's length", 30)]
    since: Annotated[str, Meaning("the origins judged", "2012 on")]
    brier: Annotated[float, Meaning("the ensemble's mean Brier score", 0.161)]
    baseline: Annotated[str, Meaning("the hardest baseline", "memory_52")]
    skill: Annotated[float, Meaning("1 - Brier / the baseline's", -0.004)]
    low: Annotated[float, Meaning("the 90% interval's lower end", -0.03)]
    high: Annotated[float, Meaning("its upper end", 0.02)]
    episodes: Annotated[int, Meaning("independent episodes judged", 41)]
    verdict: Annotated[Finding, Meaning("better, worse or none shown", "none shown")]


@dataclass(frozen=True, slots=True)
class CountSkill:
    """A count's out-of-sample log-score skill on the hardest baseline, with its 90% interval.

    Over all thresholds and the units that are judged together; `ahead` in calendar months, or in
    days where the count is of windows of days.
    """

    group: str
    ahead: int
    of: Literal["months", "days"]
    baseline: str
    skill: float
    low: float
    high: float
    forecasts: int
    verdict: Finding


@dataclass(frozen=True, slots=True)
class Bin:
    """Mean forecast and observed frequency of a bin of the theatre's headline."""

    forecast: float
    observed: float
    count: int


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """One published row of the dyad whose window has closed: what was said and what came."""

    as_of: date
    target: str
    horizon_days: int
    target_end_date: date
    probability: float
    baseline: float
    outcome: int


@dataclass(frozen=True, slots=True)
class Context:
    """All of it, each in order of time, the oldest first."""

    history: tuple[Past, ...] = ()
    events: tuple[KnownEvent, ...] = ()
    streams: tuple[Freshness, ...] = ()
    skill: tuple[EventSkill, ...] = ()
    reliability: tuple[Bin, ...] = ()
    outcomes: tuple[ClosedRow, ...] = ()
    counts: tuple[CountSkill, ...] = ()


_CONTEXT: Final = TypeAdapter(Context)


def context_text(context: Context) -> str:
    """The context as JSON text; `read_context` gives an equal one back."""
    return _CONTEXT.dump_json(context, indent=1).decode()


def read_context(text: str) -> Context:
    """The context of a JSON text; raises ForecastError, naming the field, for anything else."""
    try:
        return _CONTEXT.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise ForecastError(
            fault["msg"], where=f"context, field {field}", found=fault["input"]
        ) from None
