"""The forms in which GED is published, or saved again: each is read, or refused by one line."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from geds import HEADER, write_ged

from errors import StreamError
from streams.sources.ucdp import ucdp
from streams.store.landing import Ingested
from streams.store.store import Store, connect
from theatres import load_theatre

NOW = datetime(2026, 11, 1)  # noqa: DTZ001 (UTC)
NAME = "GEDEvent_v23_0_10.csv"
ODD = Path(os.environ.get("DYADCAST_SHARED", "../shared/data")) / "odd"


def land(path: Path) -> Ingested:
    return ucdp.ingest(Store(connect("sqlite://"), "pak_afg"), load_theatre("pak_afg"), path, NOW)


def test_file_without_a_header_row_is_read(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {}, {})
    path.write_bytes(path.read_bytes().split(b"\n", 1)[1])

    assert (land(path).new, land(path).refused) == (2, 0)


def test_file_without_code_status_is_read(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {})
    at = HEADER.index("code_status")
    lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(",".join(c[:at] + c[at + 1 :]) + "\n" for c in lines), "utf-8")

    assert (land(path).new, land(path).refused) == (1, 0)


def test_trailing_commas_and_na_are_read_as_nothing(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {"gwnob": "NA", "adm_2": "NA"})
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([header, *(f"{row},," for row in rows), ""]), "utf-8")

    assert (land(path).new, land(path).refused) == (1, 0)


def test_spaces_after_columns_names_are_read(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {})
    header, rows = path.read_text("utf-8").split("\n", 1)
    path.write_text(header.replace(",", " ,") + "\n" + rows, "utf-8")

    assert (land(path).new, land(path).refused) == (1, 0)


def test_semicolons_are_one_error_that_shows_the_header(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {}, {})
    path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8")

    with pytest.raises(StreamError, match=r"id;relid;year.*separated by commas.*fetch"):
        land(path)


def test_columns_added_in_the_middle_are_no_matter(tmp_path: Path) -> None:
    path = write_ged(tmp_path, NAME, {})
    lines = [line.split(",") for line in path.read_text("utf-8").splitlines()]
    wider = [[*cells[:7], f"new {n}", *cells[7:]] for n, cells in enumerate(lines)]
    path.write_text("".join(",".join(cells) + "\n" for cells in wider), "utf-8")

    assert (land(path).new, land(path).refused) == (1, 0)


@pytest.mark.skipif(not ODD.is_dir(), reason="no shared data")
@pytest.mark.parametrize("name", ["hdx_conflict_data_BGD.csv", "hdx_ucdp_download.zip"])
def test_real_file_of_an_older_column_set_is_read(name: str) -> None:
    landed = land(ODD / name)

    assert landed.read > 100
    assert landed.refused == 0


@pytest.mark.skipif(not ODD.is_dir(), reason="no shared data")
def test_real_chart_under_geds_name_shows_its_header() -> None:
    with pytest.raises(StreamError, match=r"found '?year, adm_1, best"):
        land(ODD / "hdx_qc_conflict_data_BGD.csv")


def test_list_saved_under_the_name_of_the_file_it_names_is_told(tmp_path: Path) -> None:
    path = tmp_path / "20180326191500.export.CSV.zip"
    path.write_text(
        "60100 0ab http://data.gdeltproject.org/gdeltv2/20180326191500.export.CSV.zip\n"
    )

    with pytest.raises(
        StreamError, match=r"a text under.*; fetch http://data.*export.CSV.zip, which it names"
    ):
        land(path)
