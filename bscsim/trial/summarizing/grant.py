"""The grant page: a paragraph of methods, assumptions with their sources, what can be detected, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bscsim.scenario.parameters import STATUS_TEXT
from bscsim.scenario.parameters import row as parameter
from bscsim.trial import formulas
from bscsim.trial.share import plain as finite
from bscsim.trial.summarizing.closed_form import NoFormula, precision_of
from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.summarizing.components import Inputs
from bscsim.trial.summarizing.grant_text import methods
from bscsim.trial.summarizing.reported import mdes_data
from bscsim.trial.summarizing.words import RANDOMIZED, plain_words, titles
from bscsim.trial.trial import Trial

SEEN = (
    ("icc", "Intraclass correlation"), ("r2", "Variance of center means explained by covariates (R2)"),
    ("cv_size", "Coefficient of variation of units in a center"),
    ("autocorrelation", "Correlation of center means between the first wave and this one"),
    ("lost_treated", "Treated centers without data at the wave"), ("lost_control", "Control centers without data"),
    ("withdrawn", "Treated centers that withdrew"), ("stayed", "Units of the first wave still there"),
)  # fmt: skip
TURNOVER = ("turn_base_child_care", "turn_base_head_start", "turn_base_school")

Rows = list[dict[str, Any]]


def grant_data(
    trial: Trial, analyses: Sequence[Columns], inputs: Sequence[Inputs], cell: Mapping[str, Any], replicates: int
) -> dict[str, Any]:
    """The grant page of a cell; cell: the cell's part of the summary, inputs: one an analysis."""
    costs = cell["cost"]
    lines = {**costs["lines"], "total": costs["total"]} if costs else {}
    valid = trial.design.type in RANDOMIZED
    least = [_detectable(trial, made, columns) for made, columns in zip(cell["analyses"], analyses, strict=True)
             if valid and made["estimators"]]  # fmt: skip
    return {
        "methods": methods(trial, cell, replicates, {row["title"]: row.get("mdes_sd_corrected") for row in least}),
        "assumptions": assumptions(trial, analyses),
        "mdes": [{name: value for name, value in row.items() if name != "title"} for row in least],
        "moderators": [row for one in inputs if (row := _moderator(trial, one)) is not None],
        "costs": [{"item": name.capitalize(), "total": value} for name, value in lines.items()],
    }


def assumptions(trial: Trial, analyses: Sequence[Columns]) -> Rows:
    """What the power rests on: name, value and source, those seen by analysis.

    >>> from bscsim import Scenario
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> rows = assumptions(Trial(Scenario(), DesignSettings(), {}, (AnalysisSettings(outcome="score"),)), [{}])
    >>> [row["name"] for row in rows][-1], rows[-1]["value"]
    ('Turnover outside the program, school (per year)', 0.28)
    """
    rows: Rows = []
    made = "simulated here" if trial.truth is None else "simulated here from the components typed in"
    for title, columns in zip(titles(trial.analyses, trial.design.type), analyses, strict=True):
        where = title
        effect, unit = (finite(value_of(columns, f"truth.{name}")) for name in ("effect", "scale"))
        if trial.truth is None and effect is not None and unit:
            rows.append({"name": f"True effect (SD), {where}", "value": effect / unit,
                         "source": f"{made}, by the model of the program"})  # fmt: skip
        for name, words in SEEN:
            value = finite(value_of(columns, f"seen.{name}"))
            if value is not None and not (trial.truth is not None and value == 0):  # typed in: nobody leaves
                rows.append({"name": f"{words}, {where}", "value": value, "source": f"{made}, without the program"
                             if name in ("icc", "r2", "autocorrelation") else made})  # fmt: skip
        scale = finite(value_of(columns, "truth.scale"))
        if scale is not None:
            rows.append({"name": f"Standardizer, {where}", "value": scale,
                         "source": f"{made}: SD of the measured outcome in untreated centers at the wave"})  # fmt: skip
    rows += _assumed(trial)
    return rows + (_of_model(trial) if trial.truth is None else _typed(trial))


