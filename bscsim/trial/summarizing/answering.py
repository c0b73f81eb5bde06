"""What a power study found, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bscsim.trial.summarizing import findings
from bscsim.trial.summarizing.words import COUNTED, RANDOMIZED, dot, interval, level_words, listed, money, plain_words

SIGNAL: Final = 2
"""Monte Carlo errors from which a difference is told."""

REASON_WORDS: Final = {
    "no attrition": "withdrawal and loss of centers and answers", "no turnover": "turnover of staff",
    "no contamination": "contamination", "perfect measurement": "samples and measurement error",
    "equal effects": "differences of effect between centers together with contamination",
    "no collaborative effect": "differences between collaboratives", "nobody leaves": "turnover of those measured",
}  # fmt: skip
CORRECTION_WORDS: Final = {"bonferroni": "Bonferroni", "holm": "Holm", "benjamini_hochberg": "Benjamini-Hochberg"}


def answer_of(summary: Mapping[str, Any]) -> list[str]:
    """A few sentences: each analysis, size, the usual calculator, what makes the difference, cells, search, money.

    Randomized designs: power, true effect and bias of each analysis; a size that is too high is said in place of the
    power. Others: what the study would report against the true effect, and no power, as there is no valid test.

    >>> answer_of({"cells": []})
    ['Nothing has been simulated yet.']
    """
    analyses = [made for made in _analyses(summary) if made["estimators"]]
    if not any(row["power"] is not None for made in analyses for row in made["estimators"][:1]):
        failed = max((row.get("failed") or 0 for made in analyses for row in made["estimators"]), default=0)
        nothing = f"In none of {failed:,} replicates was there a study that could be analyzed: see who is recruited."
        return [nothing if failed else "Nothing has been simulated yet."]
    if summary["design"]["type"] not in RANDOMIZED:
        said = [findings.reported(summary, made, n == 0) for n, made in enumerate(analyses)]
        said += [findings.why_not(summary), _reasons(summary), _axis(summary), *searched(summary), _money(summary)]
    else:
        said = [text for n, made in enumerate(analyses) for text in findings.found(summary, made, n == 0)]
        said += [
            _sizes(summary), _family(summary), _promised(analyses[0]), _reasons(summary), _axis(summary),
            *searched(summary), _money(summary),
        ]  # fmt: skip
    return [sentence for sentence in said if sentence]


def best_cell(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """The cheapest cell that reaches the power wanted, else the most powerful; None where cells are no alternatives.

    Cells are alternatives if all axes are choices (design, measures), not truths or attrition, and the design is
    randomized. Cells whose size is too high are no candidates, nor are those in which fewer centers took part than
    were planned: what they are called and cost is not what was simulated.
    """
    choices = all(axis["path"].partition(".")[0] in ("design", "measures") for axis in summary["axes"])
    sound = [one for one in _powers(summary) if one[2]["size_verdict"] != "too high"]
    candidates = [one for one in sound if not (one[1].get("recruited") or {}).get("short")]
    if len(summary["cells"]) < 2 or not choices or not candidates or summary["design"]["type"] not in RANDOMIZED:
        return None
    if len({one[0] for one in candidates}) == 1 and len(candidates) > 1:
        return None
    target = summary["target"]["power"]
    enough = [one for one in candidates if one[0] >= target and one[1]["cost"]]
    if enough:
        power, cell, _ = min(enough, key=lambda one: (one[1]["cost"]["total"], -one[0]))
        words = f"the cheapest that reaches {dot(target)}"
    else:
        power, cell, _ = max(candidates, key=lambda one: one[0])
        words = "the most powerful" + (f"; none reaches {dot(target)}" if power < target else "")
    if few := len(sound) - len(candidates):
        words += f"; {few} with fewer centers than planned left out"
    return {"cell": cell["cell"], "words": words}


def searched(summary: Mapping[str, Any]) -> list[str]:
    """What was searched in each cell that was, or under the budget."""
    rows = [one for one in (summary["search"], *(summary.get("searches") or ())) if one]
    labels = {cell["cell"]: cell["label"] for cell in summary["cells"]}
    said = []
    for one in rows:
        text = _search(summary, one)
        where = f"With {labels.get(one.get('cell', 0), 'another cell')}: " if len(labels) > 1 else ""
        said.append(f"{where}{text[:1].lower()}{text[1:]}" if where else text)
    return [*said, *([_bought(summary["budget"])] if summary["budget"] else [])]


def _bought(budget: Mapping[str, Any]) -> str:
    """The most powerful design for the money; as the search says it where its parts are not there."""
    best = budget.get("best") or {}
    if not best.get("levels") or not budget.get("budget"):
        words = str(budget.get("words") or "")
        return words if words.endswith(".") or not words else f"{words}."
    parts = listed([level_words(path, str(value)) for path, value in best["levels"].items()])
    text = f"Of the designs that {money(budget['budget'])} buys, the most powerful is {parts}"
    text += f" ({money(best['cost'])})" if best.get("cost") else ""
    text += f": power {interval(best['confirmed'])} in fresh replicates" if best.get("confirmed") else ""
    also = sum(bool(one.get("like_best")) for one in budget.get("candidates") or ()) - 1
    more = f"; {also} other{'s' * (also != 1)} of those tried cannot be told apart from it" if also > 0 else ""
    return f"{text}{more}.{_warned(budget)}"


def _search(summary: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    name, target = _over(one), dot(summary["target"]["power"])
    if one.get("size_verdict") == "too high":
        head = f"No number of {name} can be given for power {target}: at {one['ended_at']}, where the search ended"
        return findings.not_given(head, one, summary["target"]["alpha"])
    if one.get("found") is None:
        ends = list(one.get("between") or ())
        up = f" up to {ends[-1]}" if ends else ""
        text = f"No number of {name}{up} is known to reach power {target}"
    else:
        most = "at most " if one.get("at_most") else ""
        high = one.get("high")
        text = f"Power {target} takes {most}{one['found']} {name}"
        if one.get("low") is not None:
            text += f" (95% interval {one['low']} {f'to {high}' if high is not None else 'or more'})"
    if one.get("confirmed"):
        reached = one.get("found") is not None and one["confirmed"]["value"] >= summary["target"]["power"]
        text += f"; fresh replicates {'confirm' if reached else 'showed'} a power of {interval(one['confirmed'])}"
        text += "" if one.get("found") is not None else " at the largest"
    if one.get("closed_form") is not None:
        text += f"; the closed form promises that {one['closed_form']} would do"
    elif "closed_form" in one and one.get("closed_form_known", True) and one.get("found") is not None:
        text += "; by the closed form no value would do"
    if summary["target"]["correction"] != "none" and len(_analyses(summary)) > 1:
        text += "; this is of the first analysis, without correction for the others"
    return f"{text}.{_warned(one)}"


def _warned(one: Mapping[str, Any]) -> str:
    """The warnings of a search, as its last sentence."""
    warnings = [str(words) for words in one.get("warnings") or ()]
    return f" Warning: {'; '.join(warnings)}." if warnings else ""


def _over(one: Mapping[str, Any]) -> str:
    over = one.get("over") or "the field"
    paths = [over] if isinstance(over, str) else list(over)
    return listed([COUNTED[path][1] if path in COUNTED else plain_words(path.rpartition(".")[2]) for path in paths])


def _analyses(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(summary["cells"][0]["analyses"]) if summary["cells"] else []


def _powers(summary: Mapping[str, Any]) -> list[tuple[float, Mapping[str, Any], Mapping[str, Any]]]:
    """Power, cell and row of the first analysis' first estimator, of every cell that has one."""
    made = []
    for cell in summary["cells"]:
        row = cell["analyses"][0]["estimators"][0] if cell["analyses"] and cell["analyses"][0]["estimators"] else None
        if row and row["power"]:
            made.append((row["power"]["value"], cell, row))
    return made


