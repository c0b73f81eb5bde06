"""Designs that are more than one wave of two arms: stepped wedge, constrained, paired, series; permutations."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bscsim.trial.analyzing.analysis import analyze
from bscsim.trial.analyzing.permuting import shuffles
from bscsim.trial.analyzing.places import study_of
from bscsim.trial.analyzing.series import monthly
from bscsim.trial.cluster_stats import FAILED, OK, Array, Estimates
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.estimators import segmented
from bscsim.trial.settings import CohortSettings, MeasureSettings
from bscsim.trial.trial import Trial
from tests.trial.analyzing_cases import SCENARIO, analysis, center_means, enrolled, one, trial, units

R = 3
WHO = enrolled(R, seed=3)
DATA = units(WHO, seed=4)

COHORTS = (CohortSettings(starts=3), CohortSettings(starts=8), CohortSettings(starts=14))
WAVES = {"a": 0, "b": 8, "c": 12, "d": 20}
MONTHS = np.array([0, 8, 12, 20])


def wedge_of(who: Enrolled) -> Enrolled:
    """All in the study are treated, in one of three cohorts that are collaboratives."""
    cohort = np.where(who.in_study, np.cumsum(who.in_study, axis=1) % 3, -1)
    begins = np.where(who.in_study, np.array([3, 8, 14])[cohort], 32_767)
    return who._replace(treated=who.in_study, cohort=cohort, collaborative=cohort, begins=begins)


WEDGE = wedge_of(WHO)
STEPS = units(WEDGE, waves=4, seed=6)


def wedge(what: object, data: Units = STEPS, who: Enrolled = WEDGE) -> dict[str, Estimates]:
    made = trial(what, type="stepped_wedge", cohorts=COHORTS, waves=WAVES)  # type: ignore[arg-type]
    return analyze(made, what, who, data, seed=5)  # type: ignore[arg-type]


def wedge_rows(r: int, begins: Array | None = None) -> tuple[Array, Array]:
    """Outcome and model matrix of a replicate, row by row."""
    rows = STEPS.at == r
    center, wave = STEPS.center[rows], STEPS.wave[rows]
    starts = WEDGE.begins[r] if begins is None else begins
    exposed = [float(MONTHS[w] > starts[c]) for c, w in zip(center, wave, strict=True)]
    return STEPS.y[rows], np.column_stack([np.ones(len(wave)), exposed, *[(wave == w) * 1.0 for w in (1, 2, 3)]])


def test_stepped_wedge_is_least_squares_with_periods() -> None:
    """What is measured in the month of the start (cohort 2, wave b) is not exposed yet."""
    found = wedge(analysis("ols_cr2", "ols_cr2_centers", wave="d"))
    for r in range(R):
        y, x = wedge_rows(r)
        assert found["ols_cr2"].b[r] == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0][1], abs=1e-9)
    assert (found["ols_cr2"].df < 3).all()  # three collaboratives are the independent units
    assert (found["ols_cr2_centers"].df > found["ols_cr2"].df).all()


@pytest.mark.parametrize(("cohort", "sample"), [("repeated", 8), ("repeated", "all"), ("open", 8)])
def test_stepped_wedge_mixed_model_is_gls_at_its_variances(cohort: str, sample: object) -> None:
    """Intercepts of centers, and of their periods where units are drawn anew, else of the units: the estimate is GLS,
    by dense matrices, at the variances found, and the restricted likelihood is highest there."""
    from bscsim.trial.analyzing.models import Measured, built
    from bscsim.trial.estimators.lmm import fit

    what = analysis("lmm_kr", wave="d", cohort=cohort)
    made = trial(what, type="stepped_wedge", cohorts=COHORTS, waves=WAVES)
    made = replace(made, measures={"score": MeasureSettings(sample=sample)})
    model = built(made, what, Measured(study_of(WEDGE), STEPS), WEDGE).model
    theta = fit(model.stats, model.cells).found.theta
    found = analyze(made, what, WEDGE, STEPS, seed=5)["lmm_kr"]
    within = STEPS.wave if (cohort, sample) == ("repeated", 8) else STEPS.unit
    for r in range(R):
        y, x = wedge_rows(r)
        rows = STEPS.at == r
        center = STEPS.center[rows][:, None] == STEPS.center[rows]
        cell = center & (within[rows][:, None] == within[rows])

        def deviance(values: Array, y: Array = y, x: Array = x, center: Array = center, cell: Array = cell) -> float:
            v = values[0] * np.eye(len(y)) + values[1] * center + values[2] * cell
            w = np.linalg.inv(v)
            b = np.linalg.solve(x.T @ w @ x, x.T @ w @ y)
            left = y - x @ b
            logs = [np.linalg.slogdet(m)[1] for m in (v, x.T @ w @ x)]
            return float(sum(logs) + left @ w @ left)

        v = np.linalg.inv(theta[r, 0] * np.eye(len(y)) + theta[r, 1] * center + theta[r, 2] * cell)
        assert found.b[r] == pytest.approx(np.linalg.solve(x.T @ v @ x, x.T @ v @ y)[1], abs=1e-7)
        best = deviance(theta[r])
        for part, factor in itertools.product(range(3), (0.95, 1.05)):
            other = theta[r].copy()
            other[part] = other[part] * factor if other[part] else 0.01
            assert deviance(other) > best - 1e-9


def test_a_raters_error_keeps_the_periods_of_a_stepped_wedge() -> None:
    what = analysis("lmm_kr", wave="d", cohort="open")
    made = trial(what, type="stepped_wedge", cohorts=COHORTS, waves=WAVES)
    found = [analyze(replace(made, measures={"score": MeasureSettings(rater=rater)}), what, WEDGE, STEPS)["lmm_kr"]
             for rater in (0.0, 0.5)]  # fmt: skip
    sampled = replace(made, measures={"score": MeasureSettings(sample=8)})
    anew = analyze(sampled, what.model_copy(update={"cohort": "repeated"}), WEDGE, STEPS)["lmm_kr"]
    assert found[1].se.tolist() == anew.se.tolist()
    assert (found[0].se < anew.se).all()  # persons are told apart, which the residual gains by


def test_stepped_wedge_randomization_exchanges_starts() -> None:
    """p-value over the very permutations, each fitted by least squares to the rows."""
    found = wedge(analysis("randomization", wave="d"))["randomization"]
    study = study_of(WEDGE)
    source = shuffles(study, ~study.there, 5, 199)
    assert (found.status == OK).all()
    for r in range(R):
        effects = []
        for p in range(200):
            begins = np.full(WEDGE.begins.shape[1], 32_767)
            begins[study.center[r][study.there[r]]] = study.begins[r][source[r, p]][study.there[r]]
            y, x = wedge_rows(r, begins)
            effects.append(np.linalg.lstsq(x, y, rcond=None)[0][1])
        assert found.b[r] == pytest.approx(effects[0], abs=1e-9)
        extreme = (np.abs(effects[1:]) >= abs(effects[0]) * (1 - 1e-10)).sum()
        assert found.p[r] == pytest.approx((1 + extreme) / 200)
        assert found.low[r] < found.b[r] < found.high[r]


def test_permutations_stay_in_strata_and_go_on_from_one_block_to_the_next() -> None:
    stratum = np.where(WHO.in_study, np.cumsum(WHO.in_study, axis=1) % 2, -1)
    study = study_of(WHO._replace(stratum=stratum))
    empty = np.zeros(study.there.shape, bool)
    empty[:, 4] = True
    source = shuffles(study, empty, 1, 30, first=10)
    for r, p in itertools.product(range(R), range(31)):
        assert sorted(source[r, p]) == list(range(source.shape[2]))
        np.testing.assert_array_equal(study.stratum[r][source[r, p]], study.stratum[r])
        assert source[r, p, 4] == 4
    later = study_of(Enrolled(None, *(part[1:] for part in WHO._replace(stratum=stratum)[1:])))  # type: ignore[arg-type]
    np.testing.assert_array_equal(shuffles(later, empty[1:], 1, 30, first=11), source[1:])
    assert len(np.unique(source[0], axis=0)) == 31


def test_moderator_randomization_exchanges_arms() -> None:
    what = analysis("randomization", moderator="readiness", covariates=("size",))
    found = analyze(trial(what), what, WHO, DATA, seed=2)["randomization"]
    study = study_of(WHO)
    source = shuffles(study, ~study.there, 2, 199)
    for r in range(R):
        row, effects = one(WHO, DATA, r), []
        for p in range(200):
            arm = np.zeros(WHO.treated.shape[1])
            arm[study.center[r]] = study.treated[r][source[r, p]]
            a = arm[row.center]
            x = np.column_stack([np.ones(len(a)), a * row.readiness, a, row.readiness, row.size])
            effects.append(np.linalg.lstsq(x, row.y, rcond=None)[0][1])
        assert found.b[r] == pytest.approx(effects[0], abs=1e-8)
        extreme = (np.abs(effects[1:]) >= abs(effects[0]) * (1 - 1e-10)).sum()
        assert found.p[r] == pytest.approx((1 + extreme) / 200)


@pytest.mark.parametrize(
    ("cohort", "expected"),
    [
        ("repeated", [(0.634112, 0.403289, 20.073195), (0.472084, 0.436559, 22.289424)]),
        ("closed", [(0.600314, 0.387091, 80.217470), (0.227368, 0.366333, 81.494575)]),
    ],
)
def test_constrained_mixed_model_is_lmer_with_kenward_roger(cohort: str, expected: list[tuple[float, ...]]) -> None:
    """R 4.2, lme4 and pbkrtest on the same rows: y ~ treated:after + after + (1|center) + (1|center:wave), or
    (1|person) in the closed cohort, where who came later is no member."""
    who = enrolled(4)
    data = units(who)
    data = data._replace(y=np.round(data.y, 4))
    if cohort == "closed":
        first = {row[1:] for row in zip(data.wave, data.at, data.center, data.unit, strict=True) if row[0] == 0}
        kept = np.array([key in first for key in zip(data.at, data.center, data.unit, strict=True)])
        data = Units(*(part[kept] for part in data))
    what = analysis("lmm_kr", model="constrained", cohort=cohort)
    found = analyze(trial(what), what, who, data)["lmm_kr"]
    for r, numbers in enumerate(expected):
        np.testing.assert_allclose([found.b[r], found.se[r], found.df[r]], numbers, rtol=2e-5)


def test_constrained_least_squares() -> None:
    what = analysis("ols_cr2", model="constrained", cohort="closed", covariates=("baseline", "size"))
    found = analyze(trial(what), what, WHO, DATA)["ols_cr2"]
    for r in range(R):
        rows = DATA.at == r
        wave, center = DATA.wave[rows], DATA.center[rows]
        arm = WHO.treated[r, center]
        x = np.column_stack([np.ones(rows.sum()), arm * wave, wave, WHO.size[r, center]])
        assert found.b[r] == pytest.approx(np.linalg.lstsq(x, DATA.y[rows], rcond=None)[0][1], abs=1e-9)


def test_paired_t_is_scipys() -> None:
    """Of center means before and after, and of collaboratives' means of them; no control is looked at."""
    who = enrolled(R, seed=8, control=0)
    data = units(who, seed=2)
    for cohort in ("repeated", "closed"):
        what = analysis("paired_t", "paired_t_centers", cohort=cohort)
        found = analyze(trial(what, type="pre_post"), what, who, data)
        for r in range(R):
            row = one(who, data, r)
            kept = np.isfinite(row.own) if cohort == "closed" else np.ones(len(row.y), bool)
            after = center_means(row.y[kept], row.center[kept])
            before = center_means((row.own if cohort == "closed" else row.base)[kept], row.center[kept])
            expected = scipy_stats.ttest_rel(after, before)
            assert found["paired_t_centers"].b[r] == pytest.approx((after - before).mean())
            assert found["paired_t_centers"].p[r] == pytest.approx(expected.pvalue, rel=1e-8)
            group = center_means(row.group[kept], row.center[kept])
            means = [np.array([x[group == g].mean() for g in np.unique(group)]) for x in (after, before)]
            assert found["paired_t"].p[r] == pytest.approx(scipy_stats.ttest_rel(*means).pvalue, rel=1e-8)
            assert found["paired_t"].df[r] == 2


