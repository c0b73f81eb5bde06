"""Reading the truth of a power study: the model, or a Gaussian truth typed in."""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from typing import Any, Final

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.trial.gaussian import COMPONENTS, GaussianTruth

NUMBERS: Final = ("effect", "sd_effect")
PARTS: Final = {"var": COMPONENTS, "var_control": COMPONENTS[1:], "r2": ("center", "staff")}
"""Mappings of a Gaussian truth and the names in them."""

_ALLOWED: Final = "allowed: mechanistic, or {gaussian: {effect: 0.3, var: {center: 0.1, residual: 0.9}}}"


def read_truth(item: Item | None) -> tuple[GaussianTruth | None, list[Fault]]:
    """Return the Gaussian truth, None for the model's, and every fault.

    >>> from bscsim.scenario.document import item_of
    >>> read_truth(item_of({"gaussian": {"effect": 0.3, "var": {"center": -1}}}, "file"))[1][0].message
    'is -1; it must be finite and at least 0'
    """
    if item is None or item.value is None or item.value == "mechanistic":
        return None, []
    gaussian = item.child("gaussian") if isinstance(item.value, dict) else None
    others = [key for key in item.value if key != "gaussian"] if isinstance(item.value, dict) else []
    if gaussian is None or others:
        said = f"'{others[0]}'" if others else item.shown()
        hint = "; did you mean mechanistic?" if get_close_matches(str(item.value), ["mechanistic"]) else ""
        return None, [Fault(item.place, "truth", f"{said} is not known; {_ALLOWED}{hint}")]
    if not isinstance(gaussian.value, dict):
        problem = f"{gaussian.shown()} is not a mapping of effect, sd_effect, var, var_control, r2"
        return None, [Fault(gaussian.place, "truth.gaussian", problem)]
    return _read(gaussian)


def _read(item: Item) -> tuple[GaussianTruth | None, list[Fault]]:
    """Read the mapping of a Gaussian truth: every part alone, then all together."""
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for key, inner in item.value.items():
        path = f"truth.gaussian.{key}"
        if key in NUMBERS:
            values[key] = _number(inner, path, faults)
            faults += _alone(inner, path, {"effect": 0.0, key: values[key]} if values[key] is not None else None)
        elif key in PARTS:
            values[key] = _part(key, inner, faults)
        else:
            hint = get_close_matches(key, [*NUMBERS, *PARTS], n=1)
            said = f"; did you mean {hint[0]}?" if hint else f"; allowed: {', '.join([*NUMBERS, *PARTS])}"
            faults.append(Fault(inner.key_place, path, f"unknown name{said}"))
    if "effect" not in item.value:
        faults.append(Fault(item.place, "truth.gaussian.effect", "is missing; it is the mean effect, a number"))
    if faults:
        return None, faults
    try:
        return GaussianTruth(**values), []
    except ValueError as error:
        place = item.child("var") or item
        return None, [Fault(place.place, "truth.gaussian.var", re.sub(r"^var ", "", str(error)))]


def _part(name: str, item: Item, faults: list[Fault]) -> dict[str, float]:
    """Read a mapping of components or shares."""
    path = f"truth.gaussian.{name}"
    if item.value is None:
        return {}
    if not isinstance(item.value, dict):
        problem = f"{item.shown()} is not a mapping of {', '.join(PARTS[name])} to numbers"
        faults.append(Fault(item.place, path, problem))
        return {}
    found = {}
    for key, inner in item.value.items():
        where = f"{path}.{key}"
        if key not in PARTS[name]:
            hint = get_close_matches(key, PARTS[name], n=1)
            said = f"; did you mean {hint[0]}?" if hint else f"; allowed: {', '.join(PARTS[name])}"
            faults.append(Fault(inner.key_place, where, f"unknown name{said}"))
            continue
        number = _number(inner, where, faults)
        if number is None:
            continue
        part = {"residual": 1.0, key: number} if name == "var" else {key: number}
        if name == "var" and key != "collaborative" and number == 0:
            part = {"residual": 1.0} | ({key: number} if key != "residual" else {"center": 1.0, "residual": 0.0})
        faults += _alone(inner, where, {"effect": 0.0, "var": {"residual": 1.0}, name: part})
        found[key] = number
    return found


def _number(item: Item, path: str, faults: list[Fault]) -> float | None:
    """Read a finite number."""
    value = item.value
    try:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        fine = False
    if not fine:
        faults.append(Fault(item.place, path, f"{item.shown()} is not allowed; allowed: a finite number"))
        return None
    return float(value)


def _alone(item: Item, path: str, arguments: dict[str, Any] | None) -> list[Fault]:
    """Say what a Gaussian truth says against one of its numbers, all else being in order."""
    if arguments is None:
        return []
    try:
        GaussianTruth(**{"var": {"residual": 1.0}} | arguments)
    except ValueError as error:
        if str(error).startswith("var has"):  # var_control that leaves nothing: seen with all parts together
            return []
        number = float(item.value)
        message = re.sub(r"^\S+ is \S+;", f"is {number:g};", str(error))
        return [Fault(item.place, path, message)]
    return []
