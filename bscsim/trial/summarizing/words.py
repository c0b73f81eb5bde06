"""Names of estimators, designs and measured things in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bscsim.scenario.calendar import MONTHS

if TYPE_CHECKING:
    from bscsim.trial.settings import AnalysisSettings


class About(NamedTuple):
    """What an estimator is, in words."""

    title: str
    words: str
    nested: bool
    """Whether it takes collaboratives for the independent units of the treated arm."""


ESTIMATOR_WORDS: Final[dict[str, About]] = {
    "cluster_t": About("t test on collaboratives", "Welch's t test on means of the highest independent "
                       "unit of each arm (the collaborative where treated, the center where not)", True),
    "cluster_t_centers": About("t test on centers (usual practice)", "Welch's t test on means of centers, as if those "
                               "of one collaborative were independent", False),
    "lmm_kr": About("mixed model (Kenward-Roger)", "a linear mixed model with a random center, degrees of freedom of "
                    "Kenward and Roger; collaboratives are left out", False),
    "lmm_satterthwaite": About("mixed model (Satterthwaite)", "a linear mixed model with a random center, degrees of "
                               "freedom of Satterthwaite; collaboratives are left out", False),
    "lmm_between_within": About("mixed model (between-within)", "a linear mixed model with a random center, degrees of "
                                "freedom by counting centers; collaboratives are left out", False),
    "partially_nested": About("partially nested mixed model", "a mixed model with collaboratives in the treated arm "
                              "only, variances of each arm's own, and Satterthwaite's degrees of freedom", True),
    "partially_nested_dropped": About("partially nested mixed model, zeros dropped", "a mixed model with "
                                      "collaboratives in the treated arm only, from which a collaborative variance "
                                      "that is estimated zero is dropped, as in the usual software", True),
    "gee": About("GEE (Kauermann-Carroll)", "generalized estimating equations (GEE) with the sandwich of Kauermann and "
                 "Carroll over collaboratives and control centers", True),
    "gee_md": About("GEE (Mancl-DeRouen)", "generalized estimating equations (GEE) with the sandwich of Mancl and "
                    "DeRouen over collaboratives and control centers", True),
    "gee_fg": About("GEE (Fay-Graubard)", "generalized estimating equations (GEE) with the sandwich of Fay and "
                    "Graubard over collaboratives and control centers", True),
    "gee_centers": About("GEE on centers (usual practice)", "generalized estimating equations (GEE) with a sandwich "
                         "over centers, as if centers of one collaborative were independent", False),
    "ols_cr2": About("least squares (CR2)", "least squares with the cluster-robust variance CR2 over collaboratives "
                     "and control centers, degrees of freedom of Bell and McCaffrey", True),
    "ols_cr2_centers": About("least squares (CR2) on centers (usual practice)", "least squares with the "
                             "cluster-robust variance CR2 over centers, as if those of one collaborative were "
                             "independent", False),
    "randomization": About("randomization test", "a randomization test, which allocates centers again as the design "
                           "did and counts results as extreme as the one observed; it asks whether anybody is affected",
                           True),
    "paired_t": About("paired t test on collaboratives", "a t test on the mean changes of collaboratives", True),
    "paired_t_centers": About("paired t test on centers (usual practice)", "a t test on the changes of centers, as if "
                              "those of one collaborative were independent", False),
    "segmented": About("segmented regression", "segmented regression of the time series: change of level and slope "
                       "with a random center and correlated errors", False),
}  # fmt: skip

ESTIMAND_WORDS: Final[dict[str, str]] = {
    "center_mean": "mean of centers", "all_present": "everyone present", "stayers": "those there at both waves",
    "repeated_cross_section": "everyone present, sampled anew", "compliers": "centers that did not withdraw",
}  # fmt: skip

COHORT_WORDS: Final[dict[str, str]] = {
    "repeated": "new samples", "open": "same persons and newcomers", "closed": "same persons only",
}  # fmt: skip
MODEL_WORDS: Final[dict[str, str]] = {
    "ancova": "baseline as a covariate", "change": "change from baseline", "constrained": "baseline as an outcome",
}  # fmt: skip

COUNTED: Final[dict[str, tuple[str, str]]] = {
    "design.collaboratives": ("collaborative", "collaboratives"),
    "design.centers_per_collaborative": ("center per collaborative", "centers per collaborative"),
    "design.control_centers": ("control center", "control centers"),
}
"""Settings that are counts: "8 centers per collaborative" instead of "centers per collaborative 8"."""

DESIGN_WORDS: Final[dict[str, str]] = {
    "parallel": "cluster-randomized trial with parallel arms", "wait_list": "cluster-randomized wait-list trial",
    "stepped_wedge": "stepped-wedge trial", "pre_post": "single-group comparison of before and after",
    "matched_comparison": "comparison of self-selected with matched centers",
    "interrupted_series": "interrupted time series",
}  # fmt: skip

RANDOMIZED: Final = ("parallel", "wait_list", "stepped_wedge")
"""Designs whose estimators are unbiased for the trial's contrast, because arms or orders are drawn by lot."""


