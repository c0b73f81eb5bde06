"""How far change spread: from the team to colleagues, between centers, and to centers outside.  Needs the twin.

Gains are causal: the same person, in the same center, at the same wave, treated minus twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.frames import numbers
from bscsim.record.measures import STAFF_ROLES
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories
from bscsim.record.truth import present, same_persons, waves

if TYPE_CHECKING:
    import pandas as pd

INFORMED_ABOVE = 0.01
"""A center outside counts as reached when its staff's mean K - k0 exceeds the twin's by more than this."""

_ROLES = tuple(range(len(STAFF_ROLES)))


def spread(run: Trajectories) -> pd.DataFrame:
    """Tabulate spread: a row a replicate and wave.

    Columns: ``replicate``, ``month``; ``team_gain`` and ``nonteam_gain``, mean gain in practice of staff (all
    roles) of enrolled centers who have or have not ever held a seat, with ``n_team`` and ``n_nonteam``;
    ``nonteam_ratio`` = nonteam_gain / team_gain (NaN if either is empty or the team gained nothing);
    ``borrowed_share``, the part of all rises of F so far that came from the best center of the
    collaborative (NaN if F never rose); ``outside_centers`` that were never put in a collaborative,
    ``outside_knowledge`` (their mean gain in K - k0) and ``outside_informed``, the share of them above
    INFORMED_ABOVE (NaN if there are none).

    Raises ValueError without a twin.
    """
    import pandas as pd

    at, wave = (grid.ravel() for grid in np.indices((len(run.replicates), len(waves(run)))))
    columns: dict[str, Any] = {"replicate": numbers(run, at), "month": waves(run)[wave]}
    columns |= {name: values.ravel() for name, values in (_inside(run) | _between(run) | _outside(run)).items()}
    return pd.DataFrame(columns)


def _inside(run: Trajectories) -> dict[str, Array]:
    """Gains of team and non-team staff of enrolled centers, [replicate, wave]."""
    treated = present(run, run.treated.staff, _ROLES)
    twin = present(run, run.untreated.staff, _ROLES)
    a, b = same_persons(run, treated, twin)
    inside = run.labels.collaborative[treated.at[a], treated.center[a]] >= 0
    a, b = a[inside], b[inside]
    gain, seated = treated.practice[a] - twin.practice[b], treated.ever_seat[a]
    shape = (len(run.replicates), len(waves(run)))
    cell = np.ravel_multi_index((treated.at[a], treated.wave[a]), shape)

    def mean(who: Array) -> tuple[Array, Array]:
        count = np.bincount(cell[who], minlength=shape[0] * shape[1])
        return divide(np.bincount(cell[who], gain[who], len(count)), count), count

    (team, n_team), (others, n_others) = mean(seated), mean(~seated)
    return {"team_gain": team, "n_team": n_team, "nonteam_gain": others, "n_nonteam": n_others,
            "nonteam_ratio": divide(others, np.where(team > 0.0, team, 0.0))}


def _between(run: Trajectories) -> dict[str, Array]:
    """Share of the rises of F before each wave that was borrowed, [replicate, wave]."""
    borrowed, gained = (
        np.stack([run.treated[name][:, :, :month].sum(axis=(1, 2), dtype=np.float64) for month in waves(run)], axis=1)
        for name in ("ideas_borrowed", "fit_gained"))
    return {"borrowed_share": divide(borrowed, gained)}


def _outside(run: Trajectories) -> dict[str, Array]:
    """Reach into centers that were never put in a collaborative, [replicate, wave]."""
    outside = (run.labels.collaborative < 0)[:, :, None]
    gain = (run.treated["knowledge_gain"].astype(np.float64) - run.untreated["knowledge_gain"])[:, :, waves(run)]
    known = outside & ~np.isnan(gain)
    centers = known.sum(axis=1)
    return {
        "outside_centers": centers,
        "outside_knowledge": divide(np.where(known, gain, 0.0).sum(axis=1), centers),
        "outside_informed": divide((known & (gain > INFORMED_ABOVE)).sum(axis=1), centers),
    }
