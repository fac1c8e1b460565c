"""Made rows of ACLED, as its API and its exports write them."""

import csv
import json
from pathlib import Path

FIELDS = (
    *("event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type"),
    *("sub_event_type", "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2"),
    *("interaction", "civilian_targeting", "iso", "region", "country", "admin1", "admin2"),
    *("admin3", "location", "latitude", "longitude", "geo_precision", "source", "source_scale"),
    *("notes", "fatalities", "tags", "timestamp"),
)
PAKISTAN = "Military Forces of Pakistan (2022-2024)"
AFGHANISTAN = "Military Forces of Afghanistan (2021-) Taliban"
CLASH: dict[str, object] = {
    "event_id_cnty": "PAK100001",
    "event_date": "2023-10-04",
    "year": 2023,
    "time_precision": 1,
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": PAKISTAN,
    "actor2": AFGHANISTAN,
    "iso": 586,
    "country": "Pakistan",
    "admin1": "Balochistan",
    "location": "Chaman",
    "latitude": "30.9210",
    "longitude": "66.4597",
    "geo_precision": 1,
    "source": "A paper",
    "notes": "What the paper said, at length.",
    "fatalities": 2,
    "timestamp": 1697000000,
}


def row(**given: object) -> dict[str, object]:
    """A row like CLASH with other values, all of ACLED's fields in it."""
    return {**dict.fromkeys(FIELDS, ""), **CLASH, **given}


def answer(*rows: dict[str, object]) -> bytes:
    """A page of the API."""
    told = {"status": 200, "success": True, "last_update": 3, "count": len(rows)}
    return json.dumps({**told, "messages": [], "data": rows}).encode()


def write_export(folder: Path, *rows: dict[str, object], name: str = "export.csv") -> Path:
    """A csv export with these rows."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    return path
