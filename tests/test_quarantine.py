"""Refused rows are kept once, as the bytes they were, until they are resolved."""

from datetime import timedelta
from typing import Any

import pandas as pd
from events import NOW

from streams.store.store import Refusal, Store

LATER = NOW + timedelta(hours=1)


def make_refusal(**changes: Any) -> Refusal:
    """A refused row, its bytes no text at all."""
    values: dict[str, Any] = {
        "source": "made",
        "file": "a.csv",
        "line": 7,
        "column": "type",
        "found": "'picnic'",
        "expected": "a type",
        "raw": b"a,picnic\x00\xff\xfe",
        "header": b"event_id,type",
        "event_id": "a",
    }
    return Refusal(**(values | changes))


def test_quarantine_keeps_each_refusal_once(store: Store) -> None:
    first, second = make_refusal(), make_refusal(line=9, source="other", event_id="nul\x00")

    assert store.quarantine([first, first], NOW) == 1
    assert store.quarantine([first, second], LATER) == 1

    frame = store.quarantined()
    assert frame["line"].tolist() == [7, 9]
    assert frame["raw"].tolist() == [first.raw, second.raw]
    assert frame["refusal_id"].tolist() == [first.refusal_id, second.refusal_id]
    assert frame["at"].tolist() == [pd.Timestamp("2026-01-01 12:00"), pd.Timestamp("2026-01-01 13")]
    assert frame["resolved"].tolist() == [False, False]
    assert store.quarantined("other")["line"].tolist() == [9]


def test_quarantine_of_nothing_has_the_same_columns(store: Store) -> None:
    empty = store.quarantined()
    store.quarantine([make_refusal()], NOW)

    assert list(empty.columns) == list(store.quarantined().columns)
    assert len(empty) == 0


def test_resolve_marks_a_refusal_once_and_for_all(store: Store) -> None:
    refusal = make_refusal()
    store.quarantine([refusal, make_refusal(line=8)], NOW)

    assert store.resolve([refusal.refusal_id, "unknown"], LATER) == 1
    assert store.resolve([refusal.refusal_id], LATER) == 0
    assert store.quarantine([refusal], LATER) == 0
    assert store.quarantined()["resolved"].tolist() == [True, False]


def test_refusal_says_in_one_line_where_what_and_why() -> None:
    refusal = make_refusal(file="a\nb.csv")

    assert refusal.message == "a\\nb.csv, line 7, column type: found 'picnic', expected a type"
