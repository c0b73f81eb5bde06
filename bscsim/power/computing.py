"""A block of an arm's replicates, computed wherever a worker is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from bscsim.power.rows import encode
from bscsim.sweeps.computing import StoppedError, burn_ins, warm
from bscsim.sweeps.layout import Block
from bscsim.trial.trial import Trial


@dataclass(frozen=True)
class TrialTask:
    """All that a worker needs to simulate and analyze a block; ``model`` is the version that asks."""

    block: Block
    trial: Trial
    seed: int
    equal_effects: float | None
    model: str
    about: dict[str, Any]

    def version(self) -> str:
        """The version of model and trials here."""
        from bscsim.record.provenance import trial_digest

        return trial_digest()

    def prepare(self) -> None:
        """Load or compile the engine, where the truth is the model's."""
        if self.trial.truth is None:
            warm("compiled")

    def encoded(self, stop: threading.Event | None) -> bytes:
        """Simulate and analyze the block."""
        from bscsim.trial.analyzing.compute import compute

        numbers = range(self.block.first, self.block.end)
        columns = compute(self.trial, numbers, self.seed, burn_ins=burn_ins(), threads=1,
                          equal_effects=self.equal_effects)  # fmt: skip
        if stop is not None and stop.is_set():
            raise StoppedError
        return encode(numbers, columns, self.about)
