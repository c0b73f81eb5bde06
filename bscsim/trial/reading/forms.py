"""A cell's block in its one full form, and values of Python laid over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.scenario.layers import lay

CHANGED: Final = "change"
"""The layer of what is laid over a cell from Python."""


def normal(block: Item) -> tuple[Item, list[Fault]]:
    """Write a cell's block in its one full form: analyses as a list, attrition by arm.

    >>> from bscsim.scenario.document import item_of
    >>> block = item_of({"analysis": {"outcome": "a"}, "attrition": {"centers": 0.2}}, "file")
    >>> normal(block)[0].plain()
    {'analysis': [{'outcome': 'a'}], 'attrition': {'treated': 0.2, 'control': 0.2}}
    """
    value, faults = dict(block.value), []
    analysis = block.child("analysis")
    if analysis is not None and isinstance(analysis.value, dict):
        value["analysis"] = replace(analysis, value=[analysis])
    attrition = block.child("attrition")
    centers = attrition.child("centers") if attrition is not None and isinstance(attrition.value, dict) else None
    if attrition is not None and centers is not None:
        others = {key: inner for key, inner in attrition.value.items() if key != "centers"}
        if others:
            problem = "stands for both arms; give it alone, or treated and control"
            faults.append(Fault(centers.key_place, "attrition.centers", problem))
        elif isinstance(centers.value, dict):
            others = centers.value
        else:
            others = {"treated": centers, "control": centers}
        value["attrition"] = replace(attrition, value=others)
    return replace(block, value=value), faults


def laid(block: Item, path: str, item: Item) -> tuple[Item, list[Fault]]:
    """Lay one value over a block in its full form."""
    if path == "attrition.centers":
        block, first = laid(block, "attrition.treated", item)
        block, second = laid(block, "attrition.control", item)
        return block, first + second
    below = {key: inner for key, inner in block.value.items() if inner.value is not None and key != path}
    block, problem = lay(Item(below, block.place, block.key_place, block.layer), path, item)
    return block, [Fault("", *problem)] if problem else []


def plain(value: Any) -> Any:
    """Return settings as dicts, lists, words and numbers of Python; numpy's numbers too.

    >>> plain({"a": (1, 2.0)})
    {'a': [1, 2.0]}
    """
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value.item() if hasattr(value, "item") else value
