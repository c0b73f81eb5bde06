"""Analyses against scipy, least squares and loops over rows, in one-wave designs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as scipy_stats

from bscsim.trial.analyzing.analysis import analyze, analyze_worlds
from bscsim.trial.analyzing.places import partner, rows_at, study_of
from bscsim.trial.analyzing.registry import MIXED, OF_SUMS, SPECIAL
from bscsim.trial.cluster_stats import FAILED, Array, Estimates
from bscsim.trial.dataset import Units
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.settings import ESTIMATORS
from tests.trial.analyzing_cases import analysis, center_means, enrolled, group_means, one, trial, units

R = 4
WHO = enrolled(R)
DATA = units(WHO)
TWO_ARMS = (
    "cluster_t", "cluster_t_centers", "lmm_kr", "lmm_satterthwaite", "lmm_between_within", "partially_nested",
    "partially_nested_dropped", "gee", "gee_md", "gee_fg", "gee_centers", "ols_cr2", "ols_cr2_centers", "randomization",
)  # fmt: skip


def run(what: object, who: Enrolled = WHO, data: Units = DATA, **more: object) -> dict[str, Estimates]:
    return analyze(trial(what), what, who, data, **more)  # type: ignore[arg-type]


def same(a: Estimates, b: Estimates, tolerance: float = 1e-8) -> None:
    for x, y in zip(a[:6], b[:6], strict=True):
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


def lstsq(y: Array, *columns: Array) -> Array:
    x = np.column_stack([np.ones(len(y)), *columns])
    return np.linalg.lstsq(x, y, rcond=None)[0]


def test_every_name_of_the_settings_is_known() -> None:
    assert set(OF_SUMS) | set(MIXED) | set(SPECIAL) == set(ESTIMATORS)


def test_cluster_t_is_scipys_welch_test() -> None:
    found = run(analysis("cluster_t", "cluster_t_centers"))
    for r in range(R):
        row = one(WHO, DATA, r)
        groups, controls = group_means(row)
        arms = [center_means(row.y[row.arm == a], row.center[row.arm == a]) for a in (1, 0)]
        for name, samples in (("cluster_t", (groups, controls)), ("cluster_t_centers", arms)):
            expected = scipy_stats.ttest_ind(*samples, equal_var=False)
            assert found[name].b[r] == pytest.approx(samples[0].mean() - samples[1].mean(), abs=1e-10)
            assert found[name].p[r] == pytest.approx(expected.pvalue, rel=1e-8)
            assert found[name].df[r] == pytest.approx(expected.df, rel=1e-8)


def test_least_squares_with_all_covariates() -> None:
    """Repeated cohort: sector, readiness, size and the center's mean baseline; empty centers, baselines imputed."""
    data = units(WHO, empty=0.1, seed=5)
    found = run(analysis("ols_cr2", covariates=("baseline", "sector", "readiness", "size")), data=data)["ols_cr2"]
    for r in range(R):
        row = one(WHO, data, r)
        b = lstsq(row.y, row.arm, row.base, row.sector, row.readiness, row.size)[1]
        assert found.b[r] == pytest.approx(b, abs=1e-9)


def test_own_baseline_in_a_closed_cohort() -> None:
    found = run(analysis("ols_cr2", cohort="closed", covariates=("baseline", "sector")))["ols_cr2"]
    both = run(analysis("ols_cr2", cohort="closed", covariates=("baseline", "baseline_center_mean")))["ols_cr2"]
    for r in range(R):
        row = one(WHO, DATA, r)
        own = np.where(np.isnan(row.own), np.nanmean(row.own), row.own)
        assert found.b[r] == pytest.approx(lstsq(row.y, row.arm, own, row.sector)[1], abs=1e-9)
        assert both.b[r] == pytest.approx(lstsq(row.y, row.arm, own, row.base)[1], abs=1e-9)


def test_a_wrong_person_or_wave_as_baseline_would_show() -> None:
    """The own baseline is another number than the center's, and than another wave's."""
    closed = run(analysis("ols_cr2", cohort="closed", covariates=("baseline",)))["ols_cr2"].b
    center = run(analysis("ols_cr2", covariates=("baseline",)))["ols_cr2"].b
    assert (np.abs(closed - center) > 1e-4).all()


