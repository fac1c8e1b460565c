"""UCDP's event file (GED): its columns judged, its rows as events and as sums by month."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from errors import StreamError, shown
from streams.events.frame import COLUMNS, DTYPES
from streams.formats.csv_records import BOM, Record, RecordError, cut_records, fields_of
from streams.places.border import Border
from streams.store.landing import Batch
from streams.store.quarantine import Refusal
from theatres import Codes

SOURCE = "ucdp"
NEEDED = (
    *("id", "type_of_violence", "code_status", "dyad_new_id", "dyad_name", "side_a", "side_b"),
    *("number_of_sources", "source_headline", "where_prec", "where_coordinates", "adm_1", "adm_2"),
    *("latitude", "longitude", "country_id", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_civilians", "best", "high", "low", "gwnoa", "gwnob"),
)
VIOLENCE = {"1": "battle", "2": "nonstate_violence", "3": "onesided_violence"}
_SAID = {"battle": "Battle", "nonstate_violence": "Fighting without a state"}
_SAID |= {"onesided_violence": "Violence against civilians", "border_clash": "Border clash"}
_SAID |= {"airstrike": "Air strike", "shelling": "Shelling"}
# A clash between the two states is told apart by the words of its headlines.
_AIR = r"(?i)\b(air ?-?strikes?|air ?raids?|drones?|jets?)\b"
_SHELLS = r"(?i)\b(shell(s|ed|ing)?|mortars?|artillery|rockets?)\b"

EXACT_PLACE = 4
"""where_prec from 5 on is a region or a country, whose point lies anywhere (GED codebook)."""

_PRECISIONS = {"1": "day", "2": "week", "3": "week", "4": "month", "5": "month"}
_UNPRINTED = r"\s*[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]+\s*"
_BLOCK = 8 << 20
_RECORDS = 20_000

Bools = npt.NDArray[np.bool_]


class FaultError(Exception):
    """A file that cannot be read fast: it must be read record by record, to name its faults."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: its batch, and what its good rows add to the sums by month."""

    batch: Batch
    rows: pd.DataFrame


@dataclass(slots=True)
class Reader:
    """Reads one file; `exact` reads it record by record and refuses each fault by its line.

    `cut_off` is the refusal of a last line that breaks off, once the file has been read.
    """

    file: str
    border: Border
    codes: Codes
    exact: bool = False
    seen: set[str] = field(default_factory=set)
    theatre_ids: set[str] = field(default_factory=set)
    cut_off: Refusal | None = None

    def read(self, stream: IO[bytes]) -> Iterator[Part]:
        """The file's parts in order. Raises StreamError where a column is missing, FaultError
        where a row is at fault and reading is not exact."""
        yield from self._exact(stream.read()) if self.exact else self._fast(stream)

    def _fast(self, stream: IO[bytes]) -> Iterator[Part]:
        # The codec wants one stream: pyarrow closes it with the reader.
        try:
            reader = pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=list(NEEDED),
                    column_types=dict.fromkeys(NEEDED, pa.string()),
                    strings_can_be_null=False,
                ),
            )
            first = True
            for batch in reader:
                table = pa.Table.from_batches([batch])
                if first and table.num_rows and _is_tags(table):
                    table = table.slice(1)
                first = False
                part = self._judged(table, None)
                if part.batch.refusals:
                    raise FaultError
                yield part
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise FaultError(str(error)) from None

    def _exact(self, content: bytes) -> Iterator[Part]:
        records = cut_records(content)
        head = next(records, None)
        if head is None:
            raise StreamError("an empty file", where=self.file, expected="a GED header")
        header = _header(self.file, head)
        at = [header.index(name) for name in NEEDED]
        kept: list[tuple[Record, list[str]]] = []
        broken: list[Refusal] = []
        for number, record in enumerate(records):
            if number == 0 and _tagged(record):
                continue
            self.cut_off = None
            try:
                cells = fields_of(record.raw)
                if len(cells) != len(header):
                    found = f"{len(cells)} fields"
                    raise RecordError(min(len(cells), len(header)), found, f"{len(header)} fields")
                kept.append((record, [cells[place] for place in at]))
            except RecordError as error:
                name = header[error.field] if error.field < len(header) else f"{error.field + 1}"
                refusal = self._refusal(record, head, name, error.found, error.expected)
                broken.append(refusal)
                self.cut_off = None if content.endswith(b"\n") else refusal
            if len(kept) + len(broken) >= _RECORDS:
                yield self._whole(kept, broken, head)
                kept, broken = [], []
        if kept or broken:
            yield self._whole(kept, broken, head)

    def _whole(
        self, kept: list[tuple[Record, list[str]]], broken: list[Refusal], head: Record
    ) -> Part:
        columns = list(zip(*(cells for _, cells in kept), strict=True)) or [()] * len(NEEDED)
        texts = {
            name: pa.array(values, pa.string())
            for name, values in zip(NEEDED, columns, strict=True)
        }
        part = self._judged(pa.table(texts), [record for record, _ in kept], head)
        batch = part.batch
        return Part(
            Batch(
                batch.read + len(broken),
                batch.frame,
                batch.elsewhere,
                refusals=(*batch.refusals, *broken),
            ),
            part.rows,
        )

    def _refusal(
        self, record: Record, head: Record, column: str, found: object, expected: str, id_: str = ""
    ) -> Refusal:
        return Refusal(
            SOURCE,
            self.file,
            record.line,
            column,
            shown(found),
            expected,
            record.raw,
            head.raw,
            id_,
        )

    def _judged(
        self, table: pa.Table, records: Sequence[Record] | None, head: Record | None = None
    ) -> Part:
        ids = table["id"].to_pylist()
        checks = [*_checks(table), ("id", self._unseen(ids), "an id that stands once in the file")]
        good = np.logical_and.reduce([passed for _, passed, _ in checks])
        refusals = []
        if not good.all():
            if records is None or head is None:
                raise FaultError
            for row in np.flatnonzero(~good).tolist():
                column, expected = next((c, e) for c, passed, e in checks if not passed[row])
                found = table[column][row].as_py()
                refusals.append(
                    self._refusal(records[row], head, column, found, expected, ids[row][:200])
                )
        kept = table.filter(pa.array(good))
        rows = _numbers(kept)
        frame = _events(kept, rows, self.border, self.codes)
        self.theatre_ids.update(frame["event_id"])
        batch = Batch(table.num_rows, frame, len(rows) - len(frame), refusals=tuple(refusals))
        return Part(batch, rows)

    def _unseen(self, ids: list[str]) -> Bools:
        fresh = np.ones(len(ids), bool)
        for at, event_id in enumerate(ids):
            fresh[at] = event_id not in self.seen
            self.seen.add(event_id)
        return fresh


