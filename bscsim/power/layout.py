"""The blocks of a stage of a power study, named by all that their numbers depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bscsim.power.arms import Arm
from bscsim.power.numbers import MOST_ARMS
from bscsim.sweeps.layout import BLOCK_SECONDS, Block, replicate_seconds
from bscsim.trial.trial import Trial

GAUSSIAN_SECONDS: Final = 0.5e-3
"""Processor seconds of a replicate without a model, about."""

OVER_SIMULATING: Final = 1.8
"""Time of a replicate of a trial, in that of simulating both of its worlds: enrolling, measuring, analyzing; measured
from 1.6 (two outcomes, few estimators) to 2.4 (small centers, six estimators)."""


@dataclass
class PowerLayout:
    """The blocks that are wanted now, and the names of all.

    ``arm_of``: arm of a number, None if the study has no such arm.  ``key``: versions and seed.
    """

    arm_of: Callable[[int], Arm | None]
    replicates: int
    key: str
    wanted: list[Block] = field(default_factory=list)
    cells: int = MOST_ARMS

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks that are wanted."""
        return iter(self.wanted)

    def name(self, block: Block) -> str:
        """Name a block's file; empty for an arm that the study has not."""
        arm = self.arm_of(block.cell)
        if arm is None:
            return ""
        content = self.key.encode() + arm.digest + f" {block.first} {block.end}".encode()
        digest = hashlib.sha256(content).hexdigest()[:16]
        return f"c{block.cell:06d}-r{block.first:08d}-{block.end:08d}-{digest}"

    def part_name(self, low: int, high: int, end: int) -> str:
        """Nothing: power studies are not compacted."""
        del low, high, end
        return ""

    def label(self, cell: int) -> str:
        """Say in words what an arm is."""
        arm = self.arm_of(cell)
        return f"{cell}" if arm is None else arm.label

    def has(self, block: Block) -> bool:
        """Whether a block is of this study."""
        return self.arm_of(block.cell) is not None


def split(arm: Arm, first: int, end: int) -> Iterator[Block]:
    """Yield the blocks of an arm's replicates: first to before end."""
    size = size_of(arm.trial, end - first)
    for at in range(first, end, size):
        yield Block(arm.number, at, min(at + size, end))


def size_of(trial: Trial, replicates: int) -> int:
    """Replicates of a block: what a kill loses is bounded by time; records are held a few at a time."""
    return max(1, min(int(BLOCK_SECONDS / seconds(trial)), replicates))


def seconds(trial: Trial) -> float:
    """Estimate the processor seconds of a replicate, before anything has run."""
    return GAUSSIAN_SECONDS if trial.truth is not None else OVER_SIMULATING * replicate_seconds(trial.scenario)
