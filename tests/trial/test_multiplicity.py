"""Corrections for several tests against statsmodels, their guarantees by simulation, and the counts by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bscsim.trial.multiplicity import adjusted_p, family
from bscsim.trial.share import Share

# statsmodels 0.15.0, multipletests(p, method=...)[1]; the first p-values are from its own documentation's example.
SERIES = {
    (0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216): {
        "bonferroni": [0.01, 0.08, 0.39, 0.41, 0.42, 0.6, 0.74, 1, 1, 1],
        "holm": [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615],
        "benjamini_hochberg": [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.10571428571428572, 0.216, 0.216, 0.216],
    },
    (0.04, 0.01, 0.03, 0.01, 0.9): {
        "bonferroni": [0.2, 0.05, 0.15, 0.05, 1],
        "holm": [0.09, 0.05, 0.09, 0.05, 0.9],
        "benjamini_hochberg": [0.05, 0.025, 0.05, 0.025, 0.9],
    },
}
CORRECTIONS = ("none", "bonferroni", "holm", "benjamini_hochberg")


@pytest.mark.parametrize("p", SERIES)
@pytest.mark.parametrize("correction", CORRECTIONS[1:])
def test_adjusted_p_values_of_statsmodels(p: tuple[float, ...], correction: str) -> None:
    expected = SERIES[p][correction]
    assert adjusted_p(p, correction).tolist() == pytest.approx(expected, abs=1e-12)  # type: ignore[arg-type]
    assert adjusted_p(p, "none").tolist() == list(p)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=5), st.permutations(range(4)))
def test_replicates_stand_alone_and_order_does_not_matter(p: list[list[float]], order: list[int]) -> None:
    for correction in CORRECTIONS:
        together = adjusted_p(p, correction)  # type: ignore[arg-type]
        for row, alone in zip(together, p, strict=True):
            np.testing.assert_array_equal(row, adjusted_p(alone, correction))  # type: ignore[arg-type]
        mixed = adjusted_p(np.array(p)[:, order], correction)  # type: ignore[arg-type]
        np.testing.assert_allclose(mixed, together[:, order], rtol=1e-12)
    plain, bonferroni, holm, hochberg = (adjusted_p(p, name) for name in CORRECTIONS)  # type: ignore[arg-type]
    slack = 1e-12
    assert (plain <= hochberg + slack).all()
    assert (hochberg <= holm + slack).all()
    assert (holm <= bonferroni + slack).all()


def test_a_failed_test_is_one_of_the_family_that_does_not_reject() -> None:
    assert adjusted_p([0.01, np.nan, 0.04], "holm").tolist() == pytest.approx([0.03, np.nan, 0.08], nan_ok=True)
    both = adjusted_p([[0.01, np.nan, 0.04], [0.5, 0.5, 0.5]], "benjamini_hochberg")
    assert both[0].tolist() == pytest.approx([0.03, np.nan, 0.06], nan_ok=True)
    assert adjusted_p([0.01, np.nan], "bonferroni").tolist() == pytest.approx([0.02, np.nan], nan_ok=True)
    found = family([[0.01, np.nan], [0.01, 0.01]])
    assert found.all_rejected == Share(1, 2)
    assert found.any_rejected == Share(2, 2)


def test_counts_by_hand() -> None:
    p = [[0.001, 0.02, 0.5], [0.03, 0.2, 0.9], [0.2, 0.01, 0.01], [0.004, 0.004, 0.004]]
    found = family(p, correction="bonferroni", affected=[True, True, False])  # alpha / 3 = .0167
    assert found.each == (Share(2, 4), Share(2, 4), Share(2, 4))
    assert (found.any_rejected, found.all_rejected, found.any_false) == (Share(3, 4), Share(1, 4), Share(2, 4))
    rate = found.false_discovery_rate
    assert rate is not None
    assert rate.value == pytest.approx((0 + 0 + 1 / 2 + 1 / 3) / 4)
    assert family(p).false_discovery_rate is None
    assert json.loads(json.dumps(found.as_dict(), allow_nan=False))["any_false"]["count"] == 2
    assert family(p).as_dict()["any_false"] is None


def test_guarantees_with_correlated_outcomes() -> None:
    """Five outcomes correlated .5, two of them affected, 20,000 trials: Bonferroni and Holm hold the family-wise error,
    Benjamini and Hochberg the false discovery rate (within 3 Monte Carlo errors); no correction holds neither. Under a
    null of all five, two-thirds of 1 - .95^5 = .23 is lost to the correlation at most."""
    from scipy.stats import norm

    rng = np.random.default_rng(2)
    z = np.sqrt(0.5) * (rng.normal(size=(20_000, 1)) + rng.normal(size=(20_000, 5)))
    affected = [True, True, False, False, False]
    p = 2 * norm.sf(np.abs(z + 3.0 * np.array(affected)))
    none, bonferroni, holm, hochberg = (family(p, 0.05, name, affected) for name in CORRECTIONS)  # type: ignore[arg-type]
    for found in (bonferroni, holm):
        assert found.any_false is not None
        assert found.any_false.value <= 0.05 + 3 * found.any_false.mcse
    assert holm.all_rejected.count > bonferroni.all_rejected.count
    assert hochberg.any_false is not None
    assert hochberg.any_false.value > 0.05 + 3 * hochberg.any_false.mcse  # it is not made for that
    assert hochberg.false_discovery_rate is not None
    assert hochberg.false_discovery_rate.value <= 0.05 * 3 / 5 + 3 * hochberg.false_discovery_rate.mcse
    assert none.any_false is not None
    assert none.any_false.value > 0.1
    under = 2 * norm.sf(np.abs(z))
    assert family(under).any_rejected.value > 0.15
    for name in CORRECTIONS[1:]:  # where nothing is affected the two error rates are one
        size = family(under, 0.05, name).any_rejected  # type: ignore[arg-type]
        assert size.value <= 0.05 + 3 * size.mcse


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="correction is 'sidak'; it must be one of none, bonferroni, holm"):
        adjusted_p([0.1], "sidak")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"p-values are -0.1 to 0.5; they must lie between 0 and 1"):
        adjusted_p([-0.1, 0.5], "holm")
    with pytest.raises(ValueError, match=r"p has the shape \(2,\); it must be \[replicates, tests\]"):
        family([0.1, 0.2])
    with pytest.raises(ValueError, match="affected has 1 entries for 2 tests"):
        family([[0.1, 0.2]], affected=[True])
    with pytest.raises(ValueError, match="alpha is 0; it must lie between 0 and 1"):
        family([[0.1, 0.2]], alpha=0)
