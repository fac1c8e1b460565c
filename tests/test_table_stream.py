"""An analyst's table lands by its layout; a bad row is refused by its place, the others land."""

import json
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from errors import StreamError
from streams.events.event import Event, EventError
from streams.sources.analyst import Layout, ingest, one_event, read, read_layout
from streams.store.landing import Batch
from streams.store.store import Coverage, Store, connect
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
NOW = datetime(2026, 11, 1, 9)  # noqa: DTZ001 (UTC)
END = date(2100, 1, 1)
ROW = {"Date": "11/10/2025", "What": "clash", "Where": "Torkham", "y": "34.12", "x": "71.09"}
LAYOUT = Layout(
    columns={"occurred_on": "Date", "type": "What", "place": "Where", "lat": "y", "lon": "x"},
    constants={"actor": "PAK", "target": "AFG"},
    values={"type": {"clash": "border_clash"}},
    date_format="%d/%m/%Y",
    known_after_days=2,
)


def write(folder: Path, kind: str, *rows: dict[str, str]) -> Path:
    path = folder / f"desk.{kind}"
    if kind == "csv":
        pd.DataFrame(rows).to_csv(path, index=False)
    elif kind == "parquet":
        pd.DataFrame(rows).to_parquet(path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def batch_of(path: Path, layout: Layout = LAYOUT) -> Batch:
    (batch,) = read(path, layout, THEATRE)
    return batch


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_row_becomes_an_event_by_the_layout(kind: str, tmp_path: Path) -> None:
    event = batch_of(write(tmp_path, kind, ROW)).frame.iloc[0]

    assert (event["type"], event["actor"], event["target"]) == ("border_clash", "PAK", "AFG")
    assert str(event["occurred_on"].date()) == "2025-10-11"
    assert (str(event["known_at"]), event["known_simulated"]) == ("2025-10-13 00:00:00", True)
    assert (event["segment"], event["source"]) == ("khyber", "analyst")
    assert len(event["event_id"]) == 16


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    ("column", "found"),
    [("Date", "2025-10-11"), ("Date", ""), ("What", "picnic"), ("y", "north"), ("y", "95")],
)
def test_a_bad_row_is_refused_by_its_column_and_the_others_land(
    kind: str, column: str, found: str, tmp_path: Path
) -> None:
    other = {**ROW, "Where": "Ghulam Khan"}
    batch = batch_of(write(tmp_path, kind, ROW, {**ROW, column: found}, other))

    assert (batch.read, len(batch.frame)) == (3, 2)
    (refusal,) = batch.refusals
    assert (refusal.line, refusal.column) == (3 if kind == "csv" else 2, column)


def test_of_a_version_s_rows_the_last_counts(tmp_path: Path) -> None:
    rows = [{**ROW, "event_id": "a", "deaths_best": str(n)} for n in (1, 2, 2)]
    batch = batch_of(write(tmp_path, "csv", *rows))

    assert (batch.read, batch.folded, list(batch.frame["deaths_best"])) == (3, 1, [2])
    (refusal,) = batch.refusals
    assert (refusal.line, refusal.column) == (2, "event_id")
    assert refusal.expected == "one row an event: line 4 comes later, and counts"


def test_rows_of_one_event_known_at_other_times_are_its_versions(tmp_path: Path) -> None:
    rows = [
        {**ROW, "event_id": "a", "known_at": f"2025-11-0{day}", "deaths_best": str(deaths)}
        for day, deaths in ((3, 7), (2, 4))
    ]
    store, path = Store(connect("sqlite://"), "pak_afg"), write(tmp_path, "csv", *rows)

    assert ingest(store, THEATRE, path, NOW, LAYOUT).refused == 0
    assert list(store.events(date(2025, 11, 2))["deaths_best"]) == [4]
    assert list(store.events(END)["deaths_best"]) == [7]


