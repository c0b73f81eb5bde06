"""The methods paragraph of a grant page, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bscsim.trial.settings import MeasureSettings
from bscsim.trial.summarizing.answering import CORRECTION_WORDS
from bscsim.trial.summarizing.standing import controls_of
from bscsim.trial.summarizing.words import (
    DESIGN_WORDS,
    RANDOMIZED,
    about,
    count,
    dot,
    interval,
    listed,
    percent,
    plain_words,
)
from bscsim.trial.trial import STUDY_CLOCK, Trial

ASKED: Final = {
    "self_report": "self-report of practice by", "practice": "practice of", "knowledge": "knowledge of",
    "motivation": "motivation of",
}  # fmt: skip


MODELS: Final = {
    "change": ", on changes from baseline",
    "constrained": ", with the baseline as an outcome whose mean is equal in both arms",
}


def methods(
    trial: Trial, cell: Mapping[str, Any], replicates: int, corrected: Mapping[str, float | None] | None = None
) -> str:
    """One paragraph: design, measures, analysis, how power was computed and what it is.

    corrected: minimum detectable effects (SD) at the level that a correction leaves, by the analyses' titles; what is
    said of a corrected study is after its correction.

    >>> from bscsim.trial.settings import DesignSettings
    >>> methods(Trial(None, DesignSettings(), {}, ()), {"analyses": []}, 500)[:100]
    'The study is a cluster-randomized trial with parallel arms: 2 collaboratives of 8 centers each and 1'
    """
    made = [one for one in cell["analyses"] if one["estimators"]]
    parts = [_design(trial), *_measures(trial), *_analyses(made), _correction(trial, made)]
    source = (
        "an agent-based model of the collaborative, its centers and their staff (bscsim), each with a twin in which "
        "nobody takes part, from which the true effect is known"
        if trial.truth is None
        else "a normal model with the variance components in the table of assumptions (bscsim)"
    )
    what = "Power was" if trial.design.type in RANDOMIZED else "What such a study would report was"
    parts.append(f"{what} computed from {count(replicates, 'simulated study', 'simulated studies')} of {source}, "
                 "analyzed as the study will be.")  # fmt: skip
    if trial.design.type in RANDOMIZED:
        family = _each(trial, cell)
        told = [_power(trial, one, n == 0, family.get(n), (corrected or {}).get(one["title"]))
                for n, one in enumerate(made)]  # fmt: skip
    else:
        told = [_reported(one) for one in made]
    return " ".join(part for part in [*parts, *told] if part)


def _design(trial: Trial) -> str:
    design = trial.design
    groups = sum(cohort.collaboratives for cohort in design.by_cohort)
    text = (f"The study is {_a(DESIGN_WORDS[design.type])}: {count(groups, 'collaborative')} of "
            f"{count(design.centers_per_collaborative, 'center')} each")  # fmt: skip
    controls = controls_of(trial)
    if controls:
        kind = {"wait_list": "waiting", "matched_comparison": "matched comparison"}.get(design.type, "control")
        text += f" and {count(controls, f'{kind} center')}"
    if len(design.by_cohort) > 1:
        starts = listed([str(cohort.starts) for cohort in design.by_cohort])
        text += f", in {len(design.by_cohort)} cohorts that start in months {starts}"
    if design.type == "wait_list":
        text += f", which start {count(design.waits, 'month')} later"
    if design.type in RANDOMIZED:
        text += "; centers are allocated by lot"
        if design.strata:
            text += f" within strata of {listed([plain_words(one) for one in design.strata])}"
        if design.pairs_on:
            text += f" within pairs matched on {listed([plain_words(one) for one in design.pairs_on])}"
    waves = sorted(design.waves.items(), key=lambda one: one[1])
    clock = "the study" if design.type in STUDY_CLOCK or len(design.by_cohort) == 1 else "each cohort"
    if len(waves) > 6:
        when = f"at {len(waves)} waves, from month {waves[0][1]} to month {waves[-1][1]}"
    else:
        when = f"at {listed([f'{plain_words(name)} (month {month})' for name, month in waves])}"
    return f"{text}. Measures are taken {when} of {clock}."


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _measures(trial: Trial) -> list[str]:
    made = [f"{plain_words(name)} ({_measure(one)})" for name, one in trial.measures.items()]
    verb = "measure is" if len(made) == 1 else "measures are"
    return [f"The {verb} {listed(made)}."] if made else []


def _measure(one: MeasureSettings) -> str:
    """What an instrument looks at, in words."""
    if one.of == "readiness":
        text = "an assessment of each center's readiness"
    elif one.of == "reports":
        text = "the monthly reports of each center's team"
    else:
        units = f"teaching {one.of}" if one.of == "staff" and one.who == "teaching" else one.of
        whose = f"{ASKED[one.asks]} " if one.of == "staff" else ""
        text = f"{whose}{'all' if one.sample == 'all' else one.sample} {units} of each center"
        if one.of == "classrooms":
            text += ", observed"
    if one.reliability < 1 and not (one.of == "staff" and one.asks == "self_report"):
        text += f", reliability {dot(one.reliability)}"
    return text + (f", of whom {percent(one.response)} are expected to answer" if one.response < 1 else "")


def _analyses(made: Sequence[Mapping[str, Any]]) -> list[str]:
    """How each effect is estimated; those that are estimated alike together."""
    alike: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for one in made:
        key = (one["estimators"][0]["name"], tuple(one["covariates"]), one["model"])
        alike.setdefault(key, []).append(one["title"])
    said = []
    for (name, covariates, model), titles in alike.items():
        verb = "effect on {} is" if len(titles) == 1 else "effects on {} are"
        text = f"The {verb.format(listed(titles))} estimated by {about(name).words}"
        if covariates:
            text += f", adjusted for {listed([plain_words(one) for one in covariates])}"
        text += MODELS.get(model, "")
        said.append(f"{text}.")
    return said


def _correction(trial: Trial, made: Sequence[Mapping[str, Any]]) -> str:
    correction = trial.target.correction
    if correction == "none" or len(made) < 2:
        return ""
    return (f"P-values are corrected for the {len(made)} analyses by the method of {CORRECTION_WORDS[correction]}, "
            "and so are the powers below.")  # fmt: skip


def _each(trial: Trial, cell: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """Power of each analysis with the study's correction, by its number; empty without one."""
    if trial.target.correction == "none":
        return {}
    found = ((cell.get("family") or {}).get("each") or {}).get(trial.target.correction) or ()
    return {number: share for number, share in enumerate(found) if share is not None}


