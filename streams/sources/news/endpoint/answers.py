"""What an endpoint answers: held to the schema that it was asked for, field by field."""

import json
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streams.events.event import DEATHS_MAX, PRECISIONS, TYPES

OF_TABLES = ("battle", "nonstate_violence", "onesided_violence")
"""Types of UCDP's tables, which no news tells."""
KINDS = tuple(kind for kind in TYPES if kind not in OF_TABLES)
MODALITIES = (
    *("happened", "recalled", "planned", "offered", "called_for", "denied", "hypothetical"),
)
EVENTS_MAX = 40
_Code = Annotated[str, Field(pattern=r"^[A-Z]{2,6}$")]
_Count = Annotated[int, Field(ge=0, le=DEATHS_MAX)] | None


class Told(BaseModel):
    """One event as an endpoint tells it; `quote` is the sentence of the text that tells it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal[KINDS]  # type: ignore[valid-type]
    actor: _Code
    target: Annotated[list[_Code], Field(min_length=1, max_length=4)]
    mediators: Annotated[list[_Code], Field(max_length=8)]
    place: Annotated[str, Field(max_length=100)]
    occurred_on: date
    date_precision: Literal[PRECISIONS]  # type: ignore[valid-type]
    deaths_low: _Count
    deaths_best: _Count
    deaths_high: _Count
    modality: Literal[MODALITIES]  # type: ignore[valid-type]
    confidence: Annotated[float, Field(ge=0, le=1)]
    quote: Annotated[str, Field(min_length=15, max_length=1500)]


def schema() -> dict[str, Any]:
    """The JSON schema of the whole answer, as `response_format` wants it."""
    event = Told.model_json_schema()
    whole = {
        "type": "object",
        "properties": {"events": {"type": "array", "maxItems": EVENTS_MAX, "items": event}},
        "required": ["events"],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "events", "strict": True, "schema": whole},
    }


def events_of(content: str) -> tuple[list[Told], int] | None:
    """The events of an answer that are as they should be, and how many are not; None where the
    whole is not what was asked for."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or answer.keys() != {"events"}:
        return None
    given = answer["events"]
    if not isinstance(given, list) or len(given) > EVENTS_MAX:
        return None
    events = []
    for each in given:
        try:
            events.append(Told.model_validate_json(json.dumps(each), strict=True))
        except (ValidationError, ValueError, RecursionError):
            continue
    return events, len(given) - len(events)
