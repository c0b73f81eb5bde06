"""Replicates of a trial, made and analyzed: one dict of columns an analysis, from either truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.scenario.allocation import Allocation
from bscsim.scenario.scenario import Scenario
from bscsim.trial.analyzing.analysis import analyze_worlds, planned_centers
from bscsim.trial.analyzing.gaussian_columns import gaussian_columns
from bscsim.trial.analyzing.models import Measured
from bscsim.trial.analyzing.places import study_of
from bscsim.trial.analyzing.seen import seen
from bscsim.trial.cluster_stats import Estimates
from bscsim.trial.dataset import Truths, Units
from bscsim.trial.enrolled import Enrolled
from bscsim.trial.trial import Trial

Array = NDArray[Any]
Columns = dict[str, Array]

RECORD_BYTES: Final = 48 * 2**20
"""Record that is held at a time."""


def compute(
    trial: Trial,
    replicates: Sequence[int],
    seed: int,
    burn_ins: Any = None,
    threads: int | None = None,
    equal_effects: float | None = None,
) -> list[Columns]:
    """Make replicates of a trial and analyze both of their worlds.

    Parameters
    ----------
    trial
        Its truth decides: the model, or variance components typed in (parallel designs only).
    replicates
        Their numbers, each the successor of the one before.
    seed
        0 to 2^63 - 1. A replicate is a function of the trial, the seed and its number.
    burn_ins, threads
        As :func:`bscsim.simulate` takes them; without effect on the numbers.
    equal_effects
        Of the mechanism: put in the place of what the program did to treated centers, the same in all; the outcomes of
        everybody are then the twin's, those of treated centers after they began plus this number.

    Returns
    -------
    list
        Per analysis, in the file's order, float64 columns [R]: "ESTIMATOR.b" and the other fields of
        :class:`.Estimates` for the treated world, "ESTIMATOR.sharp.b", ... for the sharp null (the twin's outcomes
        under the trial's labels), "truth.*" of :class:`.Truths`, "seen.*" of :func:`.seen`.

    Raises
    ------
    ValueError
        on replicates that are none or not consecutive, and on an analysis that does not fit the design.

    Examples
    --------
    >>> import bscsim
    >>> from bscsim.trial.gaussian import GaussianTruth
    >>> from bscsim.trial.settings import AnalysisSettings, DesignSettings, MeasureSettings
    >>> truth = GaussianTruth(0.4, var={"center": 0.1, "staff": 0.4, "residual": 0.5})
    >>> analysis = AnalysisSettings(outcome="survey")
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"survey": MeasureSettings(of="staff")}, (analysis,),
    ...               truth=truth)
    >>> columns = compute(trial, range(200), seed=0)[0]
    >>> round(float(columns["cluster_t.b"].mean()), 1), round(float(columns["cluster_t.sharp.b"].mean()), 1)
    (0.4, 0.0)
    """
    numbers = [int(number) for number in replicates]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError(f"replicates must be consecutive numbers, at least one, not {numbers[:10]}")
    if trial.truth is not None:
        if equal_effects is not None:
            raise ValueError("equal_effects is of the mechanistic truth; give the Gaussian truth sd_effect 0 instead")
        return [gaussian_columns(trial, analysis, numbers[0], numbers[-1] + 1, seed) for analysis in trial.analyses]
    return _mechanistic(trial, numbers, seed, burn_ins, threads, equal_effects)


def columns_of_estimates(worlds: Sequence[Mapping[str, Estimates]]) -> Columns:
    """Columns of the treated world's estimates, and of the sharp null's.

    >>> from bscsim.trial.estimators.inference import t_inference
    >>> one = t_inference(np.ones(1), np.ones(1), np.ones(1), np.zeros(1))
    >>> sorted(columns_of_estimates([{"cluster_t": one}, {"cluster_t": one}]))[:2]
    ['cluster_t.b', 'cluster_t.df']
    """
    return {
        f"{name}.{null}{part}": np.asarray(values, np.float64)
        for null, found in zip(("", "sharp."), worlds, strict=True)
        for name, estimates in found.items()
        for part, values in estimates._asdict().items()
    }


def with_equal_effects(trial: Trial, outcome: str, enrolled: Enrolled, twin: Units, effect: float) -> Units:
    """The twin's units, those of treated centers plus an effect at waves after the month in which they began.

    >>> import bscsim
    >>> from bscsim.trial.analyzing.places import example
    >>> from bscsim.trial.settings import DesignSettings, MeasureSettings
    >>> trial = Trial(bscsim.Scenario(), DesignSettings(), {"score": MeasureSettings()}, ())
    >>> units = Units(*(np.array(part) for part in ([0, 0, 0], [0, 1, 1], [4, 2, 4], [0, 0, 0], [1.0, 1.0, 1.0])))
    >>> with_equal_effects(trial, "score", example(), units, 0.5).y.tolist()
    [1.0, 1.0, 1.5]
    """
    cohorts = range(len(trial.design.by_cohort))
    if trial.measures[outcome].of == "reports":
        month = twin.wave
    else:
        waves = trial.waves_of(outcome)
        table = np.array([[trial.month(cohort, wave) for wave in waves] for cohort in cohorts])
        month = table[np.maximum(enrolled.cohort[twin.at, twin.center], 0), twin.wave]
    exposed = enrolled.treated[twin.at, twin.center] & (month > enrolled.begins[twin.at, twin.center])
    return twin._replace(y=twin.y + effect * exposed)


class Data(NamedTuple):
    """What is kept of simulated replicates: a trialist's data, and what is true."""

    enrolled: Enrolled
    units: dict[tuple[str, str], list[Units]]
    """By (measure, cohort): the treated world's and the twin's."""
    truths: list[Truths]
    """By analysis."""
    withdrawal: Array
    """[R, C] month in which a center withdrew."""


