"""The folder of a power study: stage after stage, left and gone on with, and always the same bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bscsim
from bscsim import run_folder
from bscsim.power import layout
from bscsim.power.computing import TrialTask
from bscsim.record import provenance
from bscsim.record.store import StoreError
from bscsim.scenario.faults import BscsimError, InputError, ResumableError
from bscsim.trial.share import Share
from tests.power.studies import BUDGET, GAUSSIAN, MECHANISTIC, SEARCH, study


def summary(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def stored(folder: Path) -> dict[str, bytes]:
    """Blocks and summary, by name."""
    paths = [*sorted((folder / "cells").iterdir()), folder / "summary.json"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures and pages out, which take seconds, but where they are asked for, and in what tests share."""
    from bscsim.report import power
    from bscsim.report.summary import to_text

    if request.node.name != "test_a_report_of_a_study_that_is_not_complete_says_so":
        monkeypatch.setattr(power, "power_files", lambda found, _: {"summary.json": to_text(found).encode()})


@pytest.fixture(scope="module")
def gaussian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gaussian")
    run_folder.run(study(folder, GAUSSIAN), folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    run_folder.run(study(folder, MECHANISTIC), folder / "out")
    return folder / "out"


def test_a_study_has_its_rows_and_its_report(gaussian: Path) -> None:
    found = summary(gaussian)
    assert found["complete"]
    assert [one["levels"] for one in found["cells"]] == [{"design.collaboratives": 3}, {"design.collaboratives": 4}]
    assert {"report.html", "manifest.json", "tables", "cells"} <= {path.name for path in gaussian.iterdir()}


def test_power_is_the_share_of_stored_rejections(gaussian: Path) -> None:
    rows = bscsim.results(gaussian).replicates(1)
    one = summary(gaussian)["cells"][1]["analyses"][0]["estimators"][0]
    assert len(rows) == 60
    assert one["power"]["value"] == pytest.approx((rows["cluster_t.p"] <= 0.05).mean())
    assert one["type1_sharp"]["value"] == pytest.approx((rows["cluster_t.sharp.p"] <= 0.05).mean())


@pytest.mark.parametrize("size", [1, 7])
def test_bytes_do_not_depend_on_workers_and_numbers_not_on_blocks(
    gaussian: Path, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "three", workers=3)
    assert stored(tmp_path / "three") == stored(gaussian)
    monkeypatch.setattr(layout, "size_of", lambda trial, replicates: min(size, replicates))
    run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "small", workers=2)
    assert (tmp_path / "small" / "summary.json").read_bytes() == (gaussian / "summary.json").read_bytes()


