"""From when to when a source's silence means calm: declared once, never taken back."""

from datetime import date, timedelta

import pytest
from events import NOW

from streams.store.store import Coverage, Store, StoreError

LATER = NOW + timedelta(hours=1)


def test_coverage_is_the_one_declared_last(store: Store) -> None:
    first, second = date(2026, 3, 31), date(2026, 6, 30)

    assert store.coverage("made") is None
    store.declare_coverage("made", date(2001, 1, 1), first, NOW)
    store.declare_coverage("made", date(2001, 1, 1), second, LATER)
    store.declare_coverage("made", date(2001, 1, 1), first, LATER + timedelta(days=1))

    assert store.coverage("made") == Coverage("made", date(2001, 1, 1), first)
    assert store.coverage("made", seen_by=LATER) == Coverage("made", date(2001, 1, 1), second)
    assert store.coverage("made", seen_by=NOW) == Coverage("made", date(2001, 1, 1), first)
    assert store.coverage("made", seen_by=NOW - timedelta(days=1)) is None
    assert store.coverage("other") is None


def test_coverage_refuses_an_end_before_its_start(store: Store) -> None:
    with pytest.raises(StoreError, match="ends before it starts"):
        store.declare_coverage("made", date(2001, 1, 2), date(2001, 1, 1), NOW)