@pytest.mark.parametrize("text", ["Date;What;Where;y;x\n", "Day,What,Where,y,x\n"])
def test_a_header_without_the_layout_s_columns_is_one_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "desk.csv"
    path.write_text(text + "11.10.2025;clash;;;\n", encoding="utf-8")

    with pytest.raises(StreamError, match=r"no column Date, found '.*', expected .* commas"):
        list(read(path, LAYOUT, THEATRE))


@pytest.mark.parametrize(
    "line",
    ["[1]", '{"a": 1, "a": 2}', '{"Date": NaN}', '{"Date": {"deep": 1}}', "{", "\udcff"],
)
def test_a_line_that_is_no_plain_object_is_refused(line: str, tmp_path: Path) -> None:
    path = write(tmp_path, "jsonl", ROW)
    path.write_bytes(path.read_bytes() + line.encode("utf-8", "surrogateescape") + b"\n")
    batch = batch_of(path)

    assert len(batch.frame) == 1
    assert [refusal.line for refusal in batch.refusals] == [2]


def test_without_a_layout_columns_bear_an_event_s_names(tmp_path: Path) -> None:
    row = {"occurred_on": "2025-10-11", "type": "threat", "actor": "PAK", "target": "AFG"}
    zoned = {**row, "known_at": "2025-10-12T05:00:00+05:00"}
    batch = batch_of(write(tmp_path, "csv", {**row, "known_at": ""}, zoned), Layout())

    assert [refusal.column for refusal in batch.refusals] == ["known_at"]
    assert [str(known) for known in batch.frame["known_at"]] == ["2025-10-12 00:00:00"]


def test_ingest_again_changes_nothing_and_another_layout_is_another_reading(
    tmp_path: Path,
) -> None:
    store, path = Store(connect("sqlite://"), "pak_afg"), write(tmp_path, "csv", ROW)
    start, end = date(2025, 1, 1), date(2025, 12, 31)
    layout = LAYOUT.model_copy(update={"covered_from": start, "covered_until": end})

    assert ingest(store, THEATRE, path, NOW, layout).new == 1
    assert ingest(store, THEATRE, path, NOW, layout).known_files == 1
    assert store.coverage("analyst") == Coverage("analyst", start, end)
    with pytest.raises(StreamError, match="no column occurred_on"):
        ingest(store, THEATRE, path, NOW)
    assert len(store.events(END)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns = 3", "field columns"),
        ("colour = 'red'", "field colour"),
        ("columns = { when = 'Date' }", "found 'when'"),
        ("columns = ", "cannot be read as TOML"),
    ],
)
def test_a_layout_that_is_none_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StreamError, match=said) as caught:
        read_layout(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_layout_or_table(line_end: str, tmp_path: Path) -> None:
    layout, marked = tmp_path / "desk.toml", tmp_path / "marked.toml"
    text = "known_after_days = 2\n[columns]\noccurred_on = 'Date'\n".replace("\n", line_end)
    layout.write_bytes(text.encode())
    marked.write_bytes(b"\xef\xbb\xbf" + text.encode())

    assert read_layout(marked) == read_layout(layout)


@pytest.mark.parametrize("name", ["desk.xlsx", "absent.csv", "empty.csv", "text.parquet"])
def test_a_file_that_is_no_table_is_refused_whole(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name != "absent.csv":
        path.write_text("" if name == "empty.csv" else "text", encoding="utf-8")

    with pytest.raises(StreamError):
        list(read(path, LAYOUT, THEATRE))


def test_one_event_is_known_now_unless_told() -> None:
    told = {"occurred_on": "2026-10-30", "type": "threat", "actor": "PAK", "target": "AFG"}

    event = one_event(told, THEATRE, NOW)

    assert isinstance(event, Event)
    assert event.known_at == NOW
    assert event == one_event({**told, "place": ""}, THEATRE, NOW)
    with pytest.raises(EventError, match="column type"):
        one_event({**told, "type": "picnic"}, THEATRE, NOW)