def _assumed(trial: Trial) -> Rows:
    """Settings of the study that nobody has measured yet."""
    rows: Rows = []
    more = ", on top of what the model produces"
    for arm in ("treated", "control"):
        rows.append({"name": f"Centers lost to measurement by the last wave, {arm}",
                     "value": getattr(trial.attrition, arm),
                     "source": "assumed in the study file" + (more if trial.truth is None else "")})  # fmt: skip
    for name, measure in trial.measures.items():
        words = plain_words(name)
        if measure.of == "staff" and measure.asks == "self_report":
            rows.append({"name": f"Errors of self-report, {words}", "value": None,
                         "source": "the model's parameters of self-report (parameter table)"})  # fmt: skip
        elif trial.truth is None:
            rows.append({"name": f"Reliability of one measurement, {words}", "value": measure.reliability,
                         "source": "assumed in the study file"})  # fmt: skip
        if measure.response < 1:
            rows.append({"name": f"Share of those asked who answer, {words}", "value": measure.response,
                         "source": "assumed in the study file"})  # fmt: skip
    return rows


def _of_model(trial: Trial) -> Rows:
    """Parameters of the model that drive power most, with the sources of the parameter table."""
    names = {"sd_coll": "Spread between collaboratives of facilitation (log SD)"}
    for name in TURNOVER:
        sector = name.removeprefix("turn_base_").replace("_", " ")
        names[name] = f"Turnover outside the program, {sector} (per year)"
    rows = []
    for name, words in names.items():
        known = parameter(name)
        value = getattr(trial.scenario.parameters, name)
        source = f"{known.source} [{STATUS_TEXT[known.status]}]"
        if value != known.default:
            source = f"set in the study; the table's {known.default:g}: {source}"
        rows.append({"name": words, "value": value, "source": source})
    return rows


def _typed(trial: Trial) -> Rows:
    truth = trial.truth
    if truth is None:
        return []
    parts = {f"Variance component, {name.replace('_', ' ')}": value for name, value in truth.var.items()}
    parts |= {"True effect": truth.effect, "SD of centers' effects": truth.sd_effect}
    source = "assumed in the study file"
    return [{"name": name, "value": float(value), "source": source} for name, value in parts.items()]


def _detectable(trial: Trial, made: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """Minimum detectable effect of an analysis by its first estimator; by the closed form where replicates are few.

    None where the type I error is too high. Under a correction also the effect at the level alpha / analyses, which
    that of Bonferroni asks of all and those of Holm and Benjamini-Hochberg of the first.
    """
    row, nested = made["estimators"][0], made["closed_form"]["nested"]
    simulated = row["mdes"]
    value, sd = (simulated["value"], simulated["sd"]) if simulated else (nested["mdes"], nested["mdes_sd"])
    source = "simulated" if simulated else "closed form"
    if row["size_verdict"] == "too high":
        value, sd, source = None, None, "none: the type I error is too high"
    found = {
        "title": made["title"], "outcome": plain_words(made["outcome"]), "wave": plain_words(made["wave"]),
        "estimator": row["title"], "mdes": value, "mdes_sd": sd, "power": trial.target.power, "source": source,
    }  # fmt: skip
    if trial.target.correction != "none" and len(trial.analyses) > 1 and simulated and value is not None:
        stricter = trial.target.model_copy(update={"alpha": trial.target.alpha / len(trial.analyses)})
        least = mdes_data(replace(trial, target=stricter), columns, row["name"])
        found["mdes_sd_corrected"] = None if least is None else least["sd"]
    return found


def _moderator(trial: Trial, inputs: Inputs) -> dict[str, Any] | None:
    """Power for a difference between sectors as large as the effect itself; None with one sector or no formula."""
    settings = trial.analyses[inputs.analysis]
    by_sector = settings.model_copy(update={"moderator": "sector"})
    analyses = tuple(by_sector if n == inputs.analysis else one for n, one in enumerate(trial.analyses))
    target = trial.target
    try:
        found = precision_of(replace(trial, analyses=analyses), inputs)
    except (NoFormula, ValueError):
        return None
    if trial.design.type in ("pre_post", "stepped_wedge"):
        return None
    least = formulas.mdes(found, power=target.power, alpha=target.alpha, sides=target.sides)
    power = formulas.power(inputs.effect, found, alpha=target.alpha, sides=target.sides)
    return {
        "moderator": "sector", "outcome": plain_words(settings.outcome), "wave": plain_words(settings.wave),
        "contrast": "effect in child care minus that in other centers; power for a difference as large as the effect",
        "mdes": finite(least), "mdes_sd": finite(least / inputs.scale), "power": finite(power),
    }  # fmt: skip
