"""What one analysis finds, in a sentence: of a randomized design its power, of another what the study would report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bscsim.trial.summarizing.sizes import OF_DESIGN
from bscsim.trial.summarizing.weighting import WEIGHT_WORDS
from bscsim.trial.summarizing.words import dot, interval, listed

CLEAR: Final = 3
"""Monte Carlo errors from which a bias is told."""
NULLS: Final = (
    ("type1_sharp", "where nobody is affected (sharp null)"),
    ("type1_average", "where effects differ but average zero (average null)"),
)
NOTHING: Final = 0.005
"""SD below which an effect is written as none."""
LOST: Final = 0.005
"""Share of an arm's centers below which none are said to be lost."""


def found(summary: Mapping[str, Any], made: Mapping[str, Any], first: bool) -> list[str]:
    """What an analysis of a randomized design finds: power and true effect; bias and what it can detect.

    Of the first analysis in sentences of their own, of others in one.
    """
    row, target = made["estimators"][0], summary["target"]
    if row["power"] is None:
        return [f"{head(made)}: no replicate could be analyzed."]
    effect = _sd(made["truth"]["effect_sd"])
    within = _within(summary) if first else ""
    if row["size_verdict"] == "too high":
        return [f"Warning. {head(made)}: {within}{_too_high(row, target)}"]
    if effect is not None and abs(effect) < NOTHING:
        text = f"{within}the {row['title']} rejects in {interval(row['power'])} of trials; the true effect is .00 SD"
    else:
        true = "effect" if effect is None else f"true effect of {dot(effect)} SD"
        text = (f"{within}the {row['title']} finds the {true} with power {interval(row['power'])}, "
                f"{against(row['power'], target['power'])} the {dot(target['power'])} wanted")  # fmt: skip
    off, strict = bias(made, row, summary["design"]["type"]), _too_low(row)
    least = dot(row["mdes"]["sd"]) if row["mdes"] and row["mdes"]["sd"] is not None else ""
    if not first:
        text += f"; {off}" if off else ""
        return [f"{head(made)}: {text}{f'; MDES {least} SD' if least else ''}.{strict}"]
    known = f"The smallest true effect that it would find with power {dot(target['power'])}, its minimum detectable " \
            f"effect (MDES), is {least} SD."  # fmt: skip
    more = [*([known] if least else []), *([f"{off[:1].upper()}{off[1:]}."] if off else [])]
    return [f"{head(made)}: {text}.{strict}", *([" ".join(more)] if more else [])]


def reported(summary: Mapping[str, Any], made: Mapping[str, Any], first: bool) -> str:
    """The sentence of an analysis without randomization: what is reported on average, what is true, how often.

    What is true is the effect in the program's own centers, not what an instrument makes of it.
    """
    rows = [row for row in made["estimators"] if row["power"] is not None]
    if not rows:
        return f"{head(made)}: no replicate could be analyzed."
    within = _within(summary) if first else ""
    mean, true, scale = rows[0]["mean_estimate"], made["truth"]["effect_sd"], made["truth"]["scale"]
    said = ""
    if mean is not None and scale is not None and scale["value"]:
        said = f"such a study reports an effect of {_with_error(mean, scale['value'])} on average"
        said += f", where the true effect is {_with_error(true)}" if true is not None else ""
        said += "; "
    shares = [f"{interval(row['improvement'])} {'of studies by' if n == 0 else 'by'} the {row['title']}"
              for n, row in enumerate(rows) if row.get("improvement")]  # fmt: skip
    return f"{head(made)}: {within}{said}a significant improvement is reported in {listed(shares)}."


def why_not(summary: Mapping[str, Any]) -> str:
    """Why the figures of a design without randomization are no powers."""
    kind = summary["design"]["type"]
    return f"These shares are no powers: {OF_DESIGN[kind]}." if kind in OF_DESIGN else ""


def head(made: Mapping[str, Any]) -> str:
    """The analysis at the beginning of a sentence."""
    title = str(made["title"])
    return title[:1].upper() + title[1:]


def against(power: Mapping[str, Any], target: float) -> str:
    """How a power stands to the power wanted.

    >>> against({"value": 0.7, "low": 0.6, "high": 0.75}, 0.8)
    'below'
    """
    return "below" if power["high"] < target else "above" if power["low"] > target else "not to be told from"