def _header(file: str, record: Record) -> list[str]:
    try:
        header = [name.strip() for name in fields_of(record.raw)]
    except RecordError as error:
        raise StreamError("no header", where=f"{file}, line 1", found=error.found) from None
    absent = [name for name in NEEDED if name not in header]
    twice = [name for name in NEEDED if header.count(name) > 1]
    if absent or twice:
        problem = f"no column {absent[0]}" if absent else f"column {twice[0]} stands twice"
        raise StreamError(
            f"not a GED file, {problem}",
            where=f"{file}, line {record.line}",
            expected="GED's columns",
        )
    return header


def check_header(file: str, start: bytes) -> None:
    """None where the file's first line names GED's columns; raises StreamError where not."""
    line = start.removeprefix(BOM).split(b"\n", 1)[0].removesuffix(b"\r")
    if not line.strip():
        raise StreamError("an empty file", where=file, expected="a GED header")
    _header(file, Record(1, line))


def _is_tags(table: pa.Table) -> bool:
    """Whether the first row is one of HXL tags (hxlstandard.org): every cell empty or with a #."""
    return _all_tags([str(table[name][0]) for name in NEEDED])


def _tagged(record: Record) -> bool:
    try:
        return _all_tags(next(csv.reader([record.raw.decode("utf-8", "replace")])))
    except (csv.Error, StopIteration):
        return False


def _all_tags(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell]
    return bool(told) and all(cell.startswith("#") for cell in told)


def _matches(table: pa.Table, column: str, pattern: str) -> Bools:
    found = pc.match_substring_regex(table[column], f"^(?:{pattern})$")
    return np.asarray(found.to_numpy(), bool)