def _sizes(summary: Mapping[str, Any]) -> str:
    """How often the first tests of all analyses reject without an effect; those that do too often have been named.

    A test may stand within three Monte Carlo errors of its level, and yet the 95% interval of its size leave the level
    out: of it neither is said that it holds its level, nor that it does not.
    """
    rows = [made["estimators"][0] for made in _analyses(summary) if made["estimators"]]
    level = summary["target"]["alpha"]
    alpha = dot(level)
    few, strict, good = ([row for row in rows if row["size_verdict"] == verdict and findings.sizes_words([row])]
                         for verdict in ("too few replicates", "too low", "holds"))  # fmt: skip
    doubtful = [row for row in good if findings.intervals_off([row], level)]
    good = [row for row in good if row not in doubtful]
    said = []
    if few:
        said.append(f"Without an effect {_who(few, rows, 'rejects', 'reject')} in {findings.sizes_words(few)}; there "
                    "are too few replicates to judge the level.")  # fmt: skip
    if good:
        who = _who(good, rows, "holds its", "hold their")
        said.append(f"{who[:1].upper()}{who[1:]} level of {alpha}, rejecting in {findings.sizes_words(good)}.")
    if doubtful:
        who, ends = _who(doubtful, rows, "rejects", "reject"), findings.intervals_off(doubtful, level)
        what = "a 95% interval leaves" if len(ends) == 1 else "95% intervals leave"
        said.append(f"{who[:1].upper()}{who[1:]} in {findings.sizes_words(doubtful)}; {what} the level of {alpha} out "
                    f"({listed(ends)}).")  # fmt: skip
    if strict:
        who = _who(strict, rows, "is", "are")
        said.append(f"{who[:1].upper()}{who[1:]} too strict, rejecting in {findings.sizes_words(strict)} instead of "
                    f"{alpha}, which gives power away ({strict[0]['size_reason']}).")  # fmt: skip
    return " ".join(said)


