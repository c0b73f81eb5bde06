"""summary.json of a study of many cells: every response of every cell with its interval, and what they say together.

Plain data, without times, names of machines, or NaN: equal studies give equal files, whatever ran them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bscsim.record.intervals import finite, interval
from bscsim.sweeps.analyses import analyses, plain
from bscsim.sweeps.answering import answer
from bscsim.sweeps.design import Design
from bscsim.sweeps.factors import Factor, shown
from bscsim.sweeps.sheet import Sheet
from bscsim.sweeps.store import Held

FORMAT: Final = 1
"""Raised whenever a name in summary.json changes its meaning."""

INTERVAL_NOTE: Final = (
    "mean over replicates; ci95: 95% Monte Carlo interval of the mean (t over replicates); p05, p95: percentiles over "
    "replicates; differences are paired: replicate r has the same random numbers in every cell"
)
Responses = dict[str, NDArray[np.float64]]


def summarize(sheet: Sheet, held: Held, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary of what is there; ``manifest``: see :mod:`bscsim.record.provenance`."""
    design = sheet.layout.design
    responses = {ask.key: sheet.response(ask) for ask in design.asks}
    lacking = sheet.layout.replicates - sheet.there.sum(axis=1)
    summary: dict[str, Any] = {
        "format": FORMAT,
        "intervals": INTERVAL_NOTE,
        "study": dict(manifest["study"]),
        "title": manifest["study"]["name"],
        "question": design.settings.question,
        "versions": {name: manifest["versions"][name] for name in ("bscsim", "streams")},
        "run": dict(manifest["run"]) | {
            "cells": design.cells, "rows": _rows(sheet), "base_horizon": design.base.calendar.horizon,
        },
        "design": design.name,
        "complete": not lacking.any(),
        "missing": {"cells": int((lacking > 0).sum()), "replicates": int(lacking.sum()), "of": int(sheet.there.size)},
        "failed": [
            {"cell": one.block.cell, "first": one.block.first, "last": one.block.end - 1, "error": one.error,
             "attempts": one.attempts}
            for _, one in sorted(held.failed.items())
        ],
        "factors": [_factor(factor) for factor in design.factors],
        "responses": [
            {"key": ask.key} | {name: getattr(ask, name) for name in ("name", "when", "title", "unit", "about")}
            for ask in design.asks
        ],
        "scale": {when: {"sd": finite(sd), "cell": design.reference} for when, sd in sheet.scales.items()},
        "reference": design.reference,
        "cells": [_cell(design, cell, sheet, responses) for cell in range(design.cells)],
    }  # fmt: skip
    summary |= analyses(design, responses)
    summary["answer"] = answer(summary)
    return summary


def _rows(sheet: Sheet) -> int:
    """Count the stored rows: one a cell, replicate and wave."""
    design = sheet.layout.design
    waves = np.array([len(design.like(cell).calendar.waves) for cell in range(design.cells)])
    return int((sheet.there.sum(axis=1) * waves).sum())


def _factor(factor: Factor) -> dict[str, Any]:
    ends = factor.ranges[0] if factor.ranges else None
    return {
        "name": factor.name, "paths": list(factor.paths),
        "levels": [factor.value(level) for level in range(len(factor.levels))] or None,
        "labels": list(factor.labels) or None, "low": None if ends is None else ends.low,
        "high": None if ends is None else ends.high, "unit": factor.unit, "about": factor.about,
    }  # fmt: skip


def _plain_level(value: Any) -> Any:
    return value if isinstance(value, int | float | str | None) else shown(value)


def _cell(design: Design, cell: int, sheet: Sheet, responses: Responses) -> dict[str, Any]:
    return {
        "cell": cell, "label": design.label(cell),
        "levels": {name: _plain_level(value) for name, value in design.levels(cell).items()},
        "replicates": int(sheet.there[cell].sum()),
        "values": {key: plain(key, interval(values[cell])) for key, values in responses.items()},
    }  # fmt: skip
