"""Finished blocks on disk: Parquet files that are whole or not there, and are named by what they hold.

``DIR/cells`` holds, for a block, ``c000012-r00000000-00000100-<digest>-<sum>.parquet``: cell, replicates (from, to
before), the digest of all that its numbers depend on, and the SHA-256 of its own bytes.  A damaged file does not match
its name and counts as missing.  A study that is complete is compacted: ``p000000-000004-<digest>-<sum>.parquet`` holds
cells 0 to 4. A block that could not be run leaves ``...-<digest>.failed.json``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from bscsim.record.responses import COLUMNS, MOMENTS
from bscsim.record.store import StoreError, write_safely
from bscsim.sweeps.layout import Block, Blocks

FORMAT: Final = 1
"""Raised when a column is renamed or its meaning changes."""

FOLDER: Final = "cells"
KEYS: Final = ("cell", "replicate", "month")
MOST_FILES: Final = 200
"""Files of a compacted study, about."""

GROUP_ROWS: Final = 65_536
"""Rows of a row group of a compacted file: the same whatever the blocks were."""

_BLOCK: Final = re.compile(r"(c(\d{6})-r(\d{8})-(\d{8})-[0-9a-f]{16})-[0-9a-f]{16}\.parquet")
_PART: Final = re.compile(r"(p(\d{6})-(\d{6})-r(\d{8})-[0-9a-f]{16})-[0-9a-f]{16}\.parquet")
_TEMPORARY: Final = re.compile(r"\.[cp]\d{6}-.*\.[0-9a-f]{8}\.tmp")
_FAILED: Final = re.compile(r"(c(\d{6})-r(\d{8})-(\d{8})-[0-9a-f]{16})\.failed\.json")


class Piece(NamedTuple):
    """A file: replicates ``first`` to before ``end`` of the cells ``low`` to ``high``."""

    low: int
    high: int
    first: int
    end: int
    path: Path

    def within(self, other: Piece) -> bool:
        """Whether another file holds all that is in this one."""
        return other.low <= self.low and self.high <= other.high and other.first <= self.first and self.end <= other.end


class Failure(NamedTuple):
    """A block that could not be run."""

    block: Block
    error: str
    attempts: int


@dataclass
class Held:
    """What a folder holds of a study: its files by name, and failures; files that belong to something else."""

    pieces: dict[str, Piece] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)
    strangers: list[Path] = field(default_factory=list)

    def needed(self) -> list[Piece]:
        """Return the files to read, in order of cells and replicates: not those whose contents another has too.

        Raises StoreError if two overlap in part, which only a foreign hand can have made.
        """
        kept: dict[int, list[Piece]] = {}
        chosen = []
        for piece in _largest_first(self.pieces.values()):
            clash = _beside(kept, piece)
            if clash is not None and not piece.within(clash):
                raise StoreError(f"{piece.path} and {clash.path.name} hold the same replicates of cells {piece.low} to "
                                 f"{piece.high}; the same `bscsim run` command puts that right")  # fmt: skip
            if clash is None:
                chosen.append(piece)
                for cell in range(piece.low, piece.high + 1):
                    insort(kept.setdefault(cell, []), piece, key=_first)
        return sorted(chosen, key=lambda one: (one.low, one.first))


def _largest_first(pieces: Iterable[Piece]) -> list[Piece]:
    return sorted(pieces, key=lambda one: ((one.high - one.low + 1) * (one.end - one.first), one.path), reverse=True)


def _first(piece: Piece) -> int:
    return piece.first


def _beside(kept: dict[int, list[Piece]], piece: Piece) -> Piece | None:
    """Return a piece that has rows of this one too: one that holds all of them, if there is one."""
    found = None
    for cell in range(piece.low, piece.high + 1):
        there = kept.get(cell, [])
        at = bisect_right(there, piece.first, key=_first)
        for other in there[max(at - 1, 0) : at + 1]:
            if piece.first < other.end and other.first < piece.end:
                if piece.within(other):
                    return other
                found = other
    return found


def require_there(pieces: Iterable[Piece], there: Any) -> None:
    """Raise StoreError if a file lacks a replicate that its name says it has; ``there``: bool [cells, replicates]."""
    for piece in pieces:
        lacking = np.argwhere(~there[piece.low : piece.high + 1, piece.first : piece.end])
        if len(lacking):
            cell, replicate = (int(at) for at in lacking[0] + (piece.low, piece.first))
            raise StoreError(f"{piece.path} lacks replicates that its name says it has: {replicate} of cell {cell}; "
                             "delete it and give the same `bscsim run` command again")  # fmt: skip


def encode(cell: int, replicate: Any, month: Any, values: Any, about: dict[str, Any]) -> bytes:
    """Return rows of a cell as the bytes of a Parquet file: outcomes as float32, moments as float64."""
    import pyarrow as pa

    columns = {"cell": np.full(len(replicate), cell, np.int32), "replicate": replicate, "month": month}
    for at, name in enumerate(COLUMNS):
        columns[name] = np.ascontiguousarray(values[:, at], np.float64 if name in MOMENTS else np.float32)
    return _bytes(pa.table({name: pa.array(column, from_pandas=False) for name, column in columns.items()}), about)


def _bytes(table: Any, about: dict[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(described(table, about), sink, **options())
    data: bytes = sink.getvalue().to_pybytes()
    return data


def described(table: Any, about: dict[str, Any]) -> Any:
    """Write into a table's schema what it is."""
    text = json.dumps({"format": FORMAT, **about}, sort_keys=True)
    return table.replace_schema_metadata({"bscsim": text})


