"""What a power study's file may say of one trial: design, measures, attrition, analyses, target."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from bscsim.scenario.fields import Frozen, FrozenMap, number_text, refuse, section, setting, word_or_integer

DesignType = Literal["parallel", "wait_list", "stepped_wedge", "pre_post", "matched_comparison", "interrupted_series"]
Trait = Literal["sector", "size", "readiness", "practice", "area"]
"""What is known of a center when it is allocated; practice is its mean in the recruiters' observation (need)."""
Estimand = Literal["center_mean", "all_present", "stayers", "repeated_cross_section", "compliers"]
Cohort = Literal["repeated", "open", "closed"]
ESTIMATORS = (
    "cluster_t", "cluster_t_centers", "lmm_kr", "lmm_satterthwaite", "lmm_between_within", "partially_nested",
    "partially_nested_dropped", "gee", "gee_md", "gee_fg", "gee_centers", "ols_cr2", "ols_cr2_centers", "randomization",
    "paired_t", "paired_t_centers", "segmented",
)  # fmt: skip
Estimator = Literal[
    "cluster_t", "cluster_t_centers", "lmm_kr", "lmm_satterthwaite", "lmm_between_within", "partially_nested",
    "partially_nested_dropped", "gee", "gee_md", "gee_fg", "gee_centers", "ols_cr2", "ols_cr2_centers", "randomization",
    "paired_t", "paired_t_centers", "segmented",
]  # fmt: skip
Covariate = Literal["baseline", "baseline_center_mean", "sector", "cohort", "readiness", "size"]


def _months(value: Any) -> Any:
    """Read a mapping of wave names to months."""
    if not isinstance(value, dict | FrozenMap) or not value:
        raise ValueError("must be a mapping of names to months, such as {baseline: 0, post: 20}")
    for name, month in value.items():
        if not isinstance(name, str) or not isinstance(month, int) or isinstance(month, bool) or not 0 <= month <= 600:
            raise ValueError(f"{name}: {month} is not a name and a month, an integer, 0 to 600")
    return FrozenMap(dict(value))


Waves = Annotated[Any, BeforeValidator(_months)]
"""FrozenMap name -> month."""


class CohortSettings(Frozen):
    """Collaboratives that start together."""

    starts: int = setting(0, "Month of the study in which they start.", low=0, high=240)
    collaboratives: int = setting(1, "How many.", low=1, high=1000)


class DesignSettings(Frozen):
    """Who is treated when, and when everybody is measured.

    Waves count from each cohort's own start; in a stepped wedge and in an interrupted series from month 0 of the study.
    """

    type: DesignType = setting(
        "parallel", "The design.",
        allowed="parallel, wait_list, stepped_wedge, pre_post, matched_comparison or interrupted_series")
    cohorts: tuple[CohortSettings, ...] = setting((), "Cohorts, if more than one.", allowed="a list of cohorts")
    collaboratives: int = setting(2, "Collaboratives of a study with one cohort.", low=1, high=1000)
    centers_per_collaborative: int = setting(8, "Centers of each.", low=1, high=1000)
    control_centers: int = setting(16, "Centers in no collaborative, shared over cohorts in proportion.", low=0,
                                   high=10_000)
    strata: tuple[Trait, ...] = setting((), "Traits within whose levels (of a number: below and above its median) "
                                        "centers are allocated.", allowed="a list of sector, size, readiness, area")
    pairs_on: tuple[Trait, ...] = setting((), "Traits on which pairs are matched, one of each treated.",
                                          allowed="a list of size, readiness, practice, sector")
    waits: int = setting(20, "Month, from a cohort's start, in which its waiting controls start.", low=1, high=240)
    match_on: tuple[Trait, ...] = setting(("size", "sector"), "What comparison centers are matched on.",
                                          allowed="a list of sector, size, readiness, practice")
    comparisons: int = setting(1, "Comparison centers for each that joined.", low=1, high=10)
    waves: Waves = setting({"baseline": 0, "post": 16}, "Names of waves and their months.",
                           allowed="a mapping of names to months")

    @property
    def by_cohort(self) -> tuple[CohortSettings, ...]:
        """The cohorts; one that starts at month 0 where none are listed."""
        return self.cohorts or (CohortSettings(collaboratives=self.collaboratives),)


Sample = Annotated[Literal["all"] | int, PlainValidator(word_or_integer(("all",), 1, 10_000))]


AboveZero = Annotated[float, Field(gt=0)]


class MeasureSettings(Frozen):
    """An instrument: what it looks at, how many it samples in a center, how well it measures."""

    of: Literal["classrooms", "staff", "children", "readiness", "reports"] = setting(
        "classrooms", "Units: classrooms observed, staff asked, children of classrooms tested, the center's readiness "
        "assessed, or the monthly reports that teams send.",
        allowed="classrooms, staff, children, readiness or reports")
    asks: Literal["self_report", "practice", "knowledge", "motivation"] = setting(
        "self_report", "Of staff: practice as they report it (biased), true practice, knowledge or motivation with the "
        "instrument's error.", allowed="self_report, practice, knowledge or motivation")
    who: Literal["all", "teaching"] = setting("all", "Of staff: everybody, or teachers and assistants.",
                                              allowed="all or teaching")
    sample: Sample = setting("all", "Units sampled in a center at a wave; all where it has fewer.",
                             allowed="all or an integer, at least 1")
    reliability: AboveZero = setting(1.0, "Share of the variance between units that is true, of one measurement.",
                                     low=0, high=1, allowed="a number, above 0, up to 1")
    rater: float = setting(0.0, "Of classrooms: share of the error that all rooms of a center share at a wave, because "
                           "one rater sees them.", low=0, high=1)
    response: AboveZero = setting(1.0, "Share of those asked who answer, at average motivation; the more motivated "
                                  "answer more often (parameters.nonresp_slope).", low=0, high=1,
                                  allowed="a number, above 0, up to 1")
    waves: tuple[str, ...] = setting((), "Waves at which it is used; all if none are named.",
                                     allowed="a list of names of design.waves")