def test_change_scores() -> None:
    """Own change in a closed cohort; in others the difference of the center's means; a t test of them by hand."""
    closed = run(analysis("cluster_t_centers", cohort="closed", model="change"))["cluster_t_centers"]
    repeated = run(analysis("cluster_t_centers", model="change"))["cluster_t_centers"]
    for r in range(R):
        row = one(WHO, DATA, r)
        kept = np.isfinite(row.own)
        for found, change, some in ((closed, row.y - row.own, kept), (repeated, row.y - row.base, kept | True)):
            arms = [center_means(change[some & (row.arm == a)], row.center[some & (row.arm == a)]) for a in (1, 0)]
            assert found.p[r] == pytest.approx(scipy_stats.ttest_ind(*arms, equal_var=False).pvalue, rel=1e-8)


def test_moderator_is_the_interaction_of_least_squares() -> None:
    for moderator, covariates in (("sector", ()), ("sector", ("sector",)), ("readiness", ("size",))):
        what = analysis("ols_cr2_centers", moderator=moderator, covariates=covariates)
        found = run(what)["ols_cr2_centers"]
        for r in range(R):
            row = one(WHO, DATA, r)
            m = row.sector if moderator == "sector" else row.readiness
            more = (row.size,) if covariates == ("size",) else ()
            assert found.b[r] == pytest.approx(lstsq(row.y, row.arm * m, row.arm, m, *more)[1], abs=1e-9)


def test_exchanging_arms_changes_the_sign() -> None:
    names = [name for name in TWO_ARMS if name not in ("gee_fg", "randomization")]
    who = WHO._replace(collaborative=np.full_like(WHO.collaborative, -1))
    other = who._replace(treated=who.in_study & ~who.treated)
    what = analysis(*names, covariates=("sector",))
    found, turned = run(what, who), run(what, other)
    for name in names:
        ok = found[name].status != FAILED
        assert ok.all()
        np.testing.assert_allclose(found[name].b, -turned[name].b, atol=2e-5)
        np.testing.assert_allclose(found[name].p, turned[name].p, rtol=2e-4)


def test_scale_and_shift_of_the_outcome() -> None:
    what = analysis(*TWO_ARMS, covariates=("baseline", "size"))
    found, other = run(what), run(what, data=DATA._replace(y=-3 + 10 * DATA.y))
    for name in TWO_ARMS:
        np.testing.assert_allclose(other[name].b, 10 * found[name].b, rtol=1e-5)
        np.testing.assert_allclose(other[name].p, found[name].p, rtol=1e-4)


def test_a_replicate_is_the_same_alone_and_in_company() -> None:
    """Bits of what is summed; estimators that iterate within their tolerance. First replicate numbers go on."""
    what = analysis(*TWO_ARMS, cohort="closed", covariates=("baseline", "sector"))
    found = run(what, seed=3, first=7)
    last = Enrolled(None, *(part[R - 1 :] for part in WHO[1:]))  # type: ignore[arg-type]
    rows = DATA.at == R - 1
    alone = run(
        what, last, Units(np.zeros(rows.sum(), int), *(part[rows] for part in DATA[1:])), seed=3, first=7 + R - 1
    )
    for name in TWO_ARMS:
        for a, b in zip(found[name], alone[name], strict=True):
            np.testing.assert_allclose(a[R - 1 :], b, rtol=1e-6)
        assert name in ("lmm_kr", "gee", "gee_md", "gee_fg", "gee_centers") or found[name].b[-1] == alone[name].b[0]


def test_order_of_rows_and_centers_outside_the_study_do_not_matter() -> None:
    order = np.random.default_rng(0).permutation(len(DATA.y))
    more = Units(*(part[order] for part in DATA))
    outside = int(np.flatnonzero(~WHO.in_study[0])[0])
    extra = Units(*(np.append(part, x) for part, x in zip(more, (0, 1, outside, 3, 9e9), strict=True)))
    what = analysis("ols_cr2", "lmm_kr", cohort="closed", covariates=("baseline",))
    for name, found in run(what).items():
        same(found, run(what, data=extra)[name], 1e-7)


def test_worlds_together_are_worlds_apart() -> None:
    other = DATA._replace(y=DATA.y + np.sin(np.arange(len(DATA.y))))
    what = analysis(*TWO_ARMS, covariates=("baseline",))
    pair = analyze_worlds(trial(what), what, WHO, [DATA, other])
    for found, alone in zip(pair, (run(what), run(what, data=other)), strict=True):
        for name in TWO_ARMS:
            same(found[name], alone[name], 1e-6)


