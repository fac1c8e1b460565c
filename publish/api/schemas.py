"""The shapes of answers, for OpenAPI: each field with its meaning and an example."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from streams.events.event import TYPES

CODE = r"^[A-Z]{2,6}$"
P = 0.314
ISSUE = "5d41402abc4b2a76"
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
DRIVERS = {"force": 9.4, "conciliation": -2.0}


class Aged(BaseModel):
    """What every answer says of its age."""

    theatre: str = Field(examples=["pak_afg"])
    as_of: date | None = Field(examples=["2025-11-15"])
    data_as_of: date | None = Field(
        examples=["2025-11-15"], description="the last day whose silence means calm"
    )
    is_stale: bool = Field(examples=[False])
    stale_reason: str = Field(examples=[""], description="empty where it is not stale")


class Score(BaseModel):
    """One row of an issue. Probabilities run from 0 to 1, and are null where there is none."""

    issue_id: str = Field(examples=[ISSUE])
    theatre: str = Field(examples=["pak_afg"])
    as_of: date = Field(examples=["2025-11-15"])
    issued_at: datetime = Field(examples=["2025-11-15T05:30:00Z"])
    data_as_of: date = Field(examples=["2025-11-15"])
    issue_status: str = Field(examples=["ok"], description="ok, stale, hindcast or no_forecast")
    unit: str = Field(examples=["dyad"])
    target: str = Field(examples=["clash"])
    horizon_days: int = Field(examples=[30])
    target_end_date: date = Field(examples=["2025-12-15"])
    probability: float | None = Field(examples=[P])
    probability_low: float | None = Field(examples=[0.22], description="the 80% band's lower end")
    probability_high: float | None = Field(examples=[0.41], description="its upper end")
    baseline_probability: float | None = Field(examples=[0.24], description="the base rate")
    level: str | None = Field(examples=["elevated"])
    change: float | None = Field(examples=[0.02], description="since the issue before")
    drivers: dict[str, float] = Field(
        examples=[DRIVERS],
        description="percentage points; they sum to the probability minus the base rate",
    )
    status: str = Field(examples=["ok"], description="ok, stale or no_forecast")
    reason: str = Field(examples=[""], description="why there is no forecast, or why it is stale")
    drivers_log_odds: dict[str, float] | None = Field(examples=[{"force": 0.45}])
    change_split: dict[str, float] | None = Field(
        examples=[{"new_events": 2.6, "time_passing": -0.6}],
        description="percentage points; they sum to the change",
    )
    quantiles: dict[str, float] | None = Field(
        examples=[{"0.5": 12.0, "0.95": 160.0}],
        description="of the count, by level, where a count is forecast",
    )
    target_start_date: date | None = Field(
        examples=["2025-12-01"],
        description="the window's first day where that is not the day after as_of",
    )
    mlflow_run_id: str | None = Field(
        examples=["9f0c2a"], description="the run behind the row where that is not the issue's"
    )


class Scores(Aged):
    """Rows of one issue."""

    issue_id: str = Field(examples=[ISSUE])
    rows: list[Score]


class OneScore(Aged):
    """One row of one issue."""

    score: Score


class WholeIssue(Aged):
    """An issue in full."""

    forecast: dict[str, Any] = Field(
        examples=[{"issue_id": ISSUE, "theatre": "pak_afg", "rows": []}],
        description="the contract's fields: those of forecast.json",
    )


class IssueText(BaseModel):
    """The canonical text of an issue, as it is archived; its age stands in the headers."""

    issue_id: str = Field(examples=[ISSUE])
    theatre: str = Field(examples=["pak_afg"])
    as_of: date = Field(examples=["2025-11-15"])
    issued_at: datetime = Field(examples=["2025-11-15T05:30:00Z"])
    data_as_of: date = Field(examples=["2025-11-15"])
    data_fingerprint: str = Field(examples=[HASH])
    method_version: str = Field(examples=["2-1a2b3c4d"])
    mlflow_run_id: str = Field(examples=["4f6c0d"])
    status: str = Field(examples=["ok"])
    levels: list[dict[str, Any]] = Field(examples=[[{"name": "low", "probability": 0.0}]])
    rows: list[dict[str, Any]] = Field(examples=[[{"unit": "dyad", "target": "clash"}]])


class Page(Aged):
    """Part of a long list; `next` is the cursor of the part after it, null at the end."""

    next: str | None = Field(examples=["MjAyNS0xMS0xNQ"])


class Past(Page):
    """Rows of many issues, the oldest first."""

    rows: list[Score]


class Issue(BaseModel):
    """One archived issue."""

    position: int = Field(examples=[12], description="its place in the archive's chain")
    issue_id: str = Field(examples=[ISSUE])
    as_of: date = Field(examples=["2025-11-15"])
    issued_at: datetime = Field(examples=["2025-11-15T05:30:00Z"])
    status: str = Field(examples=["ok"])
    hash: str = Field(examples=[HASH])


class Issues(Page):
    """Archived issues, the newest first."""

    rows: list[Issue]


class Event(BaseModel):
    """One event, in the latest version known on the day asked for."""

    event_id: str = Field(examples=["chronicle:2025-10-12:1"])
    source: str = Field(examples=["chronicle"])
    occurred_on: date = Field(examples=["2025-10-12"])
    known_on: date = Field(examples=["2025-10-13"])
    type: str = Field(examples=["crossing_closed"])
    family: str = Field(examples=["trade"])
    actor: str = Field(examples=["PAK"])
    target: str = Field(examples=["AFG"])
    mediators: str = Field(examples=[""])
    place: str = Field(examples=["Torkham"])
    segment: str = Field(examples=["khyber"])
    lat: float | None = Field(examples=[34.12])
    lon: float | None = Field(examples=[71.09])
    deaths_low: int | None = Field(examples=[None])
    deaths_best: int | None = Field(examples=[None])
    deaths_high: int | None = Field(examples=[None])
    summary: str = Field(examples=["Torkham closes to trade."])
    url: str = Field(examples=["https://example.org/report"])
    confidence: str = Field(examples=["high"])


class Events(Page):
    """Events as known on a day, the newest first."""

    rows: list[Event]


class Resolved(BaseModel):
    """A published row whose window has closed: what was said, what came, what it cost."""

    issue_id: str = Field(examples=[ISSUE])
    as_of: date = Field(examples=["2025-09-01"])
    unit: str = Field(examples=["dyad"])
    target: str = Field(examples=["clash"])
    horizon_days: int = Field(examples=[30])
    target_end_date: date = Field(examples=["2025-10-01"])
    target_start_date: date | None = Field(
        examples=[None], description="the first day of a calendar month; else the day after as_of"
    )
    hindcast: bool = Field(examples=[False])
    probability: float = Field(examples=[P])
    baseline_probability: float = Field(examples=[0.24])
    outcome: int = Field(examples=[1])
    brier: float = Field(examples=[0.4706])
    baseline_brier: float = Field(examples=[0.5776])
    revision: int = Field(examples=[1], description="above 1 where history was revised since")


class Scoreboard(Page):
    """Resolved rows, the newest first."""

    summary: list[dict[str, Any]] = Field(
        examples=[[{"target": "clash", "horizon_days": 30, "units": "dyad", "brier": 0.17}]],
        description="means of all rows asked for: by target, units and horizon (of a window of days"
        " horizon_days, of a calendar month months_ahead), hindcasts apart",
    )
    rows: list[Resolved]


class Skill(BaseModel):
    """The out-of-sample record of the model behind the latest issue, on its hardest baseline."""

    target: str = Field(examples=["clash"])
    units: str = Field(examples=["dyad"])
    horizon_days: int = Field(examples=[30])
    since: str = Field(examples=["2012 on"])
    brier: float = Field(examples=[0.161])
    baseline: str = Field(examples=["memory_52"])
    skill: float = Field(examples=[-0.004], description="1 - Brier / the baseline's")
    low: float = Field(examples=[-0.03], description="the 90% interval's lower end")
    high: float = Field(examples=[0.02], description="its upper end")
    episodes: int = Field(examples=[41])
    verdict: str = Field(examples=["none shown"], description="better, worse or none shown")


class Record(Aged):
    """The model behind the latest issue, and how good it has been."""

    method_version: str = Field(examples=["2-1a2b3c4d"])
    mlflow_run_id: str = Field(examples=["4f6c0d"])
    rows: list[Skill]


class Stream(BaseModel):
    """How a stream fared when the latest issue was made."""

    source: str = Field(examples=["chronicle"])
    status: str = Field(examples=["ok"])
    last_success: date | None = Field(examples=["2025-11-15"])
    newest_event: date | None = Field(examples=["2025-11-14"])
    covered_until: date | None = Field(examples=["2025-11-15"])


class Streams(Aged):
    """The theatre's streams."""

    rows: list[Stream]


