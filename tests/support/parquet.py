"""The bytes of a table that is written at once: the reference for tables written in parts."""

import pyarrow as pa
import pyarrow.parquet as pq

from shards.format.tables import ROW_GROUP_ROWS


def table_to_parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.combine_chunks(),
        sink,
        row_group_size=ROW_GROUP_ROWS,
        version="2.6",
        compression="zstd",
        compression_level=3,
    )
    return bytes(sink.getvalue())
