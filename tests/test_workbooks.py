"""A table wherever it stands: on a workbook's sheet, in a zip among other members."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from acleds import FIELDS, row
from geds import HEADER, PLAIN, ged

from errors import StreamError
from streams.formats.tables import open_table
from streams.sources.acled import acled
from streams.sources.ucdp import ucdp
from streams.store.landing import Ingested
from streams.store.store import Store, connect
from theatres import load_theatre

NOW = datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
NAME = "GEDEvent_v23_0_10"
TERMS = [["Terms of use"], ["Cite the source, and keep to its licence."]]
NUMBERS = ("id", "latitude", "longitude", "country_id", "best", "high", "low", "gwnoa")
DAYS = ("date_start", "date_end")


def typed(name: str, cell: str) -> object:
    """A cell as a spreadsheet keeps it: numbers as numbers, days as days, nothing as nothing."""
    if name in DAYS:
        return datetime.fromisoformat(cell[:19])
    return float(cell) if name in NUMBERS and cell else cell or None


def workbook(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A workbook of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for cells in rows:
            sheet.append(list(cells))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ged_rows(*rows: dict[str, str]) -> list[list[object]]:
    """GED's header and these rows as a sheet's."""
    cells = [{**PLAIN, "id": str(number), **each} for number, each in enumerate(rows, start=1)]
    return [[*HEADER], *([typed(name, each[name]) for name in HEADER] for each in cells)]


def declared_a1(content: bytes) -> bytes:
    """The workbook, each of its sheets saying that it is one cell."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.startswith("xl/worksheets/"):
                start = text.index(b'<dimension ref="') + 16
                text = text[:start] + b"A1:A1" + text[text.index(b'"', start) :]
            new.writestr(name, text)
    return out.getvalue()


def zipped(folder: Path, name: str, **members: bytes) -> Path:
    """A zip of members, whose names' dots are written as two lines below."""
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member.replace("__", "."), content)
    return path


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def land(path: Path) -> tuple[Store, Ingested]:
    """The store, and what became of a GED file."""
    store = Store(connect("sqlite://"), "pak_afg")
    return store, ucdp.ingest(store, load_theatre("pak_afg"), path, NOW)


@pytest.mark.parametrize("titles", [0, 3])
def test_a_sheet_says_what_its_csv_says(titles: int, tmp_path: Path) -> None:
    rows = [[f"title {n}"] for n in range(titles)] + ged_rows({}, {"best": "4", "high": "4"})
    book = workbook(Terms=TERMS, Events=rows)
    plain, _ = land(written(tmp_path, f"{NAME}.csv", ged({}, {"best": "4", "high": "4"})))

    store, landed = land(written(tmp_path, f"{NAME}.xlsx", declared_a1(book)))

    assert (landed.read, landed.refused, landed.new) == (2, 0, 2)
    assert store.events(NOW.date()).equals(plain.events(NOW.date()))
    assert store.coverage("ucdp") == plain.coverage("ucdp")


def test_a_row_of_a_sheet_is_refused_by_the_sheets_line(tmp_path: Path) -> None:
    rows: list[list[object]] = [["title"]]
    rows += ged_rows({"source_headline": "two\nlines"}, {"date_prec": "x"}, {})

    _, landed = land(written(tmp_path, f"{NAME}.xlsx", workbook(Events=rows)))

    (refusal,) = landed.refusals
    assert (refusal.line, refusal.column, landed.unread) == (4, "date_prec", 1)


def test_a_workbook_inside_a_zip_beside_a_text_is_read(tmp_path: Path) -> None:
    book = workbook(Events=ged_rows({}))
    path = zipped(tmp_path, "ged231-xlsx.zip", GEDEvent_v23_1__xlsx=book, readme__txt=b"hello")

    store, landed = land(path)
    covered = store.coverage("ucdp")

    assert landed.new == 1
    assert covered is not None
    assert covered.end.year == 2022


def test_of_several_members_the_one_with_events_is_read(tmp_path: Path) -> None:
    members = {"GEDEvent__csv": ged({}), "actors__csv": b"id,name\n1,TTP\n"}

    assert land(zipped(tmp_path, f"{NAME}.zip", **members))[1].new == 1


@pytest.mark.parametrize(
    "members",
    [{"a__csv": ged({}), "b__csv": ged({})}, {"a__csv": b"id\n1\n", "b__csv": b"id\n2\n"}],
)
def test_of_several_members_that_may_be_it_none_is_read(
    members: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(StreamError, match=r"not one file inside but \['a.csv', 'b.csv'\]"):
        land(zipped(tmp_path, f"{NAME}.zip", **members))


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"Terms": TERMS}, r"no sheet with the columns, found \['Terms'\].*fetch the csv file"),
        ({"A": ged_rows({}), "B": ged_rows({})}, r"several sheets.*\['A', 'B'\]"),
    ],
)
def test_a_workbook_without_one_sheet_of_events_is_refused(
    sheets: dict[str, list[list[object]]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(StreamError, match=said):
        land(written(tmp_path, f"{NAME}.xlsx", workbook(**sheets)))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_workbook_is_one_line(part: str, tmp_path: Path) -> None:
    whole, out = io.BytesIO(workbook(Events=ged_rows({}))), io.BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name)[:200] if name == part else old.read(name))

    with pytest.raises(StreamError, match="a damaged workbook") as caught:
        land(written(tmp_path, f"{NAME}.xlsx", out.getvalue()))
    assert len(str(caught.value).splitlines()) == 1


def test_acleds_workbook_is_read_below_its_terms(tmp_path: Path) -> None:
    events = row(event_date=datetime(2023, 10, 4), latitude=30.921)  # noqa: DTZ001 (a day)
    header = [name.title() for name in FIELDS]
    book = workbook(Licence=TERMS, Data=[header, [events[name] for name in FIELDS]])

    (batch,) = acled.read(
        written(tmp_path, "export.xlsx", declared_a1(book)), load_theatre("pak_afg")
    )

    event = batch.frame.iloc[0]
    assert (batch.read, len(batch.refusals)) == (1, 0)
    assert (str(event["occurred_on"].date()), event["segment"]) == ("2023-10-04", "chaman")


def test_numbers_of_a_sheet_are_written_as_csv_writes_them(tmp_path: Path) -> None:
    values = [7.0, 0.00001, 34.1234567, True, "a\nb", datetime(2024, 1, 2, 3, 4, 5), None, "end"]  # noqa: DTZ001
    book = workbook(S=[[f"c{n}" for n in range(len(values))], values])

    with open_table(written(tmp_path, "a.xlsx", book), lambda cells: "c0" in cells) as stream:
        _, cells = csv.reader(stream.read().decode().splitlines())

    assert cells == ["7", "0.00001", "34.1234567", "True", "a b", "2024-01-02 03:04:05", "", "end"]
