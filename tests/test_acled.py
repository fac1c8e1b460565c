"""ACLED's rows as events: whose they are, of which type, known from when."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from acleds import AFGHANISTAN, CLASH, PAKISTAN, answer, row, write_export
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import StreamError
from streams.events.event import FAMILIES
from streams.sources.acled import acled
from streams.store.landing import Batch, Ingested
from streams.store.store import Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
AT = datetime(2026, 1, 2, tzinfo=UTC)


def judged(folder: Path, *rows: dict[str, object]) -> Batch:
    """The one part that these rows of an export come to."""
    (batch,) = acled.read(write_export(folder, *rows), THEATRE)
    return batch


def landed(store: Store, path: Path) -> Ingested:
    """What became of the file."""
    return acled.ingest(store, THEATRE, path, AT)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(connect(f"sqlite:///{tmp_path}/events.db"), "pak_afg")


def test_clash_of_the_two_states_is_a_border_clash_in_its_segment(tmp_path: Path) -> None:
    event = judged(tmp_path, row()).frame.iloc[0]

    assert (event["type"], event["actor"], event["target"]) == ("border_clash", "PAK", "AFG")
    assert (event["segment"], event["place"]) == ("chaman", "Chaman")
    assert event["place_precision"] == "point"
    assert event["border_km"] < 5
    assert str(event["known_at"]) == "2023-10-11 04:53:20"
    assert (event["deaths_best"], event["deaths_low"] is not event["deaths_best"]) == (2, True)


def test_notes_of_acled_are_not_kept(tmp_path: Path) -> None:
    frame = judged(tmp_path, row()).frame

    assert "paper" not in frame.to_csv()


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"actor2": "TTP: Tehreek-i-Taliban Pakistan"}, "battle"),
        (
            {
                "event_type": "Explosions/Remote violence",
                "sub_event_type": "Shelling/artillery/missile attack",
            },
            "shelling",
        ),
        (
            {"event_type": "Explosions/Remote violence", "sub_event_type": "Suicide bomb"}
            | {"actor1": "TTP: Tehreek-i-Taliban Pakistan"},
            "militant_attack",
        ),
        (
            {"event_type": "Violence against civilians", "sub_event_type": "Attack"}
            | {"actor2": "Civilians (Pakistan)"},
            "onesided_violence",
        ),
        (
            {"event_type": "STRATEGIC DEVELOPMENTS", "sub_event_type": "Agreement"},
            "agreement",
        ),
    ],
)
def test_kind_of_event_is_mapped_by_the_table(
    tmp_path: Path, given: dict[str, object], kind: str
) -> None:
    assert judged(tmp_path, row(**given)).frame["type"].tolist() == [kind]


@pytest.mark.parametrize(
    "given",
    [
        {"event_type": "Protests", "sub_event_type": "Peaceful protest"},
        {"event_type": "Strategic developments", "sub_event_type": "Agreement", "actor2": "BLA"},
        {"event_type": "Omens", "sub_event_type": "Comet"},
    ],
)
def test_kind_that_maps_to_nothing_is_counted(tmp_path: Path, given: dict[str, object]) -> None:
    batch = judged(tmp_path, row(**given))
    code = f"{given['event_type']}: {given['sub_event_type']}"

    assert (len(batch.frame), dict(batch.unmapped), batch.read) == (0, {code: 1}, 1)


def test_every_kind_in_the_table_is_a_type_or_says_why_not() -> None:
    for kind, code in acled.code_book().items():
        types = [name for name in (code.type, code.between) if name]
        assert all(name in FAMILIES for name in types), kind
        assert types or code.note, kind


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (PAKISTAN, "PAK"),
        (AFGHANISTAN, "AFG"),
        ("Police Forces of Pakistan (2022-2024) Frontier Corps", "PAK"),
        ("Government of Afghanistan (2021-)", "AFG"),
        ("TTP: Tehreek-i-Taliban Pakistan", "TTP"),
        ("Taliban", "TLB"),
        ("Islamic State Khorasan Province (ISKP)", "ISKP"),
        ("Civilians (Pakistan)", "CIV"),
        ("Unidentified Armed Group (Pakistan)", "ARM"),
        ("Military Forces of India (2014-)", "ARM"),
        ("", "CIV"),
    ],
)
def test_actor_has_a_code(name: str, code: str) -> None:
    assert acled.code_of(name, THEATRE.codes) == code


def test_row_of_another_country_counts_within_the_belt_alone(tmp_path: Path) -> None:
    other = {"iso": 356, "actor1": "A", "actor2": "B"}
    near = row(**other, event_id_cnty="IND1")
    far = row(**other, event_id_cnty="IND2", latitude="28.6", longitude="77.2")
    batch = judged(tmp_path, near, far)

    assert batch.frame["event_id"].tolist() == ["IND1"]
    assert batch.elsewhere == 1


def test_point_that_stands_for_a_region_has_no_segment(tmp_path: Path) -> None:
    event = judged(tmp_path, row(geo_precision=3)).frame.iloc[0]

    assert (event["segment"], event["confidence"]) == ("interior-pak", "low")


@pytest.mark.parametrize("told", ["04 October 2023", "4-Oct-2023", "2023-10-04"])
def test_date_is_read_in_each_of_acleds_forms(tmp_path: Path, told: str) -> None:
    frame = judged(tmp_path, row(event_date=told)).frame

    assert frame["occurred_on"].dt.date.tolist() == [date(2023, 10, 4)]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("event_date", "2023-02-30", "a date of the calendar"),
        ("event_date", "04 Brumaire 2023", "a date of the calendar"),
        ("timestamp", "yesterday", "seconds since 1970"),
        ("latitude", "north", "decimal degrees"),
        ("fatalities", "many", "a whole number"),
        ("fatalities", "-3", "a count from 0"),
        ("time_precision", "9", "1, 2 or 3"),
    ],
)
def test_bad_value_is_refused_with_its_column(
    tmp_path: Path, column: str, value: str, expected: str
) -> None:
    batch = judged(tmp_path, row(event_id_cnty="PAK1"), row(**{column: value}))
    (refusal,) = batch.refusals

    assert batch.frame["event_id"].tolist() == ["PAK1"]
    assert refusal.line == 3
    assert expected in refusal.expected
    assert refusal.column in (column, "lat", "deaths_best")


def test_export_without_a_column_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("event_id_cnty,event_date\nPAK1,2023-10-04\n")

    with pytest.raises(StreamError, match="no column time_precision"):
        list(acled.read(path, THEATRE))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 3}', b'{"data": [1]}'])
def test_page_that_is_no_answer_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "page.json"
    path.write_bytes(body)

    with pytest.raises(StreamError, match="ACLED"):
        list(acled.read(path, THEATRE))


def test_page_and_export_tell_the_same(tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_bytes(answer(row(), row(event_id_cnty="PAK2", latitude=30.5)))
    (told,) = acled.read(page, THEATRE)

    exported = judged(tmp_path, row(), row(event_id_cnty="PAK2", latitude=30.5))
    assert told.frame.equals(exported.frame)


def test_file_lands_once(store: Store, tmp_path: Path) -> None:
    path = write_export(tmp_path, row(), row(event_id_cnty="PAK2"))

    assert landed(store, path).new == 2
    again = landed(store, path)
    assert (again.read, again.known_files) == (0, 1)


def test_row_changed_later_is_a_version_known_later(store: Store, tmp_path: Path) -> None:
    landed(store, write_export(tmp_path, row()))
    later = row(fatalities=9, timestamp=int(str(CLASH["timestamp"])) + 30 * 86_400)
    found = landed(store, write_export(tmp_path, later, name="later.csv"))

    assert found.revised == 1
    assert store.events(date(2023, 10, 20))["deaths_best"].tolist() == [2]
    assert store.events(date(2023, 12, 1))["deaths_best"].tolist() == [9]
    assert store.events(date(2023, 10, 10)).empty


def test_rows_of_one_event_with_other_timestamps_are_its_versions(
    store: Store, tmp_path: Path
) -> None:
    day = int(str(CLASH["timestamp"])) + 86_400
    path = write_export(tmp_path, row(fatalities=9, timestamp=day), row())

    assert (landed(store, path).refused, store.health("acled").events) == (0, 1)
    assert store.events(date(2023, 10, 11))["deaths_best"].tolist() == [2]
    assert store.events(date(2023, 10, 12))["deaths_best"].tolist() == [9]


def test_of_one_timestamp_the_last_row_counts(store: Store, tmp_path: Path) -> None:
    found = landed(store, write_export(tmp_path, row(), row(fatalities=9), row(fatalities=9)))

    assert (found.refused, found.folded, found.unread) == (1, 1, 0)
    assert found.refusals[0].expected == "one row an event: line 4 comes later, and counts"
    assert store.events(date(2024, 1, 1))["deaths_best"].tolist() == [9]


@pytest.mark.parametrize(("iso", "unread"), [(586, 1), ("", 1), (356, 0)])
def test_a_row_that_cannot_be_read_is_unread_unless_it_is_another_country_s(
    store: Store, tmp_path: Path, iso: object, unread: int
) -> None:
    path = write_export(tmp_path, row(fatalities="many", iso=iso), row(event_id_cnty="PAK2"))

    found = landed(store, path)

    assert (found.refused, found.unread, found.new) == (1, unread, 1)
    assert landed(store, path).known_files == 1 - unread


@settings(max_examples=300)
@given(
    values=st.dictionaries(
        st.sampled_from(sorted(acled.NEEDED)), st.text(max_size=20), min_size=1, max_size=4
    )
)
def test_whatever_stands_in_a_row_it_is_accounted_for(
    values: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("page") / "page.json"
    path.write_bytes(answer(row(**values)))
    (batch,) = acled.read(path, THEATRE)

    told = len(batch.frame) + batch.elsewhere + len(batch.refusals) + sum(batch.unmapped.values())
    assert told == batch.read == 1
