"""Each center's true effect: what the staff do in the treated world minus what they do in the twin.

Practice is P averaged over drivers, of teachers.  The estimands differ in whose practice is compared:

all_present
    All teachers present at the wave, each world with its own (open cohort; a repeated cross-section samples
    from the same people).  In a table of centers this is the center mean too.
center_mean
    The same by center, but every center counts once (only in :func:`overall`).
stayers
    The same persons in both worlds: present in the center at month 0 and at the wave in BOTH worlds (closed
    cohort, the truth of it).
own_world_stayers
    Present at month 0 and at the wave in their own world: what a closed-cohort study compares; a selected
    group.
seat_holders
    The same persons present in both worlds at the wave who have ever held a seat in the treated world.
non_team
    The same persons present in both worlds at the wave who have never held one.

Effects are in practice units and in SD units.  The standardiser is printed beside them: the total SD of true
teacher practice in the twin at that wave, over all persons in enrolled centers and all replicates of the
record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bscsim.record.frames import category, numbers, place, positions
from bscsim.record.measures import TEACHER
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array, StaffRows
from bscsim.record.trajectories import Trajectories

if TYPE_CHECKING:
    import pandas as pd

ESTIMANDS = ("all_present", "stayers", "own_world_stayers", "seat_holders", "non_team")
OVERALL_ESTIMANDS = ("center_mean", *ESTIMANDS)


class Persons(NamedTuple):
    """Staff present at waves in one world: where each row belongs, who it is, and what they know and do."""

    at: Array
    wave: Array
    center: Array
    person: Array
    practice: Array
    habit: Array
    ever_seat: Array


class Sums(NamedTuple):
    """Sums of practice and numbers of persons by replicate, wave and center, in both worlds."""

    treated: Array
    n_treated: Array
    twin: Array
    n_twin: Array


def waves(run: Trajectories) -> Array:
    """Return the months at which staff were recorded, in order."""
    return np.unique(run.treated.staff["month"])


def present(run: Trajectories, rows: StaffRows, roles: tuple[int, ...] = (TEACHER,)) -> Persons:
    """Return the people of these roles who are there, with positions instead of numbers."""
    keep = rows["filled"] & np.isin(rows["role"], roles)
    held = {name: values[keep] for name, values in rows.columns.items()}
    return Persons(
        positions(run, held["replicate"]), np.searchsorted(waves(run), held["month"]), held["center"],
        held["person"], held["P"].mean(axis=1, dtype=np.float64), held["b"], held["ever_seat"])


def same_persons(run: Trajectories, treated: Persons, twin: Persons) -> tuple[Array, Array]:
    """Return the rows of both worlds that are the same person in the same center, replicate and wave.

    Raises ValueError if two such rows differ in habitual practice: then the ids do not name the same person.
    """
    keys = _keys(treated, twin, _cell(run, treated), _cell(run, twin))
    _, a, b = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    if not np.array_equal(treated.habit[a], twin.habit[b]):
        raise ValueError("a person id names two persons: their habitual practice differs between the worlds")
    return a, b


def there_at_start(run: Trajectories, persons: Persons) -> Array:
    """Return for each row whether the person was in the center at month 0 (False if that was no wave)."""
    place_ = persons.at.astype(np.int64) * len(run.labels.center_id) + persons.center
    first = waves(run)[persons.wave] == 0
    keys = _keys(persons, persons, place_, place_)[0]
    return np.isin(keys, keys[first])


def _cell(run: Trajectories, persons: Persons) -> Array:
    """Give the number of the (replicate, wave, center) cell of each row."""
    shape = (len(run.replicates), len(waves(run)), len(run.labels.center_id))
    return np.ravel_multi_index((persons.at, persons.wave, persons.center), shape)


def _keys(a: Persons, b: Persons, cell_a: Array, cell_b: Array) -> tuple[Array, ...]:
    """One integer for each (cell, person), the same in both sets of rows."""
    ids = np.unique(np.concatenate([a.person, b.person]))
    return tuple(
        cell * len(ids) + np.searchsorted(ids, rows.person) for cell, rows in ((cell_a, a), (cell_b, b)))


def sums(run: Trajectories) -> dict[str, Sums]:
    """Return the sums behind every estimand, [replicate, wave, center].

    Raises ValueError without a twin.
    """
    twin_world = run.untreated
    treated, twin = present(run, run.treated.staff), present(run, twin_world.staff)
    a, b = same_persons(run, treated, twin)
    start_a, start_b = there_at_start(run, treated), there_at_start(run, twin)
    stayed = start_a[a] & start_b[b]
    seated = treated.ever_seat[a]

    def total(rows_a: Array, rows_b: Array) -> Sums:
        return Sums(*_totals(run, treated, rows_a), *_totals(run, twin, rows_b))

    everyone = np.arange(len(treated.at)), np.arange(len(twin.at))
    return {
        "all_present": total(*everyone),
        "stayers": total(a[stayed], b[stayed]),
        "own_world_stayers": total(np.flatnonzero(start_a), np.flatnonzero(start_b)),
        "seat_holders": total(a[seated], b[seated]),
        "non_team": total(a[~seated], b[~seated]),
    }


def _totals(run: Trajectories, persons: Persons, rows: Array) -> tuple[Array, Array]:
    shape = (len(run.replicates), len(waves(run)), len(run.labels.center_id))
    cell = _cell(run, persons)[rows]
    size = int(np.prod(shape))
    return (np.bincount(cell, persons.practice[rows], size).reshape(shape),
            np.bincount(cell, minlength=size).reshape(shape))


def standardiser(run: Trajectories) -> Array:
    """Return, by wave, the SD of true teacher practice in the twin: all persons of enrolled centers.

    All replicates of the record together; NaN where fewer than two such persons exist (nobody was enrolled).
    """
    persons = present(run, run.untreated.staff)
    enrolled = run.labels.collaborative[persons.at, persons.center] >= 0
    values = [persons.practice[enrolled & (persons.wave == wave)] for wave in range(len(waves(run)))]
    return np.array([np.std(value, ddof=1) if len(value) > 1 else np.nan for value in values])


def effects(run: Trajectories) -> pd.DataFrame:
    """Tabulate true effects: a row a replicate, estimand, center and wave.

    Columns: ``replicate``, those of a center (see :mod:`bscsim.record.frames`), ``enrolled`` (it was put in a
    collaborative; rows of other centers show spill-over), ``month``, ``estimand`` (see the module),
    ``n_treated`` and ``n_twin`` (persons), ``treated`` and ``twin`` (mean practice), ``effect`` (their
    difference; NaN if one is empty), ``effect_sd`` = effect / ``standardiser``.

    Raises ValueError without a twin.
    """
    import pandas as pd

    scale, months = standardiser(run), waves(run)
    parts = []
    for code, part in enumerate(sums(run).values()):
        at, wave, center = (grid.ravel() for grid in np.indices(part.treated.shape, np.int32))
        columns: dict[str, Any] = {
            "replicate": numbers(run, at), **place(run, at, center),
            "enrolled": run.labels.collaborative[at, center] >= 0,
            "month": months[wave], "estimand": category(np.full(len(at), code), ESTIMANDS),
        }
        parts.append(pd.DataFrame(columns | _contrast(part, scale[wave])))
    table = pd.concat(parts, ignore_index=True)
    keys = ["replicate", "estimand", "center", "month"]
    return table.sort_values(keys, ignore_index=True, kind="stable")


def _contrast(part: Sums, scale: Array) -> dict[str, Array]:
    flat = Sums(*(values.ravel() for values in part))
    treated, twin = divide(flat.treated, flat.n_treated), divide(flat.twin, flat.n_twin)
    effect = treated - twin
    return {"n_treated": flat.n_treated, "n_twin": flat.n_twin, "treated": treated, "twin": twin,
            "effect": effect, "effect_sd": divide(effect, scale), "standardiser": scale}


def overall(run: Trajectories) -> pd.DataFrame:
    """Tabulate the realised effect of each replicate: a row a replicate, arm, estimand and wave.

    ``arm`` is "bsc" (centers put in a collaborative, withdrawn ones included) or "outside" (the others:
    spill-over); an arm without centers has no rows.  Every person counts once, in each world, except in
    ``center_mean``, where every center counts once.  Other columns as in :func:`effects`; for
    ``center_mean`` the n are centers.

    Raises ValueError without a twin.
    """
    import pandas as pd

    by_estimand, scale, months = sums(run), standardiser(run), waves(run)
    enrolled = run.labels.collaborative >= 0
    parts = []
    for arm, member in enumerate((enrolled, ~enrolled)):
        if not member.any():
            continue
        for code, name in enumerate(OVERALL_ESTIMANDS):
            pooled = _pool(by_estimand, name, member[:, None, :])
            at, wave = (grid.ravel() for grid in np.indices(pooled.treated.shape, np.int32))
            columns: dict[str, Any] = {
                "replicate": numbers(run, at), "arm": category(np.full(len(at), arm), ("bsc", "outside")),
                "estimand": category(np.full(len(at), code), OVERALL_ESTIMANDS), "month": months[wave],
            }
            parts.append(pd.DataFrame(columns | _contrast(pooled, scale[wave])))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["replicate", "arm", "estimand", "month"], ignore_index=True, kind="stable")


def _pool(by_estimand: dict[str, Sums], name: str, member: Array) -> Sums:
    """Sum over the member centers, [replicate, wave]; in center_mean a center counts as one person."""
    if name != "center_mean":
        return Sums(*((values * member).sum(axis=2) for values in by_estimand[name]))
    part = by_estimand["all_present"]
    both = (part.n_treated > 0) & (part.n_twin > 0) & member
    means = (np.where(both, divide(part.treated, part.n_treated), 0.0),
             np.where(both, divide(part.twin, part.n_twin), 0.0))
    count = both.sum(axis=2)
    return Sums(means[0].sum(axis=2), count, means[1].sum(axis=2), count)