def options() -> dict[str, Any]:
    """How rows are written: the same bytes for the same rows."""
    return {"compression": "zstd", "compression_level": 1, "use_dictionary": False, "write_statistics": list(KEYS),
            "column_encoding": dict.fromkeys(COLUMNS, "BYTE_STREAM_SPLIT"), "store_schema": True}  # fmt: skip


def put(folder: Path, name: str, data: bytes) -> Path:
    """Write a block under a temporary name, sync and rename it; the same block twice is the same file."""
    path = folder / f"{name}-{_sum(data)}.parquet"
    write_safely(path, data)
    return path


def put_failure(folder: Path, name: str, failure: Failure) -> None:
    """Write down that a block could not be run."""
    text = json.dumps({"error": failure.error, "attempts": failure.attempts})
    write_safely(folder / f"{name}.failed.json", text.encode())


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def scan(folder: Path, layout: Blocks) -> Held:
    """List what a folder holds of a study, by names alone."""
    held = Held()
    if not folder.is_dir():
        return held
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda one: one.name)
    for entry in listed:
        path = Path(entry.path)
        if match := _BLOCK.fullmatch(entry.name):
            cell, first, end = map(int, match.groups()[1:])
            named = layout.name(Block(cell, first, end)) if cell < layout.cells else ""
            piece = Piece(cell, cell, first, end, path)
        elif match := _PART.fullmatch(entry.name):
            low, high, end = map(int, match.groups()[1:])
            named = layout.part_name(low, high, end) if high < layout.cells else ""
            piece = Piece(low, high, 0, end, path)
        else:
            if match := _FAILED.fullmatch(entry.name):
                held.failed[match[1]] = _failure(match, path)
            continue
        if match[1] == named:
            held.pieces[named] = piece
        else:
            held.strangers.append(path)
    return held


def _failure(match: re.Match[str], path: Path) -> Failure:
    block = Block(int(match[2]), int(match[3]), int(match[4]))
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Failure(block, str(said["error"]), int(said["attempts"]))
    except (OSError, ValueError, KeyError):
        return Failure(block, "unknown (its note cannot be read)", 1)


def sound(path: Path) -> bool:
    """Whether a file's bytes are those its name says.

    Raises FileNotFoundError if it is not there, and OSError if it cannot be read: that is no reason to delete it.
    """
    return _sum(path.read_bytes()) == path.stem.rsplit("-", 1)[1]


def require_sound(path: Path) -> None:
    """Raise StoreError for a file whose bytes are not those its name says: its numbers would be silently others."""
    try:
        if sound(path):
            return
    except FileNotFoundError:
        raise StoreError(f"{path}: is no longer there; a runner may be at work in this folder: open the results "
                         "again when it is done") from None  # fmt: skip
    raise StoreError(f"{path}: damaged; the same `bscsim run` command computes it again")


