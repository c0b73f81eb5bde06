"""The responses of a study, read from its files: one number a cell and replicate, with nothing counted twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.record.responses import MOMENTS, pooled_sd
from bscsim.record.store import StoreError
from bscsim.sweeps import store
from bscsim.sweeps.asking import KEPT, RATIOS, SCALED, Ask
from bscsim.sweeps.layout import Layout
from bscsim.sweeps.store import Held

Array = NDArray[Any]
Place = tuple[str, str]
"""A stored column at a time: (name, when)."""

MOMENT_TIMES: Final = "moments"


@dataclass
class Sheet:
    """The stored columns that the responses of a study need, [cell, replicate], NaN where there is none.

    ``there``: which replicates are stored.  ``responses``: see :meth:`response`.
    """

    layout: Layout
    columns: dict[Place, Array]
    there: NDArray[np.bool_]
    scales: dict[str, float] = field(default_factory=dict)

    @classmethod
    def read(cls, layout: Layout, held: Held) -> Sheet:
        """Read what is there, file by file and row group by row group.

        Raises StoreError if a row stands twice, or is missing in a file that should hold it.
        """
        shape = (layout.design.cells, layout.replicates)
        wanted = _needed(layout.design.asks)
        columns = {place: np.full(shape, np.nan) for place in wanted}
        months = {when: _months(layout, when) for _, when in wanted}
        names = list(dict.fromkeys(name for name, _ in wanted))
        counted = Counted(layout)
        pieces = held.needed()
        for piece in pieces:
            for rows in store.read(piece.path, names):
                counted.add(rows, str(piece.path))
                cell, replicate = rows["cell"], rows["replicate"]
                for (name, when), values in columns.items():
                    at = rows["month"] == months[when][cell]
                    values[cell[at], replicate[at]] = rows[name][at]
        there = counted.complete()
        store.require_there(pieces, there)
        sheet = cls(layout, columns, there)
        sheet.scales = {
            when: sheet._scale(when) for when in dict.fromkeys(when for name, when in wanted if name in MOMENTS)
        }
        return sheet

    def _scale(self, when: str) -> float:
        """SD of true teacher practice in the twin: of the reference cell, or of all cells of a sampled design."""
        rows = slice(None) if self.layout.design.reference is None else [self.layout.design.reference]
        n, mean, m2 = (self.columns[name, when][rows].ravel() for name in MOMENTS)
        there = np.nan_to_num(n) > 0
        return float(pooled_sd(n[there], mean[there], m2[there]))

    def response(self, ask: Ask) -> Array:
        """Return a response, [cell, replicate].

        A ratio of means is returned as its linearised values: their mean over replicates is the ratio, and their spread
        gives its interval by the delta method, so that they can be compared and paired like any other response.
        """
        if ask.name in SCALED:
            return self.columns[SCALED[ask.name], ask.when] / self.scales[ask.when]
        if ask.name in RATIOS:
            top, bottom, _ = RATIOS[ask.name]
            return linearised(self.response(Ask(top, ask.when)), self.response(Ask(bottom, ask.when)))
        if ask.name == KEPT[0]:
            return linearised(self.response(Ask(KEPT[1], ask.when)), self.response(Ask(KEPT[1], "end")))
        return self.columns[ask.name, ask.when]


def linearised(top: Array, bottom: Array) -> Array:
    """Return, row by row, values whose mean is mean(top)/mean(bottom) and whose SE is that of the ratio (delta method).

    >>> linearised(np.array([[1.0, 3.0]]), np.array([[2.0, 2.0]])).tolist()
    [[0.5, 1.5]]
    """
    both = np.isfinite(top) & np.isfinite(bottom)
    count = np.maximum(both.sum(axis=1, keepdims=True), 1)
    mean_top, mean_bottom = (np.where(both, values, 0.0).sum(axis=1, keepdims=True) / count for values in (top, bottom))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = mean_top / mean_bottom
        values = ratio + (top - ratio * bottom) / mean_bottom
    return np.asarray(np.where(both & np.isfinite(ratio), values, np.nan))


def _needed(asks: tuple[Ask, ...]) -> list[Place]:
    """List the stored columns that responses are made of, and at which time."""
    found: dict[Place, None] = {}
    for ask in asks:
        if ask.name in RATIOS:
            parts = [Ask(name, ask.when) for name in RATIOS[ask.name][:2]]
        elif ask.name == KEPT[0]:
            parts = [Ask(KEPT[1], ask.when), Ask(KEPT[1], "end")]
        else:
            parts = [ask]
        for part in parts:
            found[SCALED.get(part.name, part.name), part.when] = None
            if part.name in SCALED:
                found |= dict.fromkeys((name, part.when) for name in MOMENTS)
    return list(found)


def _months(layout: Layout, when: str) -> Array:
    """Return the month of a time in each cell."""
    ask, design = Ask("", when), layout.design
    return np.array([ask.month(design.like(cell).calendar) for cell in range(design.cells)])


class Counted:
    """Counts the rows of each cell and replicate: each of its months once, and no other."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        design = layout.design
        waves = [design.like(cell).calendar.waves for cell in range(design.cells)]
        self.rows = np.array([len(months) for months in waves])
        self.sums = np.array([sum(months) for months in waves])
        shape = (design.cells, layout.replicates)
        self.found_rows, self.found_sums = np.zeros(shape, np.int32), np.zeros(shape, np.int32)

    def add(self, rows: dict[str, Array], where: str) -> None:
        """Count rows; StoreError if one belongs to no cell or replicate of the study."""
        cell, replicate, month = (rows[name] for name in store.KEYS)
        cells, replicates = self.found_rows.shape
        if len(cell) and (
            cell.min() < 0 or cell.max() >= cells or replicate.min() < 0 or replicate.max() >= replicates
        ):
            raise StoreError(f"{where}: holds rows of cells or replicates that the study does not have")
        np.add.at(self.found_rows, (cell, replicate), 1)
        np.add.at(self.found_sums, (cell, replicate), month)

    def complete(self) -> NDArray[np.bool_]:
        """Which replicates are there; StoreError if one has a row too many or too few."""
        there = self.found_rows > 0
        wrong = there & ((self.found_rows != self.rows[:, None]) | (self.found_sums != self.sums[:, None]))
        if wrong.any():
            cell, replicate = (int(axis[0]) for axis in np.nonzero(wrong))
            found, due = self.found_rows[cell, replicate], self.rows[cell]
            raise StoreError(f"cell {cell}, replicate {replicate}: {found} rows where {due} are due; delete the "
                             "folder's cells and run again")  # fmt: skip
        return np.asarray(there)