def bias(made: Mapping[str, Any], row: Mapping[str, Any], design: str) -> str:
    """By how much an estimate is off on average, relative to what, and from what, if it is clear."""
    off, scale = row["bias"], made["truth"]["scale"]
    if not off or not off["mcse"] or abs(off["value"]) <= CLEAR * off["mcse"] or not scale or not scale["value"]:
        return ""
    size = abs(off["value"]) / scale["value"]
    way = "larger" if off["value"] > 0 else "smaller"
    text = f"its estimates are on average {dot(size, 2 if size >= 0.1 else 3)} SD {way} than that effect"
    effect, measured, spill = (made["truth"][name] for name in ("effect", "measured", "spill"))
    parts = {
        "the instrument changes what it reads": measured["value"] - effect["value"] if measured and effect else 0.0,
        "controls are affected too, by contamination": -spill["value"] if spill else 0.0,
    }
    if design == "stepped_wedge":
        return f"{text}, as one effect is fitted to effects that grow with exposure"
    causes = [words for words, part in parts.items() if part * off["value"] > 0 and abs(part) > 0.3 * abs(off["value"])]
    if causes:
        return f"{text}, as {listed(causes)}"
    return f"{text}, {_unexplained(made, row)}"


def sizes_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """How often tests reject under the nulls that were tried: a range over the tests; empty if none was tried."""
    parts = []
    for name, words in NULLS:
        values = sorted(row[name]["value"] for row in rows if row[name])
        ends = list(dict.fromkeys(dot(value, 3) for value in (values[0], values[-1]))) if values else []
        if ends:
            parts.append(f"{' to '.join(ends)} {words}")
    return listed(parts) if parts else ""


def intervals_off(rows: Sequence[Mapping[str, Any]], alpha: float) -> list[str]:
    """The 95% intervals of the tests' sizes that leave their level out.

    >>> intervals_off([{"type1_sharp": {"value": 0.08, "low": 0.057, "high": 0.111}, "type1_average": None}], 0.05)
    ['.057 to .111']
    """
    shares = [row[name] for row in rows for name, _ in NULLS if row[name]]
    known = [share for share in shares if share.get("low") is not None]
    return [f"{dot(one['low'], 3)} to {dot(one['high'], 3)}" for one in known if not one["low"] <= alpha <= one["high"]]


def not_given(head: str, size: Mapping[str, Any], alpha: float) -> str:
    """That a search gives no answer: its power is that of a test which rejects too often without an effect."""
    return (f"{head}, the test that was searched with rejects in {sizes_words([size])} instead of {dot(alpha)} "
            f"({size['size_reason']}); search with one that holds its level.")  # fmt: skip


def _unexplained(made: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """What else a bias may come from: only what there was in these trials, centers lost or other weights."""
    lost = any((made["seen"].get(f"lost_{arm}") or {}).get("value", 0.0) > LOST for arm in ("treated", "control"))
    reasons = ["centers are lost before the analysis"] if lost else []
    if own := row.get("other_weights"):
        reasons.append(f"in it {WEIGHT_WORDS[own]}, which is not so in the target")
    if not reasons:
        return "which nothing that is recorded here explains"
    return f"which neither the instrument nor contamination explains: {listed(reasons)}"


def _too_high(row: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    adjusted = row["size_adjusted_power"]
    more = f" At its proper level it would be {dot(adjusted['value'])}." if adjusted else ""
    return (f"the type I error of the {row['title']} is too high. It rejects in {sizes_words([row])} instead of "
            f"{dot(target['alpha'])} ({row['size_reason']}), so its power of {interval(row['power'])} must not be "
            f"quoted.{more}")  # fmt: skip


def _too_low(row: Mapping[str, Any]) -> str:
    if row["size_verdict"] != "too low":
        return ""
    adjusted = row["size_adjusted_power"]
    return f" The test is too strict; at its proper level power would be {dot(adjusted['value'])}." if adjusted else ""


def _within(summary: Mapping[str, Any]) -> str:
    """The cell that is spoken of, where there are several."""
    return f"with {summary['cells'][0]['label']} " if len(summary["cells"]) > 1 else ""


def _sd(measure: Mapping[str, Any] | None) -> float | None:
    return None if measure is None else float(measure["value"])


def _with_error(measure: Mapping[str, Any], scale: float = 1.0) -> str:
    """A mean in SD with its 95% Monte Carlo interval, if that is wide enough to be seen."""
    value, half = measure["value"] / scale, 1.96 * (measure["mcse"] or 0.0) / scale
    text = f"{dot(value)} SD"
    return f"{text} ({dot(value - half)} to {dot(value + half)})" if half >= NOTHING else text