_WHOLE = r"\d{1,8}(?:\.0+)?"
_STATE = rf"(?:{_WHOLE}(?:[;,] ?{_WHOLE})*)?"
_DAY = r"(?:19|20)\d\d-\d\d-\d\d(?:[ T]00:00:00(?:\.0+)?)?"
_SHAPES: tuple[tuple[str, str, str], ...] = (
    ("id", r"\d{1,12}", "a whole number"),
    ("type_of_violence", "[123]", "1, 2 or 3"),
    ("dyad_new_id", r"\d{1,9}", "a whole number"),
    ("number_of_sources", r"-?\d{1,6}", "a whole number"),
    ("where_prec", "[1-7]", "1 to 7"),
    ("latitude", r"-?\d{1,2}(?:\.\d{1,17})?", "degrees from -90 to 90"),
    ("longitude", r"-?\d{1,3}(?:\.\d{1,17})?", "degrees from -180 to 180"),
    ("country_id", r"\d{1,4}", "a Gleditsch-Ward number"),
    ("event_clarity", "[12]", "1 or 2"),
    ("date_prec", "[1-5]", "1 to 5"),
    ("date_start", _DAY, "a date as YYYY-MM-DD"),
    ("date_end", _DAY, "a date as YYYY-MM-DD"),
    *((name, _WHOLE, "a count") for name in ("deaths_civilians", "best", "high", "low")),
    *((name, _STATE, "Gleditsch-Ward numbers, or nothing") for name in ("gwnoa", "gwnob")),
)


def _checks(table: pa.Table) -> list[tuple[str, Bools, str]]:
    """What each row must pass, in order: the column, who passes, and what was expected."""
    checks = [(column, _matches(table, column, shape), said) for column, shape, said in _SHAPES]
    start, end = _days(table["date_start"]), _days(table["date_end"])
    checks += [
        ("date_start", ~np.isnat(start), "a date of the calendar"),
        ("date_end", ~np.isnat(end), "a date of the calendar"),
        ("date_end", ~(end < start), "date_start or later"),
        ("latitude", np.abs(_floats(table["latitude"])) <= 90, "degrees from -90 to 90"),
        ("longitude", np.abs(_floats(table["longitude"])) <= 180, "degrees from -180 to 180"),
    ]
    return checks


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    """The days, NaT where the text is none of the calendar."""
    texts = pc.utf8_slice_codeunits(column, 0, 10)
    try:
        days = pc.cast(texts, pa.date32())
    except pa.ArrowInvalid:
        days = pa.array([_day(text) for text in texts.to_pylist()], pa.date32())
    return np.asarray(days.to_numpy(zero_copy_only=False), "datetime64[D]")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(), float)
    except pa.ArrowInvalid:
        return np.asarray(pd.to_numeric(column.to_pandas(), errors="coerce"), float)


