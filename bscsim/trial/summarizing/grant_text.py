"""The methods paragraph of a grant page, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bscsim.trial.summarizing.standing import controls_of
from bscsim.trial.summarizing.words import DESIGN_WORDS, RANDOMIZED, about, count, dot
from bscsim.trial.trial import Trial


def methods(trial: Trial, cell: Mapping[str, Any], replicates: int) -> str:
    """One paragraph: design, measures, analysis, how power was computed and what it is.

    >>> from bscsim.trial.settings import DesignSettings
    >>> methods(Trial(None, DesignSettings(), {}, ()), {"analyses": []}, 500)[:100]
    'The study is a cluster-randomized trial with parallel arms: 2 collaboratives of 8 centers each and 1'
    """
    parts = [_design(trial), *_measures(trial), *(_analysis(made) for made in cell["analyses"] if made["estimators"])]
    source = (
        "an agent-based model of the collaborative, its centers and their staff (bscsim), each with an untreated twin"
        if trial.truth is None
        else "a Gaussian model with the variance components in the table of assumptions (bscsim)"
    )
    parts.append(f"Power was computed from {count(replicates, 'simulated trial')} of {source}, analyzed as the study "
                 "will be.")  # fmt: skip
    parts += [_result(trial, made) for made in cell["analyses"] if made["estimators"]]
    return " ".join(part for part in parts if part)


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
        starts = ", ".join(str(cohort.starts) for cohort in design.by_cohort)
        text += f", in {len(design.by_cohort)} cohorts that start in months {starts}"
    if design.type in RANDOMIZED:
        text += "; centers are allocated by lot"
        if design.strata:
            text += f" within strata of {' and '.join(design.strata)}"
        if design.pairs_on:
            text += f" within pairs matched on {' and '.join(design.pairs_on)}"
    waves = ", ".join(f"{name} (month {month})" for name, month in sorted(design.waves.items(), key=lambda one: one[1]))
    return f"{text}. Measurement waves: {waves}."


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _measures(trial: Trial) -> list[str]:
    made = []
    for name, one in trial.measures.items():
        sample = "all" if one.sample == "all" else f"a sample of {one.sample}"
        text = f"{name.replace('_', ' ')}: {sample} {one.of} of each center"
        if one.reliability < 1:
            text += f", reliability {dot(one.reliability)}"
        if one.response < 1:
            text += f", {dot(one.response)} of those asked answer"
        made.append(text)
    return [f"Measures are {'; '.join(made)}."] if made else []


def _analysis(made: Mapping[str, Any]) -> str:
    row = made["estimators"][0]
    covariates = f", adjusted for {', '.join(made['covariates']).replace('_', ' ')}" if made["covariates"] else ""
    outcome, estimand = (made[name].replace("_", " ") for name in ("outcome", "estimand"))
    return (f"The effect on {outcome} at {made['wave']} ({estimand}, {made['cohort']} cohort) is estimated by "
            f"{about(row['name']).words}{covariates}.")  # fmt: skip


def _result(trial: Trial, made: Mapping[str, Any]) -> str:
    row, truth, target = made["estimators"][0], made["truth"], trial.target
    if row["power"] is None:
        return ""
    effect = "" if truth["effect_sd"] is None else f" for the expected effect of {dot(truth['effect_sd']['value'])} SD"
    test = "one-sided" if target.sides == 1 else "two-sided"
    outcome = made["outcome"].replace("_", " ")
    text = (f"At the {test} level of {target.alpha:g} power on {outcome} at {made['wave']} is "
            f"{dot(row['power']['value'])}{effect}")  # fmt: skip
    if row["type1_average"] is not None:
        text += f", with a type I error of {dot(row['type1_average']['value'], 3)} under the average null"
    if row["mdes"] is not None and row["mdes"]["sd"] is not None:
        text += f"; the minimum detectable effect at power {dot(target.power)} is {dot(row['mdes']['sd'])} SD"
    return f"{text}."