def stopping(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the computer fail as from a block on, as a kill would."""
    done: list[int] = []
    usual = TrialTask.encoded

    def encoded(self: TrialTask, stop: Any) -> bytes:
        done.append(1)
        if len(done) > after:
            raise KeyboardInterrupt
        return usual(self, stop)

    monkeypatch.setattr(TrialTask, "encoded", encoded)


@pytest.mark.parametrize(("text", "after"), [(SEARCH, 1), (SEARCH, 2), (MECHANISTIC, 1), (MECHANISTIC, 6)])
def test_a_study_that_was_stopped_goes_on_to_the_same_bytes(
    tmp_path: Path, text: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folder.run(study(tmp_path, text), tmp_path / "whole")
    with monkeypatch.context() as patch:
        stopping(patch, after)
        with pytest.raises(KeyboardInterrupt):
            run_folder.run(study(tmp_path, text), tmp_path / "left", workers=1)
    assert not (tmp_path / "left" / "summary.json").exists()
    run_folder.run(study(tmp_path, text), tmp_path / "left")
    assert stored(tmp_path / "left") == stored(tmp_path / "whole")


def test_again_nothing_is_computed(gaussian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    shutil.copytree(gaussian, folder)
    stopping(monkeypatch, 0)
    run_folder.run(study(tmp_path, GAUSSIAN), folder)
    assert stored(folder) == stored(gaussian)


def test_more_replicates_go_on_from_what_is_there(gaussian: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(gaussian, folder)
    run_folder.run(study(tmp_path, GAUSSIAN, "replicates=90"), folder)
    run_folder.run(study(tmp_path, GAUSSIAN, "replicates=90"), tmp_path / "fresh")
    assert summary(folder)["cells"] == summary(tmp_path / "fresh")["cells"]
    with pytest.raises(InputError, match="holds 90 replicates"):
        run_folder.run(study(tmp_path, GAUSSIAN), folder)


def test_a_report_of_a_study_that_is_not_complete_says_so(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(model, folder)
    assert "made again" in str(run_folder.report(folder))
    assert stored(folder) == stored(model)
    next(iter(sorted((folder / "cells").glob("c000000-*")))).unlink()
    with pytest.raises(ResumableError, match="missing"):
        run_folder.report(folder)
    assert not summary(folder)["complete"]


def test_a_damaged_block_is_computed_again(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(model, folder)
    path = next(iter(sorted((folder / "cells").glob("c000000-*"))))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    run_folder.run(study(tmp_path, MECHANISTIC), folder)
    assert stored(folder) == stored(model)


def test_the_first_cell_is_compared_with_its_variants(model: Path) -> None:
    found = summary(model)
    assert [one["variant"] for one in found["decomposition"]] == [
        "as designed", "no attrition", "no turnover", "no contamination", "no collaborative effect",
        "perfect measurement", "equal effects",
    ]  # fmt: skip
    assert found["cells"][0]["analyses"][0]["gaussian"] is not None
    assert found["cells"][0]["analyses"][1]["gaussian"] is None


def test_equal_effects_are_the_mean_effect_in_every_center(model: Path) -> None:
    """The variant's effect of every replicate is the pooled one of the design, whatever its own centers did."""
    results = bscsim.results(model)
    designed, equal = results.replicates(0), results.replicates(6)
    equal, designed = (rows[rows["analysis"] == 0].set_index("replicate") for rows in (equal, designed))
    shift = equal["cluster_t.b"] - equal["cluster_t.sharp.b"]
    assert np.allclose(shift, designed["truth.measured"].mean(), atol=1e-9)


def test_a_replicate_is_simulated_again_bit_for_bit(model: Path, gaussian: Path) -> None:
    assert "all equal" in run_folder.rerun(model, 0, 17)
    assert "all equal" in run_folder.rerun(gaussian, 1, 59)
    with pytest.raises(InputError, match="0 to 23"):
        run_folder.rerun(model, 0, 24)


def test_an_estimator_that_iterates_is_told_again_bit_for_bit_too(tmp_path: Path) -> None:
    """Its rounding depends on the replicates that are analyzed beside it: the whole block is made again."""
    text = GAUSSIAN.replace("[cluster_t, partially_nested]", "[gee_md, lmm_kr, randomization]")
    run_folder.run(study(tmp_path, text), tmp_path / "out")
    for number in (0, 31, 59):
        assert "all equal" in run_folder.rerun(tmp_path / "out", 1, number)


def test_a_row_that_is_not_the_models_is_found(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bscsim.trial.analyzing import compute

    real = compute.compute

    def other(*given: Any, **named: Any) -> Any:
        found = real(*given, **named)
        found[1]["partially_nested.se"][3] = np.nextafter(found[1]["partially_nested.se"][3], 1.0)
        return found

    monkeypatch.setattr(compute, "compute", other)
    assert "all equal" in run_folder.rerun(model, 0, 2)
    with pytest.raises(BscsimError, match=r"replicate 3 of cell 0 .* analysis 1 in partially_nested\.se"):
        run_folder.rerun(model, 0, 3)


def test_another_seed_is_another_study(gaussian: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another"):
        run_folder.run(study(tmp_path, GAUSSIAN), gaussian, seed=5)


def test_replicates_and_seed_of_the_call_count(tmp_path: Path) -> None:
    run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "call", replicates=20, seed=7)
    run_folder.run(study(tmp_path, GAUSSIAN, "replicates=20", "simulation.seed=7"), tmp_path / "set")
    assert summary(tmp_path / "call")["cells"] == summary(tmp_path / "set")["cells"]


def test_a_search_ends_with_the_power_that_it_says(tmp_path: Path) -> None:
    run_folder.run(study(tmp_path, SEARCH), tmp_path / "out")
    found = summary(tmp_path / "out")["search"]
    rows = [np.asarray(bscsim.results(tmp_path / "out").replicates(100_000 + at)["cluster_t.p"])
            for at in range(11) if any((tmp_path / "out" / "cells").glob(f"c{100_000 + at:06d}-*"))]  # fmt: skip
    assert found["replicates_used"] == sum(len(one) for one in rows)
    assert 2 <= found["low"] <= found["found"] <= (found["high"] or 12)
    assert [one["replicates"] for one in found["evaluations"]] == [len(one) for one in rows]
    shares = [Share(int((one <= 0.05).sum()), len(one)).value for one in rows]
    assert [one["power"]["value"] for one in found["evaluations"]] == pytest.approx(shares)


def test_no_replicate_of_a_search_is_used_twice(tmp_path: Path) -> None:
    run_folder.run(study(tmp_path, SEARCH), tmp_path / "out")
    spans = [tuple(int(part[1:] if part[0] == "r" else part) for part in path.name.split("-")[1:3])
             for path in sorted((tmp_path / "out" / "cells").glob("c1*"))]  # fmt: skip
    used = np.concatenate([np.arange(*span) for span in spans])
    assert len(np.unique(used)) == len(used)
    assert used.min() >= 10_000_000


def test_a_budget_buys_the_best_of_its_designs(tmp_path: Path) -> None:
    run_folder.run(study(tmp_path, BUDGET), tmp_path / "out")
    found = summary(tmp_path / "out")["budget"]
    assert all(one["cost"] <= 400_000 for one in found["candidates"])
    best = max(found["candidates"], key=lambda one: one["power"]["value"] if one["power"] else 0.0)
    assert found["best"]["levels"] == found["candidates"][0]["levels"]
    assert best["cost"] <= 400_000
    assert found["best"]["confirmed"] is not None


def test_what_a_power_study_cannot_do_is_refused(tmp_path: Path) -> None:
    one = study(tmp_path, GAUSSIAN)
    with pytest.raises(InputError, match="compiled engine"):
        run_folder.run(one, tmp_path / "out", engine="mesa")
    with pytest.raises(InputError, match="runners share the blocks"):
        run_folder.run(one, tmp_path / "out", shard="0/2")
    with pytest.raises(InputError, match="--yes runs it"):
        run_folder.run(study(tmp_path, GAUSSIAN, "replicates=30000000"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_plan_says_how_long_it_takes(tmp_path: Path) -> None:
    found = run_folder.plan(study(tmp_path, MECHANISTIC, "replicates=100000"), tmp_path / "out")
    assert found["cells"] == 1
    assert found["core_hours"] > 0
    assert found["folder_holds"] == "nothing"
    assert not (tmp_path / "out").exists()


def test_a_worker_with_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrialTask, "version", lambda self: "another")
    with pytest.raises(BscsimError, match="another version"):
        run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "out")


def test_blocks_of_another_version_of_the_trials_are_not_taken(
    gaussian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(gaussian, folder)
    monkeypatch.setattr(provenance, "trial_digest", lambda: "another")
    with pytest.raises(InputError, match="another run"):
        run_folder.run(study(tmp_path, GAUSSIAN), folder)


def test_a_poisoned_block_is_reported_and_the_rest_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "size_of", lambda trial, replicates: min(20, replicates))
    usual = TrialTask.encoded

    def encoded(self: TrialTask, stop: Any) -> bytes:
        if self.block.cell == 1 and self.block.first == 20:
            raise ValueError("poison")
        return usual(self, stop)

    with monkeypatch.context() as patch:
        patch.setattr(TrialTask, "encoded", encoded)
        with pytest.raises(BscsimError, match=r"1 block failed, the first in cell 1 \(collaboratives 4\).*poison"):
            run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "out")
    found = summary(tmp_path / "out")
    assert not found["complete"]
    assert found["missing"]["replicates"] == 20
    assert found["failed"][0]["error"] == "ValueError: poison"
    run_folder.run(study(tmp_path, GAUSSIAN), tmp_path / "out")
    assert summary(tmp_path / "out")["complete"]


def test_sql_over_rows_and_tables(gaussian: Path) -> None:
    results = bscsim.results(gaussian)
    assert results.sql("select count(*) as n from replicates")["n"][0] == 120
    assert set(results.power()["estimator"]) == {"cluster_t", "partially_nested"}
    assert "2 cells, 60 replicates" in repr(results)




def test_the_same_command_repairs_a_manifest(gaussian: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(gaussian, tmp_path / "out")
    before = stored(folder)
    (folder / "manifest.json").write_text("")
    run_folder.run(study(tmp_path, GAUSSIAN), folder)
    assert stored(folder) == before
    assert provenance.require(folder)["files"]


def test_results_of_a_damaged_file_are_refused_not_read(gaussian: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(gaussian, tmp_path / "out")
    path = sorted((folder / "cells").glob("c000001-*.parquet"))[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    bscsim.results(folder).replicates(0)
    for read in (lambda: bscsim.results(folder).replicates(1), lambda: bscsim.results(folder).sql("select 1")):
        with pytest.raises(StoreError, match=rf"{path.name}: damaged; the same `bscsim run` command computes it again"):
            read()


def test_a_study_in_which_nothing_can_be_analyzed_says_so(tmp_path: Path) -> None:
    text = MECHANISTIC.replace("calendar:", "enrolment: {rule: threshold, threshold: 0.99}, calendar:")
    run_folder.run(study(tmp_path, text), tmp_path / "out")
    found = summary(tmp_path / "out")
    assert found["complete"]
    assert found["cells"][0]["analyses"][0]["estimators"][0]["failed"] == 24
    assert "In none of 24 replicates was there a study that could be analyzed" in found["answer"][0]


def test_a_search_knows_the_limit_that_few_collaboratives_set(tmp_path: Path) -> None:
    """With few collaboratives that differ, no number of centers in them goes beyond a power: the ceiling says so."""
    text = SEARCH.replace("effect: 0.4", "effect: 0.3").replace("collaborative: 0.005", "collaborative: 0.02")
    text = text.replace("collaboratives: 4", "collaboratives: 3").replace("replicates: 200", "replicates: 100")
    run_folder.run(study(tmp_path, f"{text}target: {{power: 0.6}}\n"), tmp_path / "out")
    found = summary(tmp_path / "out")["search"]
    assert 0 < found["ceiling"] < 1
    assert found["ceiling"] >= found["curve"][-1]["power"]
