"""Staff rows: every position of every center at every measurement wave, as plain columns.

Columns rather than objects, because a run of many replicates holds millions of rows and because both
schedulers, the frames and the files want whole columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.record.measures import STAFF_COLUMNS, STAFF_KEY, Measure

Array = NDArray[Any]


class StaffRows:
    """Rows of staff slots at the measurement waves, in key order (replicate, month, center, slot).

    drivers
        Length D of the columns K, k0, P and b, which have shape [n, D]; all others have shape [n].

    Rows come in blocks, in any order; reading a column sorts what has come by the key once.  Columns, their
    types and meaning are :data:`bscsim.record.measures.STAFF_COLUMNS`.

    >>> from bscsim.record.measures import STAFF_COLUMNS
    >>> rows = StaffRows(drivers=1)
    >>> block = {c.name: np.zeros((2, 1) if c.axes else 2, c.dtype) for c in STAFF_COLUMNS[2:]}
    >>> rows.append(0, 16, **{**block, "slot": np.array([1, 0])})
    >>> rows["slot"].tolist(), len(rows)
    ([0, 1], 2)
    """

    def __init__(self, drivers: int) -> None:
        self.drivers = drivers
        self._blocks: list[dict[str, Array]] = []
        self._columns: dict[str, Array] | None = None

    def append(self, replicate: int, month: int, /, **columns: Any) -> None:
        """Add the slots of one replicate and month: an array (or one value for all) per remaining column.

        Raises ValueError if a column is missing, unknown or of another length.
        """
        wanted = [column.name for column in STAFF_COLUMNS if column.name not in ("replicate", "month")]
        if missing := [name for name in wanted if name not in columns]:
            raise ValueError(f"staff rows lack the columns {', '.join(missing)}")
        if unknown := [name for name in columns if name not in wanted]:
            raise ValueError(f"staff rows have no columns {', '.join(unknown)}")
        count = len(columns["slot"])
        given = {**columns, "replicate": replicate, "month": month}
        self._add({column.name: self._shaped(column, given[column.name], count) for column in STAFF_COLUMNS})

    def _add(self, block: dict[str, Array]) -> None:
        self._blocks = [*self._held(), block]
        self._columns = None

    def _held(self) -> list[dict[str, Array]]:
        return self._blocks if self._columns is None else [self._columns]

    def _shaped(self, column: Measure, value: Any, count: int) -> Array:
        shape = (count, self.drivers) if column.axes else (count,)
        given = np.asarray(value)
        if given.ndim and given.shape != shape:
            raise ValueError(f"staff column {column.name} has shape {given.shape}, not {shape}")
        if given.shape == shape and given.dtype == np.dtype(column.dtype):
            return given  # not copied: a million rows come this way
        filled = np.empty(shape, column.dtype)
        filled[...] = given
        return filled

    @classmethod
    def of(cls, columns: Mapping[str, Array], drivers: int) -> StaffRows:
        """Make rows from whole columns, replicate and month included (used when a file is read)."""
        rows = cls(drivers)
        count = len(columns["slot"])
        rows._add({c.name: rows._shaped(c, columns[c.name], count) for c in STAFF_COLUMNS})
        return rows

    @property
    def columns(self) -> dict[str, Array]:
        """Return all columns by name, sorted by the key.

        Raises ValueError if a slot of a replicate and month was recorded twice.
        """
        if self._columns is None:
            joined = {c.name: self._joined(c) for c in STAFF_COLUMNS}
            if not self._increasing(joined):  # the compiled engine's are, and to look costs a tenth of sorting
                order = np.lexsort([joined[name] for name in reversed(STAFF_KEY)])
                joined = {name: values[order] for name, values in joined.items()}
                self._refuse_repeats(joined)
            self._columns, self._blocks = joined, []
        return self._columns

    def _joined(self, column: Measure) -> Array:
        if len(self._blocks) == 1:
            return self._blocks[0][column.name]
        empty = np.empty((0, self.drivers) if column.axes else (0,), column.dtype)
        return np.concatenate([empty, *(block[column.name] for block in self._blocks)])

    @staticmethod
    def _increasing(columns: dict[str, Array]) -> bool:
        """Whether each row's key comes after that of the row before it: nothing to sort and nothing twice."""
        later = np.zeros(max(len(columns["slot"]) - 1, 0), bool)
        for name in reversed(STAFF_KEY):
            before, after = columns[name][:-1], columns[name][1:]
            later = (after > before) | ((after == before) & later)
        return bool(later.all())

    @staticmethod
    def _refuse_repeats(columns: dict[str, Array]) -> None:
        same = np.ones(max(len(columns["slot"]) - 1, 0), bool)
        for name in STAFF_KEY:
            same &= columns[name][1:] == columns[name][:-1]
        if same.any():
            row = int(np.flatnonzero(same)[0])
            place = ", ".join(f"{name} {columns[name][row]}" for name in STAFF_KEY)
            raise ValueError(f"staff slot recorded twice: {place}")

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["slot"])

    def where(self, keep: Array) -> StaffRows:
        """Return the rows for which the boolean array ``keep`` is true."""
        return StaffRows.of({name: values[keep] for name, values in self.columns.items()}, self.drivers)

    @property
    def nbytes(self) -> int:
        """Return the bytes held, without sorting anything."""
        return sum(values.nbytes for block in self._held() for values in block.values())