def test_centers_and_replicates_without_data_fail_alone() -> None:
    """Nothing measured in a replicate, or in one arm: that replicate fails, the others stand."""
    gone = (DATA.at == 1) | ((DATA.at == 2) & WHO.treated[DATA.at, DATA.center])
    data = Units(*(part[~gone] for part in DATA))
    what = analysis(*TWO_ARMS, covariates=("baseline", "sector"))
    found, whole = run(what, data=data), run(what)
    for name in TWO_ARMS:
        assert found[name].status[[1, 2]].tolist() == [FAILED, FAILED], name
        np.testing.assert_allclose(found[name].p[[0, 3]], whole[name].p[[0, 3]], rtol=1e-5)


def test_a_covariate_without_variance_is_left_out_in_its_replicate() -> None:
    """In one replicate the study has one sector only."""
    who = WHO._replace(in_study=WHO.in_study.copy())
    who.in_study[1, 13:] = False
    what, plain = analysis("cluster_t_centers", covariates=("sector",)), analysis("cluster_t_centers")
    found, without = run(what, who)["cluster_t_centers"], run(plain, who)["cluster_t_centers"]
    assert found.p[1] == pytest.approx(without.p[1], rel=1e-9)
    assert abs(found.p[0] - without.p[0]) > 1e-6


def test_strata_reach_the_randomization_test() -> None:
    """In pairs of one treated and one control the test flips signs: all 2^n differences by brute force."""
    rng = np.random.default_rng(4)
    who = enrolled(1, seed=2, treated=6, control=6, groups=6)
    stratum = np.full(who.stratum.shape, -1)
    for arm in (who.treated[0], who.in_study[0] & ~who.treated[0]):
        stratum[0, rng.permutation(np.flatnonzero(arm))] = np.arange(6)
    who = who._replace(stratum=stratum)
    data = units(who, seed=9)
    found = run(analysis("randomization"), who, data)["randomization"]
    row = one(who, data, 0)
    mean = {c: row.y[row.center == c].mean() for c in np.unique(row.center)}
    difference = []
    for s in range(6):
        pair = np.flatnonzero(stratum[0] == s)
        difference.append(sum(mean[c] * (1 if who.treated[0, c] else -1) for c in pair))
    all_signs = (np.array(np.meshgrid(*[[1, -1]] * 6)).reshape(6, -1).T * difference).mean(axis=1)
    observed = np.mean(difference)
    assert found.b[0] == pytest.approx(observed)
    assert found.p[0] == pytest.approx((np.abs(all_signs) >= abs(observed) - 1e-12).mean())


def test_only_the_treated_have_collaboratives() -> None:
    """Of a wait-list, those who wait have a number already, but are still alone."""
    waiting = WHO._replace(collaborative=np.where(WHO.in_study & ~WHO.treated, 3, WHO.collaborative))
    assert (study_of(waiting).collaborative >= 0).sum() == WHO.treated.sum()
    what = analysis("cluster_t")
    same(run(what)["cluster_t"], run(what, waiting)["cluster_t"])


def test_partners_with_numbers_that_overflow_a_key() -> None:
    study = study_of(WHO)
    big = DATA._replace(unit=DATA.unit + (1 << 58))
    a, b = (partner(rows_at(study, data, 1), rows_at(study, data, 0)) for data in (DATA, big))
    np.testing.assert_array_equal(a, b)
    assert 0 < (a >= 0).sum() < len(a)


def test_a_baseline_where_there_is_none_is_refused() -> None:
    what = analysis("ols_cr2", wave="baseline", covariates=("baseline",))
    with pytest.raises(ValueError, match="no baseline"):
        run(what)
    with pytest.raises(ValueError, match="not measured at"):
        run(analysis("ols_cr2", wave="never"))


def test_missing_readiness_is_the_mean_of_both_arms() -> None:
    holes = WHO.readiness.copy()
    c = np.flatnonzero(WHO.in_study[0])[3]
    holes[0, c] = np.nan
    others = np.setdiff1d(np.flatnonzero(WHO.in_study[0]), [c])
    filled = holes.copy()
    filled[0, c] = holes[0, others].mean()
    what = analysis("ols_cr2", covariates=("readiness",))
    found = run(what, WHO._replace(readiness=holes))["ols_cr2"]
    same(found, run(what, WHO._replace(readiness=filled))["ols_cr2"])
