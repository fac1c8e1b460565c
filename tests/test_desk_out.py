"""What leaves the desk: corrections as they came, and events in the chronicle's own format."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from desks import (
    NOW,
    THEATRE,
    URL,
    desk_of,
    file,
    make_article,
    make_clash,
    make_proposal,
    rule,
    toll,
)
from serving import Served, serve

from streams.events.event import to_frame
from streams.sources import chronicle
from streams.sources.desk.export import chronicle_csv
from streams.store.store import Store, connect

SINCE = "2025-11-20T00:00:00Z"
CORRECTIONS = f"/v1/pak_afg/corrections?since={SINCE}"


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str) -> Served:
    """A service whose clock stands at the desk's day."""
    served = serve(tmp_path / "published", sqlite_url)
    served.now[0] = NOW
    return served


def test_corrections_tell_what_was_added_revised_and_retracted(served: Served) -> None:
    store = Store(served.state.engine, "pak_afg")
    assert served.client().get(CORRECTIONS).json()["rows"] == []
    store.append(to_frame([make_clash()]), NOW)
    article = make_article("Seven died.", published=NOW.date(), url=f"{URL}/7")
    file(store, make_proposal())
    file(store, toll(article, 7), article=article, known=to_frame([make_clash()]))
    offer, revision = desk_of(store).listed()
    for minutes, (filed, action) in enumerate(
        ((offer, "accept"), (revision, "accept"), (offer, "undo"), (offer, "accept")), start=1
    ):
        rule(desk_of(store), filed.proposal_id, action, at=NOW + timedelta(minutes=minutes))

    rows = served.client().get(CORRECTIONS).json()["rows"]

    assert [(row["change"], row["source"]) for row in rows] == [
        ("added", "chronicle"),
        ("added", "desk"),
        ("revised", "chronicle"),
        ("retracted", "desk"),
        ("added", "desk"),
    ]
    assert rows[2]["changes"] == {
        "known_at": ["2025-11-10T00:00:00", "2025-11-20T00:00:01"],
        "deaths_best": [5, 7],
        "url": ["", f"{URL}/7"],
    }
    assert rows[1]["event_id"] == rows[3]["event_id"] != rows[4]["event_id"]
    later = served.client().get("/v1/pak_afg/corrections?since=2025-11-20T12:02:30Z").json()
    assert [row["change"] for row in later["rows"]] == ["retracted", "added"]
    parts = served.client().get(f"{CORRECTIONS}&limit=3").json()
    rest = served.client().get(f"{CORRECTIONS}&limit=3&cursor={parts['next']}").json()
    assert [*parts["rows"], *rest["rows"]] == rows
    assert rest["next"] is None
    table = served.client().get(CORRECTIONS, headers={"Accept": "text/csv"}).text
    assert [row["change"] for row in csv.DictReader(io.StringIO(table))] == [
        row["change"] for row in rows
    ]


def test_corrections_want_an_instant_with_its_zone(served: Served) -> None:
    for since in ("", "yesterday", "2025-11-20T00:00:00"):
        answer = served.client().get(f"/v1/pak_afg/corrections?since={since}")
        assert (answer.status_code, answer.json()["parameter"]) == (422, "since")


def test_desk_s_events_come_back_from_the_chronicle_s_format(
    sqlite_url: str, tmp_path: Path
) -> None:
    store = Store(connect(sqlite_url), "pak_afg")
    article = make_article('A "quoted", comma\'d place.', url=f"{URL}?a=1,2")
    strange = make_proposal(
        article,
        type="border_clash",
        actor="PAK",
        target=("AFG",),
        place='Torkham, "the gate"',
        deaths_low=3,
        deaths_best=5,
        deaths_high=9,
        date_precision="week",
        segment="khyber",
    )
    file(store, make_proposal(mediators=("QAT", "TUR")))
    file(store, strange, article=article)
    for filed in desk_of(store).listed():
        rule(desk_of(store), filed.proposal_id, "accept")
    events = store.events(NOW.date(), sources=["desk"])
    path = tmp_path / "chronicle.csv"
    path.write_text(chronicle_csv(events), encoding="utf-8")

    reading = chronicle.read(path, THEATRE)

    assert reading.refusals == ()
    expected = events.sort_values(["occurred_on", "event_id"]).assign(source="chronicle")
    pd.testing.assert_frame_equal(reading.frame, expected.reset_index(drop=True))


def test_embedded_chronicle_comes_back_as_it_is(tmp_path: Path) -> None:
    frame = chronicle.read(THEATRE.chronicle, THEATRE).frame
    path = tmp_path / "chronicle.csv"
    path.write_text(chronicle_csv(frame), encoding="utf-8")

    again = chronicle.read(path, THEATRE).frame

    expected = frame.sort_values(["occurred_on", "event_id"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(again, expected)


def test_events_csv_is_the_next_chronicle(served: Served, tmp_path: Path) -> None:
    store = Store(served.state.engine, "pak_afg")
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "accept")
    path = tmp_path / "chronicle.csv"

    answer = served.client().get("/v1/pak_afg/events.csv?as_of=2025-11-15")
    path.write_bytes(answer.content)
    ids = set(chronicle.read(path, THEATRE).frame["event_id"])
    known = store.events(NOW.date().replace(day=15), sources=["chronicle"])
    assert ids == {*known["event_id"], f"desk:2025-11-14:{filed.proposal_id}"}

    alone = served.client().get("/v1/pak_afg/events.csv?source=desk").text
    assert alone.count("\n") == 2
    before = served.client().get("/v1/pak_afg/events.csv?source=desk&as_of=2025-11-14").text
    assert before == ",".join(chronicle.HEADER) + "\n"
    for source in ("acled", "nowhere"):  # one that may not be passed on, one that is not there
        answer = served.client().get(f"/v1/pak_afg/events.csv?source={source}")
        assert (answer.status_code, answer.json()["parameter"]) == (404, "source")


def test_event_that_the_next_chronicle_has_stands_once() -> None:
    mine = make_clash("desk:1", source="desk", deaths_best=4)
    embedded = make_clash("desk:1", deaths_best=5)

    text = chronicle_csv(to_frame([mine, embedded]))

    (row,) = csv.DictReader(io.StringIO(text))
    assert row["deaths_best"] == "5"
