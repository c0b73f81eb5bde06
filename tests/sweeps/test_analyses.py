"""Each design gets the analysis that fits it, and a sentence that says it: on responses that are known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim.sweeps.analyses import analyses
from bscsim.sweeps.answering import answer, number, said
from bscsim.sweeps.design import Design

FACTORS = "{parameters.k_hour: {low: 0.0, high: 0.1}, parameters.p_use: {low: 1.0, high: 2.0}, " \
          "parameters.c_up: {low: 0.0, high: 1.0}}"  # fmt: skip


@pytest.fixture
def design(tmp_path):
    def made(kind: str, block: str) -> Design:
        file = tmp_path / "s.yaml"
        file.write_text(f"kind: {kind}\n{kind}: {{{block}, responses: [fit@end]}}\n")
        found: Design = bscsim.load(file).design
        return found

    return made


def responses(design: Design, replicates: int = 8) -> dict[str, np.ndarray]:
    """3 x k_hour's place + 1 x p_use's place + luck of the replicate; c_up does nothing."""
    unit = np.array([
        [design.scenario(cell).parameters.k_hour / 0.1, design.scenario(cell).parameters.p_use - 1.0]
        for cell in range(design.cells)
    ])  # fmt: skip
    luck = np.random.default_rng(0).normal(size=replicates)
    return {"fit@end": 3.0 * unit[:, :1] + unit[:, 1:] + luck}


def summary(design: Design, found: dict[str, Any], values: dict[str, np.ndarray]) -> dict[str, Any]:
    cells = [{"cell": cell, "label": design.label(cell), "values": {"fit@end": {
        "mean": float(row.mean()), "ci95_low": None, "ci95_high": None}}}
        for cell, row in enumerate(values["fit@end"])]  # fmt: skip
    about = {"key": "fit@end", "title": "Local fit, at the end", "unit": "0-1"}
    return {"complete": True, "failed": [], "scale": {},
            "reference": design.reference, "responses": [about], "design": design.name, "cells": cells,
            "factors": [{"name": factor.name} for factor in design.factors], **found}  # fmt: skip


def test_factorial(design) -> None:
    full = design("factorial", f"factors: {FACTORS}")
    values = responses(full)
    found = analyses(full, values)
    effects = {"*".join(row["terms"]): row["estimate"]["mean"] for row in found["effects"]}
    assert effects["parameters.k_hour"] == pytest.approx(3.0)
    assert effects["parameters.p_use"] == pytest.approx(1.0)
    assert [
        effects[name] for name in effects if name not in ("parameters.k_hour", "parameters.p_use")
    ] == pytest.approx([0.0] * 4, abs=1e-12)
    assert (found["aliases"], found["resolution"]) == ([], None)
    assert answer(summary(full, found, values))[0].startswith(
        "Local fit, at the end, what each factor adds on average: k hour 3.00"
    )


def test_a_fraction_says_what_it_cannot_tell_apart(design) -> None:
    half = design("factorial", "design: fraction")
    found = analyses(half, {"fit@end": np.random.default_rng(0).random((16, 3))})
    assert found["resolution"] == 5
    assert len(found["effects"]) == 15
    assert found["aliases"][0][0].count("*") == 1
    assert found["aliases"][0][1].count("*") == 2


def test_what_common_random_numbers_bought_in_a_factorial_is_about_its_effects(design) -> None:
    full = design("factorial", f"factors: {FACTORS}")
    rng = np.random.default_rng(1)
    luck, own = rng.normal(size=400), 0.5 * rng.normal(size=(8, 400))
    found = analyses(full, {"fit@end": luck + own})
    # apart: (2/8)^2 x 8 x (1 + .25); shared: (2/8)^2 x 8 x .25
    assert found["common_numbers"]["fit@end"]["median_variance_ratio"] == pytest.approx(5.0, rel=0.15)


@pytest.mark.parametrize(("kind", "block", "names"), [
    ("sweep", "factors: {parameters.k_hour: [0.0, 0.1], parameters.p_use: [1.0, 2.0]}, reference: 0",
     {"contrasts": "difference", "by_factor": "mean"}),
    ("sweep", f"design: one_at_a_time, factors: {FACTORS}", {"one_at_a_time": "difference"}),
    ("factorial", f"factors: {FACTORS}", {"effects": "estimate"}),
])  # fmt: skip
def test_ratios_have_no_percentiles_in_any_analysis(design, kind, block, names) -> None:
    """Their values are linearised: one alone is not the ratio of its replicate."""
    made = design(kind, block)
    values = responses(made)["fit@end"]
    ratios = ("spread@end", "kept@+12", "cost_per_sd@end", "spread_ceiling@end")
    found = analyses(made, dict.fromkeys((*ratios, "fit@end"), values))
    for name, column in names.items():
        assert {row["response"] for row in found[name]} == {*ratios, "fit@end"}
        for row in found[name]:
            assert (row[column]["p05"] is None) == (row[column]["p95"] is None) == (row["response"] != "fit@end")


def test_a_factorial_with_a_cell_missing_has_no_effects_yet(design) -> None:
    full = design("factorial", f"factors: {FACTORS}")
    values = responses(full)
    values["fit@end"][3] = np.nan
    assert analyses(full, values)["effects"] == []


def test_one_at_a_time(design) -> None:
    one = design("sweep", f"design: one_at_a_time, factors: {FACTORS}")
    values = responses(one)
    found = analyses(one, values)
    spans = {(row["factor"], row["level"]): row["difference"]["mean"] for row in found["one_at_a_time"]}
    assert spans["parameters.k_hour", 0.1] == pytest.approx(3.0 * 0.6)  # the base has .04
    assert spans["parameters.p_use", 1.0] == pytest.approx(-1.0)
    assert len(spans) == 5  # p_use's 2 is the base's
    assert "one change at a time moves it most with k hour at 0.1: 1.80" in answer(summary(one, found, values))[0]


@pytest.mark.parametrize("name", ["latin_hypercube", "sobol"])
def test_sampled(design, name) -> None:
    sampled = design("sweep", f"design: {name}, samples: 64, factors: {FACTORS}")
    values = responses(sampled)
    found = analyses(sampled, values)
    rho = {row["factor"]: row["rank_correlation"] for row in found["correlations"]}
    assert rho["parameters.k_hour"] > 0.9 > rho["parameters.p_use"] > 0.2 > abs(rho["parameters.c_up"])
    assert found["contrasts"] == []
    assert "goes along most with (rank correlation): k hour 0.9" in answer(summary(sampled, found, values))[0]


def test_morris(design) -> None:
    screening = design("sensitivity", f"method: morris, trajectories: 10, factors: {FACTORS}")
    values = responses(screening)
    found = analyses(screening, values)
    moved = {row["factor"]: row["mu_star"] for row in found["morris"]}
    assert moved == pytest.approx({"parameters.k_hour": 3.0, "parameters.p_use": 1.0, "parameters.c_up": 0.0}, abs=1e-9)
    assert "on average by k hour 3.00" in answer(summary(screening, found, values))[0]


def test_indices(design) -> None:
    decomposed = design("sensitivity", f"method: sobol, samples: 128, factors: {FACTORS}")
    values = responses(decomposed)
    found = analyses(decomposed, values)
    shares = {row["factor"]: row["total"] for row in found["sobol"]}
    assert shares == pytest.approx(
        {"parameters.k_hour": 0.9, "parameters.p_use": 0.1, "parameters.c_up": 0.0}, abs=0.05
    )
    assert found["noise"]["fit@end"]["signal_share"] == pytest.approx(1.0, abs=0.05)
    assert json.dumps(found, allow_nan=False)
    assert "k hour 0." in answer(summary(decomposed, found, values))[0]


def test_a_list_is_compared_with_its_reference(design) -> None:
    listed = design(
        "sweep", "design: list, cells: [{label: a}, {label: b, set: {parameters.k_hour: 0.1}}], reference: b"
    )
    values = {"fit@end": np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 5.0]])}
    found = analyses(listed, values)
    assert [(row["cell"], row["against"], row["difference"]["mean"]) for row in found["contrasts"]] == [(0, 1, -1.0)]
    assert answer(summary(listed, found, values))[0] == "Local fit, at the end: 2.00 with a and 3.00 with b."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0001, "0.000"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (9.994, "9.99"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
    ],
)
def test_numbers_have_three_digits_or_so(value, text) -> None:
    assert number(value) == text


def test_an_interval_of_nothing_is_left_out() -> None:
    assert said({"mean": 1.0, "ci95_low": 1.0, "ci95_high": 1.0}) == "1.00"
