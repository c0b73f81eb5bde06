"""The whole summary: its names, plain data, pairing, families, the design's months, and what it says in words."""

from __future__ import annotations

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bscsim import load
from bscsim.scenario.parameters import row as parameter
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.multiplicity import adjusted_p
from bscsim.trial.settings import TargetSettings
from bscsim.trial.summarizing.decomposing import decomposition_data
from bscsim.trial.summarizing.design_block import design_data, shared
from bscsim.trial.summarizing.families import family_data
from bscsim.trial.summarizing.summary import summarize
from tests.trial.summarizing_cases import COHORTS, MANIFEST, Axis, Study, analysis, columns, trial_of, with_design

TOP = {
    "format", "study", "versions", "title", "question", "run", "complete", "missing", "failed", "truth", "target",
    "notes", "axes", "design", "cells", "decomposition", "search", "budget", "levers", "grant", "answer",
    "first_replicate", "best_cell",
}  # fmt: skip
ANALYSIS = {
    "analysis", "title", "outcome", "wave", "estimand", "cohort", "model", "moderator", "covariates", "truth", "seen",
    "estimators", "closed_form", "gaussian",
}  # fmt: skip
ESTIMATOR = {
    "name", "title", "words", "asked", "fitted", "converged", "boundary", "failed", "power",
    "power_failures_as_misses", "power_fallback", "type1_sharp", "type1_average", "size_verdict", "size_reason",
    "size_adjusted_power", "bias", "bias_measured", "empirical_se", "model_se", "coverage", "coverage_realized",
    "type_s", "type_m", "mean_estimate", "mdes", "mean_df", "improvement", "other_weights",
}  # fmt: skip
TRUTH = {
    "effect", "effect_sd", "measured", "measured_sd", "spill", "contrast", "contamination", "compliers", "scale",
    "sd_centers", "sd_collaboratives", "last",
}  # fmt: skip


def summary_of(study: Study, cells: Any = None, **more: Any) -> dict[str, Any]:
    """The summary, which must be JSON without NaN."""
    made = cells if cells is not None else {cell: [columns()] for cell in range(study.cells)}
    given = {"variants": {}, "gaussian": None, "search": None, "budget": None, "manifest": MANIFEST} | more
    found = summarize(study, made, **given)  # type: ignore[arg-type]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def test_every_name_of_the_contract_is_there() -> None:
    found = summary_of(Study((trial_of(),)), gaussian=[columns()], variants={"no attrition": [columns(seed=2)]})
    assert set(found) == TOP
    made = found["cells"][0]["analyses"][0]
    assert set(made) == ANALYSIS
    assert set(made["estimators"][0]) == ESTIMATOR
    assert set(made["truth"]) == TRUTH
    assert set(made["closed_form"]) == {"naive", "nested", "inputs"}
    assert set(made["gaussian"]) == {"words", "estimator", "power", "type1_average"}
    assert set(found["cells"][0]) == {"cell", "label", "levels", "cost", "recruited", "analyses", "family"}
    assert set(found["grant"]) == {"methods", "assumptions", "mdes", "moderators", "costs"}
    assert set(found["design"]) == {"type", "cohorts", "centers_per_collaborative", "strata", "pairs_on", "measures"}
    assert set(found["decomposition"][0]) == {"variant", "words", "replicates", "power", "difference",
                                              "effect", "empirical_se"}  # fmt: skip
    assert found["study"] == MANIFEST["study"]
    assert found["versions"] == {"bscsim": "1.0", "streams": 3}
    assert found["run"] == {"seed": 7, "replicates": 4000, "cells": 1, "rows": 4000}
    assert (found["complete"], found["missing"]) == (True, {"cells": 0, "replicates": 0, "of": 4000})
    assert found["truth"] == "mechanistic"
    assert 3 <= len(found["answer"]) <= 8


def test_what_is_missing_is_counted_and_an_empty_study_says_so() -> None:
    study = Study((trial_of(), trial_of()), axes=(Axis("design.control_centers", (24, 48), ("24", "48")),))
    found = summary_of(study, {1: [columns(R=1000)]}, failed=[{"cell": 0, "first": 0, "last": 9, "error": "x"}])
    assert found["missing"] == {"cells": 2, "replicates": 7000, "of": 8000}
    assert not found["complete"]
    assert found["failed"][0]["cell"] == 0
    assert found["cells"][0]["cell"] == 1
    assert found["cells"][0]["levels"] == {"design.control_centers": 48}
    assert found["axes"] == [
        {"path": "design.control_centers", "name": "control_centers", "values": [24, 48], "labels": ["24", "48"]}
    ]
    assert found["grant"] is None
    empty = summary_of(study, {})
    assert (empty["cells"], empty["answer"]) == ([], ["Nothing has been simulated yet."])