def _mechanistic(
    trial: Trial, numbers: list[int], seed: int, burn_ins: Any, threads: int | None, equal_effects: float | None
) -> list[Columns]:
    """Simulate and measure a few replicates at a time, and analyze all of them at once: estimators like many."""
    few = replicates_at_a_time(trial.scenario)
    parts = [
        _data(trial, numbers[at : at + few], seed, burn_ins, threads, equal_effects)
        for at in range(0, len(numbers), few)
    ]
    data = _joined(parts) if len(parts) > 1 else parts[0]
    study = study_of(data.enrolled, planned_centers(trial))
    out = []
    for analysis, true in zip(trial.analyses, data.truths, strict=True):
        both = data.units[analysis.outcome, analysis.cohort]
        found = analyze_worlds(trial, analysis, data.enrolled, both, trial.target.alpha, seed, numbers[0])
        columns = columns_of_estimates(found)
        columns |= {f"truth.{name}": np.asarray(values, np.float64) for name, values in true._asdict().items()}
        treated, twin = (Measured(study, units) for units in both)
        out.append(columns | seen(trial, analysis, data.enrolled, treated, twin, data.withdrawal))
    return out


def replicates_at_a_time(scenario: Scenario) -> int:
    """How many replicates' records are held at a time, both worlds.

    >>> import bscsim
    >>> 10 < replicates_at_a_time(bscsim.Scenario()) < 1000
    True
    """
    from bscsim.scenario.memory import memory_bytes
    from bscsim.scenario.population import make_pool

    pool = make_pool(scenario.population)
    each = memory_bytes(scenario, 2, pool, 1.0) - memory_bytes(scenario, 1, pool, 1.0)
    return max(1, RECORD_BYTES // max(int(each), 1))


def _data(
    trial: Trial, numbers: list[int], seed: int, burn_ins: Any, threads: int | None, equal_effects: float | None
) -> Data:
    from bscsim.simulate import simulate
    from bscsim.trial.enrolling import enrol
    from bscsim.trial.measuring import measure, truths

    enrolled = enrol(trial, numbers, seed, burn_ins=burn_ins, threads=threads)
    run = simulate(
        trial.scenario, numbers, seed, twin=True, threads=threads, burn_ins=burn_ins, allocation=enrolled.allocation
    )
    made: dict[tuple[str, str], list[Units]] = {}
    for analysis in trial.analyses:
        key = (analysis.outcome, analysis.cohort)
        if key not in made:
            made[key] = [measure(run, world, enrolled, trial, *key) for world in ("treated", "twin")]
            if equal_effects is not None:
                made[key][0] = with_equal_effects(trial, analysis.outcome, enrolled, made[key][1], equal_effects)
    true = [truths(run, enrolled, trial, one, made[one.outcome, one.cohort][1]) for one in trial.analyses]
    return Data(enrolled, made, true, run.treated["withdrawal_month"])


def _joined(parts: Sequence[Data]) -> Data:
    """Put the data of consecutive replicates together."""
    every = [part.enrolled for part in parts]
    allocation = Allocation(
        np.concatenate([one.allocation.collaborative for one in every]), every[0].allocation.starts,
        np.concatenate([one.allocation.recruited for one in every]),
    )  # fmt: skip
    fields = (np.concatenate([getattr(one, name) for one in every]) for name in Enrolled._fields[1:])
    firsts = np.cumsum([0, *(len(one.size) for one in every[:-1])])
    units = {
        key: [_joined_units([part.units[key][world] for part in parts], firsts) for world in (0, 1)]
        for key in parts[0].units
    }
    true = [
        Truths(*(np.concatenate([part.truths[at][field] for part in parts]) for field in range(len(Truths._fields))))
        for at in range(len(parts[0].truths))
    ]
    return Data(Enrolled(allocation, *fields), units, true, np.concatenate([part.withdrawal for part in parts]))


def _joined_units(parts: Sequence[Units], firsts: Array) -> Units:
    moved = [part._replace(at=part.at + first) for part, first in zip(parts, firsts, strict=True)]
    return Units(*(np.concatenate(column) for column in zip(*moved, strict=True)))
