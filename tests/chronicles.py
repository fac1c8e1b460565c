"""Chronicle files made up for tests: a good row, one cell changed at a time."""

import csv
import io
from pathlib import Path

import pandas as pd

from streams.sources.chronicle import HEADER
from theatres import load_theatre

CALM_UNTIL = load_theatre("pak_afg").coverage[0].end
"""The last day on which the built-in chronicle's silence means calm."""

GOOD = {
    "event_id": "c:1",
    "occurred_on": "2025-10-12",
    "ended_on": "",
    "known_on": "2025-10-13",
    "date_precision": "day",
    "type": "crossing_closed",
    "actor": "PAK",
    "target": "AFG",
    "mediators": "",
    "place": "Torkham",
    "segment": "khyber",
    "lat": "34.12",
    "lon": "71.09",
    "deaths_low": "1",
    "deaths_best": "",
    "deaths_high": "3",
    "summary": "Torkham closes, at night.",
    "source": "https://example.org/a | https://example.org/b",
    "confidence": "high",
}


def make_csv(*rows: dict[str, str], header: tuple[str, ...] = HEADER) -> bytes:
    """A chronicle file: each row is the good one, but for what is given."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    for number, row in enumerate(rows, start=1):
        writer.writerow(GOOD | {"event_id": f"c:{number}"} | row)
    return text.getvalue().encode("utf-8", "surrogateescape")


def make_file(folder: Path, content: bytes, name: str = "c.csv") -> Path:
    """The file, written."""
    path = folder / name
    path.write_bytes(content)
    return path


def ids(frame: pd.DataFrame) -> list[str]:
    """The events of a frame, in its order."""
    return [str(event_id) for event_id in frame["event_id"]]
