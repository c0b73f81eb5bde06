"""Names of estimators, designs and measured things in plain words."""

from __future__ import annotations

from typing import Final, NamedTuple

from bscsim.scenario.calendar import MONTHS


class About(NamedTuple):
    """What an estimator is, in words."""

    title: str
    words: str
    nested: bool
    """Whether it takes collaboratives for the independent units of the treated arm."""


ESTIMATOR_WORDS: Final[dict[str, About]] = {
    "cluster_t": About("t test on collaboratives", "Welch's t test on means of the highest independent "
                       "unit of each arm: the collaborative where treated, the center where not", True),
    "cluster_t_centers": About("t test on centers (usual practice)", "Welch's t test on means of centers, as if those "
                               "of one collaborative were independent", False),
    "lmm_kr": About("mixed model (Kenward-Roger)", "linear mixed model with a random center, degrees of freedom of "
                    "Kenward and Roger; collaboratives are left out", False),
    "lmm_satterthwaite": About("mixed model (Satterthwaite)", "linear mixed model with a random center, degrees of "
                               "freedom of Satterthwaite; collaboratives are left out", False),
    "lmm_between_within": About("mixed model (between-within)", "linear mixed model with a random center, degrees of "
                                "freedom by counting centers; collaboratives are left out", False),
    "partially_nested": About("partially nested mixed model", "mixed model with collaboratives in the treated arm only "
                              "and variances of each arm's own, Satterthwaite's degrees of freedom", True),
    "partially_nested_dropped": About("partially nested mixed model, zeros dropped", "the same, but a collaborative "
                                      "variance that is estimated zero leaves the model, as in the usual software",
                                      True),
    "gee": About("GEE (Kauermann-Carroll)", "generalized estimating equations with the sandwich of Kauermann and "
                 "Carroll over collaboratives and control centers", True),
    "gee_md": About("GEE (Mancl-DeRouen)", "generalized estimating equations with the sandwich of Mancl and DeRouen "
                    "over collaboratives and control centers", True),
    "gee_fg": About("GEE (Fay-Graubard)", "generalized estimating equations with the sandwich of Fay and Graubard over "
                    "collaboratives and control centers", True),
    "gee_centers": About("GEE on centers (usual practice)", "generalized estimating equations with a sandwich over "
                         "centers, as if centers of one collaborative were independent", False),
    "ols_cr2": About("least squares (CR2)", "least squares with the cluster-robust variance CR2 over collaboratives "
                     "and control centers, degrees of freedom of Bell and McCaffrey", True),
    "ols_cr2_centers": About("least squares (CR2) on centers (usual practice)", "least squares with the "
                             "cluster-robust variance CR2 over centers, as if those of one collaborative were "
                             "independent", False),
    "randomization": About("randomization test", "allocates centers again as the design did and counts results as "
                           "extreme as the one observed; tests that nobody is affected", True),
    "paired_t": About("paired t test on collaboratives", "t test on the mean changes of collaboratives", True),
    "paired_t_centers": About("paired t test on centers (usual practice)", "t test on the changes of centers, as if "
                              "those of one collaborative were independent", False),
    "segmented": About("segmented regression", "interrupted time series: change of level and slope with a random "
                       "center and correlated errors", False),
}  # fmt: skip

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