def drop_damaged(held: Held) -> list[Path]:
    """Delete files whose bytes are not those their names say, and return them: what was in them is run again."""
    bad = []
    for name, piece in list(held.pieces.items()):
        try:
            if sound(piece.path):
                continue
            bad.append(piece.path)
            piece.path.unlink(missing_ok=True)
        except FileNotFoundError:  # another runner has put it into a larger one
            pass
        del held.pieces[name]
    return bad


def drop_overlapping(held: Held) -> list[Path]:
    """Delete the smaller of two files that have only a part in common, and return them.

    Runners that are asked for different replicates at the same time can leave such a pair.
    """
    kept: dict[int, list[Piece]] = {}
    gone = []
    for piece in _largest_first(held.pieces.values()):
        clash = _beside(kept, piece)
        if clash is None:
            for cell in range(piece.low, piece.high + 1):
                insort(kept.setdefault(cell, []), piece, key=_first)
        elif not piece.within(clash):
            gone.append(piece.path)
            piece.path.unlink(missing_ok=True)
    held.pieces = {name: piece for name, piece in held.pieces.items() if piece.path not in gone}
    return gone


def drop_settled(folder: Path, layout: Blocks, held: Held) -> None:
    """Forget failures of blocks that have been computed since, if only in part, or that are not of this study."""
    there = _there(held) if held.failed else {}
    for name, failure in list(held.failed.items()):
        block = failure.block
        known = layout.has(block) and name == layout.name(block)
        if not known or list(_gaps(block, there.get(block.cell, ()))) != [block]:
            del held.failed[name]
            (folder / f"{name}.failed.json").unlink(missing_ok=True)


def is_ours(name: str) -> bool:
    """Whether a file's name in the folder of cells is one that only this program gives.

    >>> is_ours("c000001-r00000000-00000004-0123456789abcdef.failed.json"), is_ours("notes.json")
    (True, False)
    """
    return any(kind.fullmatch(name) for kind in (_BLOCK, _PART, _FAILED, _TEMPORARY))


def sweep_temporaries(folder: Path) -> None:
    """Delete temporary files of writers that are gone; for a runner that is alone.

    It asks no clock how old they are.  A writer that is there after all (a part of a job array) misses its file when it
    gives it its name, and writes it again.
    """
    for path in sorted(folder.glob(".*.tmp")):
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def missing(layout: Blocks, held: Held) -> list[tuple[int, Block]]:
    """List what no file holds, as blocks or parts of blocks, each with the block's place in the order."""
    there = _there(held)
    return [
        (place, gap) for place, block in enumerate(layout.blocks()) for gap in _gaps(block, there.get(block.cell, ()))
    ]


def _there(held: Held) -> dict[int, list[tuple[int, int]]]:
    """The replicates of each cell that files hold, as spans in order and apart."""
    there: dict[int, list[tuple[int, int]]] = {}
    for piece in held.pieces.values():
        for cell in range(piece.low, piece.high + 1):
            there.setdefault(cell, []).append((piece.first, piece.end))
    return {cell: _joined(spans) for cell, spans in there.items()}


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that touch or overlap, in order."""
    found: list[tuple[int, int]] = []
    for first, end in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((first, end))
    return found


def _gaps(block: Block, spans: Sequence[tuple[int, int]]) -> Iterator[Block]:
    """Yield the parts of a block that are in none of the spans, which are in order and apart."""
    at = block.first
    for first, end in spans[bisect_right(spans, at, key=lambda span: span[1]) :]:
        if first >= block.end:
            break
        if first > at:
            yield Block(block.cell, at, first)
        at = end
    if at < block.end:
        yield Block(block.cell, at, block.end)


def read(path: Path, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the row groups of a file as columns: keys and those asked for.

    Raises StoreError if it cannot be read or is of another format.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = json.loads((file.schema_arrow.metadata or {}).get(b"bscsim", b"{}"))
            if about.get("format") != FORMAT:
                raise StoreError(f"{path}: stored format {about.get('format')}, this version reads {FORMAT}")
            names = [*KEYS, *(name for name in columns if name not in KEYS)]
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=names)
                yield {name: table.column(name).to_numpy() for name in names}
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{path}: not a readable Parquet file ({error})") from error
