"""One replicate of a cell simulated again, and compared with its stored rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.responses import COLUMNS, MOMENTS
from bscsim.scenario.faults import BscsimError
from bscsim.sweeps import store

if TYPE_CHECKING:
    from bscsim.simulate import Engine
    from bscsim.sweeps.layout import Layout


def compared(layout: Layout, folder: Path, cell: int, replicate: int, engine: Engine) -> str:
    """Simulate a replicate again and say how many numbers were compared, bit for bit.

    Raises BscsimError when the replicate is not stored, or anything differs.
    """
    from bscsim.engine.reducing import reduce
    from bscsim.simulate import simulate

    stored = _stored(layout, folder, cell, replicate)
    rows = reduce(simulate(layout.design.scenario(cell), [replicate], engine=engine))
    different = [
        name
        for at, name in enumerate(COLUMNS)
        if stored[name].tobytes() != rows.values[:, at].astype(np.float64 if name in MOMENTS else np.float32).tobytes()
    ]
    if different or stored["month"].tolist() != rows.month.tolist():
        names = ", ".join(different) or "its months"
        raise BscsimError(f"replicate {replicate} of cell {cell} differs from the stored rows in {names}")
    count = len(rows.month) * len(COLUMNS)
    return f"replicate {replicate} of cell {cell}: {count} numbers simulated again, all equal bit for bit"


def _stored(layout: Layout, folder: Path, cell: int, replicate: int) -> dict[str, Any]:
    """The stored rows of one replicate."""
    for piece in store.scan(folder, layout).needed():
        if piece.low <= cell <= piece.high and piece.first <= replicate < piece.end:
            for rows in store.read(piece.path, COLUMNS):
                at = (rows["cell"] == cell) & (rows["replicate"] == replicate)
                if at.any():
                    return {name: values[at] for name, values in rows.items()}
    raise BscsimError(f"replicate {replicate} of cell {cell} is not stored yet")
