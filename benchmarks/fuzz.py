"""Damaged files: whatever is done to a file, reading it refuses cleanly and accounts for its rows.

`python -m benchmarks.fuzz` damages made-up GED, GDELT and ACLED files, 20,000 in all, and ends with
exit status 1 at the first crash, naming the seed that brings it back.
"""

import argparse
import csv
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from errors import StreamError
from streams.places.border import border_of
from streams.sources.acled import acled
from streams.sources.gdelt import gdelt
from streams.sources.ucdp.columns import NEEDED, check_header
from streams.sources.ucdp.ged import FaultError, Reader
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
BORDER = border_of(THEATRE)
ROW = (
    *("1", "1", "Clear", "12291", "A - B", "Government of Afghanistan", "Government of Pakistan"),
    *("6", '"Shots, and ""fire"""', "1", "Chaman", "Balochistan", '"Killa\nAbdullah"'),
    *("30.95", "66.43", "770", "1", "1", "2023-10-04 00:00:00.000", "2023-10-04"),
    *("2", "2", "3", "1", "700", "770"),
)
INSERTS = (b'"', b"\n", b",", b"\t", b"\x00", b"\xff", b"9" * 30, b"-", b"\xe2\x80\xa8", b"NaN")


def ged_file(rows: int) -> bytes:
    """A sound GED file."""
    lines = [",".join(NEEDED)]
    lines += [",".join((str(number), *ROW[1:])) for number in range(rows)]
    return ("\n".join(lines) + "\n").encode()


def gdelt_file(rows: int) -> bytes:
    """A sound GDELT export file."""
    cells = {0: "", 1: "20231004", 5: "PAK", 7: "PAK", 15: "AFG", 17: "AFG", 26: "190"}
    cells |= {27: "190", 28: "19", 29: "4", 30: "-10.0", 31: "3", 32: "1", 33: "3", 34: "-5.0"}
    cells |= {25: "1", 51: "4", 52: "Chaman", 53: "PK", 56: "30.92", 57: "66.45"}
    cells |= {2: "202310", 3: "2023", 4: "2023.75", 59: "20231004120000", 60: "https://a.org/b"}
    lines = []
    for number in range(rows):
        row = {**cells, 0: str(700 + number)}
        lines.append("\t".join(row.get(at, "") for at in range(61)))
    return ("\n".join(lines) + "\n").encode()


ACLED = {
    "event_id_cnty": "PAK1",
    "event_date": "2023-10-04",
    "time_precision": "1",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "iso": "586",
    "actor1": "Military Forces of Pakistan (2022-)",
    "actor2": 'TTP, "so called"',
    "location": "Chaman",
    "latitude": "30.92",
    "longitude": "66.45",
    "geo_precision": "1",
    "fatalities": "2",
    "timestamp": "1697000000",
}


def acled_export(rows: int) -> bytes:
    """A sound csv export of ACLED."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ACLED), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**ACLED, "event_id_cnty": f"PAK{number}"} for number in range(rows))
    return text.getvalue().encode()


def acled_page(rows: int) -> bytes:
    """A sound page of ACLED's API."""
    told = [{**ACLED, "event_id_cnty": f"PAK{number}"} for number in range(rows)]
    return json.dumps({"status": 200, "data": told}).encode()


def damage(content: bytes, chance: random.Random) -> bytes:
    """The content with one to six bytes, cuts or insertions changed."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at, kind = chance.randrange(len(made) or 1), chance.randrange(4)
        if kind == 0:
            made[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            made[at:at] = chance.choice(INSERTS)
        elif kind == 2:
            del made[at : at + chance.randint(1, 40)]
        else:
            made[at:at] = made[chance.randrange(len(made) or 1) :][:200]
    return bytes(made[: chance.randrange(1, len(made) + 1)] if chance.random() < 0.05 else made)


def read_ged(content: bytes, _folder: Path) -> None:
    """None; raises where a row is lost."""
    check_header("ged.csv", content[: 1 << 16])
    for exact in (False, True):
        try:
            parts = list(Reader("ged.csv", BORDER, THEATRE.codes, exact).read(io.BytesIO(content)))
        except FaultError:
            continue
        for part in parts:
            batch = part.batch
            told = len(batch.frame) + batch.elsewhere + len(batch.refusals)
            if batch.read != told:
                raise AssertionError(f"{batch.read} rows read, {told} told")


def read_gdelt(content: bytes, folder: Path) -> None:
    """None; raises where a row is lost."""
    path = folder / "20231004120000.export.CSV"
    path.write_bytes(content)
    for batch in gdelt.read(path, THEATRE, BORDER):
        told = len(batch.frame) + batch.elsewhere + batch.folded + len(batch.refusals)
        told += sum(batch.unmapped.values())
        if batch.read != told:
            raise AssertionError(f"{batch.read} rows read, {told} told")


def read_acled(name: str, content: bytes, folder: Path) -> None:
    """None; raises where a row is lost."""
    path = folder / name
    path.write_bytes(content)
    for batch in acled.read(path, THEATRE):
        told = len(batch.frame) + batch.elsewhere + len(batch.refusals)
        told += sum(batch.unmapped.values())
        if batch.read != told:
            raise AssertionError(f"{batch.read} rows read, {told} told")


KINDS: dict[str, tuple[bytes, Callable[[bytes, Path], None]]] = {
    "ged": (ged_file(6), read_ged),
    "gdelt": (gdelt_file(12), read_gdelt),
    "acled export": (acled_export(8), partial(read_acled, "a.csv")),
    "acled page": (acled_page(6), partial(read_acled, "a.json")),
}


def main() -> None:
    """Damage and read; print how many were refused whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    start, refused = time.perf_counter(), dict.fromkeys(KINDS, 0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.files):
            seed = given.seed + number
            name = list(KINDS)[seed % len(KINDS)]
            sound, read = KINDS[name]
            try:
                read(damage(sound, random.Random(seed)), Path(folder))  # noqa: S311
            except StreamError:
                refused[name] += 1
            except Exception as error:
                print(f"{name}, --seed {seed} --files 1: {error!r}")
                sys.exit(1)
            if number % 1000 == 0:
                print(f"\r  {number} of {given.files}", end="", file=sys.stderr, flush=True)
    told = {"files": given.files, "seconds": round(time.perf_counter() - start, 1)}
    told_whole = {f"{name}_refused_whole": count for name, count in refused.items()}
    found = {**told, **told_whole, "crashes": 0}
    print(json.dumps(found) if given.json else found)


if __name__ == "__main__":
    main()
