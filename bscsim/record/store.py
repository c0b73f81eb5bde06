"""The record on disk: Parquet files in DIR/cells that rebuild a Trajectories to the last bit.

A batch of replicates is three files, each a table that duckdb and pandas read as it stands:

``centers-r000000-r000099-<hash>.parquet``
    A row a replicate, world and center: labels and totals (what has no month).
``months-...``
    A row a replicate, world, center and month: every measure by month; axes after the month are flattened into
    columns ``practice_teacher``, ``invited_leader_session``, ``cost_hiring``, ``fit_1``, ...
``staff-...``
    A row a replicate, world, month, center and slot: the staff rows; ``K_1`` ... by driver.

The hash (SHA-256, 16 digits) is of the file's own bytes, so a damaged or truncated file is noticed whatever was
hit; equal records give equal bytes.  A file is written under a temporary name, synced and renamed: a killed run
leaves no half file.  Floats are stored as their bits (no dictionary, which may merge 0.0 with -0.0 or NaNs).
What is the same for all rows (format, versions, seed, scenario digest, area names, the ledger of persons) stands in
the schema's metadata under ``bscsim``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record import tables
from bscsim.record.measures import LABELS, MEASURES, STAFF_COLUMNS
from bscsim.record.staff_rows import Array
from bscsim.record.tables import CENTER_LABELS
from bscsim.record.trajectories import Trajectories, join
from bscsim.rules.draws import STREAM_VERSION
from bscsim.scenario.faults import BscsimError

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Scenario

FORMAT = 1
"""Raised when a column is renamed or its meaning changes; files of another format are refused."""

TABLES = ("centers", "months", "staff")

_BATCH = re.compile(r"centers-(r\d+-r\d+)-[0-9a-f]{16}\.parquet$")


class StoreError(BscsimError):
    """A stored record is missing, damaged, incomplete or of another format; the message names the file."""


def write(run: Trajectories, directory: Path | str) -> tuple[Path, ...]:
    """Write a record's replicates into a folder (made if need be) and return the three files.

    A folder can hold many batches; the same batch again gives the same names and bytes.  A batch is named after its
    first and last replicate; gaps between are allowed.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    span = f"r{min(run.replicates):06d}-r{max(run.replicates):06d}"
    columns = {"centers": tables.centers_table, "months": tables.months_table, "staff": tables.staff_table}
    return tuple(_write_file(folder, f"{name}-{span}", _arrow(run, columns[name](run), name)) for name in TABLES)


def read(directory: Path | str, scenario: Scenario, replicates: Sequence[int] | None = None) -> Trajectories:
    """Rebuild the record that :func:`write` left: all of it, or these replicates in ascending order.

    ``scenario`` is the one simulated; if it has a digest it is compared with the stored one.

    Raises StoreError if files are missing, damaged, of another format or of another scenario, or a replicate is not
    there.
    """
    folder = Path(directory)
    batches = sorted(match[1] for path in folder.glob("centers-*.parquet") if (match := _BATCH.match(path.name)))
    if not batches:
        raise StoreError(f"{folder}: no stored record (no centers-*.parquet)")
    parts = [_read_batch(folder, span, scenario) for span in batches if _may_hold(span, replicates)]
    held = [number for part in parts for number in part.replicates]
    if missing := [number for number in replicates or () if number not in held]:
        raise StoreError(f"{folder}: no replicate {missing[0]} in it")
    try:
        run = parts[0] if len(parts) == 1 else join(parts)
        return run if replicates is None else join([run.replicate(number) for number in replicates])
    except ValueError as error:
        raise StoreError(f"{folder}: its batches do not belong together: {error}") from error


