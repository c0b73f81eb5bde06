"""What a power study makes of a search: whom it counts, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bscsim.power.rows import Columns
from bscsim.power.searches import limit, outcome, rejected
from bscsim.power.stages import Stages
from bscsim.scenario.faults import InputError
from bscsim.sweeps.layout import Block
from bscsim.trial.summarizing.components import Inputs
from tests.power.studies import BUDGET, SEARCH, study
from tests.power.test_stages import Memory


def test_failed_fits_are_no_rejections_and_are_counted_apart(tmp_path: Path) -> None:
    stages = Stages(study(tmp_path, SEARCH).design, lambda blocks: None, lambda *_: [])
    columns = {"cluster_t.p": np.array([0.01, 0.05, 0.051, np.nan]), "cluster_t.b": np.array([1.0, -1.0, 1.0, np.nan])}
    assert outcome(stages, 0, [columns]) == (2, 3)


@pytest.mark.parametrize(("b", "p", "sides", "hit"), [
    (1.0, 0.05, 2, True), (-1.0, 0.05, 2, True), (1.0, 0.0501, 2, False), (1.0, 0.10, 1, True), (-1.0, 0.001, 1, False),
    (1.0, 0.101, 1, False), (np.nan, np.nan, 2, False), (np.nan, np.nan, 1, False),
])  # fmt: skip
def test_a_one_sided_test_asks_for_a_gain(b: float, p: float, sides: int, hit: bool) -> None:
    assert bool(rejected({"t.b": np.array([b]), "t.p": np.array([p])}, "t", 0.05, sides)[0]) is hit


def test_what_the_closed_form_finds_is_the_first_value_that_it_promises(tmp_path: Path) -> None:
    from bscsim.power.searches import pilot
    from bscsim.trial.summarizing.closed_form import power_of

    memory = Memory(study(tmp_path, SEARCH).design)
    memory.stages.run()
    (found,) = memory.stages.searches
    assert found is not None
    promised = {value: power_of(memory.stages.arms[100_000 + value - 2].trial, pilot(memory.stages, 0))
                for value in range(2, 13)}  # fmt: skip
    enough = [value for value, power in promised.items() if power >= 0.8]
    assert found["closed_form"] == (min(enough) if enough else None)
    assert (found["over"], found["between"], found["step"]) == ("design.centers_per_collaborative", [2, 12], 1)


def test_a_budget_that_buys_nothing_says_what_the_cheapest_costs(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, BUDGET.replace("budget: 400000", "budget: 1000")).design)
    memory.stages.run()
    found = memory.stages.budget
    assert found is not None
    assert found["best"] is None
    assert "allows no design; the cheapest costs" in found["words"]
    assert memory.stages.planned == 200, "nothing is left to do"


def test_the_best_design_says_how_often_it_could_not_be_fitted() -> None:
    from bscsim.power.searches import described
    from bscsim.trial.searching.budget_search import BudgetSearch
    from bscsim.trial.searching.candidates import Candidate
    from bscsim.trial.summarizing.answering import _bought

    for fitted, said in ((60, "Warning: in 40.0% of its replicates nothing could be fitted; they count as misses."),
                         (99, "")):  # fmt: skip
        search = BudgetSearch([Candidate({"design.collaboratives": 4}, 100.0, 0.7)], 400)
        while (ask := search.ask()) is not None:
            search.tell(ask, ask.replicates // 2, ask.replicates * fitted // 100)
        found = described(1000.0, search.result())
        assert found["best"]["confirmed"]["value"] == pytest.approx(0.5)
        assert _bought(found).endswith(said or "(.40 to .60) in fresh replicates.")


LIBERAL = ("analysis.0.estimators=[cluster_t_centers]", "truth.gaussian.var.collaborative=0.15", "target.power=0.5")
"""A t test on centers, where those of a collaborative share much: it rejects far too often without an effect."""


def test_a_value_that_rests_on_a_test_that_rejects_too_often_is_withheld(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH, *LIBERAL).design)
    memory.stages.run()
    (found,) = memory.stages.searches
    assert found is not None
    assert found["size_verdict"] == "too high"
    assert found["type1_average"]["value"] > 0.1
    assert (found["found"], found["low"], found["high"], found["confirmed"]) == (None, None, None, None)
    assert found["evaluations"], "what was tried stays"
    at = found["ended_at"]
    rows = [memory.rows[100_000 + at - 2, number][0] for arm, number in memory.rows if arm == 100_000 + at - 2]
    sharp = np.mean([one["cluster_t_centers.sharp.p"][0] <= 0.05 for one in rows])
    assert found["type1_sharp"]["value"] == pytest.approx(sharp), "of the very replicates that gave the power"
    assert found["words"].startswith(f"No number of centers per collaborative can be given: at {at}, where")
    assert "search with one that holds its level" in found["words"]
    memory = Memory(study(tmp_path, SEARCH).design)
    memory.stages.run()
    (valid,) = memory.stages.searches
    assert valid is not None
    assert valid["size_verdict"] != "too high"
    assert valid["ended_at"] == (valid["found"] or 12)


def test_under_a_budget_no_design_is_recommended_by_such_a_test(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, BUDGET, *LIBERAL).design)
    memory.stages.run()
    found = memory.stages.budget
    assert found is not None
    assert found["size_verdict"] == "too high"
    assert found["best"] is None
    assert found["candidates"]
    assert found["words"].startswith("No design can be recommended for $400,000: in the one that rejects most, coll")


def test_too_few_replicates_to_search_with_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"search.replicates: 39 are too few to search with; at least 40"):
        study(tmp_path, SEARCH.replace("[2, 12]", "[2, 12], replicates: 39"))


def test_a_value_that_asks_for_more_centers_than_there_are_is_warned_of(tmp_path: Path) -> None:
    """Half of the centers that take part are wiped off the rows of every value from 6 on."""

    class Short(Memory):
        def hold(self, block: Block, rows: list[Columns]) -> None:
            trial = self.stages.arms[block.cell].trial
            if trial.design.centers_per_collaborative >= 6:
                rows = [one | {name: one[name] / 2 for name in one if name.startswith("seen.centers")} for one in rows]
            super().hold(block, rows)

    memory = Short(study(tmp_path, SEARCH, "design.centers_per_collaborative=4").design)
    memory.stages.run()
    (found,) = memory.stages.searches
    assert found is not None
    (warning,) = [words for words in found["warnings"] if "not reached" in words]
    at = found["found"] or 12
    assert at >= 6
    assert warning.startswith(f"{at} is a plan that was not reached: {2 * at}.0 of {4 * at} treated and 10.0 of 20")


def test_a_value_whose_centers_are_there_is_not_warned_of(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH).design)
    memory.stages.run()
    (found,) = memory.stages.searches
    assert found is not None
    assert not any("not reached" in words for words in found["warnings"])


def test_an_empty_pool_sets_no_ceiling_by_a_value_that_it_cannot_give(tmp_path: Path) -> None:
    design = study(tmp_path, SEARCH).design
    inputs = Inputs(0.4, 1.0, 0.1, 0.8, 0.1, 0.8, 0.005, 0.0, 8, 8)
    path = "design.centers_per_collaborative"
    assert limit(design.trial(0), path, inputs) is not None
    assert limit(design.trial(0), path, replace(inputs, available=26.0)) is None
