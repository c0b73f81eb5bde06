"""The shipped results are those of the code that ships with them, and the README quotes them as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bscsim

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ROOT / "results" / "ccl_feasibility"


@pytest.fixture(scope="module")
def summary():
    return json.loads((SHIPPED / "summary.json").read_text(encoding="utf-8"))


def effect(summary, estimand: str, month: int) -> dict[str, float]:
    """The shipped effect in SD."""
    (row,) = [row for row in summary["effects"] if (row["estimand"], row["month"]) == (estimand, month)]
    return row["sd"]


def test_the_shipped_run_is_the_experiment_of_today(summary):
    study = bscsim.load(ROOT / "experiments" / "ccl_feasibility.yaml")
    assert summary["study"]["digest"] == study.scenario.digest
    assert summary["run"]["replicates"] == study.scenario.simulation.replicates


def test_the_shipped_numbers_are_those_of_todays_code(summary):
    """Simulating replicate 0 again gives the shipped row: a change that moves numbers must refresh the results."""
    study = bscsim.load(ROOT / "experiments" / "ccl_feasibility.yaml")
    again = bscsim.simulate(study.scenario, replicates=[0]).effects().query("enrolled and month == 16")
    again = again[again["estimand"] == "all_present"].set_index("center_id")
    shipped = pd.read_csv(SHIPPED / "tables" / "center_effects.csv")
    shipped = shipped.query("replicate == 0 and month == 16").set_index("center")
    assert len(again) == len(shipped) == 8
    assert again["effect"].to_dict() == pytest.approx(shipped["effect"].to_dict(), rel=1e-6)


def test_the_readme_quotes_the_shipped_run(summary):
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    end, later, last = (effect(summary, "all_present", month) for month in (16, 28, 40))
    assert (
        f"practice is {end['mean']:.2f} SD higher (95% Monte Carlo interval {end['ci95_low']:.2f} to "
        f"{end['ci95_high']:.2f}; 90% of collaboratives between {end['p05']:.2f} and {end['p95']:.2f}), "
        f"{later['mean']:.2f} a year later and {last['mean']:.2f} after two years"
    ) in text
    assert f"Team members gain {effect(summary, 'seat_holders', 16)['mean']:.2f} SD" in text
    payers = summary["costs"]["by_payer"]
    cost = payers["sponsor"]["mean"] + payers["center"]["mean"]
    assert f"about ${round(cost, -2):,.0f} a center" in text


def test_odd_quotes_the_shipped_run(summary):
    text = (ROOT / "bscsim" / "agents" / "ODD.md").read_text(encoding="utf-8")
    roles, reports = summary["participation"], summary["reports"]
    regular = {role: roles[role]["at_least_4_of_7_calls"]["mean"] for role in ("supervisor", "teacher")}
    assert f"| {regular['supervisor']:.0%}; {regular['teacher']:.0%} of teachers:" in text
    assert f"| {reports['sent_share_of_due']['mean']:.0%}, **a little high**;" in text
    assert f"{effect(summary, 'all_present', 16)['mean']:.2f} SD (Monte Carlo SE".lstrip("0") in text
    assert f"| {summary['withdrawal']['share_of_centers']['mean']:.0%} in 16 months |" in text


# ---- studies of many cells ----------------------------------------------------------------------------------------

SWEEPS = (
    "active_ingredients", "global_sensitivity", "participation_readiness", "scaling_out", "support_arms",
    "turnover_sustainment",
)  # fmt: skip


def shipped(name: str):
    return json.loads((ROOT / "results" / name / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SWEEPS)
def test_a_shipped_sweep_is_the_experiment_of_today_and_whole(name):
    study = bscsim.load(ROOT / "experiments" / f"{name}.yaml")
    found = shipped(name)
    assert found["study"]["digest"] == study.design.digest
    assert found["run"]["replicates"] == study.scenario.simulation.replicates
    assert found["complete"]
    assert found["failed"] == []


@pytest.mark.parametrize("name", SWEEPS)
def test_a_shipped_sweeps_numbers_are_those_of_todays_code(name):
    """One cell simulated again gives the shipped means: a change that moves numbers must refresh the results."""
    from bscsim.engine.reducing import reduce
    from bscsim.record.responses import COLUMNS

    study, found = bscsim.load(ROOT / "experiments" / f"{name}.yaml"), shipped(name)
    scenario = study.design.scenario(1)
    rows = reduce(bscsim.simulate(scenario))
    at_end = rows.values[rows.month == scenario.calendar.ends, COLUMNS.index("effect")]
    value = found["cells"][1]["values"]["effect_sd@end"]["mean"] * found["scale"]["end"]["sd"]
    assert value == pytest.approx(np.mean(at_end), rel=1e-5)


# ---- trials ---------------------------------------------------------------------------------------------------------

TRIALS = (
    "how_many_collaboratives", "open_or_closed_cohort", "power_cluster_trial", "power_stepped_wedge",
    "power_three_cohorts", "power_waitlist", "prepost_bias", "self_report_bias",
)  # fmt: skip


@pytest.mark.parametrize("name", TRIALS)
def test_a_shipped_trial_is_the_experiment_of_today_and_whole(name):
    study = bscsim.load(ROOT / "experiments" / f"{name}.yaml")
    found = shipped(name)
    assert found["study"]["digest"] == study.design.digest
    assert found["run"]["replicates"] == study.design.replicates
    assert found["complete"]
    assert found["failed"] == []


@pytest.mark.parametrize("name", TRIALS)
def test_a_shipped_trials_numbers_are_those_of_todays_code(name):
    """The first replicate gives what is shipped: a change that moves numbers must refresh the results."""
    from bscsim.trial.analyzing.compute import compute

    design = bscsim.load(ROOT / "experiments" / f"{name}.yaml").design
    again = compute(design.trial(0), [0], design.seed)
    for columns, first in zip(again, shipped(name)["first_replicate"], strict=True):
        assert len(first) > 4
        assert {key: columns[key][0] for key in first} == pytest.approx(first, rel=1e-6, nan_ok=True)


def shares(data) -> set[str]:
    """Every share of a summary with its interval, as the answers write it."""
    if isinstance(data, list):
        return set().union(*map(shares, data))
    if not isinstance(data, dict):
        return set()
    found = set().union(*map(shares, data.values()))
    if {"value", "low", "high"} <= data.keys() and data["value"] is not None and data["low"] is not None:
        value, low, high = (f"{data[name]:.2f}".removeprefix("0") for name in ("value", "low", "high"))
        found.add(f"{value} ({low} to {high})")
    return found


@pytest.mark.parametrize("name", TRIALS)
def test_the_answers_quote_the_shipped_trials(name):
    text = " ".join((ROOT / "results" / "README.md").read_text(encoding="utf-8").split())
    paragraph = re.search(rf"\*\*{name}\.\*\*(.*?)(\*\*[a-z_]+\.\*\*|$)", text)
    assert paragraph
    quoted = re.findall(r"[01]?\.\d\d \([01]?\.\d\d to [01]?\.\d\d\)", paragraph[1])
    assert len(quoted) >= 3
    assert [one for one in quoted if one not in shares(shipped(name))] == []


def test_the_readme_quotes_the_shipped_trial():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    found = shipped("power_cluster_trial")
    (quoted,) = re.findall(r"The report of that trial says: power (\.\d\d \(\.\d\d to \.\d\d\))", text)
    first = found["cells"][0]["analyses"][0]
    assert {quoted} == shares(first["estimators"][0]["power"])
    (promised,) = re.findall(r"where a usual calculator promises (\.\d\d)", text)
    assert promised == f"{first['closed_form']['naive']['power']:.2f}".removeprefix("0")
    said = " ".join(found["answer"])
    nested, gaussian = re.findall(r"four collaboratives promises (\.\d\d), normal data .*? give (\.\d\d)", text)[0]
    assert f"a closed form that knows collaboratives {nested}" in said
    assert f"normal data with the same variances give {gaussian}" in said


def test_odd_quotes_the_shipped_supports():
    """P8: calls, sessions and coaching in parts of all three, as the experiment support_arms has them."""
    text = (ROOT / "bscsim" / "agents" / "ODD.md").read_text(encoding="utf-8")
    said = shipped("support_arms")["answer"][0]
    none, calls, sessions, coaching, everything = map(float, re.findall(r"([\d.]+) \(", said.split(":", 1)[1]))
    parts = " : ".join(f"{x / everything:.2f}".removeprefix("0") for x in (calls, sessions, coaching))
    assert f"| {parts} : 1, and PDSAs alone {none / everything:.2f}".replace("alone 0", "alone ") in text


@pytest.mark.parametrize("name", SWEEPS)
def test_the_answers_quote_the_shipped_sweeps(name):
    text = " ".join((ROOT / "results" / "README.md").read_text(encoding="utf-8").split())
    paragraph = re.search(rf"\*\*{name}\.\*\*(.*?)(\*\*[a-z_]+\.\*\*|$)", text)
    assert paragraph
    quoted = re.findall(r"-?[\d.,]*\d \(-?[\d.,]*\d to -?[\d.,]*\d\)", paragraph[1])
    said = " ".join(shipped(name)["answer"])
    assert len(quoted) >= 4
    assert [one for one in quoted if one not in said] == []
