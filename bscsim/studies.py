"""Read a study file of any kind: its scenario, and the design that the block of its kind describes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bscsim.scenario import files
from bscsim.scenario.reading import BLOCKS

if TYPE_CHECKING:
    from bscsim.scenario.scenario import Study


def load(
    path: str | os.PathLike[str], overrides: Iterable[str] = (), options: Mapping[str, str] | None = None
) -> Study:
    r"""Read a study file: see :func:`bscsim.scenario.files.load`, whose arguments it takes.

    A sweep, a factorial experiment or a sensitivity analysis also has its ``design``
    (:class:`bscsim.sweeps.design.Design`): cells, levels, responses; a power study has its own
    (:class:`bscsim.trial.reading.PowerDesign`): cells, levels, trials.  ``overrides`` may change the block of the
    kind, as in ``sensitivity.samples=64`` or ``design.control_centers=60``.

    Raises InputError with every fault that was found, each with its place, the allowed range and the nearest valid
    name.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "two.yaml"
    ...     _ = file.write_text("kind: sweep\nsweep: {factors: {parameters.std_hold: [0.3, 0.9]}}\n")
    ...     study = load(file)
    >>> study.kind, study.design.cells, study.design.label(1)
    ('sweep', 2, 'std_hold 0.9')
    """
    study = files.load(path, overrides, options, check=_faults)
    return with_design(study) if study.kind in BLOCKS else study


def _faults(kind: str, block: Any, file: str, root: Any) -> list[Any]:
    if kind == "power":
        from bscsim.trial import reading

        return reading.faults_of(block, root, file)
    from bscsim.sweeps.reading import faults_of

    return faults_of(kind, block, file)


def with_design(study: Study) -> Study:
    """Return a study of many cells with its design read; raises InputError with every fault in it."""
    if study.kind == "power":
        from bscsim.trial import reading

        return replace(study, design=reading.design_of(study))
    from bscsim.sweeps.reading import design_of

    return replace(study, design=design_of(study))