def about(estimator: str) -> About:
    """What an estimator is; one that is not known here is called by its name.

    >>> about("cluster_t").nested, about("new").title
    (True, 'new')
    """
    return ESTIMATOR_WORDS.get(estimator, About(estimator, estimator, True))


def plain_words(name: str) -> str:
    """A name of the study file as words.

    >>> plain_words("class_score")
    'class score'
    """
    return name.replace("_", " ")


def titles(analyses: Sequence[AnalysisSettings], design: str = "parallel") -> list[str]:
    """Each analysis in words, with as much of it as tells them apart; a stepped wedge is analyzed over all waves.

    >>> from bscsim.trial.settings import AnalysisSettings
    >>> one = AnalysisSettings(outcome="class_score")
    >>> titles([one])
    ['class score at post (mean of centers)']
    >>> titles([one, one.model_copy(update={"cohort": "closed"})])[1]
    'class score at post (mean of centers; same persons only)'
    """
    made = [[*([f"difference by {one.moderator}"] if one.moderator else []), ESTIMAND_WORDS[one.estimand]]
            for one in analyses]  # fmt: skip
    wedge = design == "stepped_wedge"
    heads = [f"{plain_words(one.outcome)} {'over all waves' if wedge else f'at {plain_words(one.wave)}'}"
             for one in analyses]  # fmt: skip
    for name, words in (("cohort", COHORT_WORDS), ("model", MODEL_WORDS)):
        values = [getattr(one, name) for one in analyses]
        same = Counter(heads)  # of one outcome at one wave, all say in what they differ
        for parts, head, value in zip(made, heads, values, strict=True):
            if same[head] > 1 and len({v for v, h in zip(values, heads, strict=True) if h == head}) > 1:
                parts.append(words[value])
    return [f"{head} ({'; '.join(parts)})" for head, parts in zip(heads, made, strict=True)]


def level_words(path: str, label: str) -> str:
    """A level of an axis in words.

    >>> level_words("design.collaboratives", "4"), level_words("attrition.treated", "0.15")
    ('4 collaboratives', 'attrition: treated 0.15')
    >>> level_words("truth.gaussian.effect", "0.2"), level_words("measures.class_score.sample", "all")
    ('effect 0.2', 'class score: sample all')
    """
    if path in COUNTED:
        return f"{label} {COUNTED[path][label != '1']}"
    named = path
    for silent in ("design.", "measures.", "truth.gaussian."):
        named = named.removeprefix(silent)
    return f"{named.replace('_', ' ').replace('.', ': ')} {label}"


def label_words(levels: Mapping[str, Any], axes: Sequence[Any]) -> str:
    """A cell in words by its levels; ``as designed`` where nothing varies.

    >>> label_words({}, ())
    'as designed'
    """
    parts = []
    for axis in axes:
        if axis.path in levels:
            place = next((n for n, value in enumerate(axis.values) if value == levels[axis.path]), None)
            parts.append(level_words(axis.path, str(levels[axis.path]) if place is None else axis.labels[place]))
    return ", ".join(parts) or "as designed"


def calendar_text(month_of_year: int, month: int) -> str:
    """When a month of the study is.

    >>> calendar_text(9, 12)
    'Sep, year 2'
    """
    return f"{MONTHS[month_of_year - 1][:3]}, year {month // 12 + 1}"


def count(number: float, one: str, many: str = "") -> str:
    """A number of things.

    >>> count(1, "center"), count(2, "center"), count(2, "baseline", "baselines")
    ('1 center', '2 centers', '2 baselines')
    """
    return f"{number:,g} {one}" if number == 1 else f"{number:,g} {many or one + 's'}"


def interval(share: Mapping[str, Any], digits: int = 2) -> str:
    """A share with its 95% interval.

    >>> interval({"value": 0.81, "low": 0.784, "high": 0.833})
    '.81 (.78 to .83)'
    """
    if share.get("low") is None or share.get("high") is None:
        return dot(share["value"], digits)
    return f"{dot(share['value'], digits)} ({dot(share['low'], digits)} to {dot(share['high'], digits)})"


def money(dollars: float) -> str:
    """US dollars to three digits.

    >>> money(574_826), money(87)
    ('$575,000', '$87')
    """
    unit = 10 ** max(len(f"{abs(dollars):.0f}") - 3, 0)
    return f"${round(dollars / unit) * unit:,.0f}"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def percent(share: float) -> str:
    """A share as a percentage, with a decimal below 10%.

    >>> percent(0.843), percent(0.052)
    ('84%', '5.2%')
    """
    return f"{100 * share:.{0 if share >= 0.0995 else 1}f}%"


def dot(number: float | None, digits: int = 2) -> str:
    """A power, a size, an effect without the zero before its point.

    >>> dot(0.812), dot(-0.05), dot(1.0), dot(None)
    ('.81', '-.05', '1.00', 'n/a')
    """
    if number is None:
        return "n/a"
    text = f"{abs(number):.{digits}f}"
    sign = "-" if number < 0 and float(text) else ""
    return sign + (text[1:] if text.startswith("0.") else text)
