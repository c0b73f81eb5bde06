"""The answer of a study in sentences, each number with its interval; made of the summary alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bscsim.sweeps.factors import short_names

Summary = Mapping[str, Any]
Row = Mapping[str, Any]

MOST: Final = 5
"""Things named one by one."""

PAIRS: Final = 3
"""Interactions named one by one."""


def answer(summary: Summary) -> list[str]:
    """Say what came out, in a few sentences: first what is missing, then what the design was made for."""
    return [*_missing(summary), *_found(summary), *_pairing(summary)]


def _missing(summary: Summary) -> Iterator[str]:
    if not summary["complete"]:
        lacking, of = (summary["missing"][name] for name in ("replicates", "of"))
        yield f"This is a partial result: {lacking:,} of {of:,} replicates are missing."
    if summary["failed"]:
        first, count = summary["failed"][0], len(summary["failed"])
        yield f"{count} block{'s' * (count > 1)} failed, the first in cell {first['cell']}: {first['error']}."
    waiting = [when for when, scale in summary["scale"].items() if scale["sd"] is None]
    if waiting and summary["reference"] is not None:
        reference = summary["cells"][summary["reference"]]["label"]
        yield f"No effect in SD can be given before the reference cell ({reference}) is there."


def _found(summary: Summary) -> Iterator[str]:
    for response in summary["responses"]:
        if summary["design"] in ("full", "fraction"):
            yield from _effects(summary, response)
        elif summary["morris"]:
            yield from _morris(summary, response)
        elif summary["sobol"]:
            yield from _sobol(summary, response)
        elif summary["correlations"]:
            yield from _correlations(summary, response)
        elif summary["one_at_a_time"]:
            yield from _one_at_a_time(summary, response)
        elif summary["design"] == "list":
            yield from _listed(summary, response)
        else:
            yield from _grid(summary, response)


def number(value: float, digits: int | None = None) -> str:
    """Write a number, with three digits or so unless it is said how many stand after the point.

    >>> number(0.3024), number(13775.9), number(12.34), number(-0.0001, 2)
    ('0.30', '13,776', '12.3', '0.00')
    """
    if digits is None:
        digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.0995 else 3
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def said(found: Row | None) -> str:
    """Write an interval: mean (low to high), to the digit that the interval leaves in doubt.

    >>> said({"mean": 0.30242, "ci95_low": 0.2839, "ci95_high": 0.3209}), said(None)
    ('0.30 (0.28 to 0.32)', 'unknown')
    """
    if found is None:
        return "unknown"
    mean, low, high = (found[name] for name in ("mean", "ci95_low", "ci95_high"))
    return _between(mean, low, high)


def _between(mean: float, low: float | None, high: float | None) -> str:
    if low is None or high is None or not high > low:
        return number(mean)
    digits = min(4, max(0, -math.floor(math.log10((high - low) / 2.4))))  # .115 leaves .01 in doubt, not .1
    return f"{number(mean, digits)} ({number(low, digits)} to {number(high, digits)})"


def _title(response: Row) -> str:
    """The response at the beginning of a sentence, its unit left to the title."""
    title = str(response["title"])
    return title[0].upper() + title[1:]


def _short(name: str) -> str:
    return short_names([name])[name].replace("_", " ")


def _rows(summary: Summary, name: str, response: Row) -> list[Row]:
    return [row for row in summary[name] if row["response"] == response["key"]]


def _named(rows: list[str]) -> str:
    return ", ".join(rows[:-1]) + " and " + rows[-1] if len(rows) > 1 else "".join(rows)


def _grid(summary: Summary, response: Row) -> Iterator[str]:
    """Lowest and highest cell, and how far each factor moves the mean over the others."""
    key = response["key"]
    cells = [cell for cell in summary["cells"] if cell["values"][key] is not None]
    if not cells:
        return
    low, high = (choose(cells, key=lambda cell: cell["values"][key]["mean"]) for choose in (min, max))
    text = (f"{_title(response)}: from {said(low['values'][key])} with {low['label']} to "
            f"{said(high['values'][key])} with {high['label']}")  # fmt: skip
    moves = []
    for factor in summary["factors"]:
        rows = [
            row
            for row in _rows(summary, "by_factor", response)
            if row["factor"] == factor["name"] and row["mean"] is not None
        ]
        if len(rows) > 1:
            ends = rows[0], rows[-1]
            span = max(row["mean"]["mean"] for row in rows) - min(row["mean"]["mean"] for row in rows)
            levels = " to ".join(f"{number(row['mean']['mean'])} ({row['label']})" for row in ends)
            moves.append((span, f"{_short(factor['name'])} from {levels}"))
    moves.sort(key=lambda pair: -pair[0])
    if len(moves) > 1:
        text += f"; averaged over the other factors, {_named([words for _, words in moves[:MOST]])}"
    yield text + "."


def _listed(summary: Summary, response: Row) -> Iterator[str]:
    key = response["key"]
    cells = [f"{said(cell['values'][key])} with {cell['label']}" for cell in summary["cells"][:12]]
    yield f"{_title(response)}: {_named(cells)}."


def _effects(summary: Summary, response: Row) -> Iterator[str]:
    """Main effects in order of size, and the interactions that are surely there."""
    rows = [row for row in _rows(summary, "effects", response) if row["estimate"] is not None]
    empty = sum(cell["values"][response["key"]] is None for cell in summary["cells"])
    if not rows and empty:
        yield f"{_title(response)}: no effects, because {empty} of {len(summary['cells'])} cells have no value."
    rows.sort(key=lambda row: -abs(row["estimate"]["mean"]))
    main = [f"{_short(row['terms'][0])} {said(row['estimate'])}" for row in rows if len(row["terms"]) == 1]
    pairs = [
        f"{' with '.join(map(_short, row['terms']))} {said(row['estimate'])}"
        for row in rows
        if len(row["terms"]) == 2 and _is_sure(row["estimate"])
    ]
    if main:
        more = f"; more (or less) together than apart: {_named(pairs[:PAIRS])}" if pairs else ""
        yield f"{_title(response)}, what each factor adds on average: {_named(main)}{more}."


def _is_sure(found: Row) -> bool:
    """Whether an interval leaves out zero."""
    return found["ci95_low"] is not None and (found["ci95_low"] > 0 or found["ci95_high"] < 0)


def _morris(summary: Summary, response: Row) -> Iterator[str]:
    rows = [row for row in _rows(summary, "morris", response) if row["mu_star"] is not None]
    rows.sort(key=lambda row: -row["mu_star"])
    if not rows:
        return
    first = [
        f"{_short(row['factor'])} {_between(row['mu_star'], row['low'], row['high'])}" for row in rows[:MOST]
    ]
    quiet = sum(row["noise"] is not None and row["mu_star"] <= 2 * row["noise"] for row in rows)
    yield (f"{_title(response)}: over its whole range each of these moves it most, on average by {_named(first)}; "
           f"{quiet} of {len(rows)} factors move it less than twice what noise alone would show.")  # fmt: skip


def _sobol(summary: Summary, response: Row) -> Iterator[str]:
    rows = [row for row in _rows(summary, "sobol", response) if row["total"] is not None]
    rows.sort(key=lambda row: -row["total"])
    if not rows:
        return
    first = [
        f"{_short(row['factor'])} {_share(row['total'], row['total_low'], row['total_high'])}" for row in rows[:MOST]
    ]
    alone = sum(row["first"] for row in rows if row["first"] is not None)
    if 0 <= alone <= 1.05 and all(row["total"] <= 1.5 for row in rows):
        rest = f"Factors alone explain {number(min(alone, 1.0), 2)} of it; the rest is between them."
    else:
        rest = "These are no shares yet: too few base points or replicates for so little variance."
    yield f"{_title(response)}: shares of its variance that would stay if all else were known: {_named(first)}. {rest}"


def _share(value: float, low: float | None, high: float | None) -> str:
    texts = [number(one, 2) for one in (value, low, high) if one is not None]
    return f"{texts[0]} ({texts[1]} to {texts[2]})" if len(texts) == 3 else texts[0]


def _correlations(summary: Summary, response: Row) -> Iterator[str]:
    rows = [row for row in _rows(summary, "correlations", response) if row["rank_correlation"] is not None]
    rows.sort(key=lambda row: -abs(row["rank_correlation"]))
    first = [
        f"{_short(row['factor'])} {_share(row['rank_correlation'], row['low'], row['high'])}" for row in rows[:MOST]
    ]
    if first:
        yield f"{_title(response)} goes along most with (rank correlation): {_named(first)}."


def _one_at_a_time(summary: Summary, response: Row) -> Iterator[str]:
    rows = [row for row in _rows(summary, "one_at_a_time", response) if row["difference"] is not None]
    rows.sort(key=lambda row: -abs(row["difference"]["mean"]))
    first = [f"{_short(row['factor'])} at {row['label']}: {said(row['difference'])}" for row in rows[:MOST]]
    if first:
        base = said(summary["cells"][0]["values"][response["key"]])
        yield f"{_title(response)} is {base} in the base; one change at a time moves it most with {_named(first)}."


def _pairing(summary: Summary) -> Iterator[str]:
    ratios = [
        row["median_variance_ratio"]
        for row in summary["common_numbers"].values()
        if row["median_variance_ratio"] is not None
    ]
    if ratios:
        low, high = (f"{value:.2g}" for value in (min(ratios), max(ratios)))
        times = low if low == high else f"{low} to {high}"
        below = " (below 1: seeds of their own would have done better)" if min(ratios) < 1 else ""
        what = "main effects" if summary["effects"] else "differences"
        yield (f"Cells share their random numbers: without, the same intervals of {what} would take {times} times "
               f"as many replicates{below}.")  # fmt: skip
