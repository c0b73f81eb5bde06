"""Closed forms against printed values of other software and against independently derived cases.

The cases are those of power-reference.json (its id, source and tolerance are kept), copied so that they are checked
wherever the tests run; where the file is at hand, the copies are compared with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf
from pathlib import Path

import pytest

from bscsim.trial import formulas as f

EXCHANGEABLE = f.Covariance(cluster=0.1, residual=0.9)
LISTED = [5, 8, 10, 12, 15, 18, 20, 25, 30, 37]
NESTED = {"var_center": 0.1, "var_unit": 0.9}


def z(precision: f.Precision) -> f.Precision:
    return f.Precision(precision.var, inf)


def pu_a() -> dict[str, float]:
    trial = f.two_level(20, 15, 0.17)
    return {"mdes": f.mdes(trial, convention="multiplier"), "df": trial.df}


def pu_cov() -> dict[str, float]:
    trial = f.two_level(40, 20, 0.1, r2_unit=0.5, r2_cluster=0.5, covariates=1)
    return {"mdes": f.mdes(trial, convention="multiplier"), "df": trial.df}


def few_clusters() -> dict[str, float]:
    return {
        "power_cluster_t_df2": f.power(0.5, f.two_level(4, 40, 0.017)),
        "power_naive_ess": f.power(0.5, f.naive_design_effect(4, 40, 0.017)),
    }


def nih() -> dict[str, float]:
    exact = f.sample_size(lambda k: f.two_level(2 * k, 150, 0.05), 0.4804988)
    return {
        "clusters_per_arm_z": f.normal_size(2 * (0.05 + 0.95 / 150), 0.4804988),
        "clusters_per_arm_exact_t": exact,
    }


def baseline() -> dict[str, float]:
    found = f.parallel(20, 20, EXCHANGEABLE)
    return {"power_z": f.power(0.3, found), "var": found.var}


def wedge() -> dict[str, float]:
    found = f.stepped_wedge(4, [3, 3, 3, 3], 20, EXCHANGEABLE)
    return {"var": found.var, "power_z": f.power(0.25, found)}


def block_exchangeable() -> dict[str, float]:
    found = f.stepped_wedge(4, 3, 20, f.Covariance(cluster=0.08, cluster_period=0.02, residual=0.9))
    return {"power_z": f.power(0.25, found), "var": found.var}


def waiting() -> dict[str, float]:
    found = f.wait_list((10, 10), 15, f.Covariance(cluster=0.1, person=0.5, residual=0.4))
    return {"var": found.var, "power_z": f.power(0.25, found)}


def unequal() -> dict[str, float]:
    found = f.listed_sizes(LISTED, LISTED, 0.05)
    return {"var": found.var, "power_z": f.power(0.3, z(found)), "power_t_df18": f.power(0.3, found)}


def fixed_k() -> dict[str, float]:
    return {
        "nI_per_arm": f.normal_size(2, 0.25),
        "k_min": f.least_clusters(0.25, 0.05),
        "m_required": f.units_for_fixed_clusters(15, 0.25, 0.05),
    }


def series() -> dict[str, float]:
    level, slope = f.interrupted_series(24, 12, 0.3), f.interrupted_series(24, 12, 0.3, what="slope")
    return {"var_level": level.var, "power_z_level": f.power(1.0, level), "var_slope": slope.var}


def nested() -> dict[str, float]:
    found = f.partially_nested(4, 10, 15, 40, var_collaborative=0.03, **NESTED)
    return {
        "var": found.var,
        "df": found.df,
        "power_t": f.power(0.3, found),
        "power_ignoring_collaboratives_df78": f.power(0.3, f.ignoring_collaboratives(4, 10, 15, 40, **NESTED)),
    }


CASES: dict[str, tuple[Callable[[], dict[str, float]], dict[str, float], float]] = {
    # PowerUpR 1.1.0 under R 4.2.2
    "pu-cra2-mdes-a": (pu_a, {"mdes": 0.6290064177, "df": 18}, 1e-6),
    "pu-cra2-mdes-cov": (pu_cov, {"mdes": 0.24502191839, "df": 37}, 1e-6),
    # noncentral t closed form; contrast to Killip 2004
    "de-naive-vs-df-few-clusters": (
        few_clusters, {"power_cluster_t_df2": 0.2913816659128144, "power_naive_ess": 0.678838412532024}, 1e-4,
    ),
    # NIH calculator, PASS 11 (clusterPower's unit tests), CRTSize 4.798 -> 5
    "crt-normal-clusters-nih": (
        nih, {"clusters_per_arm_z": 3.8301740130990867, "clusters_per_arm_exact_t": 5}, 1e-4,
    ),
    # SteppedPower .9306289841
    "crt-baseline-xs": (baseline, {"power_z": 0.9306289840982371, "var": 0.007603448275862065}, 1e-6),
    # swPwr and SteppedPower .7283832637
    "sw-hh-gauss": (wedge, {"var": 0.009478260869565215, "power_z": 0.728383263692317}, 1e-6),
    # swPwr and SteppedPower .5851054708
    "sw-bec-gamma": (block_exchangeable, {"power_z": 0.5851054707795316, "var": 0.013213114754098369}, 1e-6),
    # GLS of Hemming, Lilford & Girling 2015
    "waitlist-2seq": (waiting, {"var": 0.0077575757575757565, "power_z": 0.8101532497087426}, 1e-6),
    # inverse variance weights; setting of van Breukelen et al. 2007
    "crt-unequal-exact": (
        unequal,
        {"var": 0.022132813222386614, "power_z": 0.5225862950379726, "power_t_df18": 0.47957772358501916}, 1e-6,
    ),
    # Hemming et al. 2011, BMC Med Res Methodol 11:102
    "crt-fixed-k-feasibility": (
        fixed_k, {"nI_per_arm": 251.16415149917083, "k_min": 12.558207574958542, "m_required": 97.7175379353391}, 1e-3,
    ),
    # segmented regression, GLS
    "its-gls-level": (
        series,
        {"var_level": 0.8818222799348285, "power_z_level": 0.18662057986978636, "var_slope": 0.0228920888272033}, 1e-6,
    ),
    # variance and Satterthwaite df of study.md
    "pn-centers-k4": (
        nested,
        {"var": 0.0155, "df": 5.399654, "power_t": 0.507599, "power_ignoring_collaboratives_df78": 0.911902}, 1e-5,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reference_cases_come_out_within_their_tolerance(case: str) -> None:
    compute, expected, tolerance = CASES[case]
    assert compute() == pytest.approx(expected, abs=tolerance, rel=0)


def test_the_copies_are_those_of_the_reference_file() -> None:
    file = Path(__file__).parents[3] / "shared" / "power-reference.json"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the repository")
    cases = {case["id"]: case for case in json.loads(file.read_text())}
    assert {case: (cases[case]["expected"], cases[case]["tolerance"]) for case in CASES} == {
        case: (expected, tolerance) for case, (_, expected, tolerance) in CASES.items()
    }
    assert set(cases) - set(CASES) == {"type1-t-cluster-means", "fit-reml-kr-unb1"}, "of estimators, checked there"


POWERUP = [  # printed by PowerUpR, as kept in the tests of its Python port pyPowerUp: power, se, df
    (0.145, f.blocked(5, 44, 20, 0.10), 0.803, 0.051, 210),
    (0.246, f.blocked_random(24, 6, 10, 0.13, 0.10, 0.4 * 0.13), 0.799, 0.084, 23),
    (0.629, f.two_level(20, 15, 0.17), 0.800, 0.212, 18),
    (0.269, f.three_level(60, 3, 15, 0.06, 0.17), 0.800, 0.094, 58),
    # bira2c1, bira2f1 (n = 15, J = 20) and ira1r1: persons, that is clusters of one
    (0.325, f.blocked(20, 15, 1, 0.0, effects="constant"), 0.801, 0.115, 279),
    (0.325, f.blocked(20, 15, 1, 0.0), 0.801, 0.115, 260),
    (0.366, f.blocked_random(20, 15, 1, 0.17, 0.0, 0.5 * 0.17), 0.801, 0.124, 19),
    (0.356, f.two_level(250, 1, 0.0), 0.801, 0.126, 248),
]


@pytest.mark.parametrize(("effect", "design", "power", "se", "df"), POWERUP)
def test_printed_values_of_powerup(effect: float, design: f.Precision, power: float, se: float, df: float) -> None:
    assert f.power(effect, design) == pytest.approx(power, abs=0.0005)
    assert design.se == pytest.approx(se, abs=0.0005)
    assert design.df == df


def test_printed_value_of_clusterpower_for_proportions() -> None:
    """crtpwr.2prop(nsubjects=150, p1=.1, p2=.2, icc=.05, pooled=FALSE): 11.05385 clusters an arm, normal test."""
    one = f.proportions(2, 150, 0.2, 0.1, 0.05, test="z").var  # one cluster an arm
    assert f.normal_size(one, 0.1) == pytest.approx(11.05385, abs=1e-4)
