"""Blocks cover each replicate once, and have names that say all that their numbers depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bscsim.power import layout
from bscsim.power.layout import PowerLayout, size_of, split
from bscsim.power.numbers import Arms
from bscsim.sweeps.layout import BLOCK_SECONDS, Block
from tests.power.studies import GAUSSIAN, MECHANISTIC, SEARCH, study


def laid(folder: Path, text: str = GAUSSIAN, key: str = "model 1 0\n", *overrides: str) -> PowerLayout:
    design = study(folder, text, *overrides).design
    return PowerLayout(Arms(design).get, design.replicates, key)


@pytest.mark.parametrize(("first", "end", "size"), [(0, 60, 7), (0, 1, 7), (10_000_000, 10_000_100, 25), (5, 47, 100)])
def test_blocks_cover_each_replicate_once(
    first: int, end: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "size_of", lambda trial, replicates: min(size, replicates))
    blocks = list(split(Arms(study(tmp_path, GAUSSIAN).design)[1], first, end))
    assert [number for block in blocks for number in range(block.first, block.end)] == list(range(first, end))
    assert {block.cell for block in blocks} == {1}
    assert max(block.replicates for block in blocks) <= size


def test_a_block_takes_seconds_and_not_more(tmp_path: Path) -> None:
    small, large = (study(tmp_path, MECHANISTIC, f"scenario.population.sizes={size}").design.trial(0)
                    for size in (8, 60))  # fmt: skip
    for trial in (small, large):
        assert 1 <= size_of(trial, 10**6) * layout.seconds(trial) <= BLOCK_SECONDS
    assert size_of(large, 10**6) < size_of(small, 10**6)
    assert size_of(small, 5) == 5


def test_names_hold_all_that_numbers_depend_on(tmp_path: Path) -> None:
    blocks = [Block(0, 0, 10), Block(1, 0, 10), Block(0, 0, 11), Block(0, 1, 10)]
    found = laid(tmp_path)
    names = [found.name(block) for block in blocks]
    others = [laid(tmp_path, GAUSSIAN, "model 1 1\n"), laid(tmp_path, GAUSSIAN, "other 1 0\n"),
              laid(tmp_path, GAUSSIAN, "model 1 0\n", "attrition.treated=0.1")]  # fmt: skip
    names += [other.name(blocks[0]) for other in others]
    assert len(set(names)) == len(names)
    assert laid(tmp_path, GAUSSIAN, "model 1 0\n", "name=other", "replicates=90").name(blocks[0]) == names[0]
    assert names[0].startswith("c000000-r00000000-00000010-")


def test_a_stranger_has_no_name(tmp_path: Path) -> None:
    found = laid(tmp_path)
    assert found.name(Block(50, 0, 10)) == ""
    assert not found.has(Block(50, 0, 10))
    assert found.label(1) == "collaboratives 4"


@pytest.mark.parametrize("number", [0, 100_000, 100_010])
def test_names_are_those_that_a_folder_reads(number: int, tmp_path: Path) -> None:
    from bscsim.sweeps import store

    found: Any = laid(tmp_path, SEARCH)
    block = Block(number, 10_000_000, 10_000_100)
    store.put(tmp_path, found.name(block), b"rows")
    held = store.scan(tmp_path, found)
    assert [(one.low, one.first, one.end) for one in held.pieces.values()] == [tuple(block)]
    assert held.strangers == []
