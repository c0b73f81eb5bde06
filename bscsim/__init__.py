"""Simulate a Breakthrough Series Collaborative in early care and education, and plan studies of one.

The names below are the package's contract. They are found when first used, so that ``import bscsim`` loads
nothing heavy::

    study = bscsim.load("experiments/ccl_feasibility.yaml")
    run = bscsim.simulate(study.scenario, replicates=20, seed=1)
    run.centers()
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bscsim.agents.collaborative import CollaborativeModel
    from bscsim.record.trajectories import Trajectories
    from bscsim.results import results
    from bscsim.run_folder import run
    from bscsim.scenario.faults import InputError
    from bscsim.scenario.scenario import Scenario, Study
    from bscsim.simulate import simulate
    from bscsim.studies import load
    from bscsim.trial import formulas

__version__ = "0.1.0"

__all__ = [
    "CollaborativeModel",
    "InputError",
    "Scenario",
    "Study",
    "Trajectories",
    "__version__",
    "formulas",
    "load",
    "results",
    "run",
    "simulate",
]

_HOME: Final = {
    "CollaborativeModel": "bscsim.agents.collaborative",
    "InputError": "bscsim.scenario.faults",
    "Scenario": "bscsim.scenario.scenario",
    "Study": "bscsim.scenario.scenario",
    "Trajectories": "bscsim.record.trajectories",
    "formulas": "bscsim.trial",
    "load": "bscsim.studies",
    "results": "bscsim.results",
    "run": "bscsim.run_folder",
    "simulate": "bscsim.simulate",
}


def __getattr__(name: str) -> Any:
    """Import the module that holds a public name, the first time the name is used."""
    if name not in _HOME:
        raise AttributeError(f"module 'bscsim' has no attribute {name!r}")
    home = import_module(_HOME[name])
    # formulas is a module of functions; all others are functions and classes
    value = import_module(f"{_HOME[name]}.{name}") if name == "formulas" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those not yet imported."""
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps a public function where a module of the same name would hide it.

    ``bscsim.simulate`` is a function in a module called simulate. Importing a submodule makes it an attribute
    of its package, and then ``bscsim.simulate(...)`` would call a module, depending on who imported it first.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name in _HOME and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
