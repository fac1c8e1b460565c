"""The event versions once more, as columns: a view of a million reads blocks, not rows."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.frame import DTYPES, OPTIONAL
from streams.store.schema import event_blocks

Bools = npt.NDArray[np.bool_]
Wanted = Callable[[pa.Table], Bools]

THREADS = 2
ROWS_MAX = 250_000
"""A block that holds as many grows no more."""

_TEXT = pa.string()
_CODED = pa.dictionary(pa.int32(), pa.string())  # few values in many rows
_VARIED = ("event_id",)
_KINDS = {
    "float64": pa.float64(),
    "int64": pa.int64(),
    "Int64": pa.int64(),
    "bool": pa.bool_(),
    "datetime64[s]": pa.timestamp("s"),
}
SCHEMA = pa.schema(
    [
        *((name, _KINDS.get(kind, _TEXT)) for name, kind in DTYPES.items()),
        ("ingested_at", _TEXT),
    ]
)
_STORED = pa.schema(
    [
        (field.name, _CODED if field.type == _TEXT and field.name not in _VARIED else field.type)
        for field in SCHEMA
    ]
)


def add_block(
    connection: Connection, theatre: str, columns: Mapping[str, pa.Array], ingested_at: str
) -> None:
    """Puts the theatre's rows into a block, which takes up its smaller ones before.

    So there are few blocks, however many appends, and each row is written anew but few times.
    """
    rows = len(columns["event_id"])
    if not rows:
        return
    given = {**columns, "ingested_at": pa.array([ingested_at] * rows)}
    parts = [_table({field.name: given[field.name] for field in SCHEMA})]
    before = sa.select(event_blocks.c.block, event_blocks.c.rows).filter_by(theatre=theatre)
    for block, held in connection.execute(before.order_by(event_blocks.c.block.desc())).all():
        if held > rows or rows + held > ROWS_MAX:
            break
        parts.insert(0, _held(connection, block))
        connection.execute(sa.delete(event_blocks).where(event_blocks.c.block == block))
        rows += held
    whole = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(
        sink, _STORED, options=pa.ipc.IpcWriteOptions(compression="zstd")
    ) as ipc:
        ipc.write_table(whole)
    content = sink.getvalue().to_pybytes()
    connection.execute(sa.insert(event_blocks).values(theatre=theatre, rows=rows, content=content))


def _table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """The columns, times no longer text, in the types in which they are kept."""
    return pa.table(
        [pc.cast(columns[field.name], SCHEMA.field(at).type) for at, field in enumerate(_STORED)],
        schema=SCHEMA,
    ).cast(_STORED)


def _held(connection: Connection, block: int) -> pa.Table:
    query = sa.select(event_blocks.c.content).where(event_blocks.c.block == block)
    return _opened(connection.execute(query).scalar_one())


def _opened(content: bytes) -> pa.Table:
    """A block's columns; one that was written before a column was holds it empty."""
    with pa.ipc.open_stream(content) as ipc:
        table = ipc.read_all()
    for field in _STORED:
        if field.name not in table.column_names:
            empty = pa.array([OPTIONAL[field.name]] * table.num_rows).cast(
                SCHEMA.field(field.name).type
            )
            table = table.append_column(field, empty.cast(field.type))
    return table.select(_STORED.names)


def read_blocks(connection: Connection, theatre: str, wanted: Wanted) -> pa.Table:
    """The theatre's versions wanted, in the order of occurred_on and, of one day, as they landed.

    `wanted` is told the blocks' columns and gives a mask of their rows.
    """
    query = sa.select(event_blocks.c.content).filter_by(theatre=theatre)
    query = query.order_by(event_blocks.c.block)
    contents = connection.execute(query).scalars().all()
    with ThreadPoolExecutor(THREADS) as pool:
        parts = [*pool.map(_opened, contents), _STORED.empty_table()]
        whole = pa.concat_tables(parts).unify_dictionaries()
        at = np.flatnonzero(wanted(whole))
        days = whole["occurred_on"].to_numpy()[at]
        rows = pa.array(at[np.argsort(days, kind="stable")])
        columns = list(pool.map(lambda field: _taken(whole[field.name], rows, field.type), SCHEMA))
    return pa.table(columns, schema=SCHEMA)


def _taken(column: pa.ChunkedArray, rows: pa.Array, kind: pa.DataType) -> pa.ChunkedArray:
    return column.take(rows).cast(kind)


def is_among(column: pa.ChunkedArray, texts: Sequence[str]) -> Bools:
    """Which rows of a column hold one of the texts."""
    among = pc.is_in(column.cast(_TEXT), pa.array(texts, _TEXT))
    return np.asarray(among.to_numpy(zero_copy_only=False), bool)
