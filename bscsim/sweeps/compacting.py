"""Many small files into few: a study that is complete keeps some hundred, the same whatever its blocks were."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bscsim.record.store import StoreError, sync_folder
from bscsim.sweeps import store
from bscsim.sweeps.layout import Layout
from bscsim.sweeps.store import FOLDER, GROUP_ROWS, KEYS, MOST_FILES, Held, Piece


def compact(folder: Path, layout: Layout) -> None:
    """Put the files of cells that are complete together, part by part; those that are already are left.

    A part appears whole, and then what it took in is deleted: stopped at any moment, everything is there at least once,
    and :meth:`Held.needed` reads it once.  Raises StoreError for a file that is damaged or holds other rows than its
    name says; nothing is deleted then.
    """
    held = store.scan(folder / FOLDER, layout)
    holes = dict.fromkeys(block.cell for _, block in store.missing(layout, held))
    each = -(-layout.design.cells // MOST_FILES)
    for low in range(0, layout.design.cells, each):
        high = min(low + each, layout.design.cells) - 1
        if not any(cell in holes for cell in range(low, high + 1)):
            _part(folder / FOLDER, layout, held, low, high)


def _part(folder: Path, layout: Layout, held: Held, low: int, high: int) -> None:
    name = layout.part_name(low, high, layout.replicates)
    whole = Piece(low, high, 0, layout.replicates, folder)
    inside = [(key, piece) for key, piece in held.pieces.items() if key != name and piece.within(whole)]
    if name not in held.pieces:
        pieces = Held(pieces=dict(inside)).needed()
        tables = _grouped(_tables(layout, pieces, low, high))
        _write(folder, name, tables, {"cells": [low, high], "replicates": layout.replicates})
    for _, piece in inside:
        piece.path.unlink(missing_ok=True)


def _grouped(tables: Iterator[Any]) -> Iterator[Any]:
    """Yield the same rows in row groups of one size."""
    import pyarrow as pa

    waiting: list[Any] = []
    rows = 0
    for one in tables:
        waiting.append(one)
        rows += one.num_rows
        while rows >= GROUP_ROWS:
            table = pa.concat_tables(waiting)
            yield table.slice(0, GROUP_ROWS)
            waiting, rows = [table.slice(GROUP_ROWS)], rows - GROUP_ROWS
    if rows:
        yield pa.concat_tables(waiting)


def _tables(layout: Layout, pieces: list[Piece], low: int, high: int) -> Iterator[Any]:
    """Yield the rows of cells in order of the key, each piece checked for those it should hold."""
    design = layout.design
    waves = {design.shape(cell): np.array(design.scenario(cell).calendar.waves) for cell in range(low, high + 1)}
    for cell in range(low, high + 1):
        months = waves[design.shape(cell)]
        for piece in pieces:
            if piece.low <= cell <= piece.high:
                yield from _checked(piece, cell, months)


def _checked(piece: Piece, cell: int, months: Any) -> Iterator[Any]:
    """Yield a piece's rows of a cell: each replicate and month once, in order, and nothing else."""
    at, due = 0, (piece.end - piece.first) * len(months)
    for table in _rows(piece, cell):
        place = np.arange(at, at + table.num_rows)
        at += table.num_rows
        wanted = (np.full(len(place), cell), piece.first + place // len(months), months[place % len(months)])
        found = (table.column(name).to_numpy() for name in KEYS)
        if at > due or not all(np.array_equal(*both) for both in zip(found, wanted, strict=True)):
            break
        yield table
    else:
        if at == due:
            return
    raise StoreError(f"{piece.path} holds other rows than its name says; delete it and give the same `bscsim run` "
                     "command again")  # fmt: skip


def _rows(piece: Piece, cell: int) -> Iterator[Any]:
    """Yield a piece's rows of a cell, a row group at a time; a file of one cell is small, and checked for damage."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    one = piece.low == piece.high
    if piece.path.name.startswith("c"):
        store.require_sound(piece.path)
    try:
        with pq.ParquetFile(piece.path) as file:
            for group in range(file.num_row_groups):
                about = file.metadata.row_group(group).column(0).statistics
                if one or about is None or about.min <= cell <= about.max:
                    table = file.read_row_group(group).replace_schema_metadata(None)
                    yield table if one else table.filter(pc.equal(table.column("cell"), cell))
    except pa.ArrowException as error:
        raise StoreError(f"{piece.path}: not a readable Parquet file ({error})") from error


def _write(folder: Path, name: str, tables: Iterator[Any], about: dict[str, Any]) -> None:
    """Write row groups to a temporary file, sync it, and give it its name with the sum of its bytes."""
    import pyarrow.parquet as pq

    temporary = folder / f".{name}.{os.urandom(4).hex()}.tmp"
    try:
        with temporary.open("w+b") as stream:
            table = store.described(next(tables), about)
            with pq.ParquetWriter(stream, table.schema, **store.options()) as writer:
                writer.write_table(table)
                for table in tables:
                    writer.write_table(store.described(table, about))
            stream.flush()
            os.fsync(stream.fileno())
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()[:16]
        temporary.replace(folder / f"{name}-{digest}.parquet")
        sync_folder(folder)
    finally:
        temporary.unlink(missing_ok=True)
