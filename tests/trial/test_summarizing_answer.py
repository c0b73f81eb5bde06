"""What is said of a study: titles, answers of designs with and without a lot, biases, cells, searches, grant text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.gaussian import GaussianTruth
from bscsim.trial.searching.mdes import mdes_from
from bscsim.trial.settings import ESTIMATORS, MeasureSettings, TargetSettings
from bscsim.trial.summarizing.answering import answer_of, best_cell
from bscsim.trial.summarizing.decomposing import decomposition_data
from bscsim.trial.summarizing.families import family_data
from bscsim.trial.summarizing.grant_text import methods
from bscsim.trial.summarizing.words import ESTIMAND_WORDS, about, titles
from tests.trial.summarizing_cases import SEEN, Axis, Study, analysis, columns, trial_of, with_design
from tests.trial.test_summarizing_summary import summary_of

SENSELESS = re.compile(r"\b(nan|None|inf|n/a|[a-z]+_[a-z_]+)\b")


def told(summary: dict[str, Any]) -> str:
    return " ".join(summary["answer"])


def scaled(data: dict[str, Any], scale: float) -> dict[str, Any]:
    return data | {"truth.scale": np.full(len(data["replicate"]), scale)}


# ---- names ----------------------------------------------------------------------------------------------------------


def test_titles_say_only_what_tells_analyses_apart() -> None:
    one = analysis()
    same = [one, one.model_copy(update={"cohort": "open"}), one.model_copy(update={"cohort": "closed"})]
    assert len(set(titles(same))) == 3
    assert titles([one, one.model_copy(update={"model": "change"})])[1] == (
        "score at post (mean of centers; change from baseline)"
    )
    other = one.model_copy(update={"outcome": "class_score", "cohort": "closed"})
    assert titles([one, other]) == ["score at post (mean of centers)", "class score at post (mean of centers)"]
    assert titles([one], "stepped_wedge") == ["score over all waves (mean of centers)"]
    assert all("_" not in titles([one.model_copy(update={"estimand": name})])[0] for name in ESTIMAND_WORDS)


def test_no_machine_word_is_in_the_answer_or_the_methods() -> None:
    """Names of settings, None and nan are for files, not for readers."""
    for kind in ("parallel", "wait_list", "pre_post", "matched_comparison"):
        measures = {"class_score": MeasureSettings(sample=3), "staff_survey": MeasureSettings(of="staff")}
        analyses = (analysis(outcome="class_score", covariates=("baseline_center_mean",)),
                    analysis(outcome="staff_survey", estimand="all_present"))  # fmt: skip
        trial = replace(trial_of(*analyses, type=kind), measures=measures)
        axis = Axis("design.centers_per_collaborative", (8, 4), ("8", "4"))
        trials = (trial, with_design(trial, centers_per_collaborative=4))
        found = summary_of(Study(trials, axes=(axis,)), {0: [columns(), columns()], 1: [columns(), columns()]})
        for text in (*found["answer"], found["grant"]["methods"]):
            assert not SENSELESS.search(text), SENSELESS.search(text)
        assert found["cells"][1]["label"] == "4 centers per collaborative"


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_can_end_the_sentence_of_the_methods(name: str) -> None:
    words = about(name).words
    assert re.match(r"(a|an|Welch's|least squares|generalized estimating equations|segmented regression) ?\b", words)
    assert "the same" not in words


# ---- randomized designs ---------------------------------------------------------------------------------------------


def test_every_analysis_has_its_own_sentence_with_an_interval() -> None:
    trial = trial_of(analysis(), analysis(estimand="all_present"), analysis(estimand="stayers"))
    data = [columns(effect=effect, seed=n) for n, effect in enumerate((0.2, 0.3, 0.4))]
    found = summary_of(Study((trial,)), {0: data})
    for made, words in zip(found["cells"][0]["analyses"], ESTIMAND_WORDS, strict=False):
        power = made["estimators"][0]["power"]
        wanted = f"power {power['value']:.2f} ({power['low']:.2f} to {power['high']:.2f})".replace("0.", ".")
        (sentence,) = [one for one in found["answer"] if one.startswith(f"Score at post ({ESTIMAND_WORDS[words]})")]
        assert wanted in sentence


def test_a_bias_is_told_in_sd_with_its_cause_and_only_if_it_is_clear() -> None:
    """Contamination, instrument and losses are told apart; less than 3 Monte Carlo errors is nothing."""
    plain = scaled(columns(effect=0.2), 0.5)
    assert "on average" not in told(summary_of(Study((trial_of(),)), {0: [plain]}))
    short = scaled(columns(effect=0.2, bias=-0.03), 0.5)
    lost = told(summary_of(Study((trial_of(),)), {0: [short]}))
    size = float(re.search(r"on average (\.\d+) SD smaller", lost)[1])  # type: ignore[index]
    assert size == pytest.approx(0.06, abs=0.012)
    assert "explains: centers are lost before the analysis" in lost
    spilled = short | {"truth.spill": np.full(4000, 0.03)}
    assert "as controls are affected too, by contamination" in told(summary_of(Study((trial_of(),)), {0: [spilled]}))
    longer = scaled(columns(effect=0.2, bias=0.03), 0.5)
    longer |= {"truth.measured": longer["truth.effect"] + 0.03}
    assert "as the instrument changes what it reads" in told(summary_of(Study((trial_of(),)), {0: [longer]}))


def test_a_size_out_of_band_is_said_once_and_power_is_not_to_be_quoted() -> None:
    high = summary_of(Study((trial_of(),)), {0: [columns(sharp_bias=0.3)]})
    assert "so its power of" in high["answer"][0]
    assert "must not be quoted" in high["answer"][0]
    assert "must not be relied on" in high["grant"]["methods"]
    assert high["grant"]["mdes"][0]["mdes"] is None
    low = columns()
    low["cluster_t.sharp.p"] = np.ones(4000)
    strict = summary_of(Study((trial_of(),)), {0: [low]})
    assert "too strict" in strict["answer"][0]
    assert "which gives power away" in told(strict)


def test_a_level_that_the_interval_leaves_out_is_not_said_to_hold() -> None:
    """400 replicates: .080 lies within 3 Monte Carlo errors of .05, .034, but its interval begins at .057."""
    data = columns(R=400)
    order = np.argsort(data["cluster_t.sharp.p"])
    p = np.full(400, 0.5)
    p[order[:32]] = 0.01
    found = summary_of(Study((trial_of(),), replicates=400), {0: [data | {"cluster_t.sharp.p": p}]})
    row = found["cells"][0]["analyses"][0]["estimators"][0]
    assert (row["type1_sharp"]["value"], row["size_verdict"]) == (0.08, "holds")
    (sentence,) = [one for one in found["answer"] if "sharp null" in one]
    assert sentence.startswith("The test rejects in .080 where nobody is affected (sharp null) and ")
    assert sentence.endswith("; a 95% interval leaves the level of .05 out (.057 to .111).")
    assert "holds" not in sentence
    p[order[20:]] = 0.5
    fine = summary_of(Study((trial_of(),), replicates=400), {0: [data | {"cluster_t.sharp.p": p}]})
    assert "The test holds its level of .05, rejecting in .050" in told(fine)


# ---- designs without a lot ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pre_post", "matched_comparison"])
def test_without_a_lot_the_answer_is_what_would_be_reported_and_no_power(kind: str) -> None:
    """The share of significant improvements is counted by hand; the mean estimate is in SD."""
    data = scaled(columns(("cluster_t", "gee"), effect=0.0, bias=0.15, sharp_bias=0.15), 0.5)
    trial = trial_of(analysis("cluster_t", "gee"), type=kind)
    found = summary_of(Study((trial,)), {0: [data]})
    first = found["answer"][0]
    hits = sum(p <= 0.05 and b > 0 for p, b in zip(data["cluster_t.p"], data["cluster_t.b"], strict=True)) / 4000
    row = found["cells"][0]["analyses"][0]["estimators"][0]
    assert row["improvement"]["value"] == pytest.approx(hits)
    assert row["power"]["value"] >= hits
    assert f"{hits:.2f}".lstrip("0") in first
    mean = data["cluster_t.b"].mean() / 0.5
    assert f"{mean:.2f}".lstrip("0") + " SD" in first
    assert "true effect is .00 SD" in first
    assert "GEE" in first
    assert "with power" not in told(found)
    assert "MDES" not in told(found)
    assert "These shares are no powers" in told(found)
    assert "most power for its money" not in told(found)
    assert found["grant"]["mdes"] == []
    assert "ower" not in found["grant"]["methods"]


def test_an_improvement_is_a_positive_estimate_only() -> None:
    b, flat = np.array([1.0, -1.0, 1.0, 0.1]), np.full(4, 0.1)
    one = t_inference(b, flat, np.full(4, 50.0), np.zeros(4))
    data = columns(R=4) | {f"cluster_t.{part}": np.asarray(values, float) for part, values in one._asdict().items()}
    row = summary_of(Study((trial_of(),), replicates=4), {0: [data]})["cells"][0]["analyses"][0]["estimators"][0]
    assert (row["power"]["value"], row["improvement"]["value"]) == (0.75, 0.5)


# ---- decomposition, family, cells, searches -------------------------------------------------------------------------


def test_the_power_as_designed_is_of_the_replicates_that_the_variants_have() -> None:
    """Else a reader who subtracts the powers shown gets another difference than the one shown."""
    base, few = columns(R=2000, effect=0.25), columns(R=2000, effect=0.30)
    part, other = ({name: values[:400] for name, values in one.items()} for one in (base, few))
    rows = decomposition_data(trial_of(), base, {"as designed": [part], "no attrition": [other]})
    assert [row["replicates"] for row in rows] == [400, 400]
    hits = float((part["cluster_t.p"] <= 0.05).mean())
    assert rows[0]["power"]["value"] == pytest.approx(hits)
    assert rows[1]["difference"]["value"] == pytest.approx(rows[1]["power"]["value"] - rows[0]["power"]["value"])
    assert decomposition_data(trial_of(), base, {"as designed": [part]}) == []


def test_each_power_with_a_correction_is_that_of_the_whole_family() -> None:
    trial = trial_of(analysis(), analysis(estimand="stayers"), target=TargetSettings(correction="holm"))
    data = [columns(effect=0.25, R=500), columns(effect=0.2, R=500, seed=2)]
    found = family_data(trial, data)
    assert found is not None
    p, q = (one["cluster_t.p"] for one in data)
    first = sum(min(a, b) <= 0.025 and (a <= 0.025 or a <= 0.05) for a, b in zip(p, q, strict=True)) / 500
    assert found["each"]["holm"][0]["value"] == pytest.approx(first)
    summary = summary_of(Study((trial,), replicates=500), {0: data})
    assert "With the Holm correction" in told(summary)
    assert f"is {first:.2f} (".replace("0.", ".") in summary["grant"]["methods"]
    b, se, df = (data[0][f"cluster_t.{part}"] for part in ("b", "se", "df"))
    strict = mdes_from(b, se, df, float(b.mean()), 0.025, 2, 0.8).value
    assert summary["grant"]["mdes"][0]["mdes_sd_corrected"] == pytest.approx(strict)
    assert "at the level .05/2" in summary["grant"]["methods"]


AXIS = Axis("design.collaboratives", (6, 3, 9), ("6", "3", "9"))


def of_cells(effects: tuple[float, ...], axis: Axis = AXIS) -> dict[str, Any]:
    trials = tuple(with_design(trial_of(), collaboratives=k) for k in (6, 3, 9))
    seen = [SEEN | {"centers_treated": SEEN["centers_treated"] * k / 6} for k in (6, 3, 9)]
    cells = {n: [columns(effect=one, seen=seen[n])] for n, one in enumerate(effects)}
    return summary_of(Study(trials, axes=(axis,)), cells)


def test_the_best_cell_is_the_cheapest_that_is_enough_else_the_most_powerful() -> None:
    enough = of_cells((0.4, 0.1, 0.6))
    assert enough["best_cell"] == {"cell": 0, "words": "the cheapest that reaches .80"}
    assert "the best is 6 collaboratives" in told(enough)
    none = of_cells((0.1, 0.05, 0.15))
    assert none["best_cell"] == {"cell": 2, "words": "the most powerful; none reaches .80"}
    truth = of_cells((0.1, 0.05, 0.15), Axis("truth.gaussian.effect", (6, 3, 9), ("6", "3", "9")))
    assert truth["best_cell"] is None  # an effect is not chosen
    bad = json.loads(json.dumps(none))
    bad["cells"][2]["analyses"][0]["estimators"][0]["size_verdict"] = "too high"
    assert best_cell(bad)["cell"] == 0  # type: ignore[index]
    (sentence,) = [one for one in answer_of(bad) if one.startswith("Over the 2 cells")]
    assert "1 left out in which the type I error is too high" in sentence
    assert "(9 collaboratives)" not in sentence


def test_searches_of_all_cells_are_told_with_their_warnings() -> None:
    search = {"over": "design.centers_per_collaborative", "found": 11, "low": 9, "high": None, "between": [4, 20],
              "closed_form": 8, "confirmed": {"value": 0.81, "low": 0.74, "high": 0.85}, "warnings": ["it is bent"],
              "cell": 0}  # fmt: skip
    found = of_cells((0.4, 0.1, 0.6)) | {"search": search, "searches": [search | {"cell": 1, "found": None}]}
    text = " ".join(answer_of(found))
    assert "With 6 collaboratives: power .80 takes 11 centers per collaborative (95% interval 9 or more)" in text
    assert "confirm a power of .81 (.74 to .85); the closed form promises that 8 would do" in text
    assert "fresh replicates showed a power of .81 (.74 to .85) at the largest" in text
    assert "Warning: it is bent." in text
    assert "With 3 collaboratives: no number of centers per collaborative up to 20 is known to reach" in text


def test_a_power_is_confirmed_only_where_it_is_reached() -> None:
    for value, said in ((0.75, "showed a power of .75 (.66 to .85)"), (0.80, "confirm a power of .80 (.66 to .85)")):
        search = {"over": "design.centers_per_collaborative", "found": 11, "low": 9, "high": 12, "between": [4, 20],
                  "confirmed": {"value": value, "low": 0.66, "high": 0.85}, "cell": 0}  # fmt: skip
        assert f"fresh replicates {said}" in " ".join(answer_of(of_cells((0.4, 0.1, 0.6)) | {"search": search}))


def test_no_number_is_given_by_a_test_that_rejects_too_often() -> None:
    search = {"over": "design.centers_per_collaborative", "found": None, "ended_at": 4, "between": [2, 20], "cell": 0,
              "closed_form": 8, "confirmed": None, "warnings": [], "type1_sharp": {"value": 0.051},
              "type1_average": {"value": 0.158}, "size_verdict": "too high", "size_reason": "few"}  # fmt: skip
    (sentence,) = [one for one in answer_of(of_cells((0.4, 0.1, 0.6)) | {"search": search}) if "can be given" in one]
    assert sentence == (
        "With 6 collaboratives: no number of centers per collaborative can be given for power .80: at 4, where the "
        "search ended, the test that was searched with rejects in .051 where nobody is affected (sharp null) and .158 "
        "where effects differ but average zero (average null) instead of .05 (few); search with one that holds its "
        "level."
    )


def test_the_best_design_for_the_money_is_told_in_counts() -> None:
    budget = {"budget": 500_000.0, "words": "raw", "best": {
        "levels": {"design.collaboratives": 4, "design.control_centers": 20}, "cost": 482_400.0,
        "confirmed": {"value": 0.49, "low": 0.42, "high": 0.56}}, "candidates": [{"like_best": True}] * 3}  # fmt: skip
    text = told(summary_of(Study((trial_of(),)), budget=budget))
    assert "$500,000 buys, the most powerful is 4 collaboratives and 20 control centers ($482,000): power .49" in text
    assert "2 others of those tried cannot be told apart" in text


# ---- the grant page -------------------------------------------------------------------------------------------------


def test_the_methods_paragraph_names_what_each_measure_looks_at() -> None:
    measures = {
        "score": MeasureSettings(sample=3, reliability=0.8), "said": MeasureSettings(of="staff", who="teaching"),
        "ready": MeasureSettings(of="readiness"), "monthly": MeasureSettings(of="reports"),
    }  # fmt: skip
    text = methods(replace(trial_of(), measures=measures), {"analyses": []}, 200)
    for words in ("score (3 classrooms of each center, observed, reliability .80)",
                  "said (self-report of practice by all teaching staff of each center)",
                  "ready (an assessment of each center's readiness)", "monthly (the monthly reports"):  # fmt: skip
        assert words in text


def test_a_typed_truth_assumes_nothing_of_the_model() -> None:
    data = {name: np.zeros(4000) if name in ("seen.lost_treated", "seen.stayed") else one
            for name, one in columns().items()}  # fmt: skip
    trial = replace(trial_of(), truth=GaussianTruth(0.3, var={"collaborative": 0.03, "center": 0.1, "residual": 0.9}))
    rows = summary_of(Study((trial,)), {0: [data]})["grant"]["assumptions"]
    assert not any("model produces" in row["source"] for row in rows)
    assert not any(row["name"].startswith(("Units of the first wave", "Treated centers without")) for row in rows)
    assert {"name": "True effect", "value": 0.3, "source": "assumed in the study file"} in rows
