"""What a study asks for, stage by stage, against a store in memory: who follows from whom, and what waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bscsim.power import layout, needs
from bscsim.power.arms import VARIANTS
from bscsim.power.rows import Columns
from bscsim.power.stages import SEARCH_REPLICATES, GapError, Stages
from bscsim.sweeps.layout import Block
from bscsim.trial.analyzing.compute import compute
from tests.power.studies import BUDGET, GAUSSIAN, MECHANISTIC, SEARCH, study


class Memory:
    """Computes blocks at once and holds them; those that ``fails`` names are not there."""

    def __init__(self, design: Any, fails: Callable[[Block], bool] = lambda block: False) -> None:
        self.asked: list[list[Block]] = []
        self.rows: dict[tuple[int, int], list[Columns]] = {}
        self.fails = fails
        self.stages = Stages(design, self.compute, self.read)

    def compute(self, blocks: Sequence[Block]) -> None:
        self.asked.append(list(blocks))
        for block in blocks:
            if self.fails(block):
                continue
            trial, effect = self.stages.runnable(block.cell)
            numbers = range(block.first, block.end)
            if trial.truth is None and block.cell:
                self.hold(block, [{"replicate": np.array(numbers)}])  # no one looks into it
                continue
            columns = compute(trial, numbers, self.stages.design.seed, threads=1, equal_effects=effect)
            self.hold(block, [{"replicate": np.array(numbers), **one} for one in columns])

    def hold(self, block: Block, rows: list[Columns]) -> None:
        for at, number in enumerate(range(block.first, block.end)):
            cut = slice(at, at + 1)
            self.rows[block.cell, number] = [{name: values[cut] for name, values in one.items()} for one in rows]

    def read(self, number: int, first: int, end: int) -> list[Columns]:
        there = [self.rows[number, at] for at in range(first, end) if (number, at) in self.rows]
        return [
            {name: np.concatenate([one[at][name] for one in there]) for name in there[0][at]}
            for at in range(len(there[0]))
        ] if there else []  # fmt: skip

    def arms(self, stage: int) -> list[int]:
        return sorted({block.cell for block in self.asked[stage]})


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "size_of", lambda trial, replicates: min(max(4, replicates // 4), replicates))
    monkeypatch.setattr(needs, "COMPARED", 8)


def test_each_replicate_of_each_arm_is_asked_for_once(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, MECHANISTIC, "design.control_centers=[4, 6]").design)
    memory.stages.run()
    assert memory.arms(0) == [0, 1, 2, 3, 4, 5, 6], "cells, and variants that need no rows"
    assert memory.arms(1) == [7, 8], "equal effects and the Gaussian truth"
    blocks = [block for stage in memory.asked for block in stage]
    asked = [(block.cell, number) for block in blocks for number in range(block.first, block.end)]
    wanted = [(arm, number) for arm in range(9) for number in range(24 if arm in (0, 1, 8) else 8)]
    assert sorted(asked) == wanted
    assert memory.stages.planned == len(wanted) == memory.stages.need.replicates


def test_cells_grow_together(tmp_path: Path) -> None:
    stages = Stages(study(tmp_path, GAUSSIAN).design, lambda blocks: None, lambda *_: [])
    assert [(block.cell, block.first) for block in stages.cells()][:4] == [(0, 0), (1, 0), (0, 15), (1, 15)]


def test_a_typed_truth_has_no_variants(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, GAUSSIAN).design)
    memory.stages.run()
    assert [block.cell for stage in memory.asked for block in stage] == [0, 1] * 4
    assert memory.stages.planned == 120


def test_without_compare_there_is_nothing_but_cells(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, MECHANISTIC, "compare=false").design)
    memory.stages.run()
    assert [arms for stage in range(len(memory.asked)) for arms in memory.arms(stage)] == [0]


def test_equal_effects_are_the_first_cells_mean_effect(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, MECHANISTIC).design)
    memory.stages.run()
    _, effect = memory.stages.runnable(1 + list(VARIANTS).index("equal effects"))
    assert effect == pytest.approx(memory.read(0, 0, 24)[0]["truth.measured"].mean())
    trial, none = memory.stages.runnable(7)
    assert none is None
    assert trial.truth.effect == pytest.approx(memory.read(0, 0, 24)[0]["truth.effect"].mean())


def test_what_follows_from_rows_waits_for_all_of_them(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, MECHANISTIC, "search={over: design.control_centers, between: [2, 4]}").design,
                    lambda block: block.cell == 0 and block.first == 6)  # fmt: skip
    memory.stages.run()
    assert [memory.arms(stage) for stage in range(len(memory.asked))] == [[0, 1, 2, 3, 4, 5]]
    assert memory.stages.searches == [None]
    for number in (6, 7):
        with pytest.raises(GapError):
            memory.stages.runnable(number)


def test_a_gap_in_one_cell_does_not_stop_the_search_of_another(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH, "design.control_centers=[20, 30]").design,
                    lambda block: block.cell == 0 and block.first == 0)  # fmt: skip
    memory.stages.run()
    first, second = memory.stages.searches
    assert first is None
    assert second is not None
    assert second["cell"] == 1


def test_a_failure_in_a_search_ends_that_search(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH).design, lambda block: block.first >= SEARCH_REPLICATES + 100)
    memory.stages.run()
    assert memory.stages.searches == [None]


@pytest.mark.parametrize("text", [SEARCH, BUDGET])
def test_told_again_a_search_asks_the_same(text: str, tmp_path: Path) -> None:
    """A stopped study goes on: with the rows of before nothing new is asked, and the same is found."""
    design = study(tmp_path, text).design
    memory = Memory(design)
    memory.stages.run()
    asked = memory.asked.copy()
    again = Stages(design, memory.asked.append, memory.read)
    memory.asked.clear()
    again.run()
    assert memory.asked == asked
    assert again.searches == memory.stages.searches
    assert again.budget == memory.stages.budget
    assert again.planned == memory.stages.planned


def test_a_search_uses_no_replicate_twice_and_none_of_cells(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH).design)
    memory.stages.run()
    numbers = [number for stage in memory.asked[1:] for block in stage for number in range(block.first, block.end)]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers, default=SEARCH_REPLICATES) == SEARCH_REPLICATES
    (found,) = memory.stages.searches
    assert found is not None
    assert found["replicates_used"] == len(numbers) <= 800
    assert memory.stages.planned == 200 + len(numbers)


def test_a_search_takes_no_more_than_the_file_says(tmp_path: Path) -> None:
    memory = Memory(study(tmp_path, SEARCH.replace("[2, 12]", "[2, 12], replicates: 120")).design)
    memory.stages.run()
    (found,) = memory.stages.searches
    assert found is not None
    assert 0 < found["replicates_used"] <= 120