def test_replicates_in_another_order_change_nothing_that_counts() -> None:
    data = columns(R=500)
    order = np.random.default_rng(0).permutation(500)
    other = {name: values[order] for name, values in data.items()}
    one, two = (summary_of(Study((trial_of(),)), {0: [made]}) for made in (data, other))
    left, right = (made["cells"][0]["analyses"][0]["estimators"][0] for made in (one, two))
    for name in ("power", "type1_sharp", "type1_average", "coverage", "mdes"):
        assert left[name] == pytest.approx(right[name])
    assert left["bias"] == pytest.approx(right["bias"])


def test_what_does_not_exist_is_none_not_nan() -> None:
    data = {name: np.full(30, np.nan) for name in columns(R=30)}
    found = summary_of(Study((trial_of(),)), {0: [data]})
    row = found["cells"][0]["analyses"][0]["estimators"][0]
    assert (row["failed"], row["power"]) == (30, None)
    assert found["cells"][0]["analyses"][0]["truth"]["effect"] is None
    assert found["levers"] == []
    few = summary_of(Study((trial_of(),)), {0: [columns(R=1)]})
    assert few["cells"][0]["analyses"][0]["estimators"][0]["bias"]["mcse"] is None


def test_effects_are_told_apart_from_contamination_and_standardized() -> None:
    data = columns(R=400)
    data["truth.spill"] = np.full(400, 0.05)
    data["truth.scale"] = np.full(400, 0.5)
    truth = summary_of(Study((trial_of(),)), {0: [data]})["cells"][0]["analyses"][0]["truth"]
    effect = data["truth.effect"].mean()
    assert truth["effect_sd"]["value"] == pytest.approx(2 * effect)
    assert truth["contrast"]["value"] == pytest.approx(effect - 0.05)
    assert truth["contamination"]["value"] == pytest.approx(-0.05)
    assert truth["effect"]["mcse"] == pytest.approx(data["truth.effect"].std(ddof=1) / 20)
    assert truth["sd_centers"] == pytest.approx(0.1)


def test_the_decomposition_pairs_replicates() -> None:
    """Common random numbers make the difference sharper; a plain loop over replicates agrees."""
    trial, base = trial_of(), columns(R=2000, effect=0.25)
    better = columns(R=2000, effect=0.28)  # the same draws, a larger effect
    rows = decomposition_data(trial, base, {"no attrition": [better], "as designed": [base]})
    assert [row["variant"] for row in rows] == ["as designed", "no attrition"]
    gaps = [(q <= 0.05) * 1 - (p <= 0.05) for p, q in zip(base["cluster_t.p"], better["cluster_t.p"], strict=True)]
    mean = sum(gaps) / 2000
    spread = sqrt(sum((gap - mean) ** 2 for gap in gaps) / 1999)
    assert rows[1]["difference"] == {"value": pytest.approx(mean), "mcse": pytest.approx(spread / sqrt(2000))}
    unpaired = sqrt(rows[0]["power"]["mcse"] ** 2 + rows[1]["power"]["mcse"] ** 2)
    assert rows[1]["difference"]["mcse"] < 0.6 * unpaired
    shuffled = {name: values[::-1] for name, values in better.items()}
    assert decomposition_data(trial, base, {"no attrition": [shuffled]})[1]["difference"] == rows[1]["difference"]
    part = {name: values[500:] for name, values in better.items()}
    lacking = decomposition_data(trial, base, {"no attrition": [part]})[1]["difference"]["value"]
    assert lacking == pytest.approx(sum(gaps[500:]) / 1500)


def test_a_failed_fit_of_the_decomposition_does_not_reject() -> None:
    base = columns(R=100, effect=2.0)  # all reject
    lost = {name: values.copy() for name, values in base.items()}
    for part in ("b", "p"):
        lost[f"cluster_t.{part}"][:40] = np.nan
    assert decomposition_data(trial_of(), base, {"x": [lost]})[1]["difference"]["value"] == -0.4


