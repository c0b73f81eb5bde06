"""Summaries of power studies of other shapes than power_summary.json, made from it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from bscsim.trial.share import Share

EXAMPLE = Path(__file__).parent / "power_summary.json"
LONG = "design.a_setting_with_a_remarkably_long_name_that_nobody_would_ever_type"
MANIFEST: dict[str, Any] = {
    "study": {"name": "power_three_cohorts", "kind": "power", "digest": "5f1c0a9be2d34c71"},
    "file": {"name": "power_three_cohorts.yaml", "text": "kind: power\nname: power_three_cohorts\n"},
    "versions": {"bscsim": "0.1.0", "streams": 3}, "git": {"commit": "abc", "changed": False},
    "platform": {"system": "Linux"}, "run": {"seed": 1, "replicates": 1000},
}  # fmt: skip


@cache
def _text() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


def example() -> dict[str, Any]:
    """The hand-made summary of one cell."""
    made: dict[str, Any] = json.loads(_text())
    return made


def share(value: float, of: int = 1000) -> dict[str, Any]:
    one = Share(round(value * of), of)
    return {"value": one.value, "mcse": one.mcse, "low": one.low, "high": one.high}


def moved(summary: dict[str, Any], axes: list[dict[str, Any]]) -> dict[str, Any]:
    """The product of the axes as cells; power grows from cell to cell, the MDES falls, sizes wander."""
    first = summary["cells"][0]
    levels: list[dict[str, Any]] = [{}]
    for axis in axes:
        levels = [level | {axis["path"]: value} for level in levels for value in axis["values"]]
    cells = []
    for i, level in enumerate(levels):
        cell = copy.deepcopy(first) | {"cell": i, "levels": level, "label": "", "family": None}
        part = i / max(len(levels) - 1, 1)
        cell["cost"]["total"] = first["cost"]["total"] * (0.6 + 0.8 * part)
        for analysis in cell["analyses"]:
            for one in analysis["estimators"]:
                one["power"] = share(one["power"]["value"] * (0.5 + 0.6 * part))
                one["type1_average"] = share(one["type1_average"]["value"] + 0.01 * ((7 * i) % 5 - 2) / 2)
                over = one["type1_average"]["value"] > 0.05 + 3 * (0.05 * 0.95 / 1000) ** 0.5
                one["size_verdict"] = "too high" if over else "holds"
                for name in ("value", "low", "high", "sd"):
                    one["mdes"][name] *= 1.6 - 0.8 * part
        cells.append(cell)
    return summary | {"axes": axes, "cells": cells, "search": None, "budget": None,
                      "run": summary["run"] | {"cells": len(cells)}}  # fmt: skip


def axis(path: str, values: list[Any], labels: list[str] | None = None) -> dict[str, Any]:
    return {"path": path, "name": path, "values": values, "labels": labels or [str(value) for value in values]}


def one_axis() -> dict[str, Any]:
    return moved(example(), [axis("design.centers_per_collaborative", [4, 6, 8, 12])])


def seventeen() -> dict[str, Any]:
    return moved(example(), [axis("design.collaboratives", list(range(4, 21)))])


def two_axes() -> dict[str, Any]:
    return moved(example(), [axis("design.centers_per_collaborative", [4, 8, 12]),
                             axis("attrition.centers", [0.0, 0.15, 0.3])])  # fmt: skip


def three_axes() -> dict[str, Any]:
    return moved(example(), [axis(LONG, ["self_report_of_everybody_there", "practice"]),
                             axis("design.type", ["a", "b"]), axis("measures.x.sample", [1, 2, 3, "all"])])  # fmt: skip


def renamed(value: Any) -> Any:
    """The same data with long names wherever a user can choose them."""
    if isinstance(value, dict):
        return {name: f"{inner}_as_it_is_called_in_the_protocol_of_the_study"
                if name in ("outcome", "title", "variant", "item") and isinstance(inner, str) else renamed(inner)
                for name, inner in value.items()}  # fmt: skip
    return [renamed(inner) for inner in value] if isinstance(value, list) else value


def long_names() -> dict[str, Any]:
    made: dict[str, Any] = renamed(example())
    return made


def stepped_wedge() -> dict[str, Any]:
    made = example()
    waves = [{"name": f"w{m}", "month": m, "calendar": ""} for m in range(0, 49, 12)]
    made["design"] |= {"type": "stepped_wedge", "cohorts": [
        {"starts": s, "collaboratives": 1, "treated_centers": 8, "control_centers": 0, "waves": waves, "begins": s,
         "ends": s + 16, "sessions": [s + 3, s + 7, s + 11], "control_begins": None} for s in (6, 18, 30)]}  # fmt: skip
    return made | {"search": None, "budget": None, "decomposition": [], "levers": []}


def wait_list() -> dict[str, Any]:
    made = example()
    cohort = made["design"]["cohorts"][0] | {"control_begins": 20}
    made["design"] |= {"type": "wait_list", "cohorts": [cohort]}
    return made


def series() -> dict[str, Any]:
    made = example()
    waves = [{"name": f"m{m}", "month": m, "calendar": "Sep, year 1" if m == 0 else ""} for m in range(30)]
    cohort = made["design"]["cohorts"][0] | {"control_centers": 0, "starts": 12, "begins": 12, "ends": 28,
                                             "sessions": [], "waves": waves}  # fmt: skip
    made["design"] |= {"type": "interrupted_series", "cohorts": [cohort]}
    return made


def bare() -> dict[str, Any]:
    """One cell, one estimator, a power and nothing else."""
    names = ("format", "study", "versions", "title", "question", "run", "target", "truth")
    made = {name: example()[name] for name in names}
    one = {"name": "cluster_t", "title": "Cluster t", "power": share(0.5), "type1_sharp": None, "type1_average": None,
           "mdes": None, "bias": None, "coverage": None}  # fmt: skip
    analysis = {"analysis": 0, "title": "class_score at post", "truth": {}, "seen": {}, "estimators": [one],
                "closed_form": None, "gaussian": None}  # fmt: skip
    cell = {"cell": 0, "label": "", "levels": {}, "cost": None, "analyses": [analysis], "family": None}
    return made | {"cells": [cell], "axes": [], "notes": [], "search": None, "budget": None, "grant": None,
                   "decomposition": [], "levers": [], "design": None, "answer": [], "complete": True,
                   "failed": []}  # fmt: skip


def unfinished() -> dict[str, Any]:
    made = one_axis()
    made["cells"][1]["analyses"] = []
    return made | {"complete": False, "missing": {"cells": 2, "replicates": 1300, "of": 4000}, "failed": [
        {"cell": 1, "first": 0, "last": 99, "error": "ValueError: <b>bad</b>", "attempts": 3}]}  # fmt: skip


CASES = {
    "example": example, "one_axis": one_axis, "seventeen": seventeen, "two_axes": two_axes, "three_axes": three_axes,
    "long_names": long_names, "stepped_wedge": stepped_wedge, "wait_list": wait_list, "series": series, "bare": bare,
    "unfinished": unfinished, "empty": dict,
}  # fmt: skip
