"""The search for the peak of the restricted likelihood, against a general optimizer from many starts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from bscsim.trial.estimators.groups import collaboratives_of, group_of, only
from bscsim.trial.estimators.newton import minimize
from bscsim.trial.estimators.profile import Profile
from tests.trial.estimators.trials import gaussian

FEW = gaussian(3, 12, (6, 5), 4, {"collaborative": 0.1, "center": 0.1, "residual": 1.0}, collaboratives=3, missing=0.2)


def least(profile: Profile, r: int) -> float:
    """The lowest h of a replicate that L-BFGS-B finds from three starts."""
    one = profile.rows(np.array([r]))
    bounds = [(low if np.isfinite(low) else None, 12.0) for low in profile.lower]

    def h(phi: np.ndarray) -> tuple[float, np.ndarray]:
        point = one(phi[None])
        return float(point.h[0]), point.gradient[0]

    starts = np.random.default_rng(r).uniform(0, 3, (3, len(bounds)))
    return min(optimize.minimize(h, start, jac=True, bounds=bounds, method="L-BFGS-B").fun for start in starts)


@pytest.mark.parametrize("arms", ["all", "treated", "both"])
def test_every_replicate_ends_at_its_lowest_point(arms: str) -> None:
    groups = {
        "all": (group_of(FEW),),
        "treated": (only(collaboratives_of(FEW), (0, 2)),),  # without the treatment, which is the intercept there
        "both": (group_of(FEW, ~FEW.treated), collaboratives_of(FEW)),
    }[arms]
    profile = Profile(groups)
    P = len(profile.lower)
    start = np.ones((12, P))
    phi, converged = minimize(profile, start, profile.lower, np.zeros((12, P), bool))
    assert converged.all()
    assert (phi >= profile.lower).all()
    assert (phi == 0).any(), "no replicate at the boundary: the test would not see it"
    found = profile(phi).h
    for r in range(12):
        assert found[r] <= least(profile, r) + 1e-7, f"replicate {r}"


def test_a_pinned_parameter_stays_where_it_is() -> None:
    profile = Profile((group_of(FEW),))
    phi, converged = minimize(profile, np.full((12, 1), 0.25), profile.lower, np.ones((12, 1), bool))
    assert converged.all()
    assert (phi == 0.25).all()


def test_centers_without_any_spread_inside_have_no_fit() -> None:
    """The ratio grows without end: that is no convergence, not an estimate."""
    flat = gaussian(1, 3, (4, 4), 5, {"center": 1.0, "residual": 0.0})
    profile = Profile((group_of(flat),))
    _, converged = minimize(profile, np.ones((3, 1)), profile.lower, np.zeros((3, 1), bool))
    assert not converged.any()
