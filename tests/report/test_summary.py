"""summary.json agrees with what a reader computes from the frames by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bscsim.record.measures import HIRING
from bscsim.record.trajectories import Trajectories
from bscsim.report.outcome_table import outcome_rows
from bscsim.report.summary import to_text


@pytest.fixture(scope="module")
def summary(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["summary.json"])
    return found


def by_hand(values: Any) -> dict[str, float]:
    x = np.asarray(values, dtype=float)
    half = stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / math.sqrt(len(x))
    p05, p95 = np.percentile(x, [5, 95])
    return {"mean": x.mean(), "ci95_low": x.mean() - half, "ci95_high": x.mean() + half, "p05": p05, "p95": p95,
            "replicates": len(x)}


def test_the_effect_on_all_teachers(summary: dict[str, Any], run: Trajectories) -> None:
    staff = run.staff(month=8)
    teachers = staff[(staff["role"] == "teacher") & staff["filled"] & (staff["collaborative"] >= 0)]
    means = teachers.groupby(["replicate", "world"], observed=True)["practice"].mean().unstack()
    sd = teachers.loc[teachers["world"] == "twin", "practice"].std(ddof=1)
    (row,) = [r for r in summary["effects"] if r["estimand"] == "all_present" and r["month"] == 8]
    assert row["practice"] == pytest.approx(by_hand(means["treated"] - means["twin"]))
    assert row["standardiser"] == pytest.approx(sd)
    assert row["sd"] == pytest.approx(by_hand((means["treated"] - means["twin"]) / sd))
    assert row["months_after_end"] == 0


def test_every_estimand_is_there_at_every_later_wave(summary: dict[str, Any]) -> None:
    from bscsim.record.truth import OVERALL_ESTIMANDS

    found = {(row["estimand"], row["month"]) for row in summary["effects"]}
    assert found == {(estimand, month) for estimand in OVERALL_ESTIMANDS for month in (8, 20)}


def test_participation(summary: dict[str, Any], run: Trajectories) -> None:
    table = run.participation()
    teachers = table[table["role"] == "teacher"]
    found = summary["participation"]["teacher"]
    assert found["session_share"] == pytest.approx(by_hand(teachers["session_share"]))
    assert found["call_share"] == pytest.approx(by_hand(teachers["call_share"]))
    assert found["seat_months"] == pytest.approx(by_hand(teachers["seat_months"]))
    regular = teachers["call_regular_share"].dropna()
    assert found["at_least_4_of_7_calls"] == (pytest.approx(by_hand(regular)) if len(regular) > 1 else None)
    assert "parent" not in summary["participation"]


def test_pdsas_and_reports(summary: dict[str, Any], run: Trajectories) -> None:
    centers = run.participation(by="center")
    total = centers.groupby("replicate").sum(numeric_only=True)
    assert summary["pdsa"]["started_per_team"] == pytest.approx(by_hand(total["pdsa_started"] / 4))
    assert summary["pdsa"]["reported_per_team"] == pytest.approx(by_hand(total["pdsa_reported"] / 4))
    abandoned = total["pdsa_abandoned"] - total["pdsa_abandoned_at_withdrawal"]
    resolved = total["pdsa_succeeded"] + total["pdsa_in_progress"] + abandoned
    assert summary["pdsa"]["share"]["succeeded"] == pytest.approx(by_hand(total["pdsa_succeeded"] / resolved))
    sent = total["reports_sent"] / total["reports_due"]
    assert summary["reports"]["sent_share_of_due"] == pytest.approx(by_hand(sent))
    assert summary["reports"]["teams_that_made_metrics"] == pytest.approx(by_hand(total["metrics_made"] / 4))
    gone = centers["withdrawal_month"].notna().groupby(centers["replicate"]).mean()
    assert summary["withdrawal"]["share_of_centers"] == pytest.approx(by_hand(gone))


def test_published_pdsa_shares_are_counts_not_the_rounded_text(summary: dict[str, Any]) -> None:
    assert summary["pdsa"]["published_share"]["succeeded"] == pytest.approx(0.9275, abs=1e-4)


@pytest.mark.parametrize(("name", "world"), [("with_bsc", "treated"), ("without", "twin")])
def test_turnover(name: str, world: str, summary: dict[str, Any], run: Trajectories) -> None:
    table = run.turnover()
    mine = table[(table["world"] == world) & (table["sector"] == "head_start")]
    years = (mine["staff"] * mine["months"] / 12).groupby(mine["replicate"]).sum()
    rate = mine.groupby("replicate")["exits"].sum() / years
    found = summary["turnover"]["head_start"]
    assert found["exits_per_position_year"][name] == pytest.approx(by_hand(rate))

    staff = run.staff()
    staff = staff[(staff["world"] == world) & staff["filled"] & (staff["role"] != "parent")]
    first = staff[(staff["month"] == 8) & (staff["sector"] == "head_start")]
    who = ["replicate", "center", "person"]
    later = set(staff.loc[staff["month"] == 20, who].itertuples(index=False, name=None))
    gone = [person not in later for person in first[who].itertuples(index=False, name=None)]
    share = first.assign(gone=gone).groupby("replicate")["gone"].mean()
    (step,) = [step for step in found["gone_by_next_wave"] if step["from_month"] == 8]
    assert step[name] == pytest.approx(by_hand(share))


def test_costs(summary: dict[str, Any], run: Trajectories) -> None:
    table = run.costs()
    program = table[table["line"] != "hiring"].groupby("replicate")["cost"].sum() / 4
    hiring = table[table["line"] == "hiring"].groupby("replicate")["added"].sum() / 4
    assert summary["costs"]["program"] == pytest.approx(by_hand(program))
    assert summary["costs"]["hiring_change"] == pytest.approx(by_hand(hiring))
    by_payer = summary["costs"]["by_payer"]
    assert sum(found["mean"] for found in by_payer.values()) == pytest.approx(program.mean())
    (effect,) = [r for r in summary["effects"] if r["estimand"] == "all_present" and r["month"] == 8]
    per_sd = summary["costs"]["program_per_sd_gained"]
    enrolled = np.swapaxes(run.treated["cost"], 1, 3)[..., :8, run.labels.collaborative[0] >= 0]
    until = enrolled[:, :HIRING].sum(axis=(1, 2, 3)) / 4  # what is spent after the month of the effect buys none of it
    assert 0.0 < until.mean() < program.mean()
    assert per_sd["ratio"]["mean"] == pytest.approx(until.mean() / effect["sd"]["mean"])
    assert per_sd["month"] == 8


def test_spread_is_a_ratio_of_means(summary: dict[str, Any], run: Trajectories) -> None:
    from bscsim.record.spread import spread

    table = spread(run)
    at_end = table[table["month"] == 8]
    (row,) = [row for row in summary["spread"] if row["month"] == 8]
    wanted = at_end["nonteam_gain"].mean() / at_end["team_gain"].mean()
    assert row["nonteam_over_team"]["mean"] == pytest.approx(wanted)


def test_outcomes_cover_the_seven_levels_of_table_1(summary: dict[str, Any], run: Trajectories) -> None:
    found = {(row["level"], row["period"]) for row in summary["outcomes"]}
    proximal = {(level, "proximal") for level in ("organizational", "team", "practitioner", "recipient")}
    assert proximal | {(level, "distal") for level in ("organizational", "practitioner", "recipient")} <= found
    table = run.outcomes()
    at_end = table[(table["outcome"] == "fit") & (table["month"] == 8)]
    arms = at_end.pivot(index="replicate", columns="arm", values="true")
    (row,) = [row for row in summary["outcomes"] if row["outcome"] == "fit" and row["month"] == 8]
    assert row["with_bsc"] == pytest.approx(by_hand(arms["bsc"]))
    assert row["difference"] == pytest.approx(by_hand(arms["bsc"] - arms["twin"]))


def test_it_says_what_was_run_and_warns(summary: dict[str, Any], manifest: dict[str, Any]) -> None:
    assert summary["study"] == manifest["study"]
    assert summary["run"] == {"seed": 1, "replicates": 3, "twin": True, "dt": "month"}
    assert set(summary["versions"]) == {"bscsim", "streams"}
    assert any("one collaborative" in warning for warning in summary["warnings"])
    assert any("Only 3 replicates" in warning for warning in summary["warnings"])


def test_the_text_is_sorted_and_without_nan(files: dict[str, bytes]) -> None:
    text = files["summary.json"].decode()
    assert "NaN" not in text
    found = json.loads(text, object_pairs_hook=list)
    keys = [key for key, _ in found]
    assert keys == sorted(keys)
    assert to_text(json.loads(text)) == text


def test_nothing_of_the_machine_or_the_time_is_in_it(files: dict[str, bytes]) -> None:
    text = files["summary.json"].decode()
    for word in ("somewhere/", "finished", "platform", "hostname"):
        assert word not in text


def test_what_is_a_sum_over_a_sum_is_averaged_as_one() -> None:
    """A replicate with next to no gain at the end would own a mean of ratios; one below 0 would be dropped."""
    key = {"level": "organizational", "period": "distal", "month": 14, "outcome": "fit_kept", "group": "all",
           "unit": "share", "measured": np.nan, "arm": "bsc"}  # fmt: skip
    part, whole = [0.3, 0.2, 0.1, -0.1], [0.6, 0.4, 0.001, -0.001]
    table = pd.DataFrame([
        {**key, "replicate": number, "true": a / b if b > 0 else np.nan, "part": a, "whole": b}
        for number, (a, b) in enumerate(zip(part, whole, strict=True))
    ])  # fmt: skip
    (row,) = outcome_rows(table.astype({"level": "category", "outcome": "category", "group": "category"}))
    assert row.with_bsc.mean == pytest.approx(0.5 / 1.0)
    assert row.with_bsc.n == 4
    assert (row.without.n, row.difference.n, row.measured.n) == (0, 0, 0)