def test_a_family_is_counted_replicate_by_replicate() -> None:
    trial = trial_of(analysis("cluster_t", "gee"), analysis("gee"), analysis("cluster_t", wave="baseline"))
    effects = (0.2, 0.25, 0.0)
    analyses = [columns(("cluster_t", "gee"), R=600, effect=effect, seed=n) for n, effect in enumerate(effects)]
    found = family_data(trial, analyses)
    assert found is not None
    p = [analyses[0]["cluster_t.p"], analyses[1]["gee.p"], analyses[2]["cluster_t.p"]]
    for name in ("none", "bonferroni", "holm", "benjamini_hochberg"):
        hits = [adjusted_p([one[r] for one in p], name) <= 0.05 for r in range(600)]
        assert found[name]["value"] == pytest.approx(sum(hit.any() for hit in hits) / 600)
        assert found["all_rejected"][name]["value"] == pytest.approx(sum(hit.all() for hit in hits) / 600)
    null = found["any_rejected_under_null"]
    assert null["none"]["value"] == pytest.approx(1 - 0.95**3, abs=0.05)
    assert null["bonferroni"]["value"] < 0.08
    assert family_data(trial_of(), [columns(R=10)]) is None
    assert family_data(trial, [*analyses[:2], columns(R=599)]) is None


def test_the_design_is_laid_out_in_months_and_by_the_calendar() -> None:
    trial = trial_of(cohorts=COHORTS, control_centers=50, waves={"post": 20, "baseline": 0}, strata=("sector",))
    made = design_data(trial)
    assert [cohort["control_centers"] for cohort in made["cohorts"]] == [17, 17, 16]
    third = made["cohorts"][2]
    assert (third["starts"], third["collaboratives"], third["treated_centers"], third["ends"]) == (24, 2, 16, 40)
    assert third["waves"] == [
        {"name": "baseline", "month": 24, "calendar": "Sep, year 3"},
        {"name": "post", "month": 44, "calendar": "May, year 4"},
    ]
    assert third["sessions"] == [27, 31, 35, 39]
    assert third["control_begins"] is None
    assert design_data(trial_of(type="wait_list", waits=22))["cohorts"][0]["control_begins"] == 22
    wedge = design_data(trial_of(type="stepped_wedge", cohorts=COHORTS))["cohorts"][2]
    assert (wedge["control_centers"], wedge["waves"][1]["month"], wedge["begins"]) == (0, 20, 24)  # the study's clock
    assert design_data(trial_of(type="matched_comparison", comparisons=2))["cohorts"][0]["control_centers"] == 96
    assert shared(7, [1, 1, 1]) == [3, 2, 2]


def test_a_size_that_does_not_hold_is_said_before_the_power() -> None:
    data = columns(effect=0.1, bias=0.3, sharp_bias=0.3)
    found = summary_of(Study((trial_of(type="pre_post"),)), {0: [data]})
    assert "with power" not in " ".join(found["answer"])
    assert "too high" in found["notes"][0]
    assert "no comparison group" in found["notes"][1]
    bad = summary_of(Study((trial_of(),)), {0: [columns(se=0.1, sharp_bias=0.3)]})["answer"]
    assert bad[0].startswith("Warning. Score at post (mean of centers): the type I error of the t test")
    assert "must not be quoted" in bad[0]
    fine = summary_of(Study((trial_of(),)))
    assert "with power" in fine["answer"][0]
    assert any("holds its level" in sentence for sentence in fine["answer"])
    assert fine["notes"] == ["The pool was enlarged."]


def test_notes_of_small_centers_small_pools_failures_and_few_replicates() -> None:
    data = columns(R=100)
    data["seen.units_treated"] = data["seen.units_treated"] * 0.8
    data["seen.centers_treated"] = data["seen.centers_treated"] * 0.9
    data["cluster_t.b"][:3] = np.nan
    target = TargetSettings(sides=1, correction="holm")
    trial = trial_of(analysis(), analysis(), target=target)
    notes = " ".join(summary_of(Study((trial,), replicates=100), {0: [data, data]})["notes"])
    for words in (
        "3 were to be sampled in a center, 2.", "43.2 of 48 treated and 48.0 of 48 control", "3 fits of 100 failed",
        "97 replicates leave a power of .80 uncertain by about .08", "one-sided", "Holm beside the rest",
    ):  # fmt: skip
        assert words in notes


