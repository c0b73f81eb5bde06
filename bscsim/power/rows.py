"""The rows of a block on disk: one a replicate and analysis, a column a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.record.store import StoreError

Array = NDArray[Any]
Columns = dict[str, Array]
"""Name of a number -> its values, [R]."""

FORMAT: Final = 1
"""Raised when a column is renamed or its meaning changes."""

KEYS: Final = ("replicate", "analysis")


def encode(replicates: Sequence[int], analyses: Sequence[Columns], about: dict[str, Any]) -> bytes:
    """Return rows as the bytes of a Parquet file: replicate, analysis, then all numbers, NaN where there is none.

    >>> data = encode([4, 5], [{"x": np.array([1.0, 2.0])}], {})
    >>> data[:4]
    b'PAR1'
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = len(replicates)
    names = sorted({name: None for columns in analyses for name in columns})
    table: dict[str, Array] = {
        "replicate": np.tile(np.asarray(replicates, np.int64), len(analyses)),
        "analysis": np.repeat(np.arange(len(analyses), dtype=np.int16), count),
    }
    missing = np.full(count, np.nan)
    for name in names:
        table[name] = np.concatenate([np.asarray(one.get(name, missing), np.float64) for one in analyses])
    made = pa.table({name: pa.array(values, from_pandas=False) for name, values in table.items()})
    text = json.dumps({"format": FORMAT, **about}, sort_keys=True)
    sink = pa.BufferOutputStream()
    pq.write_table(made.replace_schema_metadata({"bscsim": text}), sink, compression="zstd", use_dictionary=False,
                   column_encoding=dict.fromkeys(names, "BYTE_STREAM_SPLIT"), write_statistics=False)  # fmt: skip
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decode(path: Path) -> dict[str, Array]:
    """Read a file's columns, keys among them; StoreError if it cannot be read or is of another format."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{path}: not a readable Parquet file ({error})") from error
    about = json.loads((table.schema.metadata or {}).get(b"bscsim", b"{}"))
    if about.get("format") != FORMAT:
        raise StoreError(f"{path}: stored format {about.get('format')}, this version reads {FORMAT}")
    return {name: table.column(name).to_numpy() for name in table.column_names}


def gathered(files: Sequence[dict[str, Array]], first: int, end: int) -> list[Columns]:
    """Put files of one arm together: the columns of each analysis, replicates first to before end in order.

    "replicate" is among the columns. Files hold different replicates.

    >>> one = {"replicate": np.array([1, 0]), "analysis": np.array([0, 0]), "x": np.array([2.0, 1.0])}
    >>> gathered([one], 0, 2)[0]["x"].tolist()
    [1.0, 2.0]
    """
    if not files:
        return []
    joined = {name: np.concatenate([one[name] for one in files]) for name in files[0]}
    found = []
    for analysis in range(int(joined["analysis"].max()) + 1):
        at = (joined["analysis"] == analysis) & (joined["replicate"] >= first) & (joined["replicate"] < end)
        rows = np.flatnonzero(at)
        rows = rows[np.argsort(joined["replicate"][rows], kind="stable")]
        columns = {name: values[rows] for name, values in joined.items() if name != "analysis"}
        own = dict.fromkeys(_group(name) for name, values in columns.items() if not np.isnan(values).all())
        found.append({name: values for name, values in columns.items() if _group(name) in own})
    return found


def _group(name: str) -> str:
    """What a number is of, such as an estimator: fits that all failed still have their status.

    >>> _group("cluster_t.sharp.p"), _group("replicate")
    ('cluster_t.sharp', 'replicate')
    """
    return name.rpartition(".")[0] or name
