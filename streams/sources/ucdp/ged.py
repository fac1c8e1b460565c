"""UCDP's event file (GED), read fast; where a row is at fault, record by record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from errors import StreamError, shown
from streams.formats.csv_records import Record, RecordError, cut_records, fields_of, loose_fields
from streams.formats.last_rows import LastRows, one_row
from streams.places.border import Border
from streams.sources.ucdp.columns import ABSENT, NEEDED, header_of, is_headless, is_tags, tagged
from streams.sources.ucdp.mapping import SOURCE, events, numbers
from streams.sources.ucdp.values import checks, without_na
from streams.store.landing import Batch
from streams.store.quarantine import Refusal
from theatres import Codes

_BLOCK = 64 << 20
"""Much at a time: what is done once a block costs more than its rows."""

_RECORDS = 20_000


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
                if first and table.num_rows and is_tags(table):
                    table = table.slice(1)
                first = False
                if self._seen_before(table["id"].to_pylist()):
                    raise FaultError
                yield self._judged(table, None)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise FaultError(str(error)) from None

    def _seen_before(self, ids: list[str]) -> bool:
        before = len(self.seen)
        self.seen.update(ids)
        return len(self.seen) - before < len(ids)

    def _exact(self, content: bytes) -> Iterator[Part]:
        records = cut_records(content)
        head = next(records, None)
        if head is None:
            raise StreamError("an empty file", where=self.file, expected="a GED header")
        header = header_of(self.file, head)
        if is_headless(loose_fields(head.raw)):
            records, head = chain([head], records), Record(0, ",".join(header).encode())
        at = [(header.index(name) if name in header else -1, name) for name in NEEDED]
        kept: list[tuple[Record, list[str]]] = []
        rows, broken, folded = self._once(list(records), header, head)
        for number, record in enumerate(rows):
            if number == 0 and tagged(record):
                continue
            self.cut_off = None
            try:
                cells = fields_of(record.raw)
                while len(cells) > len(header) and not cells[-1]:
                    cells.pop()  # a spreadsheet ends each line with more commas
                if len(cells) != len(header):
                    found = f"{len(cells)} fields"
                    raise RecordError(min(len(cells), len(header)), found, f"{len(header)} fields")
                kept.append((record, [ABSENT[name] if i < 0 else cells[i] for i, name in at]))
            except RecordError as error:
                name = header[error.field] if error.field < len(header) else f"{error.field + 1}"
                refusal = self._refusal(record, head, name, error.found, error.expected)
                broken.append(refusal)
                self.cut_off = None if content.endswith(b"\n") else refusal
            if len(kept) + len(broken) >= _RECORDS:
                yield self._whole(kept, broken, folded, head)
                kept, broken, folded = [], [], 0
        if kept or broken or folded:
            yield self._whole(kept, broken, folded, head)

    def _once(
        self, rows: list[Record], header: list[str], head: Record
    ) -> tuple[list[Record], list[Refusal], int]:
        """The rows that count, the refusals of those that a later one supersedes, and how many
        more say the very same.

        Where the last cannot be read nobody knows what the event is now: no earlier one takes its
        place.
        """
        ids = [_id_of(row, header) for row in rows]
        last = LastRows.of(
            (event_id, row.line, row.raw) for event_id, row in zip(ids, rows, strict=True)
        )
        counting, refusals, folded = [], [], 0
        for event_id, row in zip(ids, rows, strict=True):
            later = last.later(event_id, row.line)
            if later is None:
                counting.append(row)
            elif last.repeats(event_id, row.raw):
                folded += 1
            else:
                refusals.append(self._refusal(row, head, "id", event_id, one_row(later), event_id))
        return counting, refusals, folded

    def _whole(
        self,
        kept: list[tuple[Record, list[str]]],
        broken: list[Refusal],
        folded: int,
        head: Record,
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
                batch.read + len(broken) + folded,
                batch.frame,
                batch.elsewhere,
                folded,
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
        table = without_na(table)
        ids = table["id"].to_pylist()
        judged = checks(table)
        good = np.logical_and.reduce([passed for _, passed, _ in judged])
        refusals = []
        if not good.all():
            if records is None or head is None:
                raise FaultError
            for row in np.flatnonzero(~good).tolist():
                column, expected = next((c, e) for c, passed, e in judged if not passed[row])
                found = table[column][row].as_py()
                refusals.append(
                    self._refusal(records[row], head, column, found, expected, ids[row][:200])
                )
        kept = table.filter(pa.array(good))
        rows = numbers(kept)
        frame = events(kept, rows, self.border, self.codes)
        batch = Batch(table.num_rows, frame, len(rows) - len(frame), refusals=tuple(refusals))
        return Part(batch, rows)


def _id_of(record: Record, header: list[str]) -> str:
    """The row's id; nothing where it has too few fields for one to be sure."""
    cells = loose_fields(record.raw)
    return cells[header.index("id")].strip() if len(cells) >= len(header) else ""