class TheatreLine(Aged):
    """One theatre, and how old its latest issue is."""

    name: str = Field(examples=["pak_afg"])
    title: str = Field(examples=["Pakistan–Afghanistan"])


class Theatres(BaseModel):
    """The theatres there are."""

    theatres: list[TheatreLine]


class TheatreAnswer(Aged):
    """A theatre's units, targets and levels, with their definitions."""

    name: str = Field(examples=["pak_afg"])
    title: str = Field(examples=["Pakistan–Afghanistan"])
    actors: list[str] = Field(examples=[["PAK", "AFG"]])
    baseline: str = Field(examples=["memory_52"])
    units: list[dict[str, Any]] = Field(examples=[[{"unit": "dyad"}]])
    targets: list[dict[str, Any]] = Field(examples=[[{"target": "clash", "horizons": [7, 14]}]])
    counts: list[dict[str, Any]] = Field(
        examples=[[{"count": "country_deaths", "thresholds": [1, 25, 100], "months": [1, 2, 3, 6]}]]
    )
    levels: list[dict[str, Any]] = Field(examples=[[{"name": "low", "probability": 0.0}]])


class Chain(BaseModel):
    """The archive's chain: how long it is, and its last hash."""

    position: int = Field(examples=[412])
    hash: str = Field(examples=[HASH])


