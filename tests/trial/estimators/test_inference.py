"""p-values and intervals against scipy's distributions, and what counts as failed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK
from bscsim.trial.estimators.inference import t_inference


def test_t_and_normal() -> None:
    b, se, df = np.array([2.0, -1.0, 0.0]), np.array([1.0, 0.5, 2.0]), np.array([4.5, np.inf, 0.3])
    found = t_inference(b, se, df, np.array([OK, BOUNDARY, OK]), alpha=0.1)
    np.testing.assert_allclose(found.p, 2 * np.array([stats.t.sf(2, 4.5), stats.norm.sf(2), 0.5]))
    half = np.array([stats.t.ppf(0.95, 4.5), 0.5 * stats.norm.ppf(0.95), 2 * stats.t.ppf(0.95, 0.3)])
    np.testing.assert_allclose(found.high - b, half, rtol=1e-6)
    np.testing.assert_allclose(b - found.low, half, rtol=1e-6)
    assert found.status.tolist() == [OK, BOUNDARY, OK]
    assert found.status.dtype == np.int8


NO_TEST = [
    (np.nan, 1.0, 3.0, OK),
    (1.0, 0.0, 3.0, OK),
    (1.0, np.nan, 3.0, OK),
    (1.0, 1.0, np.nan, OK),
    (1.0, 1.0, 0.0, BOUNDARY),
    (1.0, 1.0, 3.0, FAILED),
]


@pytest.mark.parametrize(("b", "se", "df", "status"), NO_TEST)
def test_what_has_no_test_has_failed(b: float, se: float, df: float, status: int) -> None:
    found = t_inference(np.array([b]), np.array([se]), np.array([df]), np.array([status]))
    assert found.status.tolist() == [FAILED]
    assert np.isnan(np.array(found[:6])).all()


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_alpha_lies_between_0_and_1(alpha: float) -> None:
    with pytest.raises(ValueError, match="it must lie between 0 and 1"):
        t_inference(np.ones(1), np.ones(1), np.ones(1), np.zeros(1), alpha)
