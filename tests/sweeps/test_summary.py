"""From stored rows to the answer, against the record's own tables and plain numpy."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim import run_folder
from bscsim.record import truth
from bscsim.record.store import StoreError
from bscsim.simulate import simulate
from bscsim.sweeps import folder, store
from bscsim.sweeps.asking import NAMES, Ask
from bscsim.sweeps.sheet import Sheet, linearised
from bscsim.sweeps.summary import summarize

TEXT = """
kind: sweep
name: small
scenario:
  population: {centers: 4, sectors: {child_care: 4}, sizes: 8}
  enrolment: {centers_per_collaborative: 4}
  calendar: {burn_in: 6, prework: [0, 1], sessions: [1, 3], ends: 4, horizon: 16, waves: [0, 4]}
  simulation: {replicates: 6}
sweep:
  factors:
    parameters.k_hour: [0.04, 0.1]
    calendar.ends: [4, 5]
  reference: 2
  responses: [effect_sd@end, effect_sd@+6, spread@end, kept@+6, fit@3, cost_per_sd@end]
"""


def small_report(summary: dict[str, Any], manifest: dict[str, Any]) -> dict[str, bytes]:
    """Stand in for the real report, which draws figures for seconds."""
    return {"summary.json": json.dumps(summary, allow_nan=False).encode(), "tables/cells.csv": b"cell\n0\n"}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Any:
    """A finished sweep of four cells: its folder, layout and summary."""
    place = tmp_path_factory.mktemp("small")
    file = place / "small.yaml"
    file.write_text(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bscsim.report.sweep.sweep_files", small_report)
        bscsim.run(bscsim.load(file), out=place / "out", workers=2)
    manifest = json.loads((place / "out/manifest.json").read_text())
    _, layout = folder.stored(place / "out", manifest)
    return place / "out", layout, json.loads((place / "out/summary.json").read_text())


@pytest.fixture(scope="module")
def worlds(made) -> list[Any]:
    """The record of each cell, simulated apart."""
    _, layout, _ = made
    return [simulate(layout.design.scenario(cell), replicates=6) for cell in range(4)]


def effect(run: Any, month: int, estimand: str = "all_present") -> np.ndarray:
    table = truth.overall(run)
    chosen = table[(table["arm"] == "bsc") & (table["estimand"] == estimand) & (table["month"] == month)]
    return chosen.sort_values("replicate")["effect"].to_numpy()


def value(summary: dict[str, Any], cell: int, key: str) -> dict[str, Any]:
    return summary["cells"][cell]["values"][key]


ENDS = (4, 5, 4, 5)


@pytest.mark.parametrize(("key", "after"), [("effect_sd@end", 0), ("effect_sd@+6", 6)])
def test_effects_are_those_of_the_record_over_the_reference_cells_sd(made, worlds, key, after) -> None:
    _, _, summary = made
    months = [end + after for end in ENDS]
    at_reference = list(truth.waves(worlds[2])).index(months[2])
    scale = truth.standardiser(worlds[2])[at_reference]
    assert summary["scale"][key.partition("@")[2]] == {"sd": pytest.approx(scale, rel=1e-6), "cell": 2}
    for cell in range(4):
        values = effect(worlds[cell], months[cell]) / scale
        found = value(summary, cell, key)
        assert found["mean"] == pytest.approx(values.mean(), rel=1e-5)
        assert found["ci95_high"] - found["mean"] == pytest.approx(
            2.5705818366147395 * values.std(ddof=1) / np.sqrt(6), rel=1e-4
        )  # t(.975, 5)


def test_ratios_are_of_means_with_delta_method_intervals(made, worlds) -> None:
    _, _, summary = made
    for cell, run in enumerate(worlds):
        end, later = effect(run, ENDS[cell]), effect(run, ENDS[cell] + 6)
        found = value(summary, cell, "kept@+6")
        ratio = later.mean() / end.mean()
        assert found["mean"] == pytest.approx(ratio, rel=1e-5)
        # the textbook variance of a ratio of means
        cov = np.cov(later, end, ddof=1)
        variance = (cov[0, 0] - 2 * ratio * cov[0, 1] + ratio**2 * cov[1, 1]) / end.mean() ** 2 / 6
        assert found["ci95_high"] - found["mean"] == pytest.approx(2.5705818366147395 * np.sqrt(variance), rel=1e-4)
        assert found["p05"] is None
        spread = run.spread().query(f"month == {ENDS[cell]}")
        assert value(summary, cell, "spread@end")["mean"] == pytest.approx(
            spread["nonteam_gain"].mean() / spread["team_gain"].mean(), rel=1e-5
        )


def test_a_month_is_the_same_in_every_cell_and_the_end_is_each_cells_own(made, worlds) -> None:
    _, _, summary = made
    for cell, run in enumerate(worlds):
        fit = run.treated["fit"][:, :, 3].astype(float).mean(axis=(1, 2))
        assert value(summary, cell, "fit@3")["mean"] == pytest.approx(fit.mean(), rel=1e-5)


def test_contrasts_are_paired_by_replicate(made, worlds) -> None:
    _, _, summary = made
    row = next(one for one in summary["contrasts"] if (one["cell"], one["response"]) == (0, "effect_sd@end"))
    scale = summary["scale"]["end"]["sd"]
    a, b = (effect(worlds[cell], 4) / scale for cell in (0, 2))
    assert row["against"] == 2
    assert row["difference"]["mean"] == pytest.approx((a - b).mean(), rel=1e-4)
    assert row["variance_ratio"] == pytest.approx((a.var() + b.var()) / (a - b).var(), rel=1e-3)
    assert [one["cell"] for one in summary["contrasts"] if one["response"] == "fit@3"] == [0, 1, 3]


def test_means_by_level_are_over_all_cells_with_it(made) -> None:
    _, _, summary = made
    row = next(
        one
        for one in summary["by_factor"]
        if (one["factor"], one["level"], one["response"]) == ("parameters.k_hour", 0.1, "fit@3")
    )
    assert row["mean"]["mean"] == pytest.approx(np.mean([value(summary, cell, "fit@3")["mean"] for cell in (2, 3)]))


def test_the_answer_names_the_numbers_of_the_summary(made) -> None:
    _, _, summary = made
    means = [value(summary, cell, "effect_sd@end")["mean"] for cell in range(4)]
    high = summary["cells"][int(np.argmax(means))]["label"]
    assert f"with {high}" in summary["answer"][0]
    assert f"{max(means):.2f}" in summary["answer"][0]
    assert summary["complete"]
    assert "partial" not in " ".join(summary["answer"])


def test_results_give_frames_and_sql_over_every_row_once(made, worlds) -> None:
    out, _, summary = made
    found = bscsim.results(out)
    rows = found.replicates(["effect"])
    assert rows.columns.tolist() == ["cell", "replicate", "month", "effect"]
    assert len(rows) == 6 * sum(len(run.scenario.calendar.waves) for run in worlds)
    assert not rows.duplicated(["cell", "replicate", "month"]).any()
    answer = found.sql("select avg(effect) as mean from replicates where cell = 1 and month = 5")
    assert answer["mean"][0] == pytest.approx(effect(worlds[1], 5).mean(), rel=1e-5)
    assert found.cells()["fit@3"].tolist() == [value(summary, cell, "fit@3")["mean"] for cell in range(4)]
    assert repr(found) == "<results of small: 4 cells, 6 replicates, seed 1>"


def test_rerun_compares_every_bit(made) -> None:
    out, _, _ = made
    assert "all equal bit for bit" in run_folder.rerun(out, 3, 5)


class TestPartial:
    @pytest.fixture
    def sheet(self, made) -> Sheet:
        out, layout, _ = made
        return Sheet.read(layout, store.scan(out / "cells", layout))

    def test_what_is_missing_is_said_and_the_rest_is_reported(self, made, sheet) -> None:
        _, _, whole = made
        sheet.there[1, 4:] = False
        for values in sheet.columns.values():
            values[1, 4:] = np.nan
        manifest = {"study": {"name": "small"}, "run": {}, "versions": {"bscsim": "1", "streams": "1"}}
        summary = summarize(sheet, store.Held(), manifest)
        assert summary["missing"] == {"cells": 1, "replicates": 2, "of": 24}
        assert not summary["complete"]
        assert summary["answer"][0] == "This is a partial result: 2 of 24 replicates are missing."
        assert value(summary, 1, "fit@3")["replicates"] == 4
        assert value(summary, 0, "fit@3") == value(whole, 0, "fit@3")

    def test_a_study_with_nothing_yet_has_a_summary(self, sheet) -> None:
        sheet.there[:] = False
        for values in sheet.columns.values():
            values[:] = np.nan
        manifest = {"study": {"name": "small"}, "run": {}, "versions": {"bscsim": "1", "streams": "1"}}
        assert json.dumps(summarize(sheet, store.Held(), manifest), allow_nan=False)

    def test_a_row_too_many_or_too_few_is_refused(self, made, monkeypatch) -> None:
        out, layout, _ = made
        read = store.read

        def less(path, columns):
            for at, rows in enumerate(read(path, columns)):
                yield {name: values[1:] if at == 0 else values for name, values in rows.items()}

        def twice(path, columns):
            for rows in read(path, columns):
                yield {name: np.concatenate([values[:1], values]) for name, values in rows.items()}

        for wrong in (less, twice):
            monkeypatch.setattr(store, "read", wrong)
            with pytest.raises(StoreError, match="rows where"):
                Sheet.read(layout, store.scan(out / "cells", layout))


def test_linearised_values_average_to_the_ratio_of_means() -> None:
    rng = np.random.default_rng(0)
    top, bottom = rng.normal(1, 1, (3, 50)), rng.normal(2, 0.5, (3, 50))
    top[0, 3] = np.nan
    bottom[2] = 0.0
    values = linearised(top, bottom)
    kept = np.arange(50) != 3
    assert np.nanmean(values[0]) == pytest.approx(top[0, kept].mean() / bottom[0, kept].mean())
    assert np.nanmean(values[1]) == pytest.approx(top[1].mean() / bottom[1].mean())
    assert np.isnan(values[2]).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_outcome_says_what_it_is(name) -> None:
    ask = Ask(name, "+12")
    assert ask.unit
    assert len(ask.about) > 5
    assert ask.title.endswith(", a year later")
