"""The note of a stepped wedge: how far one coefficient is from the effects that there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bscsim.trial.settings import CohortSettings
from bscsim.trial.summarizing.cautions import notes_of
from bscsim.trial.summarizing.summary import analysis_data
from tests.trial.summarizing_cases import analysis, columns, trial_of, with_design

COHORTS = (CohortSettings(starts=2), CohortSettings(starts=14))


def test_the_note_compares_the_estimate_with_the_mean_and_the_last_effect() -> None:
    what = analysis("lmm_kr", "gee")
    trial = with_design(trial_of(what), type="stepped_wedge", cohorts=COHORTS, waves={"a": 0, "b": 12, "post": 24})
    made = columns(("lmm_kr", "gee"), R=400, effect=0.3, bias=-0.06) | {"truth.last": np.full(400, 0.4)}
    for part in ("b", "low", "high"):
        made[f"lmm_kr.{part}"] += 0.24 - made["lmm_kr.b"].mean()
        made[f"gee.{part}"] += 0.45 - made["gee.b"].mean()
    made["truth.effect"] = np.full(400, 0.3)
    cell = {"analyses": [analysis_data(trial, 0, made, 400, None)]}
    assert cell["analyses"][0]["truth"]["last"] == {"value": 0.4, "mcse": 0.0}
    note = next(one for one in notes_of(trial, [made], cell, []) if "the target is the mean effect" in one)
    assert "exposed, .300; at the last wave it is .400" in note
    assert "(Kenward-Roger) .240 (20% below and 40% below)" in note
    assert "GEE (Kauermann-Carroll) .450 (50% above and 12% above)" in note  # .45 / .4 = 1.125, to even
    parallel = replace(trial, design=trial_of().design)
    assert not any("the target is the mean effect" in one for one in notes_of(parallel, [made], cell, []))
