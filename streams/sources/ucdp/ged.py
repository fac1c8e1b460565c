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
from streams.formats.csv_records import Record, RecordError, cut_records, fields_of
from streams.places.border import Border
from streams.sources.ucdp.columns import ABSENT, NEEDED, header_of, is_headless, is_tags, tagged
from streams.sources.ucdp.mapping import SOURCE, events, numbers
from streams.sources.ucdp.values import Bools, checks, without_na
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
        header = header_of(self.file, head)
        if is_headless(head):
            records, head = chain([head], records), Record(0, ",".join(header).encode())
        at = [(header.index(name) if name in header else -1, name) for name in NEEDED]
        kept: list[tuple[Record, list[str]]] = []
        broken: list[Refusal] = []
        for number, record in enumerate(records):
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
        table = without_na(table)
        ids = table["id"].to_pylist()
        judged = [*checks(table), ("id", self._unseen(ids), "an id that stands once in the file")]
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

    def _unseen(self, ids: list[str]) -> Bools:
        before = len(self.seen)
        if not self.exact:  # which row it is need not be known: the file is then read exactly
            self.seen.update(ids)
            return np.full(len(ids), len(self.seen) - before == len(ids))
        fresh = np.ones(len(ids), bool)
        for at, event_id in enumerate(ids):
            fresh[at] = event_id not in self.seen
            self.seen.add(event_id)
        return fresh
