"""GED files made up for tests: UCDP's columns, small rows."""

import csv
import io
from pathlib import Path

HEADER = [
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence"),
    *("conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id"),
    *("dyad_name", "side_a_dset_id", "side_a_new_id", "side_a", "side_b_dset_id"),
    *("side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office"),
    *("source_date", "source_headline", "source_original", "where_prec", "where_coordinates"),
    *("where_description", "adm_1", "adm_2", "latitude", "longitude", "geom_wkt"),
    *("priogrid_gid", "country", "country_id", "region", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"),
    *("best", "high", "low", "gwnoa", "gwnob"),
]
PLAIN = {
    **dict.fromkeys(HEADER, ""),
    "id": "1",
    "code_status": "Clear",
    "type_of_violence": "1",
    "dyad_new_id": "400",
    "dyad_name": "Government of Pakistan - TTP",
    "side_a": "Government of Pakistan",
    "side_b": "TTP",
    "number_of_sources": "2",
    "source_headline": "Soldiers and militants fight",
    "where_prec": "1",
    "where_coordinates": "Torkham village",
    "adm_1": "Khyber Pakhtunkhwa province",
    "adm_2": "Khyber district",
    "latitude": "34.12",
    "longitude": "71.09",
    "country": "Pakistan",
    "country_id": "770",
    "event_clarity": "1",
    "date_prec": "1",
    "date_start": "2023-10-04 00:00:00.000",
    "date_end": "2023-10-04 00:00:00.000",
    "deaths_civilians": "0",
    "best": "2",
    "high": "3",
    "low": "1",
    "gwnoa": "770",
}
CLASH = {
    "dyad_new_id": "12291",
    "dyad_name": "Government of Afghanistan - Government of Pakistan",
    "side_a": "Government of Afghanistan",
    "side_b": "Government of Pakistan",
    "gwnoa": "700",
    "gwnob": "770",
}
ELSEWHERE = {"latitude": "4.5", "longitude": "-75.1", "country_id": "100", "gwnoa": "100"}


def ged(*rows: dict[str, str], header: list[str] = HEADER) -> bytes:
    """A GED file of these rows, each told by what sets it apart from PLAIN."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        cells = {**PLAIN, "id": str(number), **row}
        writer.writerow(cells.get(name, "") for name in header)
    return text.getvalue().encode()


def write_ged(folder: Path, name: str, *rows: dict[str, str]) -> Path:
    """A GED file on disk."""
    path = folder / name
    path.write_bytes(ged(*rows))
    return path


def on(day: str, **changes: str) -> dict[str, str]:
    """A row of an event on that day."""
    return {"date_start": day, "date_end": day, **changes}