class AttritionSettings(Frozen):
    """Share of centers of each arm that no longer take part in the measurement by the last wave."""

    treated: float = setting(0.0, "In the treated arm.", low=0, high=0.95)
    control: float = setting(0.0, "In the control arm.", low=0, high=0.95)


class AnalysisSettings(Frozen):
    """What is estimated, of whom, and how."""

    outcome: str = setting("", "Name of a measure.", allowed="a name in measures")
    wave: str = setting("post", "Wave at which it is compared.", allowed="a name in design.waves")
    estimand: Estimand = setting(
        "center_mean", "Whose mean: every center counts once, everyone present counts once, those there at both waves, "
        "everyone present at a wave of its own sample, or centers that did not withdraw.",
        allowed="center_mean, all_present, stayers, repeated_cross_section or compliers")
    cohort: Cohort = setting(
        "repeated", "Who is measured: a new sample a wave, the same persons and newcomers in place of those who left, "
        "or the same persons only.", allowed="repeated, open or closed")
    model: Literal["ancova", "change", "constrained"] = setting(
        "ancova", "How a baseline enters: as a covariate, subtracted, or as an outcome with equal means.",
        allowed="ancova, change or constrained")
    covariates: tuple[Covariate, ...] = setting((), "Covariates.", allowed="a list of baseline, baseline_center_mean, "
                                                "sector, cohort, readiness, size")
    moderator: Literal["", "sector", "readiness"] = setting(
        "", "Test whether the effect differs by it, not the effect.", allowed="sector or readiness")
    estimators: tuple[Estimator, ...] = setting(("cluster_t",), "Estimators.", allowed=", ".join(ESTIMATORS))


class TargetSettings(Frozen):
    """What is asked of the study."""

    power: float = setting(0.80, "Power wanted.", low=0.05, high=0.999)
    alpha: float = setting(0.05, "Level of the tests.", low=0.0001, high=0.5)
    sides: int = setting(2, "One-sided (the program helps) or two-sided.", low=1, high=2)
    correction: Literal["none", "bonferroni", "holm", "benjamini_hochberg"] = setting(
        "none", "Over the analyses of a list.", allowed="none, bonferroni, holm or benjamini_hochberg")

    @model_validator(mode="after")
    def _power_above_alpha(self) -> Self:
        if self.power <= self.alpha:
            power, alpha = number_text(self.power), number_text(self.alpha)
            problem = (f"power {power} is not above alpha {alpha}, which a test reaches without any effect; a power "
                       f"above {alpha} (0.8 is usual), or an alpha below {power}, would work")  # fmt: skip
            refuse("TargetSettings", [(("power",), problem, ("power", "alpha"))])
        return self


class CostSettings(Frozen):
    """What things cost (US dollars), for the cost of a design and the best design under a budget; all assumptions."""

    collaborative: float = setting(60_000.0, "A collaborative, its faculty and meetings.", low=0, high=1e8)
    treated_center: float = setting(5_000.0, "A center that takes part.", low=0, high=1e7)
    control_center: float = setting(1_000.0, "A center that only is measured.", low=0, high=1e7)
    classroom: float = setting(200.0, "Observing or testing one classroom once.", low=0, high=1e5)
    survey: float = setting(25.0, "One answer of a person, or one report.", low=0, high=1e5)


class SearchSettings(Frozen):
    """The smallest value of a field that reaches the power, or the best design under a budget."""

    over: str | tuple[str, ...] = setting("design.centers_per_collaborative", "Field that is searched; several under a "
                                          "budget.", allowed="a path such as design.centers_per_collaborative")
    between: tuple[int, int] | tuple[tuple[int, int], ...] = setting(
        (4, 20), "Smallest and largest value; a pair for each field under a budget.", allowed="two integers")
    step: int = setting(1, "Step of the field.", low=1, high=1000)
    budget: float = setting(0.0, "Money for the whole study (US dollars); 0: none is given.", low=0, high=1e10)
    replicates: int = setting(0, "Most replicates the search may take; 0: four times those of the study.", low=0,
                              high=10_000_000)


class PowerSettings(Frozen):
    """A power study but for its scenario and truth, of one cell."""

    question: str = setting("", "The question it answers.", allowed="text")
    design: DesignSettings = section(DesignSettings(), "Who is treated and measured when.")
    measures: dict[str, MeasureSettings] = setting({}, "Instruments by name.", allowed="a mapping of names to measures")
    attrition: AttritionSettings = section(AttritionSettings(), "Centers lost to measurement.")
    target: TargetSettings = section(TargetSettings(), "Power, level and sides.")
    costs: CostSettings = section(CostSettings(), "Prices.")
