"""The arms of a power study: its cells, variants of the first that take one reason away each, and searched values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

from bscsim.trial.reading.forms import plain
from bscsim.trial.trial import Trial

VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "no attrition": {
        "attrition.treated": 0.0, "attrition.control": 0.0, "measures.*.response": 1.0,
        "scenario.parameters.withdraw": 0.0,
    },
    "no turnover": {
        f"scenario.parameters.turn_base_{sector}": 0.0 for sector in ("child_care", "head_start", "school")
    },
    "no contamination": {"scenario.parameters.hire_local": 0.0, "scenario.parameters.contact_out": 0.0},
    "no collaborative effect": {"scenario.parameters.sd_coll": 0.0},
    "perfect measurement": {"measures.*.reliability": 1.0, "measures.*.sample": "all"},
    "equal effects": {},
}  # fmt: skip
"""What each variant of the decomposition changes; "equal effects" replaces every center's effect by their mean,
and controls by their twins."""

EQUAL_EFFECTS: Final = "equal effects"
GAUSSIAN: Final = "gaussian"


@dataclass(frozen=True)
class Arm:
    """A trial of a power study.

    number
        Names its files.
    label
        What it is, in words.
    trial
        What is simulated.
    source
        Of an arm whose inputs follow from the first cell's rows: the text of that cell and its replicates.
    """

    number: int
    label: str
    trial: Trial
    source: str = ""

    @cached_property
    def text(self) -> str:
        """All that the arm's numbers depend on besides the seed."""
        own = "" if self.source else trial_text(self.trial)
        return json.dumps([self.label if self.source else "", own, self.source])

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of :attr:`text`."""
        return hashlib.sha256(self.text.encode()).digest()


def trial_text(trial: Trial) -> str:
    """All settings of a trial as text that trials with the same rows share.

    Prices, the power that is wanted, sides and correction are no part of it: they say what is made of rows.

    >>> import bscsim
    >>> from bscsim.trial.settings import DesignSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {}, ())
    >>> trial_text(trial) == trial_text(Trial(bscsim.Scenario(name="other"), DesignSettings(), {}, ()))
    True
    """
    truth = None if trial.truth is None else {key: plain(value) for key, value in asdict(trial.truth).items()}
    content = {
        "scenario": trial.scenario.digest,
        "design": plain(trial.design.model_dump()),
        "measures": {name: plain(measure.model_dump()) for name, measure in trial.measures.items()},
        "attrition": plain(trial.attrition.model_dump()),
        "analyses": [plain(one.model_dump()) for one in trial.analyses],
        "alpha": trial.target.alpha,
        "truth": truth,
    }
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def changes_of(variant: str, trial: Trial) -> dict[str, Any]:
    """What a variant changes in a trial: paths and values, measures named one by one."""
    found: dict[str, Any] = {}
    for path, value in VARIANTS[variant].items():
        if ".*." in path:
            found |= {path.replace("*", name): value for name in trial.measures}
        else:
            found[path] = value
    return found