def _power(
    trial: Trial, made: Mapping[str, Any], first: bool, share: Mapping[str, Any] | None, least: float | None
) -> str:
    row, truth, target = made["estimators"][0], made["truth"], trial.target
    if row["power"] is None:
        return ""
    test = f"At the {'one-sided' if target.sides == 1 else 'two-sided'} level of {dot(target.alpha)} power"
    text = f"{test if first else 'Power'} for {made['title']} is {interval(share or row['power'])}"
    if truth["effect_sd"] is not None:
        text += f" if the true effect is {dot(truth['effect_sd']['value'])} SD"
    if row["size_verdict"] == "too high":
        rate = max(one["value"] for one in (row["type1_sharp"], row["type1_average"]) if one)
        return f"{text}, but it must not be relied on: without an effect the test rejects in {dot(rate, 3)} of trials."
    if row["type1_average"] is not None:
        text += f" (type I error where effects average zero: {dot(row['type1_average']['value'], 3)})"
    if least is not None:
        text += (f"; the minimum detectable effect with power {dot(target.power)} at the level "
                 f"{dot(target.alpha)}/{len(trial.analyses)} is {dot(least)} SD")  # fmt: skip
    elif row["mdes"] is not None and row["mdes"]["sd"] is not None:
        text += f"; the minimum detectable effect with power {dot(target.power)} is {dot(row['mdes']['sd'])} SD"
    return f"{text}."


def _reported(made: Mapping[str, Any]) -> str:
    """Of a design without randomization: what it would report, which is no power."""
    row, truth = made["estimators"][0], made["truth"]
    mean, scale, share = row["mean_estimate"], truth["scale"], row.get("improvement")
    if row["power"] is None or mean is None or share is None or not scale or not scale["value"]:
        return ""
    text = f"For {made['title']} it would report {dot(mean['value'] / scale['value'])} SD on average"
    if truth["effect_sd"] is not None:
        text += f" where the true effect is {dot(truth['effect_sd']['value'])} SD"
    return f"{text}, and a significant improvement in {interval(share)} of studies."
