"""Moments, the profile likelihood, its derivatives and the information of the variances, against whole matrices."""

from __future__ import annotations

import numpy as np
import pytest

from bscsim.trial.estimators.groups import Group, cells_from_units, collaboratives_of, group_of, pack_index, unpack
from bscsim.trial.estimators.information import components, expected, observed
from bscsim.trial.estimators.moments import moments
from bscsim.trial.estimators.profile import Profile
from tests.trial.estimators.dense import Dense, same
from tests.trial.estimators.trials import by_formula

DATA = by_formula()
STATS = DATA.stats()
Z = np.column_stack([np.ones(len(DATA.y)), DATA.treated[DATA.center], DATA.x - DATA.x.mean(), DATA.y - STATS.center])
IN_CELLS = cells_from_units(STATS, np.zeros(len(DATA.y), int), DATA.center, DATA.cell, DATA.y, DATA.x)
IS_TREATED = DATA.treated[DATA.center]
CENTER = same(DATA.center)
CELL = same(DATA.center * 100 + DATA.cell)
COLLABORATIVE = same(DATA.collaborative[DATA.center], IS_TREATED)


def whole_matrices(which: str) -> tuple[Group, np.ndarray, list[np.ndarray]]:
    """A group, the rows of its units and its V_1, V_2."""
    if which == "center":
        return group_of(STATS), Z, [CENTER]
    if which == "cells":
        return group_of(STATS, cells=IN_CELLS), Z, [CENTER, CELL]
    part = np.ix_(IS_TREATED, IS_TREATED)
    return collaboratives_of(STATS), Z[IS_TREATED], [COLLABORATIVE[part], CENTER[part]]


@pytest.mark.parametrize("which", ["center", "cells", "collaboratives"])
@pytest.mark.parametrize("ratios", [(0.7, 0.3), (0.0, 2.0), (4.0, 0.0)])
def test_moments_are_those_of_whole_matrices(which: str, ratios: tuple[float, float]) -> None:
    group, rows, parts = whole_matrices(which)
    L = len(parts)
    found = moments(group, np.array([ratios[:L]]))
    V = np.eye(len(rows)) + sum(g * part for g, part in zip(ratios[:L], parts, strict=True))
    inverse = np.linalg.inv(V)
    close = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(found.m[0], rows.T @ inverse @ rows, **close)
    assert found.logdet[0] == pytest.approx(np.linalg.slogdet(V)[1])
    for i, one in enumerate(parts):
        np.testing.assert_allclose(found.mi[0, i], rows.T @ inverse @ one @ inverse @ rows, **close)
        assert found.ti[0, i] == pytest.approx(np.trace(inverse @ one))
        for j, two in enumerate(parts):
            full = rows.T @ inverse @ one @ inverse @ two @ inverse @ rows
            np.testing.assert_allclose(found.mij[0, i, j], (full + full.T) / 2, **close)
            assert found.tij[0, i, j] == pytest.approx(np.trace(inverse @ one @ inverse @ two))


def profiles() -> dict[str, Profile]:
    return {
        "center": Profile((group_of(STATS),)),
        "cells": Profile((group_of(STATS, cells=IN_CELLS),)),
        "nested": Profile((group_of(STATS, ~STATS.treated), collaboratives_of(STATS))),
    }


@pytest.mark.parametrize("which", ["center", "cells", "nested"])
def test_the_derivatives_of_the_likelihood_are_its_differences(which: str) -> None:
    profile = profiles()[which]
    phi = np.array([[0.8, 0.3, 0.6, 0.4][: len(profile.lower)]])
    at = profile(phi)
    for i, step in enumerate(np.eye(phi.shape[1]) * 1e-5):
        up, down = profile(phi + step), profile(phi - step)
        assert (up.h - down.h) / 2e-5 == pytest.approx(at.gradient[:, i], rel=1e-6, abs=1e-6)
        np.testing.assert_allclose((up.gradient - down.gradient) / 2e-5, at.hessian[:, i], rtol=1e-5, atol=1e-6)


def dense(which: str) -> Dense:
    residual = np.eye(len(Z))
    parts = {
        "center": (residual, CENTER),
        "cells": (residual, CENTER, CELL),
        "nested": (
            np.diag(~IS_TREATED * 1.0), same(DATA.center, ~IS_TREATED), np.diag(IS_TREATED * 1.0), COLLABORATIVE,
            same(DATA.center, IS_TREATED),
        ),
    }  # fmt: skip
    return Dense(Z[:, :-1], Z[:, -1], parts[which])


@pytest.mark.parametrize("which", ["center", "cells", "nested"])
def test_the_information_is_that_of_whole_matrices(which: str) -> None:
    """Observed: y'P V_i P V_j P y - tr(P V_i P V_j) / 2 with P itself; expected: tr(P V_i P V_j) / 2."""
    profile, model = profiles()[which], dense(which)
    found = components(profile, np.array([[0.8, 0.3, 0.6, 0.4][: len(profile.lower)]]))
    theta = found.theta[0]
    inverse = np.linalg.inv(model.covariance(theta))
    np.testing.assert_allclose(found.phi[0], model.phi(theta), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.b[0], model.b(theta), rtol=1e-9)
    P = inverse - inverse @ model.X @ model.phi(theta) @ model.X.T @ inverse
    half = np.array([[np.trace(P @ a @ P @ b) / 2 for b in model.parts] for a in model.parts])
    bent = np.array([[model.y @ P @ a @ P @ b @ P @ model.y for b in model.parts] for a in model.parts])
    np.testing.assert_allclose(expected(found)[0], half, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(observed(found)[0], bent - half, rtol=1e-9, atol=1e-9)


def test_packing_keeps_every_pair() -> None:
    full = np.arange(16.0).reshape(4, 4)
    full += full.T
    i, j = pack_index(4)
    np.testing.assert_array_equal(unpack(full[i, j]), full)


def test_the_height_alone_is_that_of_the_likelihood_with_its_derivatives() -> None:
    rows = by_formula()
    stats = rows.stats()
    cells = cells_from_units(stats, np.zeros(len(rows.y), int), rows.center, rows.cell, rows.y, rows.x)
    for profile in (Profile((group_of(stats),)), Profile((group_of(stats, cells=cells),))):
        for phi in (np.zeros(2), np.array([0.7, 1.9])):
            at = phi[None, : len(profile.lower)]
            np.testing.assert_allclose(profile.height(at), profile(at).h, rtol=1e-12)
