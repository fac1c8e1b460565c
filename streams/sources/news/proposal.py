"""What a coder proposes: one event as a text tells it, with the sentence that tells it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from streams.events.event import FAMILIES

COUNTING = frozenset(
    ("border_clash", "shelling", "airstrike", "incursion", "militant_attack", "military_operation")
)
"""Types of force of which a report may count the dead."""
NOTABLE = 0.55
"""The least confidence of what is proposed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence of the article: `text` is the article's characters from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One event. `inferred` says that the text gives no day of its own; `known` is the id of the
    stored event that it is, empty where it is new."""

    type: str
    actor: str
    target: tuple[str, ...]
    mediators: tuple[str, ...] = ()
    place: str = ""
    segment: str = ""
    occurred_on: date
    date_precision: str = "day"
    deaths_low: int | None = None
    deaths_best: int | None = None
    deaths_high: int | None = None
    modality: str = "happened"
    known_at: date
    confidence: float
    coder: str
    evidence: Evidence
    inferred: bool = False
    known: str = ""

    @property
    def family(self) -> str:
        """conciliation, breakdown or force."""
        return FAMILIES[self.type]

    @property
    def counts_dead(self) -> bool:
        """True for an event of force that happened."""
        return self.type in COUNTING and self.happened

    @property
    def happened(self) -> bool:
        """True where the text tells it as done, now or before."""
        return self.modality in ("happened", "recalled")

    def as_json(self) -> dict[str, Any]:
        """The fields as they are published: days in ISO form, null where there is nothing."""
        return {
            "type": self.type,
            "actor": self.actor,
            "target": list(self.target),
            "mediators": list(self.mediators),
            "place": self.place,
            "segment": self.segment,
            "occurred_on": self.occurred_on.isoformat(),
            "date_precision": self.date_precision,
            "deaths_low": self.deaths_low,
            "deaths_best": self.deaths_best,
            "deaths_high": self.deaths_high,
            "modality": self.modality,
            "known_at": self.known_at.isoformat(),
            "confidence": round(self.confidence, 2),
            "coder": self.coder,
            "known": self.known or None,
            "evidence": {
                "start": self.evidence.start,
                "end": self.evidence.end,
                "text": self.evidence.text,
            },
        }