def _who(some: list[Mapping[str, Any]], rows: list[Mapping[str, Any]], one: str, many: str) -> str:
    """The tests that are spoken of, with their verb."""
    if len(some) == len(rows):
        return f"the test {one}" if len(rows) == 1 else f"the tests {many}"
    return f"{len(some)} of the {len(rows)} tests {one if len(some) == 1 else many}"


def _family(summary: Mapping[str, Any]) -> str:
    """Several analyses together, with the correction asked for."""
    family, correction = summary["cells"][0]["family"], summary["target"]["correction"]
    if not family or not family.get(correction):
        return ""
    text = f"At least one analysis is significant in {interval(family[correction])} of trials"
    if every := (family.get("all_rejected") or {}).get(correction):
        text += f", all are in {interval(every)}"
    if null := (family.get("any_rejected_under_null") or {}).get(correction):
        text += f", and at least one in {dot(null['value'], 3)} where nobody is affected (family-wise error)"
    if correction == "none":
        return f"{text}, without a correction for their number."
    each = (family.get("each") or {}).get(correction) or []
    named = [f"{interval(share)} for {made['title']}" for share, made in zip(each, _analyses(summary), strict=False)
             if share]  # fmt: skip
    powers = f" The power of each alone is then {listed(named)}." if named else ""
    return f"With the {CORRECTION_WORDS[correction]} correction: {text[:1].lower()}{text[1:]}.{powers}"


def _promised(made: Mapping[str, Any]) -> str:
    naive, nested = made["closed_form"]["naive"]["power"], made["closed_form"]["nested"]["power"]
    if naive is None:
        return ""
    text = f"A usual calculator, which takes centers for independent and loses nobody, promises {dot(naive)}"
    parts = [] if nested is None else [f"a closed form that knows collaboratives {dot(nested)}"]
    if made["gaussian"] and made["gaussian"]["power"]:
        parts.append(f"normal data with the same variances give {interval(made['gaussian']['power'])}")
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
    parts = [f"{REASON_WORDS.get(row['variant'], row['variant'])} ({'+' if row['difference']['value'] > 0 else ''}"
             f"{dot(row['difference']['value'])})" for row in told[:3]]  # fmt: skip
    what = "power" if summary["design"]["type"] in RANDOMIZED else "the share of significant results"
    return f"Switched off one at a time, these change {what} most: {listed(parts)}."


def _axis(summary: Mapping[str, Any]) -> str:
    """From what to what power runs over the cells, without those whose power must not be quoted."""
    lot, whole = summary["design"]["type"] in RANDOMIZED, _powers(summary)
    points = [one for one in whole if not lot or one[2]["size_verdict"] != "too high"]
    if len(points) < 2:
        return ""
    low, high = min(points, key=lambda one: one[0]), max(points, key=lambda one: one[0])
    what = "power" if lot else "the share of significant results"
    text = f"Over the {len(points)} cells {what} runs from {dot(low[0])} ({low[1]['label']}) to {dot(high[0])} "
    text += f"({high[1]['label']})"
    if low[0] == high[0]:
        return f"In all {len(points)} cells {what} is {dot(low[0])}."
    if len(points) < len(whole):
        text += f", {len(whole) - len(points)} left out in which the type I error is too high"
    best = best_cell(summary)
    if best is None:
        return f"{text}."
    power, cell, _ = next(one for one in points if one[1]["cell"] == best["cell"])
    cost = f", {money(cell['cost']['total'])}" if cell["cost"] and cell["cost"]["total"] else ""
    return f"{text}; the best is {cell['label']} ({best['words']}): power {dot(power)}{cost}."


def _money(summary: Mapping[str, Any]) -> str:
    cost = summary["cells"][0]["cost"]
    if not cost or not cost["total"]:
        return ""
    which = f" with {summary['cells'][0]['label']}" if len(summary["cells"]) > 1 else ""
    text = f"The study{which} costs about {money(cost['total'])} at the prices assumed"
    best = None
    for lever in summary["levers"] if summary["design"]["type"] in RANDOMIZED else ():
        gain, price = (lever["power_to"] or 0) - (lever["power_from"] or 0), lever["cost_to"] - lever["cost_from"]
        if gain > 0.002 and price > 0 and (best is None or gain / price > best[0]):
            best = (gain / price, gain, price, lever)
    if best is None:
        return f"{text}."
    _, gain, price, lever = best
    return (f"{text}; by the closed form most power for its money comes from {lever['name']}, {lever['from']} to "
            f"{lever['to']}: +{dot(gain, 3)} for {money(price)}.")  # fmt: skip