def _ints(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return _floats(column).astype(np.int64)


def _numbers(table: pa.Table) -> pd.DataFrame:
    """What the sums by month are made of, a row an event; low and high take in the best figure.

    UCDP's own rows break low <= best <= high now and then: the span is then widened.
    """
    low, best, high = (_ints(table[name]) for name in ("low", "best", "high"))
    end = _days(table["date_end"])
    return pd.DataFrame(
        {
            "country": _ints(table["country_id"]),
            "dyad": _ints(table["dyad_new_id"]),
            "name": table["dyad_name"].to_pandas(),
            "gwno_a": _states(table["gwnoa"]),
            "gwno_b": _states(table["gwnob"]),
            "month": end.astype("datetime64[M]"),
            "violence": _ints(table["type_of_violence"]),
            "events": np.ones(table.num_rows, np.int64),
            "deaths_low": np.minimum(low, np.minimum(best, high)),
            "deaths_best": best,
            "deaths_high": np.maximum(high, np.maximum(best, low)),
            "deaths_civilians": _ints(table["deaths_civilians"]),
        }
    )


def _states(column: pa.ChunkedArray) -> "pd.Series[str]":
    states: pd.Series[str] = pc.replace_substring_regex(column, r"\.0+", "").to_pandas()
    return states


def _events(table: pa.Table, rows: pd.DataFrame, border: Border, codes: Codes) -> pd.DataFrame:
    """The theatre's events: in either country, within the belt, or between the two states."""
    actors = codes.actors("gleditsch_ward")
    states = rows["country"].astype(str).map(actors).fillna("")
    lat, lon = _floats(table["latitude"]), _floats(table["longitude"])
    placed = _ints(table["where_prec"]) <= EXACT_PLACE
    a, b = rows["gwno_a"].map(actors), rows["gwno_b"].map(actors)
    between = (a.notna() & b.notna() & (a != b)).to_numpy()
    inside = (states != "").to_numpy()
    near = border.is_near(lat, lon)
    at = np.flatnonzero(inside | between | (near & placed))
    # A point that stands for a region says nothing of the border.
    point_lat, point_lon = (np.where(placed, degrees, np.nan)[at] for degrees in (lat, lon))
    country = np.where(inside[at], states.to_numpy()[at], "XXX").tolist()
    segments, km = border.locate(point_lat, point_lon, country)
    segments = np.where(placed[at], segments, [border.inland(code) for code in country])
    belted = inside[at] | between[at] | (km <= border.belt_km)
    return (
        _frame(table.take(pa.array(at)), rows.iloc[at], between[at], segments, km, codes)
        .loc[belted]
        .reset_index(drop=True)
    )


def _frame(
    table: pa.Table, rows: pd.DataFrame, between: Bools, segments: Any, km: Any, codes: Codes
) -> pd.DataFrame:
    kinds = _kinds(table, between)
    start, end = _days(table["date_start"]), _days(table["date_end"])
    named = _clean(table["where_coordinates"])
    where = pc.binary_join_element_wise(named, _clean(_either(table)), ", ")
    said = pa.array(pd.Series(kinds).map(_SAID), pa.string())
    summary = pc.binary_join_element_wise(
        pc.binary_join_element_wise(said, _clean(table["dyad_name"]), ": "), where, "; "
    )
    count = len(rows)
    columns = {
        "event_id": table["id"].to_pandas(),
        "source": [SOURCE] * count,
        "version": np.ones(count, np.int64),
        "occurred_on": start,
        "ended_on": end,
        "date_precision": table["date_prec"].to_pandas().map(_PRECISIONS),
        "known_at": (end.astype("datetime64[M]") + 1).astype("datetime64[D]") + 19,
        "type": kinds,
        "actor": _sides(table["side_a"], rows["gwno_a"], codes),
        "target": _sides(table["side_b"], rows["gwno_b"], codes),
        "mediators": [""] * count,
        "place": named.to_pandas(),
        "segment": segments,
        "lat": _floats(table["latitude"]),
        "lon": _floats(table["longitude"]),
        **{name: rows[name].to_numpy() for name in ("deaths_low", "deaths_best", "deaths_high")},
        "summary": pc.utf8_slice_codeunits(summary, 0, 500).to_pandas(),
        "url": [""] * count,
        "confidence": _confidence(table),
        "retracted": np.zeros(count, bool),
        "border_km": km,
        "mentions": np.full(count, np.nan),
        "known_simulated": np.ones(count, bool),
    }
    return pd.DataFrame({name: np.asarray(columns[name]) for name in COLUMNS}).astype(DTYPES)


def _clean(column: pa.ChunkedArray | pa.Array) -> Any:
    return pc.utf8_slice_codeunits(
        pc.utf8_trim_whitespace(pc.replace_substring_regex(column, _UNPRINTED, " ")), 0, 300
    )


def _either(table: pa.Table) -> Any:
    """The district, or the province where no district is told."""
    district = table["adm_2"]
    return pc.if_else(pc.equal(district, ""), table["adm_1"], district)


def _kinds(table: pa.Table, between: Bools) -> npt.NDArray[np.object_]:
    kinds = np.asarray(table["type_of_violence"].to_pandas().map(VIOLENCE), object)
    state = between & (kinds == "battle")
    headline = table["source_headline"]
    shells = pc.match_substring_regex(headline, _SHELLS).to_numpy()
    air = pc.match_substring_regex(headline, _AIR).to_numpy()
    kinds[state] = "border_clash"
    kinds[state & shells] = "shelling"
    kinds[state & air] = "airstrike"
    return kinds


def _sides(names: pa.ChunkedArray, gwnos: "pd.Series[str]", codes: Codes) -> "pd.Series[str]":
    pairs = pd.DataFrame({"name": names.to_pandas().to_numpy(), "gwno": gwnos.to_numpy()})
    code = {
        (name, gwno): code_of(name, gwno, codes)
        for name, gwno in pairs.drop_duplicates().itertuples(index=False)
    }
    return pd.Series([code[pair] for pair in pairs.itertuples(index=False, name=None)], dtype="str")


def code_of(name: str, gwno: str, codes: Codes) -> str:
    """The code of a side: a state's by its number, else a group's by its name.

    GOV is another government, ARM another armed group.
    """
    if gwno:
        states = codes.actors("gleditsch_ward") | codes.ucdp_states
        return states.get(re.split("[;,]", gwno)[0], "GOV")
    groups = {group.casefold(): code for group, code in codes.ucdp_groups.items()}
    return ({"civilians": "CIV"} | groups).get(name.strip().casefold(), "ARM")


def _confidence(table: pa.Table) -> npt.NDArray[np.object_]:
    unclear = (_ints(table["event_clarity"]) == 2) | ~_matches(table, "code_status", "Clear")
    sure = (_ints(table["number_of_sources"]) >= 2) & (_ints(table["where_prec"]) <= 2)
    return np.where(unclear, "low", np.where(sure, "high", "medium")).astype(object)
