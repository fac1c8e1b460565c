"""The second opinion: it agrees, doubts or is silent, and knows no later day than the article's."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from streams.sources import chronicle
from streams.sources.news.classifier import AGREES, NAME, Classifier
from streams.sources.news.proposal import Evidence, Proposal
from theatres import load_theatre

DAY = date(2025, 11, 15)
CLOSED = "Pakistan closes the Torkham crossing to trucks and travellers."


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    """The chronicle's events."""
    return chronicle.read(load_theatre("pak_afg").chronicle).frame


def proposal(kind: str, text: str) -> Proposal:
    """A proposal of that type, with that evidence."""
    return Proposal(
        type=kind,
        actor="PAK",
        target=("AFG",),
        occurred_on=DAY,
        known_at=DAY,
        confidence=0.6,
        coder="patterns",
        evidence=Evidence(0, len(text), text),
    )


def test_classifier_that_agrees_makes_surer(events: pd.DataFrame) -> None:
    (weighed,) = Classifier(events).weigh([proposal("crossing_closed", CLOSED)])

    assert weighed.confidence == pytest.approx(0.6 * AGREES)
    assert weighed.coder == NAME


def test_classifier_never_changes_what_is_proposed(events: pd.DataFrame) -> None:
    given = proposal("airstrike", CLOSED)

    (weighed,) = Classifier(events).weigh([given])

    assert weighed.confidence <= 0.6
    assert replace(weighed, confidence=0.6, coder="patterns") == given


def test_classifier_is_silent_where_it_is_not_sure(events: pd.DataFrame) -> None:
    given = proposal("agreement", "It was a long day.")

    assert Classifier(events).weigh([given]) == [given]


def test_classifier_without_events_is_silent(events: pd.DataFrame) -> None:
    given = proposal("crossing_closed", CLOSED)

    assert Classifier(events.head(5)).weigh([given]) == [given]
