"""Blocks: every replicate of every cell once, all cells abreast, and names that say what a file holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.scenario.scenario import Scenario
from bscsim.sweeps.layout import BLOCK_BYTES, Block, Layout, block_size, estimate
from tests.sweeps.conftest import STUDY, tiny_layout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return tiny_layout(tmp_path_factory.mktemp("tiny"))


@given(replicates=st.integers(1, 60), size=st.integers(1, 70))
def test_every_replicate_of_every_cell_once(
    replicates: int, size: int, tiny: Layout
) -> None:
    layout = replace(tiny, replicates=replicates, sizes=dict.fromkeys(tiny.sizes, size))
    blocks = list(layout.blocks())
    found = sorted((block.cell, number) for block in blocks for number in range(block.first, block.end))
    assert found == [(cell, number) for cell in range(4) for number in range(replicates)]
    assert len(blocks) == layout.count()


def test_all_cells_run_a_block_before_any_runs_the_next(tmp_path: Path) -> None:
    blocks = list(tiny_layout(tmp_path, replicates=10).blocks())
    assert [block.first for block in blocks] == [0] * 4 + [4] * 4 + [8] * 4
    assert [block.cell for block in blocks] == [0, 1, 2, 3] * 3
    assert blocks[-1] == Block(3, 8, 10)


def test_cells_of_other_shapes_have_blocks_of_other_sizes(tmp_path: Path) -> None:
    text = STUDY.replace("elements.improvement_model: [0, 1]", "population.sizes: [5, 20]")
    layout = tiny_layout(tmp_path, replicates=6, text=text)
    layout.sizes.update(zip(layout.sizes, (4, 2), strict=True))
    assert list(layout.blocks()) == [
        Block(0, 0, 4), Block(1, 0, 2), Block(2, 0, 4), Block(3, 0, 2),
        Block(0, 4, 6), Block(1, 2, 4), Block(2, 4, 6), Block(3, 2, 4),
        Block(1, 4, 6), Block(3, 4, 6),
    ]  # fmt: skip


def test_names_depend_on_each_ingredient(tmp_path: Path) -> None:
    layout, block = tiny_layout(tmp_path), Block(1, 4, 8)
    others = [layout.name(Block(*one)) for one in ((0, 4, 8), (1, 0, 8), (1, 4, 7))]
    others.append(replace(layout, key="another model").name(block))
    for old, new in (
        ("seed: 1", "seed: 2"), ("waves: [0, 2]", "waves: [0, 1, 2]"), ("sizes: 5", "sizes: 6"),
        ("[effect@end]", "[effect@3]"), ("[0, 1]}", "[0, 0.5]}"),
    ):  # fmt: skip
        assert old in STUDY
        others.append(tiny_layout(tmp_path, text=STUDY.replace(old, new)).name(block))
    names = [layout.name(block), *others]
    assert len(dict.fromkeys(name[-16:] for name in names)) == len(names)
    assert names[0].startswith("c000001-r00000004-00000008-")


def test_names_do_not_depend_on_what_changes_no_number(tmp_path: Path) -> None:
    one = tiny_layout(tmp_path)
    more = tiny_layout(tmp_path, replicates=500, size=9, text=STUDY.replace("replicates: 40", "replicates: 500"))
    question = tiny_layout(tmp_path, text=STUDY.replace("sweep:\n", "sweep:\n  question: Why?\n"))
    assert one.name(Block(2, 0, 4)) == more.name(Block(2, 0, 4)) == question.name(Block(2, 0, 4))


def test_a_block_bounds_memory_and_loss() -> None:
    wide = Scenario().with_values({"population.centers": 400, "enrolment.collaboratives": 50,
                                   "population.sectors": {"child_care": 400}})  # fmt: skip
    small, large = block_size(Scenario(), 10**6), block_size(wide, 10**6)
    assert 1 <= large < small < 10**4
    assert block_size(Scenario(), 3) == 3
    from bscsim.scenario.memory import memory_bytes

    for scenario, size in ((Scenario(), small), (wide, large)):
        assert memory_bytes(scenario, size, tables=1.0) - memory_bytes(scenario, 0, tables=1.0) <= BLOCK_BYTES


def test_an_estimate_grows_with_cells_and_replicates(tmp_path: Path) -> None:
    one, more = estimate(tiny_layout(tmp_path)), estimate(replace(tiny_layout(tmp_path), replicates=80))
    assert more.core_hours == pytest.approx(2 * one.core_hours)
    assert more.disk == pytest.approx(2 * one.disk, abs=1)
    assert one.disk > 0