def test_the_grant_page_names_every_assumption_with_its_source() -> None:
    trial = replace(trial_of(), attrition=trial_of().attrition.model_copy(update={"treated": 0.15}))
    grant = summary_of(Study((trial,)))["grant"]
    rows = {row["name"]: row for row in grant["assumptions"]}
    assert all(row["source"] for row in grant["assumptions"])
    assert rows["Intraclass correlation, score at post (mean of centers)"]["value"] == pytest.approx(0.1)
    assert rows["Spread between collaboratives of facilitation (log SD)"]["value"] == parameter("sd_coll").default
    assert parameter("sd_coll").source in rows["Spread between collaboratives of facilitation (log SD)"]["source"]
    assert rows["Centers lost to measurement by the last wave, treated"]["value"] == 0.15
    assert rows["Reliability of one measurement, score"]["value"] == 0.8
    assert "6 collaboratives of 8 centers each and 48 control centers" in grant["methods"]
    assert "score (3 classrooms of each center, observed, reliability .80)" in grant["methods"]
    assert grant["mdes"][0]["source"] == "simulated"
    plain = summary_of(Study((trial,)))["cells"][0]["analyses"][0]["closed_form"]["nested"]
    assert grant["moderators"][0]["mdes"] > 1.9 * plain["mdes"]  # an interaction has four times the variance
    assert grant["costs"][-1]["item"] == "Total"
    assert grant["costs"][-1]["total"] == sum(row["total"] for row in grant["costs"][:-1])
    typed = replace(trial, truth=GaussianTruth(0.3, var={"collaborative": 0.03, "center": 0.1, "residual": 0.9}))
    found = summary_of(Study((typed,)))
    assert found["truth"] == "gaussian"
    assert {"name": "Variance component, collaborative", "value": 0.03, "source": "assumed in the study file"} in (
        found["grant"]["assumptions"]
    )


def test_cost_and_levers_are_of_the_cell() -> None:
    found = summary_of(Study((trial_of(),)))
    # 6 x 60,000; 48 x 5,000 + 48 x 1,000; 96 centers x 3 rooms x 2 waves x 200
    assert found["cells"][0]["cost"]["lines"] == {"collaboratives": 360_000, "centers": 288_000, "measurement": 115_200}
    more = next(lever for lever in found["levers"] if lever["path"] == "design.collaboratives")
    nested = found["cells"][0]["analyses"][0]["closed_form"]["nested"]["power"]
    assert more["power_from"] == pytest.approx(nested)
    assert more["power_to"] > nested
    larger = summary_of(Study((with_design(trial_of(), collaboratives=7),)))["cells"][0]["cost"]["total"]
    assert more["cost_to"] == larger


def test_a_search_is_passed_through_and_told() -> None:
    search = {"over": "design.control_centers", "found": np.int64(40), "low": 36, "high": 44, "ceiling": float("nan")}
    found = summary_of(Study((trial_of(),)), search=search)
    assert found["search"]["found"] == 40
    assert found["search"]["ceiling"] is None
    assert "Power .80 takes 40 control centers (95% interval 36 to 44)." in found["answer"]
    none = summary_of(Study((trial_of(),)), search=search | {"found": None})
    assert any("No number of control centers" in sentence for sentence in none["answer"])


def test_the_answer_names_reasons_in_the_order_of_their_size_and_leaves_noise_out() -> None:
    base = columns(effect=0.25)
    variants = {
        "no attrition": [columns(effect=0.27)], "equal effects": [columns(effect=0.35)], "no contamination": [base],
    }  # fmt: skip
    told = " ".join(summary_of(Study((trial_of(),)), {0: [base]}, variants=variants)["answer"])
    parts = "differences of effect between centers together with contamination (+", "withdrawal and loss of centers and"
    assert told.index(parts[0]) < told.index(parts[1])
    assert told.count("contamination") == 1


def test_the_contract_file_is_summarized() -> None:
    """Two analyses with several estimators, read by the package's own reader."""
    design: Any = load(Path(__file__).parents[2] / "experiments" / "power_three_cohorts.yaml").design
    trial = design.trial(0)
    cells = {0: [columns(one.estimators, R=250, seed=n) for n, one in enumerate(trial.analyses)]}
    found = summarize(design, cells, {}, None, None, None, MANIFEST)
    json.dumps(found, allow_nan=False)
    assert [len(one["estimators"]) for one in found["cells"][0]["analyses"]] == [3, 1]
    assert len(found["design"]["cohorts"]) == 3
    assert found["cells"][0]["family"]["none"]["value"] > 0
    assert found["missing"]["replicates"] == 750
    assert len(found["grant"]["mdes"]) == 2
