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


def test_failed_fits_are_no_rejections_and_are_not_counted(tmp_path: Path) -> None:
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
