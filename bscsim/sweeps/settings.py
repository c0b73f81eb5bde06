"""What the block of a kind may hold, besides factors and responses."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import model_validator

from bscsim.scenario.fields import Clash, Frozen, refuse, setting

SAMPLED: Final = ("latin_hypercube", "sobol", "morris")
"""Designs whose cells are points of the unit cube."""


def _power_of_two(name: str, path: str, value: int) -> list[Clash]:
    if value & (value - 1) == 0:
        return []
    below = 1 << (value.bit_length() - 1)
    problem = (
        f"must be a power of two, so that the sequence fills the space evenly: {below} or {2 * below}, not {value}"
    )
    return [((name,), problem, (path,))]


class SweepSettings(Frozen):
    """``sweep:``: cells of a grid, one factor at a time, a sampled design, or a list.

    >>> SweepSettings(design="sobol", samples=64).samples
    64
    """

    question: str = setting("", "The question it answers.", allowed="text")
    design: Literal["grid", "one_at_a_time", "latin_hypercube", "sobol", "list"] = setting(
        "grid", "Which combinations of levels are run.", allowed="grid, one_at_a_time, latin_hypercube, sobol or list"
    )
    samples: int = setting(64, "Cells of a latin hypercube or a Sobol sequence.", low=2, high=1_000_000)
    seed: int = setting(
        0, "Seed of a sampled design; that of the simulation is simulation.seed.", low=0, high=2**32 - 1
    )
    reference: Any = setting(None, "The cell that others are compared with.", allowed="a cell's number or label")

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.design == "sobol":
            refuse("SweepSettings", _power_of_two("samples", "samples", self.samples))
        return self


class FactorialSettings(Frozen):
    """``factorial:``: two levels a factor, all combinations or a fraction of them.

    >>> FactorialSettings().design
    'full'
    """

    question: str = setting("", "The question it answers.", allowed="text")
    design: Literal["full", "fraction"] = setting(
        "full", "All combinations, or the smallest fraction of resolution V.", allowed="full or fraction"
    )


class SensitivitySettings(Frozen):
    """``sensitivity:``: Morris screening, or Sobol indices.

    >>> SensitivitySettings(method="morris", trajectories=10).levels
    4
    """

    question: str = setting("", "The question it answers.", allowed="text")
    method: Literal["morris", "sobol"] = setting(
        "morris", "Screening or variance decomposition.", allowed="morris or sobol"
    )
    trajectories: int = setting(20, "Trajectories of a Morris screening, factors + 1 cells each.", low=2, high=10_000)
    levels: int = setting(4, "Levels of a Morris screening.", low=2, high=100)
    samples: int = setting(128, "Base points of Sobol indices, factors + 2 cells each.", low=2, high=65_536)
    seed: int = setting(0, "Seed of the design; that of the simulation is simulation.seed.", low=0, high=2**32 - 1)

    @model_validator(mode="after")
    def _together(self) -> Self:
        clashes = _power_of_two("samples", "samples", self.samples) if self.method == "sobol" else []
        if self.method == "morris" and self.levels % 2:
            clashes.append((("levels",), f"must be even, not {self.levels}", ("levels",)))
        refuse("SensitivitySettings", clashes)
        return self


SETTINGS: Final[dict[str, type[SweepSettings] | type[FactorialSettings] | type[SensitivitySettings]]] = {
    "sweep": SweepSettings, "factorial": FactorialSettings, "sensitivity": SensitivitySettings,
}  # fmt: skip