def differences(a: Trajectories, b: Trajectories) -> list[str]:
    """Name everything in which two records differ in any bit (empty: they are the same record)."""
    found = [] if (a.seed, a.replicates) == (b.seed, b.replicates) else ["seed or replicates"]
    found += [] if a.labels.area_names == b.labels.area_names else ["labels.area_names"]
    for name in (*CENTER_LABELS, *(row.name for row in LABELS)):
        if not _same_bits(getattr(a.labels, name), getattr(b.labels, name)):
            found.append(f"labels.{name}")
    if (a.twin is None) != (b.twin is None):
        return [*found, "twin"]
    for (world, one), (_, other) in zip(a.worlds, b.worlds, strict=True):
        found += [f"{world}.{row.name}" for row in MEASURES if not _same_bits(one[row.name], other[row.name])]
        found += [f"{world}.staff.{column.name}" for column in STAFF_COLUMNS
                  if not _same_bits(one.staff[column.name], other.staff[column.name])]
    return found


def _same_bits(a: Array, b: Array) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object:
        return bool(a.tolist() == b.tolist())
    return bool(np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes())


def _may_hold(span: str, replicates: Sequence[int] | None) -> bool:
    first, last = (int(part.removeprefix("r")) for part in span.split("-"))
    return replicates is None or any(first <= number <= last for number in replicates)


def _read_batch(folder: Path, span: str, scenario: Scenario) -> Trajectories:
    loaded = {name: _read_file(folder, f"{name}-{span}", scenario) for name in TABLES}
    return tables.rebuilt(loaded["centers"][0], {name: columns for name, (_, columns) in loaded.items()}, scenario)


def _arrow(run: Trajectories, columns: dict[str, Array], name: str) -> Any:
    """Make an Arrow table of the columns; the schema's metadata says what it is."""
    import pyarrow as pa

    description = {"format": FORMAT, "table": name, "streams": STREAM_VERSION,
                   "digest": str(getattr(run.scenario, "digest", "")), **tables.about(run)}
    arrays = {key: pa.array(values, pa.string() if values.dtype == object else None, from_pandas=False)
              for key, values in columns.items()}
    return pa.table(arrays).replace_schema_metadata({"bscsim": json.dumps(description, sort_keys=True)})


def _write_file(folder: Path, stem: str, table: Any) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    pq.write_table(table, sink, compression="zstd", use_dictionary=others, use_byte_stream_split=floats,
                   write_statistics=False, store_schema=True)
    data = sink.getvalue().to_pybytes()
    path = folder / f"{stem}-{_hash(data)}.parquet"
    write_safely(path, data)
    return path


def write_safely(path: Path, data: bytes) -> None:
    """Write under a temporary name, sync, rename: the file is whole or not there, also after a power cut.

    The temporary name is new, not made of the process id: processes of two machines may write to one folder.
    """
    with synced(path, data) as temporary:
        temporary.replace(path)
        sync_folder(path.parent)


@contextmanager
def synced(path: Path, data: bytes) -> Iterator[Path]:
    """Write a temporary file beside a path and sync it; it is gone afterwards unless it was given another name."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in a folder last, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows has no such thing
        return
    try:
        os.fsync(handle)
    except OSError:  # a file system that cannot
        return
    finally:
        os.close(handle)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _read_file(folder: Path, stem: str, scenario: Scenario) -> tuple[dict[str, Any], dict[str, Array]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = sorted(folder.glob(f"{stem}-*.parquet"))
    if len(found) != 1:
        raise StoreError(f"{folder}: expected one file {stem}-*.parquet, found {len(found)}")
    path = found[0]
    data = path.read_bytes()
    if _hash(data) != path.stem.rsplit("-", 1)[1]:
        raise StoreError(f"{path}: damaged or truncated (its bytes do not match the hash in its name)")
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{path}: not a readable Parquet file ({error})") from error
    about = json.loads((table.schema.metadata or {}).get(b"bscsim", b"{}"))
    if about.get("format") != FORMAT:
        raise StoreError(f"{path}: stored format {about.get('format')}, this version reads {FORMAT}")
    digest = str(getattr(scenario, "digest", ""))
    if digest and about["digest"] and digest != about["digest"]:
        raise StoreError(f"{path}: it belongs to another scenario (digest {about['digest'][:12]}, not {digest[:12]})")
    return about, {name: _numpy(table.column(name)) for name in table.column_names}


def _numpy(column: Any) -> Array:
    values: Array = column.combine_chunks().to_numpy(zero_copy_only=False)
    return values
