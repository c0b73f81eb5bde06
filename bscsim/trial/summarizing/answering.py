"""What a power study found, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bscsim.trial.summarizing.words import dot

SIGNAL: Final = 2
"""Monte Carlo errors from which a difference is told."""


def answer_of(summary: Mapping[str, Any]) -> list[str]:
    """Three to eight sentences: power, size, true effect, the usual calculator, what makes the difference, what to do.

    A size that does not hold is said before the power.

    >>> answer_of({"cells": []})
    ['Nothing has been simulated yet.']
    """
    analyses = summary["cells"][0]["analyses"] if summary["cells"] else []
    if not analyses or not analyses[0]["estimators"] or analyses[0]["estimators"][0]["power"] is None:
        return ["Nothing has been simulated yet."]
    made = analyses[0]
    row = made["estimators"][0]
    sentences = [
        _size(row), _power(summary, made, row), _effect(made, row), _promised(made, row), _reasons(summary),
        _axis(summary), _searched(summary), _money(summary),
    ]  # fmt: skip
    if row["size_verdict"] not in ("too high", "too low"):
        sentences[:2] = sentences[1::-1]
    return [sentence for sentence in sentences if sentence]


def _power(summary: Mapping[str, Any], made: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    power, target = row["power"], summary["target"]["power"]
    against = "below" if power["high"] < target else "above" if power["low"] > target else "not to be told from"
    cell = f" ({summary['cells'][0]['label']})" if len(summary["cells"]) > 1 else ""
    return (f"By the {row['title']} the study finds the effect on {made['outcome']} at {made['wave']} with power "
            f"{dot(power['value'])} ({dot(power['low'])} to {dot(power['high'])}){cell}, {against} the target of "
            f"{dot(target)}.")  # fmt: skip


def _size(row: Mapping[str, Any]) -> str:
    sharp, average, verdict = row["type1_sharp"], row["type1_average"], row["size_verdict"]
    sizes = [f"{dot(one['value'], 3)} where {words}" for one, words in (
        (sharp, "nobody is affected"), (average, "effects differ but average zero")) if one]  # fmt: skip
    if not sizes:
        return ""
    text = f"Without an effect it rejects in {' and '.join(sizes)}"
    if verdict == "holds":
        return f"{text}: the test holds its level."
    if verdict == "too few replicates":
        return f"{text}; there are too few replicates to judge its level."
    adjusted = row["size_adjusted_power"]
    more = f" At its proper level its power is {dot(adjusted['value'])}." if adjusted and verdict == "too high" else ""
    return (f"Warning: the {row['title']} does not hold its level, which is {verdict} ({' and '.join(sizes)}): "
            f"{row['size_reason']}.{more}")  # fmt: skip


def _effect(made: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    truth = made["truth"]
    effect, sd = truth["effect"], truth["effect_sd"]
    if effect is None:
        return ""
    text = f"The true effect is {dot(effect['value'], 3)}" + (f", {dot(sd['value'])} SD" if sd else "")
    bias = row["bias"]
    if bias and bias["mcse"] and abs(bias["value"]) > 3 * bias["mcse"]:
        way = "large" if bias["value"] > 0 else "small"
        text += f"; the estimate is {dot(abs(bias['value']), 3)} too {way} on average"
    least = row["mdes"]
    if least and least["sd"] is not None:
        text += f", and the smallest that would be found with the power wanted is {dot(least['sd'])} SD"
    return f"{text}."


def _promised(made: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    naive, nested = made["closed_form"]["naive"]["power"], made["closed_form"]["nested"]["power"]
    if naive is None:
        return ""
    text = f"A usual calculator, which takes centers for independent and loses nobody, promises {dot(naive)}"
    parts = [] if nested is None else [f"a closed form that knows collaboratives {dot(nested)}"]
    if made["gaussian"] and made["gaussian"]["power"]:
        parts.append(f"Gaussian data with the same variances {dot(made['gaussian']['power']['value'])}")
    return f"{text}; {', and '.join(parts)}." if parts else f"{text}."


def _reasons(summary: Mapping[str, Any]) -> str:
    told = [
        row for row in summary["decomposition"][1:]
        if row["difference"] and row["difference"]["mcse"] is not None
        and abs(row["difference"]["value"]) > SIGNAL * row["difference"]["mcse"]
    ]  # fmt: skip
    told.sort(key=lambda row: -abs(row["difference"]["value"]))
    if not told:
        return ""
    parts = [f"{row['variant']} ({'+' if row['difference']['value'] > 0 else ''}{dot(row['difference']['value'])})"
             for row in told[:3]]  # fmt: skip
    return f"Of the reasons switched off one at a time, power changes most with: {', '.join(parts)}."


def _axis(summary: Mapping[str, Any]) -> str:
    points = []
    for cell in summary["cells"]:
        row = cell["analyses"][0]["estimators"][0] if cell["analyses"] and cell["analyses"][0]["estimators"] else None
        if row and row["power"]:
            points.append((row["power"]["value"], cell["label"]))
    if len(points) < 2:
        return ""
    low, high = min(points, key=lambda one: one[0]), max(points, key=lambda one: one[0])
    return f"Over the cells power runs from {dot(low[0])} ({low[1]}) to {dot(high[0])} ({high[1]})."


def _searched(summary: Mapping[str, Any]) -> str:
    found, budget = summary["search"], summary["budget"]
    if found and found.get("words"):
        return str(found["words"])
    if found and found.get("found") is not None:
        between = f" ({found['low']} to {found['high']})" if found.get("low") is not None and found.get("high") else ""
        return f"Power {dot(summary['target']['power'])} needs {found['over']} of {found['found']}{between}."
    if found:
        return f"No value of {found.get('over')} that was tried reaches power {dot(summary['target']['power'])}."
    return str(budget.get("words") or "") if budget else ""


def _money(summary: Mapping[str, Any]) -> str:
    cost = summary["cells"][0]["cost"]
    if not cost or not cost["total"]:
        return ""
    text = f"The study costs about ${cost['total']:,.0f} at the prices assumed"
    best = None
    for lever in summary["levers"]:
        gain, price = (lever["power_to"] or 0) - (lever["power_from"] or 0), lever["cost_to"] - lever["cost_from"]
        if gain > 0.002 and price > 0 and (best is None or gain / price > best[0]):
            best = (gain / price, gain, price, lever)
    if best is None:
        return f"{text}."
    _, gain, price, lever = best
    return (f"{text}; most power for its money comes from {lever['name']}, {lever['from']} to {lever['to']}: "
            f"+{dot(gain, 3)} for ${price:,.0f}.")  # fmt: skip
