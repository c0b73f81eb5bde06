"""The scenario of a study whose design says who joins and when it is measured: what it may not say itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bscsim.scenario.document import Item, item_of
from bscsim.scenario.faults import Fault
from bscsim.scenario.layers import DEFAULT, FILE, SET, lay

DECIDED: Final = {
    "enrolment.collaboratives": "design.collaboratives (or design.cohorts)",
    "enrolment.centers_per_collaborative": "design.centers_per_collaborative",
    "calendar.horizon": "design.waves: the last month of the last cohort",
    "calendar.waves": "design.waves",
}
"""Settings of a scenario that a power study's design decides -> what says it there."""

LAST_MONTH: Final = 600
"""The last month there can be."""


def without_places(root: Item) -> tuple[Item, list[Fault]]:
    """Return a power study's scenario with no places to fill and no month after the end, which its design decides.

    What a base says of them is passed over; what the study's own file (or ``--set``) says of them is a fault, as is a
    study without the untreated twin that gives the truth.

    >>> root = item_of({"enrolment": {"collaboratives": 3}, "calendar": {"ends": 50, "horizon": 40}}, DEFAULT)
    >>> without_places(root)[0].plain()
    {'enrolment': {'collaboratives': 0}, 'calendar': {'ends': 50, 'horizon': 50, 'waves': [0]}}
    """
    faults = []
    for path, decides in DECIDED.items():
        item = item_at(root, path)
        if item is not None and item.layer in (FILE, SET):
            faults.append(Fault(item.place, path, f"is decided in a power study by {decides}; leave it out here"))
    twin = item_at(root, "simulation.twin")
    if twin is not None and twin.value is False:
        problem = "must be true: the untreated twin says what the effect is; leave it out"
        faults.append(Fault(twin.place, "simulation.twin", problem))
    ends = item_at(root, "calendar.ends")
    for path, value in (("enrolment.collaboratives", 0), ("calendar.waves", [0])):
        root = lay(root, path, item_of(value, DEFAULT))[0]
    if ends is not None and type(ends.value) is int and 1 <= ends.value <= LAST_MONTH:
        root = lay(root, "calendar.horizon", replace(ends, layer=DEFAULT))[0]
    return root, faults


def item_at(root: Item, path: str) -> Item | None:
    """Return what stands at a dotted path, or None.

    >>> item_at(item_of({"a": [{"b": 1}]}, ""), "a.0.b").value
    1
    """
    item: Item | None = root
    for key in path.split("."):
        if item is None:
            return None
        item = item.child(int(key) if isinstance(item.value, list) and key.isdecimal() else key)
    return item
