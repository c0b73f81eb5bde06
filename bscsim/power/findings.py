"""What a power study has found by now: the rows of its arms, and of what was searched, as summary.json's contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bscsim.power.arms import VARIANTS
from bscsim.power.needs import compares
from bscsim.power.rows import Columns
from bscsim.power.stages import Stages

AS_DESIGNED = "as designed"


def summary_of(
    stages: Stages, description: Mapping[str, Any], failed: Sequence[Mapping[str, Any]], lacking: int
) -> dict[str, Any]:
    """Summarize all rows that there are; ``lacking``: replicates of all stages that are known to be missing."""
    from bscsim.trial.summarizing.answering import answer_of
    from bscsim.trial.summarizing.summary import summarize

    design = stages.design
    cells = {cell: rows for cell in range(design.cells) if (rows := stages.read(cell, 0, design.replicates))}
    first, *others = stages.searches or [None]
    summary = summarize(
        design, cells, variants(stages), stages.read(stages.arms.gaussian, 0, design.replicates) or None, first,
        stages.budget, description, failed,
    )  # fmt: skip
    summary |= {
        "searches": others,
        "complete": summary["complete"] and not lacking,
        "missing": summary["missing"] | {"replicates": lacking, "of": stages.planned},
    }
    return summary | {"answer": answer_of(summary)}


def variants(stages: Stages) -> dict[str, list[Columns]]:
    """The rows of the first cell's variants, by name; empty if there are none."""
    if not compares(stages.design):
        return {}
    found = {name: stages.read(number, 0, stages.few) for number, name in enumerate(VARIANTS, stages.design.cells)}
    there = {name: rows for name, rows in found.items() if rows}
    designed = stages.read(0, 0, stages.few)
    return {AS_DESIGNED: designed, **there} if designed and there else {}
