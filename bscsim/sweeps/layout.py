"""The units of work: blocks of replicates of a cell, in one order that depends on the study alone.

All cells run the first block of replicates before any runs the second: cells that begin alike find each other's
burn-ins, and a sweep that is stopped has replicates of every cell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from bscsim.record.responses import COLUMNS
from bscsim.scenario.memory import memory_bytes, staff_of
from bscsim.scenario.scenario import Scenario
from bscsim.sweeps.design import Design, pool_of

BLOCK_BYTES: Final = 48 * 2**20
"""Record of a block: what a thread holds at a time."""

BLOCK_SECONDS: Final = 2.0
"""Work of a block on one processor: what a kill costs at most."""

SECONDS_PER_STAFF_DRIVER_MONTH: Final = 28e-9
"""For estimates before anything has run; `bscsim bench` measures it."""

ROW_BYTES: Final = 3.2 * len(COLUMNS)
"""A row on disk, compressed."""


class Block(NamedTuple):
    """Replicates ``first`` to before ``end`` of a cell."""

    cell: int
    first: int
    end: int

    @property
    def replicates(self) -> int:
        """How many."""
        return self.end - self.first


class Blocks(Protocol):
    """What store and runner ask of a layout, whatever its cells are: blocks in order, and the names of their files."""

    @property
    def cells(self) -> int:
        """Number of cells."""

    @property
    def replicates(self) -> int:
        """The number before which all blocks of cells end."""

    def blocks(self) -> Iterator[Block]:
        """Yield every block in order."""

    def name(self, block: Block) -> str:
        """Name a block's file: place, and a digest of all that its numbers depend on."""

    def part_name(self, low: int, high: int, end: int) -> str:
        """Name a compacted file of the cells low to high."""

    def has(self, block: Block) -> bool:
        """Whether a block is of this study as it is asked for now."""

    def label(self, cell: int) -> str:
        """Say in words what a cell is."""


@dataclass(frozen=True)
class Layout:
    """The blocks of a study.

    ``sizes``: replicates a block of each shape of cells; ``replicates``: of every cell; ``key``: what names depend on
    besides a cell's own settings (versions of model and random streams, base scenario, seed).
    """

    design: Design
    replicates: int
    sizes: dict[int, int]
    key: str
    _digests: dict[int, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, design: Design, replicates: int, key: str) -> Layout:
        """Lay out the blocks of a design."""
        sizes = {design.shape(cell): block_size(design.like(cell), replicates) for cell in design.one_a_shape()}
        return cls(design, replicates, sizes, key)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.design.cells

    def label(self, cell: int) -> str:
        """Say in words what a cell is."""
        return self.design.label(cell)

    def has(self, block: Block) -> bool:
        """Whether a block is of this study as it is asked for now."""
        return block.cell < self.cells and block.end <= self.replicates

    def size(self, cell: int) -> int:
        """Replicates a block of a cell, the last one of it excepted."""
        return self._sizes[cell]

    @cached_property
    def _sizes(self) -> list[int]:
        return [self.sizes[self.design.shape(cell)] for cell in range(self.design.cells)]

    def blocks(self) -> Iterator[Block]:
        """Yield every block in order."""
        sizes = self._sizes
        firsts = [0] * len(sizes)
        left = len(sizes)
        while left:
            for cell, size in enumerate(sizes):
                first = firsts[cell]
                if first < self.replicates:
                    firsts[cell] = end = min(first + size, self.replicates)
                    left -= end == self.replicates
                    yield Block(cell, first, end)

    def count(self) -> int:
        """Number of blocks."""
        return sum(-(-self.replicates // size) for size in self._sizes)

    def name(self, block: Block) -> str:
        """Name a block's file: place, and a digest of all that its numbers depend on."""
        cell, first, end = block
        digest = hashlib.sha256(self._digest(cell) + f"{cell} {first} {end}".encode()).hexdigest()[:16]
        return f"c{cell:06d}-r{first:08d}-{end:08d}-{digest}"

    def part_name(self, low: int, high: int, end: int) -> str:
        """Name a compacted file: cells, replicates, and a digest of all that its numbers depend on."""
        digest = hashlib.sha256(f"{self.key}\n{self.design.base_digest}\n{end}\n".encode())
        for cell in range(low, high + 1):
            digest.update(self.design.text(cell).encode() + b"\n")
        return f"p{low:06d}-{high:06d}-r{end:08d}-{digest.hexdigest()[:16]}"

    def _digest(self, cell: int) -> bytes:
        """Digest of what a cell's numbers depend on; kept, since each look at a folder asks for names of files."""
        found = self._digests.get(cell)
        if found is None:
            content = f"{self.key}\n{self.design.base_digest}\n{self.design.text(cell)}\n"
            found = self._digests[cell] = hashlib.sha256(content.encode()).digest()
        return found


class Estimate(NamedTuple):
    """What a study is going to take: processor hours (rough), and bytes on disk."""

    core_hours: float
    disk: int


def estimate(layout: Layout) -> Estimate:
    """Estimate time and disk, before anything has run."""
    design = layout.design
    by_shape = {design.shape(cell): design.like(cell) for cell in design.one_a_shape()}
    seconds = {shape: replicate_seconds(scenario) for shape, scenario in by_shape.items()}
    rows = {shape: len(scenario.calendar.waves) for shape, scenario in by_shape.items()}
    shapes = [design.shape(cell) for cell in range(design.cells)]
    total = layout.replicates * sum(seconds[shape] for shape in shapes)
    return Estimate(total / 3600, int(layout.replicates * sum(rows[shape] for shape in shapes) * ROW_BYTES))


def replicate_seconds(scenario: Scenario) -> float:
    """Estimate the processor seconds of one replicate, both worlds."""
    calendar = scenario.calendar
    staff = staff_of(scenario.population, pool_of(scenario.population))
    months = (
        calendar.burn_in + (1 + scenario.simulation.twin) * calendar.horizon
    ) * scenario.simulation.steps_per_month
    return staff * months * scenario.population.drivers * SECONDS_PER_STAFF_DRIVER_MONTH


def block_size(scenario: Scenario, replicates: int) -> int:
    """Return how many replicates a block of a scenario has: bounded memory, bounded loss.

    >>> 50 < block_size(Scenario(), 10_000) < 500
    True
    """
    pool = pool_of(scenario.population)
    each = memory_bytes(scenario, 2, pool, 1.0) - memory_bytes(scenario, 1, pool, 1.0)
    fits = min(BLOCK_BYTES / max(each, 1), BLOCK_SECONDS / replicate_seconds(scenario))
    return max(1, min(int(fits), replicates))
