"""The folders of theatres: where they are looked for, and a theatre read from one."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from theatres.tables import TheatreError, read_rows, read_toml
from theatres.theatre import Place, Point, Span, Theatre

BUILT_IN = Path(__file__).parent
CONFIGURATION, CODES = "theatre.toml", "codes.toml"
BORDER, PLACES, COVERAGE, CHRONICLE = "border.csv", "places.csv", "coverage.csv", "chronicle.csv"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def theatre_folders(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where theatres are looked for: beside this file, then where DYADCAST_THEATRES says (a folder
    of theatres, or several joined by a colon)."""
    further = environment.get("DYADCAST_THEATRES", "").split(os.pathsep)
    return (BUILT_IN, *(Path(each).expanduser().resolve() for each in further if each.strip()))


def known_theatres(folders: Sequence[Path] | None = None) -> dict[str, Path]:
    """The theatres that are set up: name -> its folder, sorted.

    Raises TheatreError where two have one name, or a folder named by the operator is not there.
    """
    found: dict[str, Path] = {}
    for folder in folders if folders is not None else theatre_folders():
        if not folder.is_dir():
            raise TheatreError(
                "no such folder of theatres", where=str(folder), do="mend DYADCAST_THEATRES"
            )
        for path in sorted(folder.glob(f"*/{CONFIGURATION}")):
            name = path.parent.name
            if name in found:
                raise TheatreError(
                    f"two theatres of one name, {name}",
                    where=str(path.parent),
                    found=str(found[name]),
                    do="give one another name",
                )
            found[name] = path.parent
    return dict(sorted(found.items()))


def default_theatre(environment: Mapping[str, str] = os.environ) -> str:
    """The theatre that is meant where none is named: DYADCAST_THEATRE, else the one built in."""
    if named := environment.get("DYADCAST_THEATRE"):
        return named
    names = list(known_theatres([BUILT_IN]))
    if len(names) != 1:
        raise TheatreError(
            "no theatre is named",
            found=", ".join(names),
            do="name one by --theatre, or set DYADCAST_THEATRE",
        )
    return names[0]


def load_theatre(name: str, folders: Sequence[Path] | None = None) -> Theatre:
    """The theatre of that name, or in the folder of that path.

    Raises TheatreError, in one line that names the file, and its line where it has one, for a
    theatre that is not there, a part that is missing or torn, or a name that is not its folder's.
    """
    folder = _folder_of(name, folders)
    configuration = folder / CONFIGURATION
    told = read_toml(configuration)
    if given := sorted({"codes", "border", "places", "coverage", "chronicle"} & told.keys()):
        raise TheatreError(
            f"{given[0]} stands in a file of its own",
            where=str(configuration),
            do="see docs/theatre.md",
        )
    theatre = _valid({**told, "codes": read_toml(folder / CODES)}, configuration)
    if theatre.name != folder.name:
        raise TheatreError(
            "a theatre bears its folder's name",
            where=str(configuration),
            found=theatre.name,
            expected=folder.name,
        )
    return theatre.model_copy(update=_parts(theatre, folder))


def load_theatres(names: Sequence[str] | None = None) -> dict[str, Theatre]:
    """The theatres by the names given; where none is every one that is set up, the default first.

    Raises TheatreError as `load_theatre` does, and where two that are named have one name.
    """
    if not names:
        first = default_theatre()
        names = [first, *(name for name in known_theatres() if name != Path(first).name)]
    theatres = {name: load_theatre(name) for name in names}
    given = [theatre.name for theatre in theatres.values()]
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise TheatreError(f"two theatres of one name, {twice[0]}", do="name each once")
    return theatres


def _folder_of(name: str, folders: Sequence[Path] | None) -> Path:
    """The theatre's folder: one that is known by its name, or that of a path."""
    if not _NAME.fullmatch(name):
        folder = Path(name).expanduser().resolve()
        folder = folder.parent if folder.name == CONFIGURATION else folder
        if not (folder / CONFIGURATION).is_file():
            raise TheatreError("no theatre", where=name, expected=f"a folder with {CONFIGURATION}")
        return folder
    known = known_theatres(folders)
    if name not in known:
        expected = f"one of: {', '.join(known) or 'none'}"
        raise TheatreError("no such theatre", found=name, expected=expected)
    return known[name]


def _valid(told: Mapping[str, Any], configuration: Path) -> Theatre:
    try:
        return Theatre.model_validate(told)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = list(map(str, fault["loc"]))
        path = configuration
        if place[:1] == ["codes"]:
            path, place = configuration.with_name(CODES), place[1:]
        where = f"{path}, field {'.'.join(place) or 'the file'}"
        found = None if isinstance(fault["input"], dict) else fault["input"]
        raise TheatreError(fault["msg"], where=where, found=found) from None


def _parts(theatre: Theatre, folder: Path) -> dict[str, Any]:
    if not (folder / CHRONICLE).is_file():
        where = str(folder / CHRONICLE)
        raise TheatreError(
            "a part of the theatre is missing", where=where, do="see docs/theatre.md"
        )
    sources = {source.name for source in theatre.sources}

    def place(row: Mapping[str, str]) -> Place:
        _among(row["area"], ("place", "province"), "an area")
        _among(row["segment"], theatre.segments_told, "a segment")
        if not row["name"].strip():
            raise ValueError("a place without a name")
        return Place(row["name"], row["segment"], row["area"])

    def span(row: Mapping[str, str]) -> Span:
        _among(row["source"], sources, "a source")
        start, end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        if end < start:
            raise ValueError(f"coverage ends on {end}, before it starts on {start}")
        return Span(row["source"], start, end)

    return {
        "border": _border(theatre, folder / BORDER),
        "places": tuple(read_rows(folder / PLACES, ("name", "segment", "area"), place)),
        "coverage": tuple(read_rows(folder / COVERAGE, ("source", "start", "end", "note"), span)),
        "chronicle": folder / CHRONICLE,
    }


def _border(theatre: Theatre, path: Path) -> dict[str, tuple[Point, ...]]:
    """Of each segment, in order, the points of its stretch."""

    def point(row: Mapping[str, str]) -> tuple[str, Point]:
        _among(row["segment"], theatre.segment_names, "a segment")
        lat, lon = float(row["lat"]), float(row["lon"])
        if not (abs(lat) <= 90 and abs(lon) <= 180):
            raise ValueError(f"found {lat}, {lon}, expected degrees north and east")
        return row["segment"], (lat, lon)

    stretches: dict[str, list[Point]] = {}
    for segment, at in read_rows(path, ("segment", "lat", "lon"), point):
        stretches.setdefault(segment, []).append(at)
    if tuple(stretches) != theatre.segment_names:
        raise TheatreError(
            "the line does not follow the theatre's segments",
            where=str(path),
            found=", ".join(stretches),
            expected=", ".join(theatre.segment_names),
        )
    if short := [name for name, points in stretches.items() if len(points) < 2]:
        raise TheatreError("a stretch needs two points", where=str(path), found=short[0])
    return {name: tuple(points) for name, points in stretches.items()}


def _among(value: str, known: Collection[str], what: str) -> None:
    if value not in known:
        raise ValueError(f"found {value!r}, expected {what} among {', '.join(sorted(known))}")
