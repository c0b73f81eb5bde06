"""What a reader must know before the figures: notes of a study, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.summarizing.sizes import OF_DESIGN
from bscsim.trial.summarizing.weighting import weighting_note
from bscsim.trial.summarizing.words import ESTIMAND_WORDS, RANDOMIZED, about, count, dot, percent, titles
from bscsim.trial.trial import Trial

FEW_REPLICATES: Final = 200


def notes_of(
    trial: Trial, analyses: Sequence[Columns], cell: Mapping[str, Any], given: Sequence[str]
) -> list[str]:
    """Notes of a study by its first cell; given: those of whoever read the file.

    cell: the cell's part of the summary. Sizes that do not hold come first, as no power is worth more than its size.

    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings
    >>> trial = Trial(None, DesignSettings(type="pre_post"), {}, (AnalysisSettings(),))
    >>> notes_of(trial, [{}], {"analyses": []}, ["The pool was enlarged."])[1]
    'The pool was enlarged.'
    """
    notes = [*_sizes(cell), *_kind(trial), *_estimands(trial, analyses), *_over_time(trial, cell), *given]
    for settings, columns in zip(trial.analyses, analyses, strict=True):
        notes += _numbers(trial, settings.outcome, settings.wave, columns)
    return list(dict.fromkeys([*notes, *_fits(cell), *_reading(trial, cell)]))


def _sizes(cell: Mapping[str, Any]) -> list[str]:
    notes = []
    for analysis in cell["analyses"]:
        for row in analysis["estimators"]:
            if row["size_verdict"] in ("too high", "too low"):
                sizes = " and ".join(
                    f"{dot(row[name]['value'], 3)} under the {null} null"
                    for name, null in (("type1_sharp", "sharp"), ("type1_average", "average"))
                    if row[name] is not None
                )
                notes.append(f"{analysis['title']}, {row['title']}: the type I error is {row['size_verdict']} "
                             f"({sizes}); {row['size_reason']}.")  # fmt: skip
    return notes


def _kind(trial: Trial) -> list[str]:
    if trial.design.type in RANDOMIZED:
        return []
    return [f"Nobody is allocated by lot: {OF_DESIGN[trial.design.type]}. Power and bias cannot be told apart."]


def _estimands(trial: Trial, analyses: Sequence[Columns]) -> list[str]:
    """Where estimators estimate something else than what was asked for."""
    notes = []
    named = titles(trial.analyses, trial.design.type)
    for settings, title, columns in zip(trial.analyses, named, analyses, strict=True):
        if weights := weighting_note(trial, settings, title, columns):
            notes.append(weights)
        if settings.estimand == "stayers" and settings.cohort != "closed":
            notes.append(f"{title}: the target is the effect in {ESTIMAND_WORDS['stayers']}, but newcomers are "
                         f"measured too (cohort {settings.cohort}), and the bias shown holds the difference; "
                         "cohort: closed follows those who stayed.")  # fmt: skip
        if settings.estimand == "compliers":
            notes.append(f"{title}: the target is the effect in {ESTIMAND_WORDS['compliers']}; the estimators remain "
                         "intention to treat (all centers as allocated), so that the bias shown is the difference "
                         "between the two.")  # fmt: skip
    return notes


def _over_time(trial: Trial, cell: Mapping[str, Any]) -> list[str]:
    """How far the one effect of a stepped wedge's models is from the mean effect over time, and from the last."""
    notes: list[str] = []
    if trial.design.type != "stepped_wedge":
        return notes
    for analysis in cell["analyses"]:
        mean, last = (analysis["truth"].get(name) for name in ("effect", "last"))
        made: dict[str, list[str]] = {}
        for row in analysis["estimators"]:
            if row["mean_estimate"] is not None and mean and last:
                value = row["mean_estimate"]["value"]
                said = f"{dot(value, 3)} ({_apart(value, mean['value'])} and {_apart(value, last['value'])})"
                made.setdefault(said, []).append(row["title"])
        if made:
            notes.append(f"{analysis['title']}: the target is the mean effect over all centers and waves that are "
                         f"exposed, {dot(mean['value'], 3)}; at the last wave it is {dot(last['value'], 3)}. The "
                         "models have one effect that never changes, and where effects grow with exposure estimate "
                         f"neither; the mean estimate, against the one and the other: {_listed(made)}.")  # fmt: skip
    return notes


def _apart(value: float, truth: float) -> str:
    """By how much an estimate is off, as a share of the truth.

    >>> _apart(0.018, 0.03), _apart(0.033, 0.03)
    ('40% below', '10% above')
    """
    if not truth:
        return f"{dot(value - truth, 3)} off"
    share = value / truth - 1
    return f"{percent(abs(share))} {'above' if share > 0 else 'below'}"


def _listed(made: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{', '.join(titles)} {said}" for said, titles in made.items())


def _numbers(trial: Trial, outcome: str, wave: str, columns: Columns) -> list[str]:
    """Samples larger than centers."""
    notes: list[str] = []
    measure = trial.measures.get(outcome)
    centers = value_of(columns, "seen.centers_treated", 0.0) + value_of(columns, "seen.centers_control", 0.0)
    units = value_of(columns, "seen.units_treated", 0.0) + value_of(columns, "seen.units_control", 0.0)
    if measure is not None and isinstance(measure.sample, int) and centers > 0:
        each, asked = units / centers, measure.sample * measure.response
        if each < 0.98 * asked:
            notes.append(f"{outcome} at {wave}: {measure.sample} were to be sampled in a center, {each:.1f} were "
                         "measured on average, because centers have fewer or lost some.")  # fmt: skip
    return notes


def _fits(cell: Mapping[str, Any]) -> list[str]:
    notes = []
    for analysis in cell["analyses"]:
        for row in analysis["estimators"]:
            if row["failed"]:
                notes.append(f"{analysis['title']}, {row['title']}: {count(row['failed'], 'fit')} of {row['asked']:,} "
                             "failed; power is shown under three rules for them.")  # fmt: skip
            if row["fitted"] and row["boundary"] > 0.05 * row["fitted"] and about(row["name"]).nested:
                notes.append(f"{analysis['title']}, {row['title']}: a variance is estimated zero in "
                             f"{percent(row['boundary'] / row['fitted'])} of the fits.")  # fmt: skip
    return notes


def _reading(trial: Trial, cell: Mapping[str, Any]) -> list[str]:
    notes = []
    fitted = [row["fitted"] for analysis in cell["analyses"] for row in analysis["estimators"]]
    if fitted and 0 < max(fitted) < FEW_REPLICATES:
        notes.append(f"{max(fitted)} replicates leave a power of .80 uncertain by about "
                     f"{dot(1.96 * (0.16 / max(fitted)) ** 0.5)} on each side.")  # fmt: skip
    if trial.target.sides == 1:
        notes.append("Tests are one-sided: they ask whether the program helps, and cannot find harm.")
    if trial.target.correction != "none" and len(trial.analyses) > 1:
        notes.append("The power of each analysis is without correction for the others; the family-wise figures have "
                     f"{trial.target.correction.replace('_', ' ').title()} beside the rest.")  # fmt: skip
    return notes