def series_of(months: int = 14) -> tuple[Enrolled, Units, Array]:
    """Reports of the treated and of controls, a third of them missing; the effect grows by .1 a month."""
    rng = np.random.default_rng(1)
    who = WHO._replace(begins=np.where(WHO.treated, 6 + WHO.collaborative, 32_767))
    y = (
        rng.normal(size=(R, WHO.in_study.shape[1], 1))
        + 0.05 * np.arange(months)
        + 0.3 * rng.normal(size=(R, 26, months))
    )
    since = np.arange(months) - who.begins[..., None]
    y += np.where(since >= 0, 0.1 * since, 0.0)
    sent = rng.random(y.shape) < 0.7
    at, center, month = np.nonzero(sent & who.in_study[..., None])
    order = np.lexsort((center, month, at))
    at, center, month = at[order], center[order], month[order]
    return who, Units(at, month, center, np.zeros(len(at), int), y[at, center, month]), np.where(sent, y, np.nan)


def test_series_is_the_segmented_regression_of_the_treated() -> None:
    who, data, y = series_of()
    what = analysis("segmented", wave="last")
    made = Trial(SCENARIO, trial(what, type="interrupted_series", waves={"first": 0, "last": 12}).design,
                 {"score": MeasureSettings(of="reports")}, (what,))  # fmt: skip
    found = analyze(made, what, who, data)["segmented"]
    study = study_of(who)
    np.testing.assert_array_equal(monthly(study, data, 13)[1][study.treated[1]], y[1][who.treated[1]][:, :13])
    for r in range(R):
        mine = who.treated[r]
        start = who.begins[r, mine]
        fitted = segmented.fit(y[r : r + 1, mine, :13], start, collaborative=who.collaborative[r, mine],
                               variance="robust")  # fmt: skip
        assert found.status[r] in (OK, 1)
        # the level at the wave is the jump plus the slope times the months since, if all began alike; here by columns
        x = segmented.columns(13, start, 12 - start)
        assert (x[:, 12, 2] == 1).all()
        assert (x[:, 12, 3] == 0).all()
        assert fitted.estimates.status[0] in (OK, 1)
    assert abs(found.b.mean() - 0.1 * (12 - 7)) < 4 * found.se.mean()


def test_series_at_a_later_month_is_level_plus_slope() -> None:
    """The same fit in other words: the covariance is the same, so the coefficient is b2 + at b3 exactly."""
    who, _, y = series_of()
    mine = who.treated[0]
    plain = segmented.fit(y[:1, mine], 7)
    moved = segmented.fit(y[:1, mine], 7, at=5.0)
    assert moved.estimates.b[0] == pytest.approx(plain.b[0, 2] + 5 * plain.b[0, 3], abs=1e-6)
    assert moved.b[0, 3] == pytest.approx(plain.b[0, 3], abs=1e-6)
    assert moved.estimates.se[0] != pytest.approx(plain.estimates.se[0], rel=1e-3)


def test_series_without_a_month_before_fails() -> None:
    who, data, _ = series_of()
    early = who._replace(begins=np.where(who.treated, 0, 32_767))
    what = analysis("segmented", wave="last")
    made = Trial(SCENARIO, trial(what, type="interrupted_series", waves={"first": 0, "last": 12}).design,
                 {"score": MeasureSettings(of="reports")}, (what,))  # fmt: skip
    assert (analyze(made, what, early, data)["segmented"].status == FAILED).all()
