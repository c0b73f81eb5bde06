"""Whose mean an estimator is of, and whose the target: every center counts once, every person does, or in between."""

from __future__ import annotations

from typing import Final, Literal

from bscsim.trial.settings import AnalysisSettings
from bscsim.trial.summarizing.columns import Columns, value_of
from bscsim.trial.summarizing.words import about, listed
from bscsim.trial.trial import Trial

Weighting = Literal["center", "person", "precision"]

WEIGHTS: Final[dict[str, Weighting]] = {
    **dict.fromkeys(("cluster_t", "cluster_t_centers", "paired_t", "paired_t_centers", "randomization"), "center"),
    **dict.fromkeys(("ols_cr2", "ols_cr2_centers"), "person"),
    **dict.fromkeys(("lmm_kr", "lmm_satterthwaite", "lmm_between_within", "partially_nested",
                     "partially_nested_dropped", "gee", "gee_md", "gee_fg", "gee_centers"), "precision"),
}  # fmt: skip
"""What a center counts by; the working correlation of GEE is exchangeable, so that its weights are a mixed model's."""

WEIGHT_WORDS: Final[dict[Weighting, str]] = {
    "center": "every center counts once",
    "person": "every person measured counts once",
    "precision": "centers count by the precision of their means, between once and once a person",
}

BY_CENTER: Final = ("center_mean", "compliers")
"""Estimands that are means over centers; all others are means over persons."""

SAME_SIZES: Final = 0.05
"""SD over mean of units in a center up to which weights make no difference: the means differ by less than this share of
the SD of effects between centers."""


def other_weights(trial: Trial, settings: AnalysisSettings, estimator: str, columns: Columns) -> Weighting | None:
    """What centers count by in an estimator, if it is not what they count by in its target and centers differ in size.

    Samples of one size weigh centers alike in every estimator.

    >>> import numpy as np
    >>> trial, persons = Trial(None, None, {}, ()), AnalysisSettings(estimand="all_present")
    >>> columns = {"seen.cv_size": np.array([0.4])}
    >>> [other_weights(trial, persons, name, columns) for name in ("cluster_t", "ols_cr2", "gee", "segmented")]
    ['center', None, 'precision', None]
    """
    if estimator not in WEIGHTS:
        return None
    measured_differ = value_of(columns, "seen.cv_size", 0.0) > SAME_SIZES
    target = "center" if settings.estimand in BY_CENTER or settings.moderator else "person"
    own = WEIGHTS[estimator] if measured_differ else "center"
    if own == target or not (measured_differ or _differ(trial, settings)):
        return None
    return own


def weighting_note(trial: Trial, settings: AnalysisSettings, title: str, columns: Columns) -> str:
    """The note on estimators whose weights are not those of the target; empty where there are none."""
    found: dict[Weighting, list[str]] = {}
    for name in settings.estimators:
        if (own := other_weights(trial, settings, name, columns)) is not None:
            found.setdefault(own, []).append(about(name).title)
    if not found:
        return ""
    target = "center" if settings.estimand in BY_CENTER or settings.moderator else "person"
    who = "; ".join(f"{WEIGHT_WORDS[own]} in: {listed(titles)}" for own, titles in found.items())
    return (f"{title}: the target is a mean in which every {target} counts once; {who}. Where effects go with the size "
            "of centers that is another mean, and the bias shown holds the difference between the two.")  # fmt: skip


def _differ(trial: Trial, settings: AnalysisSettings) -> bool:
    """Whether centers differ in size though samples of one size were drawn from them."""
    measure = trial.measures.get(settings.outcome)
    if trial.truth is not None or measure is None or not isinstance(measure.sample, int):
        return False
    return not isinstance(trial.scenario.population.sizes, int)
