"""GDELT 2.0 export files in their own format: 61 columns, tabs, no header, no quotes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from streams.sources.gdelt.rows import COLUMNS

MIDNIGHT = datetime(2025, 10, 12)  # noqa: DTZ001 (UTC)
QUARTER = timedelta(minutes=15)
# A row as GDELT writes it: Pakistan fights Afghanistan at Torkham, told on the day after.
CLASH: Mapping[str, str] = {
    "GLOBALEVENTID": "1270000001",
    "SQLDATE": "20251011",
    "MonthYear": "202510",
    "Year": "2025",
    "FractionDate": "2025.7699",
    "Actor1Code": "PAKMIL",
    "Actor1Name": "PAKISTAN",
    "Actor1CountryCode": "PAK",
    "Actor1Type1Code": "MIL",
    "Actor2Code": "AFGGOV",
    "Actor2Name": "AFGHANISTAN",
    "Actor2CountryCode": "AFG",
    "Actor2Type1Code": "GOV",
    "IsRootEvent": "1",
    "EventCode": "190",
    "EventBaseCode": "190",
    "EventRootCode": "19",
    "QuadClass": "4",
    "GoldsteinScale": "-10",
    "NumMentions": "12",
    "NumSources": "3",
    "NumArticles": "12",
    "AvgTone": "-7.12345678901235",
    **{
        f"{whose}Geo_{part}": value
        for whose in ("Actor1", "Actor2", "Action")
        for part, value in (
            ("Type", "4"),
            ("FullName", "Torkham, Nangarhar, Afghanistan"),
            ("CountryCode", "AF"),
            ("ADM1Code", "AF18"),
            ("ADM2Code", "3501"),
            ("Lat", "34.1283"),
            ("Long", "71.0961"),
            ("FeatureID", "-3378435"),
        )
    },
    "DATEADDED": "20251012000000",
    "SOURCEURL": "https://news.example/clash-at-torkham",
}
ELSEWHERE: Mapping[str, str] = {
    **CLASH,
    "Actor1CountryCode": "USA",
    "Actor2CountryCode": "MEX",
    "EventCode": "042",
}


def row(**cells: str) -> bytes:
    """A clash row with some of its cells changed, without a line end."""
    unknown = set(cells) - set(COLUMNS)
    assert not unknown, unknown
    told = {**CLASH, **cells}
    return "\t".join(told.get(column, "") for column in COLUMNS).encode()


def elsewhere(**cells: str) -> bytes:
    """A row that concerns other countries."""
    return row(**{**ELSEWHERE, **cells})


def file_name(at: datetime) -> str:
    """The name that GDELT gives the file of a quarter of an hour."""
    return f"{at:%Y%m%d%H%M%S}.export.CSV"


def write_export(folder: Path, rows: Iterable[bytes], at: datetime = MIDNIGHT) -> Path:
    """The file of these rows, by its own name, in the folder."""
    path = folder / file_name(at)
    path.write_bytes(b"".join(line + b"\n" for line in rows))
    return path


def write_zip(folder: Path, rows: Iterable[bytes], at: datetime = MIDNIGHT) -> Path:
    """The same as GDELT serves it: one member in a zip."""
    path = folder / (file_name(at) + ".zip")
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(file_name(at), b"".join(line + b"\n" for line in rows))
    return path


def day_of_files(
    folder: Path, rows: int = 2_400, told: int = 6, start: datetime = MIDNIGHT, files: int = 96
) -> list[Path]:
    """Files of consecutive quarters of an hour, of `rows` rows each, `told` of the theatre's pair.

    The pair's rows tell a few stories over and over, by codes that have a type and some that
    have none; every row has its own number.
    """
    codes = ("190", "193", "111", "042", "010", "163")
    paths = []
    for quarter in range(files):
        at = start + quarter * QUARTER
        first = 1_270_000_000 + quarter * rows
        stamp, day = f"{at:%Y%m%d%H%M%S}", f"{at - timedelta(days=1):%Y%m%d}"
        lines = [
            elsewhere(GLOBALEVENTID=str(first + n), SQLDATE=day, DATEADDED=stamp)
            for n in range(rows - told)
        ]
        lines += [
            row(
                GLOBALEVENTID=str(first + rows - told + n),
                SQLDATE=day,
                DATEADDED=stamp,
                EventCode=codes[n % len(codes)],
                NumMentions=str(n + 1),
            )
            for n in range(told)
        ]
        paths.append(write_export(folder, lines, at))
    return paths
