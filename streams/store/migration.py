"""A database that an older dyadcast made, brought to the present shape; no row is lost."""

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from streams.events.frame import COLUMNS, OPTIONAL
from streams.store.blocks import add_block
from streams.store.schema import event_versions, landings, metadata

SCHEMA_VERSION = 2


def migrate_from_1(connection: Connection) -> None:
    """None; version 1 kept hashes as text, and neither landings nor the optional columns."""
    table = sa.Table("event_versions", sa.MetaData(), autoload_with=connection)
    rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    table.drop(connection)
    metadata.create_all(connection)
    if not rows:
        return
    newest = max(row["ingested_at"] for row in rows)
    told = {"source": "", "file": "", "sha256": "", "versions": len(rows), "landed_at": newest}
    connection.execute(sa.insert(landings).values(landing=1, **told))
    for row in rows:
        row |= {name: empty for name, empty in OPTIONAL.items() if name not in row}
        row |= {"content_hash": bytes.fromhex(row["content_hash"]), "landing": 1}
    kept = (*COLUMNS, "ingested_at", "content_hash", "landing")
    connection.execute(
        sa.insert(event_versions), [{name: row[name] for name in kept} for row in rows]
    )
    for moment in sorted({row["ingested_at"] for row in rows}):
        together = [row for row in rows if row["ingested_at"] == moment]
        columns = {name: pa.array([row[name] for row in together]) for name in COLUMNS}
        add_block(connection, columns, moment)
