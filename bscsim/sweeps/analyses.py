"""What the cells of a design say together: contrasts, effects, correlations, screening, indices; as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bscsim.record.intervals import Interval, finite, interval
from bscsim.sweeps import effects, fractions, indices, pairing, ranks, screening
from bscsim.sweeps.asking import KEPT, RATIOS
from bscsim.sweeps.design import Design

Responses = dict[str, NDArray[np.float64]]
Rows = list[dict[str, Any]]


def plain(key: str, found: Interval) -> dict[str, Any] | None:
    """An interval of a response as plain data; a ratio has no percentiles, for within a replicate it is not meant.

    Its values are linearised: they average to the ratio of means, and one alone says nothing of its replicate.

    >>> plain("spread@end", interval([0.2, 0.4]))["p05"] is None
    True
    """
    data = found.as_dict()
    if data is not None and key.partition("@")[0] in (*RATIOS, KEPT[0]):
        return data | {"p05": None, "p95": None}
    return data


def analyses(design: Design, responses: Responses) -> dict[str, Any]:
    """Return every analysis that fits the design, by name; those that do not are empty."""
    found: dict[str, Any] = {
        "contrasts": [], "common_numbers": {}, "by_factor": [], "one_at_a_time": [], "correlations": [], "effects": [],
        "aliases": [], "resolution": None, "morris": [], "sobol": [], "noise": {},
    }  # fmt: skip
    found |= _contrasts(design, responses)
    if design.name in ("grid", "full", "fraction"):
        found["by_factor"] = _by_factor(design, responses)
    if design.name == "one_at_a_time":
        found["one_at_a_time"] = _one_at_a_time(design, responses)
    if design.name in ("latin_hypercube", "sobol"):
        found["correlations"] = _correlations(design, responses)
    if design.kind == "factorial":
        found |= _effects(design, responses)
    if design.name == "morris":
        found["morris"] = _morris(design, responses)
    if design.name == "indices":
        found |= _indices(design, responses)
    return found


def _contrasts(design: Design, responses: Responses) -> dict[str, Any]:
    """Each cell less the reference, replicate by replicate, and what sharing random numbers bought."""
    if design.reference is None:
        return {}
    rows: Rows = []
    bought = {}
    for key, values in responses.items():
        pairs = pairing.against(values, design.reference)
        others = [(cell, pair) for cell, pair in enumerate(pairs) if cell != design.reference]
        rows += [
            {"cell": cell, "against": design.reference, "response": key, "difference": plain(key, pair.difference),
             "variance_ratio": _or_none(pair.variance_ratio)}
            for cell, pair in others
        ]  # fmt: skip
        said = pairing.bought(tuple(pair for _, pair in others))
        bought[key] = {"median_variance_ratio": _or_none(said.median_variance_ratio), "cells": said.cells}
    return {"contrasts": rows} | ({} if design.kind == "factorial" else {"common_numbers": bought})


def _or_none(value: float | None) -> float | None:
    return None if value is None else finite(value)


def _by_factor(design: Design, responses: Responses) -> Rows:
    """Mean over all cells with a level, replicate by replicate; a replicate that one of them lacks is left out."""
    rows: Rows = []
    for at, factor in enumerate(design.factors):
        for level, label in enumerate(factor.labels):
            chosen = design.points[:, at] == level
            for key, values in responses.items():
                mean = plain(key, interval(values[chosen].mean(axis=0)))
                rows.append({"factor": factor.name, "level": factor.value(level), "label": label,
                             "response": key, "mean": mean})  # fmt: skip
    return rows


def _one_at_a_time(design: Design, responses: Responses) -> Rows:
    """Each level alone, less the base."""
    rows: Rows = []
    base = design.points[0]
    for cell in range(1, design.cells):
        at = int(np.flatnonzero(design.points[cell] != base)[0])
        level = int(design.points[cell, at])
        for key, values in responses.items():
            rows.append({
                "factor": design.factors[at].name, "level": design.factors[at].value(level),
                "label": design.factors[at].labels[level], "response": key,
                "difference": plain(key, pairing.paired(values[cell], values[0]).difference),
            })  # fmt: skip
    return rows


def _correlations(design: Design, responses: Responses) -> Rows:
    rows: Rows = []
    places = design.positions()
    for key, values in responses.items():
        found = ranks.rank_correlations(places, values)
        rows += [
            {"factor": factor.name, "response": key, "rank_correlation": finite(one.rank_correlation),
             "low": finite(one.low), "high": finite(one.high)}
            for factor, one in zip(design.factors, found, strict=True)
        ]  # fmt: skip
    return rows


def _effects(design: Design, responses: Responses) -> dict[str, Any]:
    """Main effects and two-way interactions; none of a response while a cell is still missing."""
    signs = np.where(design.points > 0, 1, -1)
    names = [factor.name for factor in design.factors]
    rows: Rows = []
    bought = {}
    for key, values in responses.items():
        complete = np.isfinite(values).all(axis=0)
        if not complete.any():
            continue
        ratios = _effect_ratios(signs, values[:, complete])
        bought[key] = {"median_variance_ratio": finite(np.median(ratios)) if ratios else None, "cells": design.cells}
        for one in effects.effects(signs, values).effects:
            rows.append({"terms": [names[at] for at in one.terms], "response": key,
                         "estimate": plain(key, one.estimate), "half_normal": finite(one.half_normal)})  # fmt: skip
    generators = fractions.fraction(len(names)).generators if design.name == "fraction" else ()
    return {
        "effects": rows,
        "common_numbers": bought,
        "aliases": fractions.aliases(generators, names) if generators else [],
        "resolution": fractions.resolution(len(names), generators),
    }


def _effect_ratios(signs: NDArray[np.int64], values: NDArray[np.float64]) -> list[float]:
    """For each main effect: its variance if cells had seeds of their own, over its variance with shared ones."""
    if values.shape[1] < 2:
        return []
    weight = 2.0 / len(values)
    apart = weight**2 * values.var(axis=1, ddof=1).sum()
    shared = [(weight * (column[:, None] * values).sum(axis=0)).var(ddof=1) for column in signs.T]
    return [float(apart / one) for one in shared if one > 0.0]


def _morris(design: Design, responses: Responses) -> Rows:
    rows: Rows = []
    places = design.positions()
    for key, values in responses.items():
        found = screening.screen(places, values)
        rows += [
            {"factor": factor.name, "response": key}
            | {name: finite(getattr(one, name)) for name in ("mu_star", "low", "high", "mu", "sigma", "noise")}
            for factor, one in zip(design.factors, found, strict=True)
        ]
    return rows


def _indices(design: Design, responses: Responses) -> dict[str, Any]:
    rows: Rows = []
    noise = {}
    names = ("first", "first_low", "first_high", "total", "total_low", "total_high", "salib_first", "salib_total")
    for key, values in responses.items():
        found = indices.sobol_indices(values, len(design.factors))
        noise[key] = {"signal_share": finite(found.signal_share)}
        rows += [
            {"factor": factor.name, "response": key} | {name: finite(getattr(one, name)) for name in names}
            for factor, one in zip(design.factors, found.factors, strict=True)
        ]
    return {"sobol": rows, "noise": noise}