class Head(Aged, Chain):
    """The chain of a theatre's archive."""


class ProofLink(BaseModel):
    """One issue of the chain: hash = SHA-256 of five lines, see docs/tools.md."""

    position: int = Field(examples=[12])
    issue_id: str = Field(examples=[ISSUE])
    body_sha256: str = Field(examples=[HASH])
    previous_hash: str = Field(examples=[HASH])
    hash: str = Field(examples=[HASH])


class Proof(Aged):
    """That an issue stands in the archive: its text's hash, and the links from it to the head."""

    issue_id: str = Field(examples=[ISSUE])
    links: list[ProofLink]
    next: int | None = Field(examples=[None], description="the position to go on from, or null")
    head: Chain


class NewEvent(BaseModel):
    """An event of your own, as `dyadcast events add` takes it; fields left out are empty."""

    model_config = {"extra": "forbid"}
    type: Literal[TYPES] = Field(examples=["mediation_offer"])  # type: ignore[valid-type]
    occurred_on: date = Field(examples=["2025-11-20"])
    actor: str = Field(examples=["RUS"], pattern=CODE)
    target: str = Field(examples=["AFG"], pattern=CODE)
    summary: str = Field(examples=["Russia offers to mediate."], min_length=1, max_length=1000)
    ended_on: date | None = Field(default=None, examples=["2025-11-20"])
    known_at: datetime | None = Field(default=None, examples=["2025-11-20T12:00:00Z"])
    place: str = Field(default="", examples=["Moscow"], max_length=200)
    segment: str = Field(default="", examples=[""], max_length=60)
    lat: float | None = Field(default=None, ge=-90, le=90, examples=[34.12])
    lon: float | None = Field(default=None, ge=-180, le=180, examples=[71.09])
    mediators: str = Field(default="", examples=["RUS"], max_length=200)
    deaths_best: int | None = Field(default=None, ge=0, le=10**6, examples=[0])
    url: str = Field(default="", examples=["https://example.org/report"], max_length=1000)
    confidence: str = Field(default="", examples=["medium"], max_length=20)


class Stored(BaseModel):
    """What became of the event."""

    event_id: str = Field(examples=["9b1c0a7e5f2d4c38"])
    state: str = Field(examples=["stored"], description="stored, revised or there already")


class Health(BaseModel):
    """Whether the service lives, or is ready."""

    status: str = Field(examples=["ok"])
    detail: dict[str, str] = Field(default={}, examples=[{"pak_afg": "issue of 2025-11-15"}])


class ProblemAnswer(BaseModel):
    """What is wrong, in RFC 9457's form."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["unknown unit 'kyber'"])
    parameter: str = Field(default="", examples=["unit"])
    known: list[str] = Field(default=[], examples=[["dyad", "khyber"]])
    do: str = Field(default="", examples=["see /openapi.json"])


def example(model: type[BaseModel]) -> dict[str, Any]:
    """An example of the answer, put together from its fields'."""
    return {name: _example(field) for name, field in model.model_fields.items()}


def _example(field: Any) -> Any:
    if field.examples:
        return field.examples[0]
    kind = field.annotation
    inner = getattr(kind, "__args__", (kind,))[0]
    made = example(inner)
    return [made] if getattr(kind, "__origin__", None) is list else made


def described(model: type[BaseModel], *, tabular: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers so, and refuses as all do."""
    content: dict[str, Any] = {"application/json": {"example": example(model)}}
    if tabular:
        content |= {
            "text/csv": {"schema": {"type": "string"}, "example": "as_of,unit\r\n2025-11-15,dyad"},
            "application/vnd.apache.parquet": {
                "schema": {"type": "string", "format": "binary"},
                "example": "PAR1",
            },
        }
    return {200: {"model": model, "content": content}, **refusals(401, 403, 404, 406, 422, 429)}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The refusals a route may give."""
    content = {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/ProblemAnswer"},
            "example": example(ProblemAnswer),
        }
    }
    return {code: {"description": "refused, and why", "content": content} for code in codes}
